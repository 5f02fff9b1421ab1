"""OTLP's containers, in their JSON encoding: which spans and log records lie in an export, and their attributes.

Spelled in camel case, as the protocol has it, or in snake case; attributes are its lists of keys and typed values, or
plain objects. One span or resource that is malformed costs no other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from stillwatch.core.bodies.optional_parts import UNFORESEEN, said
from stillwatch.core.bodies.shapes import Json, first, listed, object_of
from stillwatch.ingest.record import RecordError

__all__ = ["SIDES", "Side", "any_value", "attributes_of", "log_records", "spans"]


class Side(NamedTuple):
    """By which names an export holds its spans, or its log records: resources, scopes in them, items in those."""

    resources: tuple[str, ...]
    scopes: tuple[str, ...]
    items: tuple[str, ...]
    events: bool


_SPANS = Side(
    ("resourceSpans", "resource_spans"), ("scopeSpans", "scope_spans", "instrumentationLibrarySpans"), ("spans",), False
)
_LOGS = Side(
    ("resourceLogs", "resource_logs"),
    ("scopeLogs", "scope_logs", "instrumentationLibraryLogs"),
    ("logRecords", "log_records", "logs"),
    True,
)
SIDES = (_SPANS, _LOGS)
"""What an export may hold."""

Held = tuple[list[tuple[dict[str, Any], Json]], list[RecordError]]
"""Items with their resource's attributes, and why others are none."""


def spans(record: Json) -> Held:
    """Every span of an export."""
    return _held(record, _SPANS)


def log_records(record: Json) -> Held:
    """Every log record of an export."""
    return _held(record, _LOGS)


def _held(record: Json, side: Side) -> Held:
    resources, scopes, items, _ = side
    found: list[tuple[dict[str, Any], Json]] = []
    broken: list[RecordError] = []
    for resource in listed(first(record, *resources), resources[0]):
        try:
            _check_decoded(resource)
            shared = attributes_of(object_of(object_of(resource, resources[0]).get("resource"), "resource"))
            inner = [object_of(scope, scopes[0]) for scope in listed(first(resource, *scopes), scopes[0])]
            given = [item for scope in inner for item in listed(first(scope, *items), items[0])]
        except UNFORESEEN as error:
            broken.append(RecordError(said(error, resources[0])))
            continue
        for item in given:
            try:
                _check_decoded(item)
                found.append((shared, object_of(item, items[0])))
            except UNFORESEEN as error:
                broken.append(RecordError(said(error, items[0])))
    return found, broken


def _check_decoded(item: object) -> None:
    """Refuse what ``otlp_protobuf`` could not decode, with its reason."""
    if isinstance(item, dict) and isinstance(item.get("unreadable"), str):
        raise RecordError(item["unreadable"])


def attributes_of(holder: Json) -> dict[str, Any]:
    """Attributes as an object, whichever way they are written.

    Raises:
        RecordError: they are neither an object nor a list of pairs.
    """
    given = holder.get("attributes")
    if isinstance(given, dict):
        return dict(given)
    told: dict[str, Any] = {}
    for pair in listed(given, "attributes") if given is not None else []:
        value = object_of(pair, "attributes").get("value")
        if isinstance(value, dict) and len(value) == 1 and "stringValue" in value:
            # As most are.
            value = value["stringValue"]
        else:
            value = any_value(value)
        told[str(pair.get("key"))] = value
    return told


def any_value(value: Any) -> Any:
    """An OTLP AnyValue as a plain one; 64-bit numbers come as text, and an unset value as an empty object."""
    if not isinstance(value, dict) or len(value) != 1:
        return None if value == {} else value
    ((kind, inner),) = value.items()
    if kind == "intValue":
        return int(inner) if isinstance(inner, str) and inner.lstrip("-").isdecimal() else inner
    if kind == "arrayValue":
        return [any_value(item) for item in inner.get("values", [])] if isinstance(inner, dict) else inner
    if kind == "kvlistValue":
        pairs = inner.get("values", []) if isinstance(inner, dict) else []
        return {item.get("key"): any_value(item.get("value")) for item in pairs if isinstance(item, dict)}
    return inner
