"""Part files of a run, written anew with some of their rows; those taken out lie aside, and can be put back.

Every write is beside its file first, and what is moved is written there before it goes here: whatever is killed halfway
is whole again after ``put_back``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.scanning.kept import KEPT, PARTS

__all__ = ["keep_rows", "put_back", "rewrite"]

Mask = npt.NDArray[np.bool_]


def keep_rows(run: Path, name: str, keep: Mask) -> None:
    """Write a part's exchanges and sketches anew with the rows that are kept, in groups and encodings as they were.

    The others lie aside.

    Args:
        run: has ``exchanges.parquet/`` and ``sketches.parquet/``, row for row the same.
        name: of the part's files in both; where no row is kept, they are removed.
        keep: of its rows.
    """
    for table in PARTS:
        part = run / table / name
        there = run / KEPT / "aside" / table
        there.mkdir(parents=True, exist_ok=True)
        pieces = len(list(there.glob(f"{part.stem}.*.parquet")))
        _write(part, there / f"{part.stem}.{pieces}.parquet", _groups(part, ~keep))
        if keep.any():
            _write(part, part, _groups(part, keep))
        else:
            part.unlink()


def put_back(run: Path) -> None:
    """Put what lies aside back where it was, in the order of ``row_key``."""
    for table in PARTS:
        there = run / KEPT / "aside" / table
        pieces: dict[str, list[Path]] = {}
        for piece in sorted(there.glob("*.parquet")) if there.is_dir() else ():
            pieces.setdefault(piece.name.split(".")[0], []).append(piece)
        for stem, some in pieces.items():
            part = run / table / f"{stem}.parquet"
            # In order of their keys, each once: a kill may have left a row both here and there.
            rows = pa.concat_tables([pq.ParquetFile(piece).read() for piece in some], promote_options="default")
            keys, first = np.unique(rows["row_key"].to_numpy(), return_index=True)
            _write(part if part.exists() else some[0], part, _merged(part, rows.take(pa.array(first)), keys))
            for piece in some:
                piece.unlink()


def rewrite(part: Path, tables: Iterator[pa.Table]) -> None:
    """Write a part anew, beside it first, in the encodings that it has; without rows it is removed."""
    _write(part, part, tables)


def _merged(part: Path, rows: pa.Table, keys: npt.NDArray[np.int64]) -> Iterator[pa.Table]:
    """A part's groups with these rows among them."""
    start = 0
    source = pq.ParquetFile(part) if part.exists() else None
    for number in range(source.num_row_groups if source else 0):
        group = source.read_row_group(number)  # type: ignore[union-attr]
        own = group["row_key"].to_numpy()
        end = int(np.searchsorted(keys, own[-1], side="right"))
        more = rows.slice(start, end - start)
        start = end
        more = more.filter(pa.array(~np.isin(more["row_key"].to_numpy(), own)))
        yield pa.concat_tables([group, more]).sort_by("row_key") if len(more) else group
    if start < len(rows):
        yield rows.slice(start)


def _groups(part: Path, keep: Mask) -> Iterator[pa.Table]:
    source = pq.ParquetFile(part)
    start = 0
    for number in range(source.num_row_groups):
        table = source.read_row_group(number)
        kept = table.filter(pa.array(keep[start : start + len(table)]))
        start += len(table)
        if len(kept):
            yield kept


def _write(like: Path, part: Path, tables: Iterator[pa.Table]) -> None:
    """Write tables as a part, in the encodings of another."""
    described = pq.ParquetFile(like)
    columns = _columns(described)
    half = part.with_name(f".{part.name}.partial")
    writer: pq.ParquetWriter | None = None
    for table in tables:
        if writer is None:
            names = set(table.column_names)
            coded = [name for name in columns if name.split(".")[0] in names]
            writer = pq.ParquetWriter(half, table.schema, compression="lz4", use_dictionary=coded)
        writer.write_table(table)
    if writer is None:
        part.unlink(missing_ok=True)
        return
    writer.close()
    half.replace(part)


def _columns(source: pq.ParquetFile) -> Sequence[str]:
    """Columns that have a dictionary."""
    group = source.metadata.row_group(0)
    every = [group.column(place) for place in range(source.metadata.num_columns)]
    return [column.path_in_schema for column in every if "RLE_DICTIONARY" in column.encodings]
