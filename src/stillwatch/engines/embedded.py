"""The embedded engine: one DuckDB connection and one pool of worker processes."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
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


@contextmanager
def worker_pool(workers: int) -> Iterator[Executor]:
    """A pool of fresh processes that leave Ctrl-C to their parent, started at first use.

    Spawned, not forked: forking a process that holds Arrow's and DuckDB's threads can hang. When
    the block is left by an exception, workers are ended in the middle of what they do.
    """
    pool = ProcessPoolExecutor(
        max_workers=workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    pool.shutdown()
