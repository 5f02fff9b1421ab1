"""A place on disk for records that wait for others: a temporary SQLite file, made with the first of them.

It has no name, so that nothing of it is left however the process ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

__all__ = ["LaidAside"]


@dataclass
class LaidAside:
    """Records laid aside; nothing is made on disk before the first.

    Attributes:
        tables: statements that make the tables, of each kind its own.
        page_bytes: of the file; the larger, the faster what comes in order is written and read.
    """

    tables: ClassVar[Sequence[str]] = ()
    page_bytes: ClassVar[int] = 4096
    _held: sqlite3.Connection | None = None

    def opened(self) -> sqlite3.Connection:
        """Where the records lie, made if it is not there yet."""
        if self._held is None:
            self._held = sqlite3.connect("")
            self._held.execute(f"PRAGMA page_size = {self.page_bytes}")
            self._held.execute("PRAGMA journal_mode = OFF")
            for statement in self.tables:
                self._held.execute(statement)
        return self._held

    def close(self) -> None:
        """Forget everything."""
        if self._held is not None:
            self._held.close()
        self._held = None
