"""DuckDB as it reads runs, and the questions that are under way: whoever stops does not wait for them.

RunDatabase.cursor > one question; RunDatabase.stop > no more of them
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import duckdb

from stillwatch.core import UnreadableInput

__all__ = ["RunDatabase"]

_TRY_SECONDS = 0.1
_TRIES = 1_200
"""How often what is under way is broken off, and how long each time is waited for its end."""


class RunDatabase:
    """A database in memory, shared by threads: each question has a cursor of its own."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(config={"threads": "2", "memory_limit": "1GB"})
        self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute("SET TimeZone = 'UTC'")
        self._under_way: set[duckdb.DuckDBPyConnection] = set()
        self._guard = threading.Condition()
        self._stopped = False

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """For one question."""
        with self._guard:
            if self._stopped:
                raise UnreadableInput("the console stops")
            cursor = self._connection.cursor()
            self._under_way.add(cursor)
        try:
            yield cursor
        finally:
            with self._guard:
                cursor.close()
                self._under_way.discard(cursor)
                self._guard.notify_all()

    def stop(self) -> None:
        """Break off what is under way, and ask no more."""
        with self._guard:
            self._break_off()

    def _break_off(self) -> None:
        self._stopped = True
        for cursor in self._under_way:
            cursor.interrupt()

    def close(self) -> None:
        """Close it, and answer nothing more."""
        with self._guard:
            # DuckDB refuses to close what another thread still asks, and breaks off nothing that has not begun yet.
            for _ in range(_TRIES):
                self._break_off()
                if self._guard.wait_for(lambda: not self._under_way, _TRY_SECONDS):
                    break
            self._connection.close()
