"""Part files of a run, written anew with some of their rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["keep_rows"]

Mask = npt.NDArray[np.bool_]


def keep_rows(run: Path, name: str, keep: Mask) -> None:
    """Write a part's exchanges and sketches anew with the rows that are kept, in groups and encodings as they were.

    Args:
        run: has ``exchanges.parquet/`` and ``sketches.parquet/``, row for row the same.
        name: of the part's files in both; where no row is kept, they are removed.
        keep: of its rows.
    """
    for table in ("exchanges", "sketches"):
        _keep(run / f"{table}.parquet" / name, keep)


def _keep(part: Path, keep: Mask) -> None:
    if not keep.any():
        part.unlink()
        return
    source = pq.ParquetFile(part)
    written = part.with_name(f".{part.name}.partial")
    columns = [source.metadata.row_group(0).column(place) for place in range(source.metadata.num_columns)]
    with pq.ParquetWriter(
        written,
        source.schema_arrow,
        compression="lz4",
        use_dictionary=[column.path_in_schema for column in columns if "RLE_DICTIONARY" in column.encodings],
    ) as writer:
        for table in _kept_groups(source, keep):
            writer.write_table(table)
    written.replace(part)


def _kept_groups(source: pq.ParquetFile, keep: Mask) -> Iterator[pa.Table]:
    start = 0
    for group in range(source.num_row_groups):
        table = source.read_row_group(group)
        kept = table.filter(pa.array(keep[start : start + len(table)]))
        start += len(table)
        if len(kept):
            yield kept
