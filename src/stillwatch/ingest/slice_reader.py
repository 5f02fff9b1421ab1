"""One slice to Arrow batches: each record an exchange or a dead letter, whatever it lies in.

A container's records are read by the module that is named for them: ``canonical_lines``, ``record_lines``,
``csv_rows``, ``parquet_rows``; the files of a batch meet here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

from stillwatch.ingest.base import BatchFormat
from stillwatch.ingest.batches import joined
from stillwatch.ingest.canonical_lines import read_canonical
from stillwatch.ingest.csv_rows import csv_rows, read_row
from stillwatch.ingest.files import BROKEN, numbered_lines, opened
from stillwatch.ingest.parquet_rows import read_parquet
from stillwatch.ingest.record import RecordError, conform
from stillwatch.ingest.registry import ask_first, format_named
from stillwatch.ingest.rejoined_lines import rejoined
from stillwatch.ingest.slice import Slice
from stillwatch.ingest.slice_result import SliceResult, SliceRows
from stillwatch.ingest.unpacking import read_text
from stillwatch.ingest.value_stream import values

__all__ = ["read_slice"]

_SHOWN = 1024


def read_slice(part: Slice, *, batch_rows: int = 8192) -> Iterator[SliceResult]:
    """Read a slice.

    Args:
        part: from ``plan``.
        batch_rows: records a batch, at most; memory is bounded by it. Canonical lines come by the block instead,
            a mebibyte or a line.

    Yields:
        Batches in order of line. Every record is in one of them, as an exchange or as a dead letter.
    """
    ask_first(part.mapped)
    if part.problem is not None:
        yield _unread(part)
        return
    if part.batch:
        yield from _read_batch_files(part, batch_rows)
        return
    if part.container in ("parquet", "arrow"):
        yield from read_parquet(part, batch_rows)
        return
    size = part.path.stat().st_size if part.end is None else part.end
    with opened(part.path, part.wrapped) as stream:
        if part.start:
            stream.seek(part.start)
        yield from _read_stream(part, stream, batch_rows, size - part.start)


def _read_stream(part: Slice, stream: IO[bytes], batch_rows: int, size: int) -> Iterator[SliceResult]:
    preferred = format_named(part.format)
    if preferred.name == "canonical" and part.container == "lines" and part.mapped is None:
        yield from read_canonical(part, stream, size)
        return
    batch, told = SliceRows(part), 0
    last, counted = part.first_line - 1, 0
    try:
        for line, raw in _records(part, stream):
            last = line
            counted += len(raw)
            batch.seen += 1
            if part.container == "csv":
                read_row(batch, line, raw, preferred)
            else:
                read_text(batch, line, raw, preferred)
            if batch.seen >= batch_rows:
                # A compressed stream is longer than its file: what is told never exceeds the file.
                now = min(counted, size) if part.wrapped == "plain" else told
                yield batch.result(now - told)
                told = now
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


def _read_batch_files(part: Slice, batch_rows: int) -> Iterator[SliceResult]:
    """A batch's files: results meet their requests."""
    preferred = format_named(part.format)
    if not isinstance(preferred, BatchFormat):
        return
    size = sum(path.stat().st_size for path, _, _ in part.batch)
    batch, told = SliceRows(part), 0
    for item in joined(part.batch, preferred):
        if item.label != batch.part.label or batch.seen >= batch_rows:
            yield batch.result(0)
            batch = SliceRows(_relabelled(part, item.label))
        batch.seen += 1
        if item.reason is not None:
            batch.refuse(item.line, item.reason, item.raw)
            continue
        try:
            batch.add(
                [conform(fields, defaults=part.defaults) for fields in _as_list(item.fields)], item.line, item.raw
            )
        except RecordError as error:
            batch.refuse(item.line, str(error), item.raw)
    yield batch.result(size - told)


def _as_list(fields: dict[str, Any] | None) -> Iterable[dict[str, Any]]:
    return [fields] if fields is not None else []


def _relabelled(part: Slice, label: str) -> Slice:
    return Slice(part.path, label, part.wrapped, part.container, part.format)
