"""What an engine is: where SQL and Arrow functions run over tables that do not fit in memory.

A step takes named tables and returns named tables: what it reads stands in its arguments, what it makes in what it
returns, and nothing is left behind on a connection. To add an engine, derive from ``Engine`` and let the suite in
``tests/engines`` run over it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

__all__ = ["ArrowFunction", "Engine", "Table", "no_rows"]

ArrowFunction = Callable[[pa.RecordBatch], pa.RecordBatch]
"""Runs where the rows are: in this process or in a worker's, which has Stillwatch too."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that an engine holds or can read; in SQL it stands by its name."""

    name: str

    def __format__(self, spec: str) -> str:
        return self.name


class Engine(ABC):
    """Runs SQL over named tables.

    In every query ``{name}`` stands for the table given as ``name``: a ``Table`` of this engine, or an Arrow table,
    which is lent to the engine for as long as the query runs. Results never depend on how many threads there are:
    where order matters, a query says ORDER BY.

    Attributes:
        scratch: folder for files of whoever asks it, where memory does not hold what it answered; None is the system's.
    """

    scratch: Path | None = None

    @abstractmethod
    def read(self, files: Path, where: str = "", *, mixed: bool = False, often: bool = False) -> Table:
        """The Parquet files that a path with wildcards names; ``where`` leaves rows out.

        ``mixed`` says that some have columns that others lack, which are null there; else all have the same. ``often``
        says that they are asked of again and again: an engine may hold them, where its memory lets it.
        """

    @abstractmethod
    def keep(self, table: pa.Table) -> Table:
        """An Arrow table, held by the engine."""

    @abstractmethod
    def sql(self, query: str, /, **tables: Table | pa.Table) -> Table:
        """The result of a query, held by the engine: in memory, or spilled to disk."""

    @abstractmethod
    def fetch(self, query: str, /, **tables: Table | pa.Table) -> pa.Table:
        """The whole result of a query as an Arrow table."""

    @abstractmethod
    def batches(self, query: str, /, rows: int, **tables: Table | pa.Table) -> Iterator[pa.RecordBatch]:
        """The result of a query in batches of at most so many rows: memory is bounded by one."""

    @abstractmethod
    def write(self, query: str, path: Path, /, **tables: Table | pa.Table) -> int:
        """Write the result of a query as one Parquet file (zstd); how many rows it has."""

    def map_arrow(
        self, query: str, function: ArrowFunction, /, rows: int = 65_536, **tables: Table | pa.Table
    ) -> Table:
        """A function of Arrow batches over the result of a query, its result held by the engine.

        Args:
            query: what it is given.
            function: pure, or such that doing it twice comes to the same: an engine of several machines does a batch
                again when one is lost. Of a batch without rows it gives one without rows, which shows its columns.
            rows: most rows of a batch. Batches are what workers share out: where each row is work for seconds, one.
            tables: by the names that the query has for them.
        """
        made = [function(batch) for batch in self.batches(query, rows, **tables)]
        if not made:
            made = [function(no_rows(self.fetch(f"SELECT * FROM ({query}) LIMIT 0", **tables).schema))]
        return self.keep(pa.Table.from_batches(made))

    def at_hand(self, table: Table, *columns: str) -> Table:
        """A table of which few rows are asked for again and again, by these columns alone: the same, or a copy of them
        that an engine holds where its memory lets it."""
        return table

    def holds(self, table: Table) -> bool:
        """Whether few rows of a table are found in little time: it is not read anew for each question."""
        return True

    def columns(self, table: Table) -> list[str]:
        """Names of a table's columns."""
        names: list[str] = self.fetch("SELECT * FROM {table} LIMIT 0", table=table).column_names
        return names


def no_rows(schema: pa.Schema) -> pa.RecordBatch:
    """A batch of so many columns and no rows."""
    return pa.record_batch([pa.array([], field.type) for field in schema], schema=schema)
