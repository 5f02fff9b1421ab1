"""Sessions: kept at the server, known by a random cookie of which only the hash is stored."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass

from stillwatch.console.database import Database
from stillwatch.console.people import Person

__all__ = ["Session", "Sessions"]

_IDLE_SECONDS = 2 * 3600
_LONGEST_SECONDS = 12 * 3600
_UNMASKED_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, by which session, and what their forms must hold."""

    id: str
    person: Person
    csrf: str


class Sessions:
    """The open sessions of one console."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, person: Person) -> str:
        """A new session; the cookie's value."""
        token, now = secrets.token_urlsafe(32), time.time()
        with self._database.change() as connection:
            connection.execute("DELETE FROM sessions WHERE begun < ? OR seen < ?", _ended(now))
            connection.execute("DELETE FROM unmasked WHERE until < ?", (now,))
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)",
                (_hash(token), person.name, secrets.token_urlsafe(24), now, now),
            )
        return token

    def find(self, token: str | None) -> Session | None:
        """The session of a cookie; None where it ended, or its person may not come in any more."""
        if not token:
            return None
        now = time.time()
        rows = self._database.rows(
            "SELECT hash, name, csrf, seen, role FROM sessions JOIN people USING (name) "
            "WHERE hash = ? AND NOT shut AND begun >= ? AND seen >= ?",
            _hash(token),
            *_ended(now),
        )
        for row in rows:
            if now - row["seen"] > 60:
                with self._database.change() as connection:
                    connection.execute("UPDATE sessions SET seen = ? WHERE hash = ?", (now, row["hash"]))
            return Session(row["hash"], Person(row["name"], row["role"]), row["csrf"])
        return None

    def end(self, session: Session) -> None:
        """Sign out."""
        with self._database.change() as connection:
            connection.execute("DELETE FROM sessions WHERE hash = ?", (session.id,))
            connection.execute("DELETE FROM unmasked WHERE session = ?", (session.id,))

    def unmask(self, session: Session, run: str, account: str) -> None:
        """Let this session read one account's requests for a quarter of an hour."""
        with self._database.change() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO unmasked VALUES (?, ?, ?, ?)",
                (session.id, run, account, time.time() + _UNMASKED_SECONDS),
            )

    def is_unmasked(self, session: Session, run: str, account: str) -> bool:
        """Whether this session may read the account's requests now."""
        sql = "SELECT 1 FROM unmasked WHERE session = ? AND run = ? AND account = ? AND until > ?"
        return bool(self._database.rows(sql, session.id, run, account, time.time()))


def _ended(now: float) -> tuple[float, float]:
    return now - _LONGEST_SECONDS, now - _IDLE_SECONDS


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
