"""One slice to Arrow batches: each record an exchange or a dead letter, whatever it lies in.

A container's records are read by the module that is named for them: ``plain_lines``, ``record_lines``,
``csv_rows``, ``parquet_rows``; the files of a batch meet here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import IO, Any

from stillwatch.core.garbage import each_unsearched
from stillwatch.ingest.base import PartsFormat
from stillwatch.ingest.batches import BatchStore
from stillwatch.ingest.callers import conformed
from stillwatch.ingest.csv_rows import csv_rows, read_row
from stillwatch.ingest.files import BROKEN, numbered_lines, opened
from stillwatch.ingest.parquet_rows import read_parquet
from stillwatch.ingest.parts import PartStore
from stillwatch.ingest.plain_lines import read_plain
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import RecordError
from stillwatch.ingest.record_lines import noted, read_parts
from stillwatch.ingest.registry import ask_first, format_named
from stillwatch.ingest.rejoined_lines import rejoined
from stillwatch.ingest.slice import Slice
from stillwatch.ingest.slice_result import SliceResult, SliceRows
from stillwatch.ingest.text_tables import layout_of, table_rows
from stillwatch.ingest.unpacking import read_text
from stillwatch.ingest.value_stream import values

__all__ = ["read_slice"]

_SHOWN = 1024
_HEAD = 1 << 16
# Of records that are as long as records get a batch would take terabytes.
_BATCH_BYTES = 64 << 20


def read_slice(part: Slice, *, batch_rows: int = 8192, most: int | None = None) -> Iterator[SliceResult]:
    """Read a slice, without a search for garbage among its rows: it would take a third of the time.

    Args:
        part: from ``plan``.
        batch_rows: records a batch, at most, fewer where they are long: memory is bounded by it. Lines of a format that
            has a plain shape come by the block instead, a mebibyte or a line.
        most: after how many records of a file to stop, for a look at its beginning; the batch in which they end is
            read whole, and what was laid aside until then is put together.

    Returns:
        Batches in order of line. Every record is in one of them, as an exchange or as a dead letter.
    """
    return each_unsearched(_results(part, batch_rows, most))


def _results(part: Slice, batch_rows: int, most: int | None) -> Iterator[SliceResult]:
    ask_first(part.mapped)
    if part.problem is not None:
        yield _unread(part)
        return
    store, halves = PartStore(), BatchStore()
    chosen = format_named(part.format)
    alone = _is_alone(part)
    found = chosen.alone_among(part.together) if isinstance(chosen, PartsFormat) and alone and most is None else None
    store.alone, plain = (found.holds, found.plain) if found is not None else (None, None)
    try:
        for one in part.together or (part,):
            seen = 0
            for result in _read_file(replace(one, aside=store, halves=halves, callers=part.callers), batch_rows, plain):
                yield result
                seen += result.lines
                if most is not None and seen >= most:
                    break
        yield from _read_groups(part, store, batch_rows)
        yield from _read_halves(part, halves, batch_rows)
    finally:
        store.close()
        halves.close()


def _is_alone(part: Slice) -> bool:
    """Whether lines of a plain shape may be decoded by the block: nothing is joined to them, or looked for in them."""
    return part.callers is None and part.mapped is None and not part.account_from


def _read_file(part: Slice, batch_rows: int, plain: PlainShape | None) -> Iterator[SliceResult]:
    if part.container in ("parquet", "arrow"):
        yield from read_parquet(part, batch_rows)
        return
    size = part.path.stat().st_size if part.end is None else part.end
    with opened(part.path, part.wrapped) as stream:
        if part.start:
            stream.seek(part.start)
        yield from _read_stream(part, stream, batch_rows, size - part.start, plain)


def _read_stream(
    part: Slice, stream: IO[bytes], batch_rows: int, size: int, among: PlainShape | None
) -> Iterator[SliceResult]:
    preferred = format_named(part.format)
    plain = among or preferred.plain
    if plain is not None and part.container == "lines" and _is_alone(part):
        yield from read_plain(part, stream, size, preferred, plain)
        return
    batch, told = SliceRows(part), 0
    last, counted, held = part.first_line - 1, 0, 0
    try:
        for line, raw in _records(part, stream):
            last = line
            counted += len(raw)
            held += len(raw) if isinstance(raw, bytes) else sum(len(cell) for cell in raw.values() if type(cell) is str)
            batch.seen += 1
            if part.container in ("csv", "table"):
                read_row(batch, line, raw, preferred)
            else:
                read_text(batch, line, raw, preferred)
            if batch.seen >= batch_rows or held >= _BATCH_BYTES:
                # A compressed stream is longer than its file: what is told never exceeds the file.
                now = min(counted, size) if part.wrapped == "plain" else told
                yield batch.result(now - told)
                told, held = now, 0
    except BROKEN as error:
        batch.seen += 1
        batch.refuse(last + 1, f"the {part.wrapped} stream breaks off here: {error}", b"")
    yield batch.result(size - told)


def _records(part: Slice, stream: IO[bytes]) -> Iterator[tuple[int, Any]]:
    """Numbered records: raw lines, values, which are counted as lines are, or a CSV's rows."""
    if part.container == "lines":
        yield from numbered_lines(stream, part.first_line, part.end)
    elif part.container == "pieces":
        yield from rejoined(numbered_lines(stream, part.first_line, part.end))
    elif part.container == "values":
        yield from enumerate(values(stream), start=1)
    elif part.container == "table":
        # Any stream that is opened here can be looked into; what only a dump can have may come far below.
        head = stream.peek(_HEAD)  # type: ignore[attr-defined]
        yield from table_rows(stream, layout_of(head) or "dump")
    else:
        yield from csv_rows(stream)


