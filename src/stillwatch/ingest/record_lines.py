"""A decoded record, or a line of any format, to exchanges or a dead letter.

The file's own format is asked first, then the others: one file may mix formats line by line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from stillwatch.core.bodies.optional_parts import UNFORESEEN
from stillwatch.ingest.base import BatchFormat, LogFormat, PartsFormat
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
    """What a format read as exchanges, and why others are none."""
    found: list[Exchange] = []
    refused: list[RecordError] = []
    for fields in read:
        try:
            if isinstance(fields, RecordError):
                raise fields
            found.append(conformed(fields, part, records, textual=part.container in ("csv", "table")))
        except RecordError as error:
            refused.append(error)
    return found, refused


def read_record(
    batch: SliceRows,
    line: int,
    record: Any,
    raw: Raw,
    preferred: LogFormat,
    *,
    known: LogFormat | None = None,
    note: str | None = None,
) -> None:
    """Read a decoded record into ``batch``; ``raw`` is what a dead letter shows of it, ``note`` what it lost before.

    ``known`` is the format that recognises it, where that was asked.

    A record that is but a part of an exchange is laid aside, where the slice has such a place.
    """
    try:
        chosen, sure = (known, True) if known is not None else _format_of(record, preferred)
        if isinstance(chosen, PartsFormat) and batch.part.aside is not None:
            if not _laid_aside(batch, line, record, raw, chosen, note):
                return
        elif isinstance(chosen, BatchFormat) and sure and batch.part.halves is not None:
            batch.part.halves.put(chosen, (batch.part.label, line), raw, record, note)
            return
    except RecordError as error:
        batch.refuse(line, str(error), raw)
        return
    except UNFORESEEN as error:
        batch.refuse(line, str(_unforeseen(error, preferred)), raw)
        return
    if sure:
        batch.sample.look(chosen, record)
    strange = None if sure else f"no format recognises its keys {_keys_of(record)}; as {chosen.name}"
    _add(batch, line, lambda: chosen.read(record), raw, chosen, note, [record], strange)


def _laid_aside(batch: SliceRows, line: int, record: Any, raw: Raw, chosen: PartsFormat, note: str | None) -> bool:
    """Lay aside what a record holds of exchanges; whether it holds nothing of the kind and is to be read as it is.

    Raises:
        RecordError: the record is none of its format, or holds nothing.
    """
    store, label = batch.part.aside, batch.part.label
    pieces = list(chosen.pieces(record))
    kept = [(key, piece) for key, piece in pieces if key is not None]
    if store is None or not (kept or not pieces):
        return True
    if store.alone is not None and kept and all(store.alone(key) for key, _ in kept):
        # There is nothing to wait for.
        return True
    if not pieces:
        raise RecordError(chosen.holds_nothing)
    if lost := [key for key, _ in kept if note and LOST in key]:
        raise RecordError(f"the id that its parts share: {shown(lost[0])}: {note}")
    for shared, piece in kept:
        of = (chosen.joined_as or chosen.name, shared)
        store.put(of, (label, line), raw, piece, note, teller=chosen.name, among=len(pieces) > 1)
    for key, piece in pieces:
        if key is None:
            before = len(batch.rows) + len(batch.letters)
            _add(batch, line, partial(chosen.join, [piece]), raw, chosen, note, [piece], among=True)
            if len(batch.rows) + len(batch.letters) > before:
                store.say_told(label, line)
    return False


def _keys_of(record: Mapping[str, Any]) -> str:
    names = [f"`{name}`" for name in record]
    return ", ".join(names[:_MOST_KEYS]) + (", …" if len(names) > _MOST_KEYS else "")


def read_parts(batch_of: Callable[[str], SliceRows], group: Group, chosen: PartsFormat) -> int:
    """Read records that were laid aside and share a key, each into the batch of its file; how many things came of it.

    Args:
        batch_of: the batch of a file by its label.
        group: the records.
        chosen: the format that joins them.
    """
    records = [part.record for part in group.parts]
    try:
        found = list(chosen.join(records))
    except RecordError as error:
        found = [error]
    except UNFORESEEN as error:
        found = [_unforeseen(error, chosen)]
    notes = "; ".join(dict.fromkeys(part.note for part in group.parts if part.note))
    for fields in found:
        place = fields.part if isinstance(fields, RecordError) else fields.get("part", 0)
        part = group.parts[place]
        own = chosen.joined_as != ""
        lost, of = (part.note, [part.record]) if own else (notes or None, records)
        among = part.among or len(found) > 1
        _add(batch_of(part.label), part.line, partial(_itself, fields), part.begins, chosen, lost, of, among=among)
    return len(found)


def _add(
    batch: SliceRows,
    line: int,
    read: Callable[[], Iterable[Fields | RecordError]],
    raw: Raw,
    chosen: LogFormat,
    note: str | None,
    records: Sequence[Any],
    strange: str | None = None,
    *,
    among: bool = False,
) -> None:
    """Keep what was read; ``among`` others of its record or its group, of which it may be nothing."""
    before, lost = f"{strange}: " if strange else "", f"; {note}" if note else ""
    try:
        found, refused = _exchanges_of(read(), batch.part, records)
        if not (found or refused or among):
            nothing = chosen.holds_nothing if isinstance(chosen, PartsFormat) else "no format recognises the record"
            refused = [RecordError(nothing)]
        batch.add(noted(found, note), line, raw)
        kind = "part" if among or len(found) + len(refused) > 1 else "record"
        for why in refused:
            batch.refuse(line, f"{before}{why}{lost}", raw, kind=kind)
    except RecordError as error:
        batch.refuse(line, f"{before}{error}{lost}", raw)
    except UNFORESEEN as error:
        # A format met a shape it did not foresee: the record is kept aside, the scan goes on.
        batch.refuse(line, str(_unforeseen(error, chosen)), raw)


def _itself(fields: Fields | RecordError) -> list[Fields | RecordError]:
    return [fields]


def _unforeseen(error: Exception, chosen: LogFormat) -> RecordError:
    if isinstance(error, RecursionError):
        return RecordError("not JSON that can be read: nested too deep")
    return RecordError(f"the {chosen.name} record has an unexpected shape: {error!r}")


def noted(found: list[Exchange], note: str | None) -> list[Exchange]:
    """Exchanges that say what their record lost."""
    for one in found if note else ():
        one.note = f"{note}; {one.note}" if one.note else note
    return found
