"""Short addresses of long ones: what a filter says, a customer's name perhaps, stays on this machine.

ShortLinks.make > an id
ShortLinks.find > the address that it stands for
"""

from __future__ import annotations

import secrets
import time

from stillwatch.console.database import Database

__all__ = ["MOST_SHORT", "ShortLinks"]

MOST_SHORT = 1_000
"""How many somebody has at most; the oldest go."""

_BYTES = 6
_OLDER = "SELECT id FROM short_links WHERE name = ? ORDER BY at DESC, id LIMIT -1 OFFSET ?"


class ShortLinks:
    """Short addresses of one console.

    Args:
        database: the console's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, name: str, path: str) -> str:
        """The id of somebody's short address of a path: the same for the same path, else one that nobody can guess.

        Args:
            name: whose.
            path: of this console.
        """
        with self._database.change() as connection:
            row = connection.execute("SELECT id FROM short_links WHERE name = ? AND path = ?", (name, path)).fetchone()
            made = str(row["id"]) if row else secrets.token_urlsafe(_BYTES)
            connection.execute(
                "INSERT OR REPLACE INTO short_links (id, name, path, at) VALUES (?, ?, ?, ?)",
                (made, name, path, time.time()),
            )
            connection.execute(f"DELETE FROM short_links WHERE id IN ({_OLDER})", (name, MOST_SHORT))
        return made

    def find(self, made: str) -> str | None:
        """The path that an id stands for; None where it stands for none."""
        rows = self._database.rows("SELECT path FROM short_links WHERE id = ?", made)
        return str(rows[0]["path"]) if rows else None