def _unread(part: Slice) -> SliceResult:
    """A file of which nothing can be read, as one dead letter on line 0."""
    batch = SliceRows(part)
    try:
        with part.path.open("rb") as source:
            begins = source.read(_SHOWN)
        size = part.path.stat().st_size
    except OSError:
        begins, size = b"", 0
    batch.refuse(0, part.problem or "", begins, kind="file")
    return batch.result(size)


def _read_halves(part: Slice, halves: BatchStore, batch_rows: int) -> Iterator[SliceResult]:
    """What was laid aside of batches: results meet their requests."""
    batch = SliceRows(part)
    for item in halves.joined():
        if item.label != batch.part.label or len(batch.rows) + len(batch.letters) >= batch_rows:
            yield batch.result(0)
            batch = SliceRows(_relabelled(part, item.label))
        if item.reason is not None:
            batch.refuse(item.line, item.reason, item.raw)
            continue
        try:
            found = [conformed(fields, part, item.records) for fields in _as_list(item.fields)]
            batch.add(noted(found, item.note), item.line, item.raw)
        except RecordError as error:
            batch.refuse(item.line, f"{error}; {item.note}" if item.note else str(error), item.raw)
    if batch.rows or batch.letters:
        yield batch.result(0)


def _read_groups(part: Slice, store: PartStore, batch_rows: int) -> Iterator[SliceResult]:
    """What was laid aside while files were read, put together."""
    batches: dict[str, SliceRows] = {}

    def batch_of(label: str) -> SliceRows:
        if label not in batches:
            batches[label] = SliceRows(_relabelled(part, label))
        return batches[label]

    held = 0
    for group in store.groups(_counts_repeats):
        chosen = format_named(group.format)
        if not isinstance(chosen, PartsFormat):
            continue
        came = read_parts(batch_of, group, chosen)
        held += came
        if not came:
            store.say_silent(group)
        elif held >= batch_rows:
            yield from _done(batches)
            held = 0
    for label, line, begins, name in store.silent():
        chosen = format_named(name)
        if isinstance(chosen, PartsFormat):
            batch_of(label).refuse(line, chosen.holds_nothing, begins)
    yield from _done(batches)


def _counts_repeats(name: str) -> bool:
    return getattr(format_named(name), "counts_repeats", False)


def _done(batches: dict[str, SliceRows]) -> Iterator[SliceResult]:
    """What every batch holds; none is left."""
    for batch in batches.values():
        if batch.rows or batch.letters:
            yield batch.result(0)
    batches.clear()


def _as_list(fields: Mapping[str, Any] | None) -> Iterable[Mapping[str, Any]]:
    return [fields] if fields is not None else []


def _relabelled(part: Slice, label: str) -> Slice:
    return replace(part, label=label)
