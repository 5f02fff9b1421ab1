"""A decoded record, or a line of any format, to exchanges or a dead letter.

The file's own format is asked first, then the others: one file may mix formats line by line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from stillwatch.core.bodies.optional_parts import UNFORESEEN
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Exchange, RecordError, conform
from stillwatch.ingest.registry import recognising
from stillwatch.ingest.slice_result import SliceRows

__all__ = ["decoded", "read_line", "read_record"]

_ANY = msgspec.json.Decoder()
# An escaped half of a surrogate pair without the other.
_HALVES = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def _exchanges_of(
    record: Any, preferred: LogFormat, defaults: Mapping[str, Any]
) -> tuple[list[Exchange], list[RecordError]]:
    """The exchanges of a decoded record, and why others that it should hold are none; one of the two at least.

    Raises:
        RecordError: why the whole is none.
    """
    if not isinstance(record, dict):
        raise RecordError(f"expected a JSON object, got {type(record).__name__}")
    if not record:
        raise RecordError("the object is empty")
    # Where nobody knows its shape, the file's own format says best what is missing.
    sure = not preferred.general and preferred.recognises(record)
    chosen = preferred if sure else recognising(record) or preferred
    found: list[Exchange] = []
    refused: list[RecordError] = []
    for fields in chosen.read(record):
        try:
            if isinstance(fields, RecordError):
                raise fields
            found.append(conform(fields, defaults=defaults))
        except RecordError as error:
            refused.append(error)
    if not (found or refused):
        raise RecordError("no format recognises the record")
    return found, refused


def read_line(batch: SliceRows, line: int, raw: bytes, preferred: LogFormat) -> None:
    """Read one line of JSON into ``batch``."""
    try:
        record, note = decoded(raw)
    except RecordError as error:
        batch.refuse(line, str(error), raw)
    else:
        read_record(batch, line, record, raw, preferred, note=note)


def decoded(raw: bytes) -> tuple[Any, str | None]:
    """One JSON value, also where loggers wrote what JSON has not, and then a note: infinities (null), halves of
    surrogate pairs and bytes that are no UTF-8 (U+FFFD).

    Raises:
        RecordError: it is no JSON even so.
    """
    try:
        return _ANY.decode(raw), None
    except RecursionError:
        raise RecordError("not JSON that can be read: nested too deep") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        try:
            text = _HALVES.sub(r"\\ufffd", raw.decode("utf-8", "replace"))
            repaired = msgspec.json.encode(json.loads(text, parse_constant=lambda _: None))
            return _ANY.decode(repaired), f"left out what is no JSON: {error}"
        except (ValueError, RecursionError):
            raise RecordError(f"not JSON: {error}") from None


def read_record(
    batch: SliceRows,
    line: int,
    record: Any,
    raw: bytes | Mapping[str, Any],
    preferred: LogFormat,
    *,
    note: str | None = None,
) -> None:
    """Read a decoded record into ``batch``; ``raw`` is what a dead letter shows of it, ``note`` what it lost before."""
    try:
        found, refused = _exchanges_of(record, preferred, batch.part.defaults)
        for one in found if note else ():
            one.note = f"{note}; {one.note}" if one.note else note
        batch.add(found, line, raw)
        kind = "part" if len(found) + len(refused) > 1 else "record"
        for why in refused:
            batch.refuse(line, str(why), raw, kind=kind)
    except RecordError as error:
        batch.refuse(line, str(error), raw)
    except RecursionError:
        batch.refuse(line, "not JSON that can be read: nested too deep", raw)
    except UNFORESEEN as error:
        # A format met a shape it did not foresee: the record is kept aside, the scan goes on.
        batch.refuse(line, f"the {preferred.name} record has an unexpected shape: {error!r}", raw)
