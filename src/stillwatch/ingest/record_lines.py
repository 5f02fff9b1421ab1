"""A decoded record, or a line of any format, to exchanges or a dead letter.

The file's own format is asked first, then the others: one file may mix formats line by line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.core.bodies.optional_parts import UNFORESEEN
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.json_text import decoded
from stillwatch.ingest.record import Exchange, RecordError, conform
from stillwatch.ingest.registry import asked_first, recognises, recognising
from stillwatch.ingest.slice_result import SliceRows

__all__ = ["read_line", "read_record"]


def _exchanges_of(
    record: Any, preferred: LogFormat, defaults: Mapping[str, Any], *, textual: bool
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
    sure = not preferred.general and recognises(preferred, record) and asked_first() is None
    chosen = preferred if sure else recognising(record) or preferred
    found: list[Exchange] = []
    refused: list[RecordError] = []
    for fields in chosen.read(record):
        try:
            if isinstance(fields, RecordError):
                raise fields
            found.append(conform(fields, textual=textual, defaults=defaults))
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
        found, refused = _exchanges_of(record, preferred, batch.part.defaults, textual=batch.part.container == "csv")
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
