"""DuckDB in this process, within a memory limit."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Self, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.core import BadSetting
from stillwatch.core.paths_in_sql import path_in_sql
from stillwatch.engines.base import Engine, Table

__all__ = ["DuckDBEngine", "query", "stoppable"]

_Answer = TypeVar("_Answer")

# Files that are no larger are read once and held: to open them again for each query takes longer than the query. So are
# those asked of again and again up to this part of the memory, for rows take several times the room of their files.
_HELD_BYTES = 4_000_000
_HELD_PART = 1 / 32
# What a copy of columns may take of the memory: in Parquet files a row is found by reading all of them.
_AT_HAND_PART = 1 / 4
# Queries of one process at once; a further one waits.
_MOST_AT_ONCE = 64


class DuckDBEngine(Engine):
    """An in-memory DuckDB that spills to disk; a context manager that closes it.

    Args:
        spill: folder for what exceeds ``memory_mb``.
        memory_mb: bound on DuckDB's own memory.
        threads: never changes a result.
    """

    def __init__(self, spill: Path, *, memory_mb: int, threads: int) -> None:
        spill.mkdir(parents=True, exist_ok=True)
        self.scratch = spill
        self._connection = duckdb.connect(
            config={"memory_limit": f"{memory_mb}MB", "threads": str(threads), "temp_directory": str(spill)}
        )
        self._connection.execute("SET enable_progress_bar = false")
        self._held_often = max(_HELD_BYTES, int(_HELD_PART * memory_mb * 1_000_000))
        self._most_at_hand = int(_AT_HAND_PART * memory_mb * 1_000_000)
        self._in_files: dict[Table, Path] = {}
        self._held: set[Table] = set()
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._connection.close()

    def let_go(self) -> None:
        """Drop every table, for work that needs none of them: to begin anew costs what forty small queries do."""
        for kind, tables in (("TABLE", self._held), ("VIEW", self._in_files)):
            for table in tables:
                self._connection.execute(f"DROP {kind} {table}")
            tables.clear()

    def read(self, files: Path, where: str = "", *, mixed: bool = False, often: bool = False) -> Table:
        """The Parquet files that a path with wildcards names; ``where`` leaves rows out."""
        table = self._new()
        condition = f" WHERE {where}" if where else ""
        how = "hive_partitioning = false" + (", union_by_name = true" if mixed else "")
        few = _bytes(files) <= (self._held_often if often else _HELD_BYTES)
        # Long texts that repeat themselves lie in small files.
        kind = "TABLE" if few and _unpacked_bytes(files) <= self._most_at_hand else "VIEW"
        made = f"CREATE {kind} {table} AS SELECT * FROM read_parquet({path_in_sql(files)}, {how}){condition}"
        stoppable(self._connection, lambda: self._connection.execute(made))
        if kind == "TABLE":
            self._held.add(table)
        else:
            self._in_files[table] = files
        return table

    def keep(self, table: pa.Table) -> Table:
        """An Arrow table, held by the engine."""
        return self.sql("SELECT * FROM {given}", given=table)

    def sql(self, query: str, /, **tables: Table | pa.Table) -> Table:
        """The result of a query, held by the engine: in memory, or spilled to disk."""
        table = self._new()
        with self._lent(tables) as names:
            made = f"CREATE TABLE {table} AS {query.format(**names)}"
            stoppable(self._connection, lambda: self._connection.execute(made))
        self._held.add(table)
        return table

    def fetch(self, query: str, /, **tables: Table | pa.Table) -> pa.Table:
        """The whole result of a query as an Arrow table."""
        with self._lent(tables) as names:
            return _whole(self._connection, query.format(**names))

    def batches(self, query: str, /, rows: int, **tables: Table | pa.Table) -> Iterator[pa.RecordBatch]:
        """The result of a query in batches of at most so many rows: memory is bounded by one."""
        made = {name: self.keep(given) for name, given in tables.items() if not isinstance(given, Table)}
        # A cursor of its own, so that other queries may run while this one is read.
        with self._connection.cursor() as cursor:
            reader = stoppable(cursor, lambda: cursor.sql(query.format(**{**tables, **made})).to_arrow_reader(rows))
            while (batch := stoppable(cursor, lambda: next(reader, None))) is not None:
                yield batch
        for table in made.values():
            self._connection.execute(f"DROP TABLE {table}")
            self._held.discard(table)

    def write(self, query: str, path: Path, /, **tables: Table | pa.Table) -> int:
        """Write the result of a query as one Parquet file (zstd); how many rows it has."""
        quoted = str(path).replace("'", "''")
        with self._lent(tables) as names:
            copy = (
                f"COPY ({query.format(**names)}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
            )
            ((rows,),) = stoppable(self._connection, lambda: self._connection.execute(copy).fetchall())
        return int(rows)

    def at_hand(self, table: Table, *columns: str) -> Table:
        """Columns of a table in files, held where the files say that they take no more than a part of the memory."""
        if table not in self._in_files or _unpacked_bytes(self._in_files[table], columns) > self._most_at_hand:
            return table
        return self.sql(f"SELECT {', '.join(columns)} FROM {{table}}", table=table)

    def holds(self, table: Table) -> bool:
        """Whether a table is more than a view of files."""
        return table not in self._in_files

    def columns(self, table: Table) -> list[str]:
        """Names of a table's columns."""
        # Known once the query is read: it need not run.
        return stoppable(self._connection, lambda: list(self._connection.sql(f"FROM {table}").columns))

    def _new(self) -> Table:
        return Table(f"t{next(self._numbers)}")

    @contextmanager
    def _lent(self, tables: dict[str, Table | pa.Table]) -> Iterator[dict[str, Table]]:
        """Tables by the names a query has for them; Arrow tables are lent for the block."""
        names: dict[str, Table] = {}
        lent: list[Table] = []
        try:
            for name, given in tables.items():
                if isinstance(given, Table):
                    names[name] = given
                    continue
                names[name] = self._new()
                self._connection.register(names[name].name, given)
                lent.append(names[name])
            yield names
        finally:
            for table in lent:
                self._connection.unregister(table.name)


