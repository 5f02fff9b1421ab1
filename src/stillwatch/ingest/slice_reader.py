"""One slice to Arrow batches: each record an exchange or a dead letter, whatever it lies in.

A container's records are read by the module that is named for them: ``canonical_lines``, ``record_lines``,
``csv_rows``, ``parquet_rows``; the files of a batch meet here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

import msgspec

from stillwatch.ingest.base import BatchFormat
from stillwatch.ingest.batches import joined
from stillwatch.ingest.canonical_lines import read_canonical
from stillwatch.ingest.csv_rows import csv_rows, read_row
from stillwatch.ingest.files import BROKEN, numbered_lines, opened
from stillwatch.ingest.parquet_rows import read_parquet
from stillwatch.ingest.record import RecordError, conform
from stillwatch.ingest.record_lines import read_line
from stillwatch.ingest.registry import all_formats
from stillwatch.ingest.slice_result import SliceResult, SliceRows
from stillwatch.ingest.slices import Slice

__all__ = ["read_slice"]


def read_slice(part: Slice, *, batch_rows: int = 8192) -> Iterator[SliceResult]:
    """Read a slice.

    Args:
        part: from ``plan``.
        batch_rows: records a batch, at most; memory is bounded by it. Canonical lines come by the block instead,
            a mebibyte or a line.

    Yields:
        Batches in order of line. Every record is in one of them, as an exchange or as a dead letter.
    """
    if part.batch:
        yield from _read_batch_files(part, batch_rows)
        return
    if part.container == "parquet":
        yield from read_parquet(part, batch_rows)
        return
    size = part.path.stat().st_size if part.end is None else part.end
    with opened(part.path, part.wrapped) as stream:
        if part.start:
            stream.seek(part.start)
        yield from _read_stream(part, stream, batch_rows, size - part.start)


def _read_stream(part: Slice, stream: IO[bytes], batch_rows: int, size: int) -> Iterator[SliceResult]:
    preferred = all_formats()[part.format]
    if preferred.name == "canonical" and part.container == "lines":
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
                read_row(batch, line, raw)
            else:
                read_line(batch, line, raw, preferred)
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
    """Numbered records: raw lines, an array's items, or a CSV's rows."""
    if part.container == "lines":
        yield from numbered_lines(stream, part.first_line, part.end)
    elif part.container == "array":
        text = stream.read()
        try:
            items = msgspec.json.decode(text, type=list[msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            items = [msgspec.Raw(text)]
        yield from ((number, bytes(item)) for number, item in enumerate(items, start=1))
    else:
        yield from csv_rows(stream)


def _read_batch_files(part: Slice, batch_rows: int) -> Iterator[SliceResult]:
    """A batch's files: results meet their requests."""
    preferred = all_formats()[part.format]
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
