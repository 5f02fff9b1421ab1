"""Rows of a Parquet or Arrow file, of any format, to exchanges and dead letters.

Of a table of canonical rows whole columns are read (``whole_columns``), and here the rows that those leave. A row is a
record whose keys are the columns: structs and maps are objects, lists are lists, and text that holds JSON is what the
formats take it for. Times become ISO text in microseconds; columns that stand in the path, as Hive writes them
(``date=2026-01-05/``), are added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

from stillwatch.core import UnreadableInput
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.bounded_batches import BATCH_BYTES, gathered, pieces, rows_at_once
from stillwatch.ingest.files import LONGEST_LINE, Wrapping
from stillwatch.ingest.registry import format_named
from stillwatch.ingest.slice import Slice
from stillwatch.ingest.slice_result import SliceResult, SliceRows
from stillwatch.ingest.unpacking import read_value
from stillwatch.ingest.whole_columns import WholeColumns

__all__ = ["first_rows", "read_parquet", "schema_of"]

# What Arrow raises about files that are not what they say.
_BROKEN = (pa.ArrowException, OSError, ValueError, OverflowError)
_TOO_LONG = f"a cell of more than {LONGEST_LINE >> 20} MiB is not read: no API takes a request as long"
_UUID_BYTES = 16
_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"


class _Lost(NamedTuple):
    """Rows that cannot be read, and why."""

    rows: int
    reason: str


_Row = dict[str, Any] | _Lost


def first_rows(path: Path, wrapped: Wrapping, most: int) -> tuple[list[str], list[dict[str, Any]]]:
    """Names of a file's columns, those of its path too, and its first rows.

    Raises:
        UnreadableInput: it is no such file.
    """
    kind = "a Parquet" if wrapped == "parquet" else "an Arrow"
    try:
        names = list(schema_of(path, wrapped).names)
        found = [*islice(_rows(path, wrapped, most), most)]
        rows = [row for row in found if isinstance(row, dict)]
        if found and not rows:
            raise ValueError(next(row.reason for row in found if isinstance(row, _Lost)))
    except _BROKEN as error:
        raise UnreadableInput(
            f"not {kind} file that can be read: {_sentence(error)}", where=str(path), hint="copy the file again"
        ) from error
    return [*names, *_partitions(path)], rows


def schema_of(path: Path, wrapped: Wrapping) -> pa.Schema:
    """The columns that lie in a file.

    Raises:
        ArrowException, OSError, ValueError: it is no such file.
    """
    return pq.read_schema(path) if wrapped == "parquet" else _arrow_schema(path)


def _sentence(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def read_parquet(part: Slice, batch_rows: int) -> Iterator[SliceResult]:
    """Read a file, ``batch_rows`` rows at a time; rows are counted from 1."""
    preferred = format_named(part.format)
    size, told, number, held = part.path.stat().st_size, 0, 0, 0
    total = max(_row_count(part), 1)
    beside = _partitions(part.path)
    whole = WholeColumns(part, beside) if _by_column(part) else None
    batch = SliceRows(part)
    try:
        for some in _batches(part.path, part.wrapped, batch_rows):
            if isinstance(some, _Lost):
                batch.seen += 1
                batch.refuse(number + 1, some.reason, b"")
                number += some.rows
            else:
                batch.sample.look_at_columns(preferred, some)
                left = range(some.num_rows) if whole is None else _read_columns(batch, some, number + 1, whole)
                for place, row in zip(left, _rows_at(some, left), strict=True):
                    _read_row(batch, number + 1 + place, row, beside, preferred)
                number += some.num_rows
                held += some.nbytes
            if batch.seen >= batch_rows or held >= BATCH_BYTES:
                now = min(size, size * number // total)
                yield batch.result(now - told)
                told, held = now, 0
    except _BROKEN as error:
        batch.seen += 1
        batch.refuse(number + 1, f"the {part.wrapped} file breaks off here: {_sentence(error)}", b"")
    if batch.seen or told < size:
        yield batch.result(size - told)


def _by_column(part: Slice) -> bool:
    """Whether a file's rows are canonical, or of the layout of a map, and nothing is joined to them."""
    if part.callers is not None or part.account_from:
        return False
    return part.format == "canonical" if part.mapped is None else part.format == part.mapped.name


