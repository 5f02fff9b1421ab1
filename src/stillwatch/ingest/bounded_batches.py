"""A table's rows in batches of so many bytes: one long text that a file holds once may stand in every row.

Kilobytes of Parquet or Arrow may decode to gigabytes, by a dictionary or by views. What one batch comes to is told
before it is decoded.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

__all__ = ["BATCH_BYTES", "gathered", "pieces", "rows_at_once"]

BATCH_BYTES = 64 << 20
"""About what a batch holds at most; one row may be more."""

# Long rows may stand together among many short ones: so many at a time are looked at.
_FEW = 256
_PEEK_BYTES = 1 << 16


def rows_at_once(path: Path, described: pq.RowGroupMetaData, group: int, batch_rows: int) -> int:
    """How many rows of a row group to decode at a time.

    Args:
        path: the Parquet file.
        described: the row group.
        group: its number.
        batch_rows: so many at most.
    """
    total, most = described.total_byte_size, batch_rows
    if total > BATCH_BYTES:
        most = min(most, _FEW, max(1, BATCH_BYTES * described.num_rows // total))
    a_row = sum(_longest(path, group, name) * many for name, many in _coded(described, batch_rows))
    return max(1, min(most, int(BATCH_BYTES / a_row))) if a_row else most


def _coded(described: pq.RowGroupMetaData, batch_rows: int) -> Iterator[tuple[str, float]]:
    """Columns of texts whose dictionary may hold one that is long, and how many each row has on average."""
    for place in range(described.num_columns):
        column = described.column(place)
        coded = column.physical_type == "BYTE_ARRAY" and column.has_dictionary_page
        if coded and column.total_uncompressed_size * batch_rows > BATCH_BYTES:
            yield column.path_in_schema, max(1.0, column.num_values / max(described.num_rows, 1))


def _longest(path: Path, group: int, name: str) -> int:
    """Bytes of the longest text in a column's dictionary, which is read alone: it comes with the first value."""
    source = pq.ParquetFile(path, read_dictionary=[name], pre_buffer=False, buffer_size=_PEEK_BYTES)
    try:
        for batch in source.iter_batches(_FEW, row_groups=[group], columns=[name]):
            column = batch.column(0)
            while pa.types.is_nested(column.type):
                column = column.field(0) if pa.types.is_struct(column.type) else column.flatten()
            if not pa.types.is_dictionary(column.type):
                return 0
            if len(column.dictionary):
                return int(_lengths_of_values(column.dictionary).max())
    except (pa.ArrowException, OSError):
        # Whoever reads the rows says what is wrong.
        return 0
    return 0


def gathered(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Small batches in fewer, of so many rows or about ``BATCH_BYTES`` each."""
    held: list[pa.RecordBatch] = []
    count = size = 0
    for batch in batches:
        if held and (count + batch.num_rows > rows or size + batch.nbytes > BATCH_BYTES):
            yield pa.concat_batches(held)
            held, count, size = [], 0, 0
        held.append(batch)
        count, size = count + batch.num_rows, size + batch.nbytes
    if held:
        yield pa.concat_batches(held)


def pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch as it is, or cut and decoded where its dictionaries and views do not hold what its rows come to."""
    size = [lengths for column in batch.columns if (lengths := _lengths(column)) is not None]
    sums: npt.NDArray[np.int64] = np.cumsum(np.sum(size, axis=0)) if size else np.zeros(1, np.int64)
    if not size or max(int(sums[-1]), batch.nbytes) <= BATCH_BYTES:
        yield batch
        return
    edges = [0, *(np.flatnonzero(np.diff(sums // BATCH_BYTES)) + 1).tolist(), batch.num_rows]
    for begin, end in itertools.pairwise(edges):
        columns = [_decoded(column.slice(begin, end - begin)) for column in batch.columns]
        yield pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _decoded(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return _decoded(column.dictionary_decode())
    if pa.types.is_string_view(column.type):
        return column.cast(pa.large_string())
    return column.cast(pa.large_binary()) if pa.types.is_binary_view(column.type) else column


def _lengths(column: pa.Array) -> npt.NDArray[np.int64] | None:
    """Bytes of each row's text in a column where one text may stand for many rows; None where it is no such column."""
    if not pa.types.is_dictionary(column.type):
        return _lengths_of_values(column) if _is_view(column.type) else None
    of_values = np.append(_lengths_of_values(column.dictionary), 0)
    return of_values[np.asarray(column.indices.fill_null(len(of_values) - 1), np.int64)]


def _lengths_of_values(values: pa.Array) -> npt.NDArray[np.int64]:
    """Bytes of each text; 0 for what is none."""
    kind = values.type
    if _is_view(kind):
        # A view is sixteen bytes, of which the first four are the length.
        views = np.frombuffer(values.buffers()[1], np.int32).reshape(-1, 4)
        lengths = views[values.offset : values.offset + len(values), 0]
        return np.where(np.asarray(values.is_valid()), lengths, 0).astype(np.int64)
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    if not any(is_one(kind) for is_one in texts):
        return np.zeros(len(values), np.int64)
    return np.asarray(pc.binary_length(values).fill_null(0), np.int64)


def _is_view(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))
