"""Records whose values say their types, as stores and queues write them; what they say is left out, the values stay.

| who writes it | a text, a number | which records |
| --- | --- | --- |
| MongoDB | ``"x"``, ``{"$numberInt": "1"}`` | with an ``_id``, or such a value under a known name |
| DynamoDB | ``{"S": "x"}``, ``{"N": "1"}`` | of which every value is such |
| Firestore | ``{"stringValue": "x"}``, ``{"integerValue": "1"}`` | of which every value is such |
| Avro's JSON | ``{"string": "x"}``, ``{"long": 1}``, where a value may be null | with such a value under a known name |

Layouts: MongoDB Extended JSON, DynamoDB's and Firestore's API references, Avro's specification. To read another, add a
function to ``_STORES``, or what tells it to ``untyped``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.extended_json import is_typed, plain
from stillwatch.ingest.plain_names import known_names

__all__ = ["untyped"]

_AVRO: dict[str, tuple[type, ...]] = {
    "string": (str,), "bytes": (str,), "int": (int,), "long": (int,), "float": (int, float), "double": (int, float),
    "boolean": (bool,), "array": (list,), "map": (dict,),
}  # fmt: skip
_BODIES = frozenset(("request", "response", "body", "input", "output", "messages"))
_TELLING = ("string", "int", "long", "double", "boolean")


def untyped(record: dict[str, Any], recognised: Callable[[], LogFormat | None]) -> dict[str, Any]:
    """A record with plain values; itself where none says its type.

    Args:
        record: as it was decoded.
        recognised: the format that knows it as it is. A layout of a known program has objects of its own, which may
            look typed; in lines of one's own no object stands where a name wants a text or a number.
    """
    if "_id" in record:
        return dict(plain(record))
    typed = {name: value for name, value in record.items() if type(value) is dict and len(value) == 1}
    if not typed:
        return record
    if len(typed) == len(record):
        for kinds, read in _STORES:
            if all(kinds.issuperset(value) for value in typed.values()):
                return {name: read(value) for name, value in record.items()}
    telling = [name for name, value in typed.items() if is_typed(value) or _is_of_avro(value)]
    if not telling:
        return record
    known = recognised()
    if known is not None and (not known.general or (_BODIES.isdisjoint(telling) and not known_names(tuple(telling)))):
        return record
    return (
        dict(plain(record))
        if any(is_typed(typed[name]) for name in telling)
        else {name: _from_avro(value) for name, value in record.items()}
    )


def _from_dynamodb(value: Any) -> Any:
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, held),) = value.items()
    if kind == "NULL":
        return None
    if kind == "N":
        return _number(held)
    if kind == "NS" and isinstance(held, list):
        return [_number(one) for one in held]
    if kind == "M" and isinstance(held, dict):
        return {name: _from_dynamodb(one) for name, one in held.items()}
    if kind == "L" and isinstance(held, list):
        return [_from_dynamodb(one) for one in held]
    return held


def _from_firestore(value: Any) -> Any:
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, held),) = value.items()
    if kind == "integerValue":
        return _number(held)
    if kind == "mapValue" and isinstance(held, dict):
        inner = held.get("fields")
        return {name: _from_firestore(one) for name, one in inner.items()} if isinstance(inner, dict) else {}
    if kind == "arrayValue" and isinstance(held, dict):
        inner = held.get("values")
        return [_from_firestore(one) for one in inner] if isinstance(inner, list) else []
    return held


_DYNAMODB = frozenset(("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"))
_FIRESTORE = frozenset((
    "stringValue", "integerValue", "doubleValue", "booleanValue", "timestampValue", "nullValue", "mapValue",
    "arrayValue", "bytesValue", "referenceValue", "geoPointValue",
))  # fmt: skip
_STORES: tuple[tuple[frozenset[str], Callable[[Any], Any]], ...] = (
    (_DYNAMODB, _from_dynamodb),
    (_FIRESTORE, _from_firestore),
)


def _number(held: Any) -> Any:
    if not isinstance(held, str):
        return held
    try:
        return int(held)
    except ValueError:
        pass
    try:
        return float(held)
    except ValueError:
        return held


def _is_of_avro(value: dict[str, Any]) -> bool:
    ((kind, held),) = value.items()
    # A logical type stands behind a point: `long.timestamp-millis`.
    kind = kind.partition(".")[0]
    return kind in _TELLING and type(held) in _AVRO[kind]


def _from_avro(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_avro(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, held),) = value.items()
        if type(held) in _AVRO.get(kind.partition(".")[0], ()):
            return _from_avro(held)
        if "." in kind and isinstance(held, dict):
            # A record by its full name.
            return _from_avro(held)
    return {name: _from_avro(one) for name, one in value.items()}