def _bytes(files: Path) -> int:
    """Size of all files that a path with wildcards in its last part names."""
    return sum(path.stat().st_size for path in files.parent.glob(files.name))


def _unpacked_bytes(files: Path, columns: Sequence[str] = ()) -> int:
    """Bytes of these columns, or all, before they were compressed, as the files that a path names say of themselves."""
    total = 0
    for path in files.parent.glob(files.name):
        described = pq.ParquetFile(path).metadata
        for group in map(described.row_group, range(described.num_row_groups)):
            for column in map(group.column, range(group.num_columns)):
                if not columns or column.path_in_schema.partition(".")[0] in columns:
                    total += column.total_uncompressed_size
    return total


def query(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """The whole result of a query on a connection of one's own, as an Arrow table."""
    return _whole(connection, sql)


def _whole(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    return stoppable(connection, lambda: connection.sql(sql).to_arrow_table())


def stoppable(connection: duckdb.DuckDBPyConnection, ask: Callable[[], _Answer]) -> _Answer:
    """What ``ask`` gives, which asks ``connection`` something; at Ctrl-C that ends at once.

    In the thread that hears it DuckDB looks up only between its tasks, after seconds, and raises a RuntimeError.
    """
    answer = _threads(os.getpid()).submit(ask)
    try:
        return answer.result()
    except duckdb.OutOfMemoryException as error:
        # A full disk is told so too, by whoever knows where the run lies.
        if any(word in str(error).lower() for word in ("temp_directory", "space left", "disk full")):
            raise
        hint = "records of megabytes by the thousand need gigabytes; give more memory_mb, or leave those records out"
        raise BadSetting(f"the embedded database has too little memory: {_first_line(error)}", hint=hint) from error
    except KeyboardInterrupt:
        # A query that has not quite begun does not hear it.
        while not answer.done():
            connection.interrupt()
            wait([answer], timeout=0.05)
        raise


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


@cache
def _threads(process: int) -> ThreadPoolExecutor:
    """Threads of a process for what is asked, each kept for the next: to start one takes longer than a small query."""
    return ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="query")