def _read_columns(batch: SliceRows, rows: pa.RecordBatch, first: int, whole: WholeColumns) -> Sequence[int]:
    """Read whole columns into ``batch``; the places of the rows that are left."""
    try:
        read, left = whole.exchanges(rows, first)
    except (pa.ArrowException, ValueError, OverflowError):
        # What no column can do, the reader of rows does, or says what is wrong.
        return range(rows.num_rows)
    batch.take_columns(read)
    places: list[int] = np.flatnonzero(left).tolist()
    return places


def _rows_at(rows: pa.RecordBatch, places: Sequence[int]) -> Iterator[_Row]:
    if not places:
        return iter(())
    if len(places) == rows.num_rows:
        return _plain_rows(rows)
    try:
        return _plain_rows(rows.take(pa.array(places, pa.int64())))
    except pa.ArrowNotImplementedError:
        return (row for place in places for row in _plain_rows(rows.slice(place, 1)))


def _read_row(batch: SliceRows, number: int, row: _Row, beside: Mapping[str, str | None], preferred: LogFormat) -> None:
    batch.seen += 1
    if isinstance(row, _Lost):
        batch.refuse(number, row.reason, b"")
        return
    row = {**{name: value for name, value in beside.items() if name not in row}, **row}
    given = {name: value for name, value in row.items() if value is not None}
    read_value(batch, number, given if batch.part.format == "canonical" else row, given, preferred)


def _row_count(part: Slice) -> int:
    try:
        return int(pq.ParquetFile(part.path).metadata.num_rows) if part.wrapped == "parquet" else 1
    except _BROKEN:
        return 1


def _rows(path: Path, wrapped: Wrapping, batch_rows: int) -> Iterator[_Row]:
    """Rows in order; a sentence in place of one whose values are none of Python's."""
    beside = _partitions(path)
    for batch in _batches(path, wrapped, batch_rows):
        for row in [batch] if isinstance(batch, _Lost) else _plain_rows(batch):
            if isinstance(row, dict):
                yield {**{name: value for name, value in beside.items() if name not in row}, **row}
            else:
                yield row


def _batches(path: Path, wrapped: Wrapping, batch_rows: int) -> Iterator[pa.RecordBatch | _Lost]:
    if wrapped == "parquet":
        source = pq.ParquetFile(path)
        for group in range(source.num_row_groups):
            for some in _row_group(path, source, group, batch_rows):
                yield from [some] if isinstance(some, _Lost) else _without_long(some)
    else:
        for whole in _arrow_batches(path):
            for start in range(0, whole.num_rows, batch_rows):
                batch = whole.slice(start, batch_rows)
                # Arrow trusts what a file says of its own buffers, and would read beyond them.
                batch.validate(full=True)
                yield from _without_long(batch)


def _row_group(path: Path, source: pq.ParquetFile, group: int, batch_rows: int) -> Iterator[pa.RecordBatch | _Lost]:
    """A row group's batches; one that is damaged costs no other."""
    said = source.metadata.row_group(group)
    rows, read = said.num_rows, 0
    try:
        most = rows_at_once(path, said, group, batch_rows)
        batches = source.iter_batches(most, row_groups=[group])
        for batch in batches if most == batch_rows else gathered(batches, batch_rows):
            read += batch.num_rows
            yield batch
    except _BROKEN as error:
        left = max(rows - read, 1)
        yield _Lost(left, f"this row and the {left - 1:,} after it cannot be read: {_sentence(error)}")


def _without_long(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch | _Lost]:
    """A batch in pieces, but for rows of which a cell is longer than anything that is read: a packed file of kilobytes
    may hold gigabytes."""
    for piece in pieces(batch):
        yield from _without_long_rows(piece)


