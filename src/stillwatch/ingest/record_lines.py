"""A decoded record, or a line of any format, to exchanges or a dead letter.

The file's own format is asked first, then the others: one file may mix formats line by line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from stillwatch.core.bodies.optional_parts import UNFORESEEN
from stillwatch.ingest.base import LogFormat, PartsFormat
from stillwatch.ingest.callers import conformed
from stillwatch.ingest.parts import Group
from stillwatch.ingest.record import LOST, Exchange, Fields, RecordError, shown
from stillwatch.ingest.registry import asked_first, recognises, recognising
from stillwatch.ingest.slice import Slice
from stillwatch.ingest.slice_result import Raw, SliceRows

__all__ = ["noted", "read_parts", "read_record"]

_MOST_KEYS = 8


def _format_of(record: Any, preferred: LogFormat) -> tuple[LogFormat, bool]:
    """Who reads a decoded record, and whether it is known to be that format's.

    Raises:
        RecordError: it is no object, or an empty one.
    """
    if not isinstance(record, dict):
        raise RecordError(f"expected a JSON object, got {type(record).__name__}")
    if not record:
        raise RecordError("the object is empty")
    # Where nobody knows its shape, the file's own format says best what is missing.
    sure = not preferred.general and asked_first() is None and recognises(preferred, record)
    known = preferred if sure else recognising(record)
    return known or preferred, known is not None


def _exchanges_of(
    read: Iterable[Fields | RecordError], part: Slice, records: Sequence[Any]
) -> tuple[list[Exchange], list[RecordError]]:
    """What a format read as exchanges, and why others are none; one of the two at least.

    Raises:
        RecordError: why the whole is none.
    """
    found: list[Exchange] = []
    refused: list[RecordError] = []
    for fields in read:
        try:
            if isinstance(fields, RecordError):
                raise fields
            found.append(conformed(fields, part, records, textual=part.container == "csv"))
        except RecordError as error:
            refused.append(error)
    if not (found or refused):
        raise RecordError("no format recognises the record")
    return found, refused


def read_record(
    batch: SliceRows,
    line: int,
    record: Any,
    raw: Raw,
    preferred: LogFormat,
    *,
    note: str | None = None,
) -> None:
    """Read a decoded record into ``batch``; ``raw`` is what a dead letter shows of it, ``note`` what it lost before.

    A record that is but a part of an exchange is laid aside, where the slice has such a place.
    """
    try:
        chosen, known = _format_of(record, preferred)
        if isinstance(chosen, PartsFormat) and batch.part.aside is not None:
            key = chosen.key(record)
            if key is not None and note and LOST in key:
                batch.refuse(line, f"the id that its parts share: {shown(key)}: {note}", raw)
                return
            if key is not None:
                batch.part.aside.put((chosen.name, key), (batch.part.label, line), raw, record, note)
                return
    except RecordError as error:
        batch.refuse(line, str(error), raw)
        return
    strange = None if known else f"no format recognises its keys {_keys_of(record)}; as {chosen.name}"
    _add(batch, line, lambda: chosen.read(record), raw, chosen, note, [record], strange)


def _keys_of(record: Mapping[str, Any]) -> str:
    names = [f"`{name}`" for name in record]
    return ", ".join(names[:_MOST_KEYS]) + (", …" if len(names) > _MOST_KEYS else "")


def read_parts(batch: SliceRows, group: Group, chosen: PartsFormat) -> None:
    """Read records that were laid aside and share a key into ``batch``."""
    _add(batch, group.line, lambda: chosen.join(group.records), group.begins, chosen, group.note, group.records)


def _add(
    batch: SliceRows,
    line: int,
    read: Callable[[], Iterable[Fields | RecordError]],
    raw: Raw,
    chosen: LogFormat,
    note: str | None,
    records: Sequence[Any],
    strange: str | None = None,
) -> None:
    before, lost = f"{strange}: " if strange else "", f"; {note}" if note else ""
    try:
        found, refused = _exchanges_of(read(), batch.part, records)
        batch.add(noted(found, note), line, raw)
        kind = "part" if len(found) + len(refused) > 1 else "record"
        for why in refused:
            batch.refuse(line, f"{before}{why}{lost}", raw, kind=kind)
    except RecordError as error:
        batch.refuse(line, f"{before}{error}{lost}", raw)
    except RecursionError:
        batch.refuse(line, "not JSON that can be read: nested too deep", raw)
    except UNFORESEEN as error:
        # A format met a shape it did not foresee: the record is kept aside, the scan goes on.
        batch.refuse(line, f"the {chosen.name} record has an unexpected shape: {error!r}", raw)


def noted(found: list[Exchange], note: str | None) -> list[Exchange]:
    """Exchanges that say what their record lost."""
    for one in found if note else ():
        one.note = f"{note}; {one.note}" if one.note else note
    return found
