"""Views that people keep, filters and all, and which filtered ones they and their colleagues looked at lately."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

from stillwatch.console.database import Database

__all__ = ["SavedView", "SavedViews", "SeenView"]

_MOST_KEPT = 200
_MOST_SEEN = 1_000
_AGAIN_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view that somebody keeps, for themselves and their colleagues."""

    id: int
    name: str
    title: str
    path: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SeenView:
    """A view that somebody looked at."""

    name: str
    path: str
    at: datetime


class SavedViews:
    """Views of one console.

    Args:
        database: the console's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lately: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._turn = threading.Lock()

    def save(self, name: str, title: str, path: str) -> bool:
        """Keep a view; False where the person keeps so many that none more is."""
        with self._database.change() as connection:
            kept = connection.execute("SELECT count(*) FROM saved WHERE name = ?", (name,)).fetchone()[0]
            if kept >= _MOST_KEPT:
                return False
            connection.execute(
                "INSERT INTO saved (name, title, path, at) VALUES (?, ?, ?, ?)", (name, title, path, time.time())
            )
        return True

    def forget(self, view: int, name: str) -> bool:
        """Keep a view no longer; False where it is none of this person's."""
        with self._database.change() as connection:
            return connection.execute("DELETE FROM saved WHERE id = ? AND name = ?", (view, name)).rowcount == 1

    def all(self) -> list[SavedView]:
        """Every view that is kept, the latest first."""
        rows = self._database.rows("SELECT * FROM saved ORDER BY id DESC")
        return [SavedView(row["id"], row["name"], row["title"], row["path"], _time(row["at"])) for row in rows]

    def looked(self, name: str, path: str) -> None:
        """Somebody looks at a filtered view; the same one counts once an hour."""
        now = time.time()
        with self._turn:
            if now - self._lately.get((name, path), 0) < _AGAIN_SECONDS:
                return
            self._lately[name, path] = now
            while len(self._lately) > _MOST_SEEN:
                self._lately.popitem(last=False)
        with self._database.change() as connection:
            connection.execute("INSERT INTO seen_views (name, path, at) VALUES (?, ?, ?)", (name, path, now))
            connection.execute("DELETE FROM seen_views WHERE id <= last_insert_rowid() - ?", (_MOST_SEEN,))

    def lately(self, name: str | None, most: int) -> list[SeenView]:
        """What somebody looked at, or everybody, each view once, the latest first."""
        sql = "SELECT name, path, max(at) AS at FROM seen_views WHERE ? IS NULL OR name = ? GROUP BY name, path"
        rows = self._database.rows(f"{sql} ORDER BY 3 DESC LIMIT ?", name, name, most)
        return [SeenView(row["name"], row["path"], _time(row["at"])) for row in rows]


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