def _without_long_rows(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch | _Lost]:
    if batch.nbytes <= LONGEST_LINE:
        yield batch
        return
    begun = 0
    for place in range(batch.num_rows):
        if any(column.slice(place, 1).nbytes > LONGEST_LINE for column in batch.columns):
            if place > begun:
                yield batch.slice(begun, place - begun)
            yield _Lost(1, _TOO_LONG)
            begun = place + 1
    if begun < batch.num_rows:
        yield batch.slice(begun)


def _arrow_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Batches of an IPC file, memory-mapped, of an IPC stream, or of a Feather file of either version."""
    head = _head(path)
    if head[:4] == b"FEA1":
        yield from feather.read_table(path).to_batches()
        return
    with pa.memory_map(str(path)) as mapped:
        if head[:6] != b"ARROW1":
            yield from pa.ipc.open_stream(mapped)
            return
        reader = pa.ipc.open_file(mapped)
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)


def _arrow_schema(path: Path) -> pa.Schema:
    head = _head(path)
    if head[:4] == b"FEA1":
        return feather.read_table(path).schema
    with pa.memory_map(str(path)) as mapped:
        reader = pa.ipc.open_file(mapped) if head[:6] == b"ARROW1" else pa.ipc.open_stream(mapped)
        return reader.schema


def _head(path: Path) -> bytes:
    with path.open("rb") as source:
        return source.read(8)


def _plain_rows(batch: pa.RecordBatch) -> Iterator[_Row]:
    try:
        plain = pa.RecordBatch.from_arrays([_readable(column) for column in batch.columns], names=batch.schema.names)
        rows = plain.to_pylist(maps_as_pydicts="lossy")
    except _BROKEN as error:
        if batch.num_rows <= 1:
            yield _Lost(1, f"a value of the row cannot be read: {_sentence(error)}")
            return
        # One value that no time can be costs its own row alone.
        half = batch.num_rows // 2
        yield from _plain_rows(batch.slice(0, half))
        yield from _plain_rows(batch.slice(half))
        return
    for row in rows:
        yield {name: _plain(value) for name, value in row.items()}


def _readable(column: pa.Array) -> pa.Array:
    """Nanoseconds as microseconds, wherever they stand; a column of times as text."""
    kind = _without_nanoseconds(column.type)
    if kind != column.type:
        column = column.cast(kind, safe=False)
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC")).cast(pa.string())
    return column


def _without_nanoseconds(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _without_nanoseconds(kind.value_type)
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz) if kind.unit == "ns" else kind
    if pa.types.is_time64(kind):
        return pa.time64("us")
    if pa.types.is_duration(kind):
        return pa.duration("us") if kind.unit == "ns" else kind
    if pa.types.is_struct(kind):
        return pa.struct(
            [kind.field(at).with_type(_without_nanoseconds(kind.field(at).type)) for at in range(len(kind))]
        )
    if pa.types.is_map(kind):
        return pa.map_(_without_nanoseconds(kind.key_type), _without_nanoseconds(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_without_nanoseconds(kind.value_type)))
    return kind


def _plain(value: Any) -> Any:
    """A value as JSON would hold it."""
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo else f"{value.isoformat()}Z"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if not isinstance(value, bytes):
        return str(value)
    text = value.decode("utf-8", "replace")
    # An id in the sixteen bytes of a UUID is no text, and its letters would be lost.
    return str(UUID(bytes=value)) if len(value) == _UUID_BYTES and not text.isprintable() else text


def _partitions(path: Path) -> dict[str, str | None]:
    """Columns in the names of the folders that a file lies in."""
    found: dict[str, str | None] = {}
    for folder in path.absolute().parents:
        name, equals, value = folder.name.partition("=")
        if not equals or not name:
            break
        found[unquote(name)] = None if value == _NO_PARTITION else unquote(value)
    return found
