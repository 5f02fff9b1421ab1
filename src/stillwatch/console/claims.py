"""Who works on which case, so that two never work on one; and what they say to each other about it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from stillwatch.console.database import Database

__all__ = ["Claim", "Claims", "Comment", "Comments"]

_CLAIM_SECONDS = 20 * 60


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody works on a case until then, or longer if they go on."""

    name: str
    until: datetime


class Claims:
    """Cases that somebody works on.

    Args:
        database: the console's.
        seconds: after how long without a sign of its holder a claim ends by itself.
    """

    def __init__(self, database: Database, seconds: float = _CLAIM_SECONDS) -> None:
        self._database = database
        self._seconds = seconds

    def take(self, case_id: str, name: str) -> bool:
        """Claim a case, or go on with one's own; False where another holds it."""
        return self.take_first([case_id], name) is not None

    def take_first(self, case_ids: Iterable[str], name: str) -> str | None:
        """Claim the first of these that nobody else holds; None where others hold all."""
        now = time.time()
        with self._database.change() as connection:
            return next((one for one in case_ids if self._claimed(connection, one, name, now)), None)

    def _claimed(self, connection: sqlite3.Connection, case_id: str, name: str, now: float) -> bool:
        taken = connection.execute(
            "INSERT INTO claims VALUES (?, ?, ?) ON CONFLICT (case_id) DO UPDATE "
            "SET name = excluded.name, until = excluded.until WHERE claims.until < ? OR claims.name = ?",
            (case_id, name, now + self._seconds, now, name),
        )
        return taken.rowcount == 1

    def take_all(self, case_ids: Iterable[str], name: str) -> list[str]:
        """Claim those of these that nobody else holds; which they are."""
        now = time.time()
        with self._database.change() as connection:
            return [one for one in case_ids if self._claimed(connection, one, name, now)]

    def renew(self, case_id: str, name: str) -> bool:
        """A sign of life; False where the person does not hold the case."""
        now = time.time()
        with self._database.change() as connection:
            sql = "UPDATE claims SET until = ? WHERE case_id = ? AND name = ? AND until >= ?"
            return connection.execute(sql, (now + self._seconds, case_id, name, now)).rowcount == 1

    def release(self, case_id: str, name: str) -> None:
        """Give a case back; nothing where another holds it."""
        with self._database.change() as connection:
            connection.execute("DELETE FROM claims WHERE case_id = ? AND name = ?", (case_id, name))

    def held(self) -> dict[str, Claim]:
        """Every claim that holds now, by case."""
        rows = self._database.rows("SELECT * FROM claims WHERE until >= ?", time.time())
        return {row["case_id"]: Claim(row["name"], datetime.fromtimestamp(row["until"], UTC)) for row in rows}


@dataclass(frozen=True, slots=True)
class Comment:
    """What a colleague said; never shown to a customer."""

    name: str
    at: datetime
    text: str


class Comments:
    """Comments on cases and accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, subject: str, name: str, text: str) -> None:
        """Say something about a case or an account."""
        with self._database.change() as connection:
            connection.execute(
                "INSERT INTO comments (subject, name, at, text) VALUES (?, ?, ?, ?)", (subject, name, time.time(), text)
            )

    def about(self, subject: str) -> list[Comment]:
        """What was said, the oldest first."""
        rows = self._database.rows("SELECT * FROM comments WHERE subject = ? ORDER BY id", subject)
        return [Comment(row["name"], datetime.fromtimestamp(row["at"], UTC), row["text"]) for row in rows]
