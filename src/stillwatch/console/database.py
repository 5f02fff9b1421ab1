"""The console's own small file: people, sessions, claims, comments. What was decided is in policy's log, not here."""

from __future__ import annotations

import sqlite3
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stillwatch.core import OutputUnwritable

__all__ = ["Database"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS people (name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT, shut INTEGER NOT NULL
    DEFAULT 0);
CREATE TABLE IF NOT EXISTS links (hash TEXT PRIMARY KEY, name TEXT NOT NULL, until REAL NOT NULL, direct INTEGER
    NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (hash TEXT PRIMARY KEY, name TEXT NOT NULL, csrf TEXT NOT NULL, begun REAL
    NOT NULL, seen REAL NOT NULL);
CREATE TABLE IF NOT EXISTS attempts (key TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS attempts_by_key ON attempts (key, at);
CREATE TABLE IF NOT EXISTS claims (case_id TEXT PRIMARY KEY, name TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS comments (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, name TEXT NOT NULL, at REAL
    NOT NULL, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS comments_by_subject ON comments (subject, id);
CREATE TABLE IF NOT EXISTS identities (issuer TEXT NOT NULL, subject TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
    PRIMARY KEY (issuer, subject));
CREATE TABLE IF NOT EXISTS saved (id INTEGER PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, path TEXT NOT NULL,
    at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS short_links (id TEXT PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, at REAL NOT NULL,
    UNIQUE (name, path));
CREATE TABLE IF NOT EXISTS seen_views (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, path TEXT NOT NULL,
    at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS unmasked (session TEXT NOT NULL, run TEXT NOT NULL, account TEXT NOT NULL, until REAL
    NOT NULL, PRIMARY KEY (session, run, account));
"""


class Database:
    """An SQLite file that threads and processes share: opened anew for every change, kept open for questions.

    Args:
        path: the file; made where it is absent, readable by its owner alone.

    Raises:
        OutputUnwritable: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: deque[sqlite3.Connection] = deque()
        weakref.finalize(self, _close, self._idle)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            with self.change() as connection:
                connection.executescript(f"PRAGMA journal_mode = WAL; {_SCHEMA}")
        except (OSError, sqlite3.Error) as error:
            raise OutputUnwritable(f"the console's file cannot be opened: {error}", where=str(path)) from error

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the right to write from its first statement on; kept whole or not at all."""
        connection = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            if connection.in_transaction:
                connection.execute("COMMIT")
        finally:
            connection.close()

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """The rows of a query, as they are on disk now."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = sqlite3.connect(self.path, timeout=20, check_same_thread=False, isolation_level=None)
            connection.row_factory = sqlite3.Row
        try:
            found = connection.execute(sql, values).fetchall()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return found


def _close(idle: deque[sqlite3.Connection]) -> None:
    while idle:
        idle.pop().close()
