"""Rows of numbers in order of one of them: those that have some number are found without a pass over all.

Every group that is tested asks what its members sent. In an engine each question is a pass over the log, so that a log
ten times as large, with ten times the groups, takes a hundred times as long. Sorted once, a group's rows lie together:
in this process, or, of more than it is to hold, in a file, of which only what is asked for is read.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.evidence.postings import in_runs

__all__ = ["SortedRows"]

I64 = npt.NDArray[np.int64]
Column = npt.NDArray[Any]

MOST_HELD = 8_000_000
"""Of as many rows a process holds what is asked of each: up to 300 MB."""

_ROWS = 65_536


class SortedRows:
    """Rows in order of their first column.

    Args:
        columns: by name, each of n numbers; the first ascends.
    """

    def __init__(self, columns: dict[str, Column]) -> None:
        self._columns = columns
        self._key = next(iter(columns.values()))

    @classmethod
    def read(cls, engine: Engine, query: str, /, **tables: Table | pa.Table) -> Self:
        """The result of a query that gives numbers and no null, in order of the first."""
        schema = engine.fetch(f"SELECT * FROM ({query}) LIMIT 0", **tables).schema
        batches = engine.batches(query, _ROWS, **tables)
        pieces: list[pa.RecordBatch] = []
        for batch in batches:
            pieces.append(batch)
            if sum(map(len, pieces)) > MOST_HELD:
                return cls(_in_files(itertools.chain(pieces, batches), schema.names, engine.scratch))
        table = pa.Table.from_batches(pieces, schema)
        return cls({name: np.asarray(table[name]) for name in schema.names})

    def of(self, wanted: Column) -> dict[str, Column]:
        """Rows whose first column is one of some numbers (sorted, each once, of its kind), in their order."""
        first, last = np.searchsorted(self._key, wanted), np.searchsorted(self._key, wanted, side="right")
        rows = in_runs(first, last - first)
        return {name: column[rows] for name, column in self._columns.items()}


def _in_files(batches: Iterable[pa.RecordBatch], names: Sequence[str], folder: Path | None) -> dict[str, Column]:
    """Columns of batches, each in a file without a name, which is gone with whoever reads it."""
    with ExitStack() as opened:
        files = {name: opened.enter_context(tempfile.TemporaryFile(dir=folder)) for name in names}
        kinds: dict[str, np.dtype[Any]] = {}
        for batch in batches:
            for name, file in files.items():
                column = batch[name].to_numpy(zero_copy_only=False)
                kinds[name] = column.dtype
                column.tofile(file)
        return {name: np.asarray(np.memmap(file, kinds[name], "r")) for name, file in files.items()}
