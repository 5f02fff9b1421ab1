"""The embedded engine: one DuckDB connection and one pool of worker processes."""

from __future__ import annotations

import multiprocessing
import signal
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa

__all__ = ["connect", "query", "worker_pool"]


def connect(spill: Path, *, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that spills to ``spill`` beyond ``memory_mb``.

    Results do not depend on ``threads``: nothing here relies on row order without an ORDER BY.
    """
    connection = duckdb.connect(
        config={
            "memory_limit": f"{memory_mb}MB",
            "threads": str(threads),
            "temp_directory": str(spill),
        }
    )
    connection.execute("SET enable_progress_bar = false")
    return connection


def query(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """The whole result of a query as an Arrow table."""
    return connection.sql(sql).to_arrow_table()


def worker_pool(workers: int) -> ProcessPoolExecutor:
    """A pool of fresh processes that leave Ctrl-C to their parent.

    Spawned, not forked: forking a process that holds Arrow's and DuckDB's threads can hang.
    """
    return ProcessPoolExecutor(
        max_workers=workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
