"""Rows of a Parquet file with the canonical columns, to exchanges and dead letters."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.ingest.record import COLUMNS
from stillwatch.ingest.record_lines import read_record
from stillwatch.ingest.registry import all_formats
from stillwatch.ingest.slice_result import SliceResult, SliceRows
from stillwatch.ingest.slices import Slice

__all__ = ["read_parquet"]


def read_parquet(part: Slice, batch_rows: int) -> Iterator[SliceResult]:
    """Read a file, ``batch_rows`` rows at a time; rows are counted from 1."""
    preferred = all_formats()["canonical"]
    size, told, row_number = part.path.stat().st_size, 0, 0
    source = pq.ParquetFile(part.path)
    names = [name for name in COLUMNS if name in source.schema_arrow.names]
    total = max(source.metadata.num_rows, 1)
    for arrow in source.iter_batches(batch_rows, columns=names):
        batch = SliceRows(part)
        plain = _timeless(arrow)
        for fields in plain.to_pylist():
            row_number += 1
            batch.seen += 1
            given = {name: value for name, value in fields.items() if value is not None}
            read_record(batch, row_number, given, given, preferred)
        now = size * row_number // total
        yield batch.result(now - told)
        told = now


def _timeless(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Timestamps as microseconds, which the record's own reader takes."""
    columns = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_timestamp(field.type):
            column = column.cast(pa.timestamp("us", tz=field.type.tz)).cast(pa.int64())
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
