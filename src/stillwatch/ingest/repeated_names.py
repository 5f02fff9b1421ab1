"""Names that stand twice in one JSON object, with two values: a decoder keeps the last, and whose a record is or when
it was made would be a matter of order."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from stillwatch.core.not_json import NOT_JSON
from stillwatch.ingest.plain_names import ACCOUNTS, CALLERS, PERSONS, TEXTS, TIMES
from stillwatch.ingest.spelling import in_camel_case

__all__ = ["TELLING", "may_repeat", "repeated_name"]

TELLING = frozenset(
    spelt for name in (*ACCOUNTS, *PERSONS, *CALLERS, *TIMES, *TEXTS) for spelt in (name, in_camel_case(name))
) | {"requester", "startTime", "request", "identity", "accountId"}
# A letter, or an underscore, as an escape.
_ESCAPED = re.compile(rb"\\u00[4-7]")
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LONG, _FEW_QUOTES = 1 << 14, 256
_QUOTED = {name: b'"%s"' % name.encode() for name in TELLING}


def may_repeat(block: bytes, names: tuple[str, ...], records: int) -> bool:
    """Whether a name may stand twice in one of so many records, each of which has it once or not at all."""
    few = _between_few_quotes(block)
    for name in names:
        if few is not None and few.count(name.encode()) <= records:
            continue
        quoted = _QUOTED.get(name) or b'"%s"' % name.encode()
        # As a value a name is no name.
        if block.count(quoted) > records and len(re.findall(quoted + rb"\s*:", block)) > records:
            return True
    return False


def _between_few_quotes(raw: bytes) -> list[bytes] | None:
    """What stands between two quotes and may be a name, of a long text that has few; None of another.

    To look for quotes takes a moment where there are none for long; to look for each name takes as long as to read all.
    """
    if len(raw) < _LONG:
        return None
    found: list[bytes] = []
    place = raw.find(b'"')
    for _ in range(_FEW_QUOTES):
        end = raw.find(b'"', place + 1)
        if place < 0 or end < 0:
            return found
        if end - place < _LONG:
            found.append(raw[place + 1 : end])
        place = end
    return None


def repeated_name(raw: bytes, record: Mapping[str, Any]) -> str | None:
    """A telling name that a record's text gives twice, with different values; None where there is none.

    Args:
        raw: the record's text, an object.
        record: what was decoded of it.
    """
    told, few = [name for name in record if name in _QUOTED], _between_few_quotes(raw)
    if few is not None:
        told = [name for name in told if few.count(name.encode()) > 1]
    suspects = [name for name in told if raw.count(_QUOTED[name]) > 1 and may_repeat(raw, (name,), 1)]
    suspects = [name for name in suspects if not _stands_once(raw, name)]
    if not suspects:
        return None
    try:
        pairs = json.loads(raw, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, _Pairs):
        return None
    for name in suspects:
        values = [value for key, value in pairs if key == name]
        if any(value != values[0] for value in values[1:]):
            return name
    return None


def _stands_once(raw: bytes, name: str) -> bool:
    """Whether an object surely has a name once: of all places where it stands, all but one lie in the object's values.
    Of a name that stood twice, only the last value is among these."""
    if _ESCAPED.search(raw):
        # It may be spelt so.
        return False
    try:
        values = _OBJECT.decode(raw).values()
    except NOT_JSON:
        return False
    stands = re.compile(_QUOTED[name] + rb"\s*:")
    return len(stands.findall(raw)) - sum(len(stands.findall(value)) for value in map(bytes, values)) == 1


class _Pairs(list[tuple[str, Any]]):
    """An object's names and values, in their order."""
