"""Puts exchanges together whose parts lie in several records, over every file of a scan that holds such, on disk.

Records are laid aside in a temporary SQLite table as they are read; when all were, those of one key are joined, in
the order in which the first of each came. Counting: the parts of an exchange are several records and one exchange,
on the line of the first.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from stillwatch.ingest.assembly import excerpt

__all__ = ["Group", "PartStore"]

_TABLE = "CREATE TABLE part (format TEXT, key TEXT, label TEXT, line INT, begins TEXT, record BLOB)"


class Group(NamedTuple):
    """Records of one key: their format's name, where the first lay and how it begins, and the records."""

    format: str
    label: str
    line: int
    begins: bytes
    records: list[dict[str, Any]]


@dataclass
class PartStore:
    """Records laid aside; nothing is made on disk before the first."""

    _folder: tempfile.TemporaryDirectory[str] | None = None
    _held: sqlite3.Connection | None = None

    def put(
        self,
        format_name: str,
        key: str,
        label: str,
        line: int,
        raw: bytes | Mapping[str, Any],
        record: Mapping[str, Any],
    ) -> None:
        """Lay a record aside; ``raw`` is what a dead letter shows of it."""
        if self._held is None:
            self._folder = tempfile.TemporaryDirectory()
            self._held = sqlite3.connect(Path(self._folder.name) / "parts.sqlite")
            self._held.execute("PRAGMA journal_mode = OFF")
            self._held.execute(_TABLE)
        begins = excerpt(raw if isinstance(raw, bytes) else str(raw))
        row = (format_name, key, label, line, begins, msgspec.json.encode(record))
        self._held.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)", row)

    def groups(self) -> Iterator[Group]:
        """What was laid aside, key by key."""
        if self._held is None:
            return
        self._held.execute("CREATE INDEX by_key ON part (format, key)")
        firsts = self._held.execute("SELECT format, key, min(rowid) AS at FROM part GROUP BY format, key ORDER BY at")
        for format_name, key, _ in firsts:
            rows = self._held.execute(
                "SELECT label, line, begins, record FROM part WHERE format = ? AND key = ? ORDER BY rowid",
                (format_name, key),
            ).fetchall()
            label, line, begins, _ = rows[0]
            records = [msgspec.json.decode(record) for *_, record in rows]
            yield Group(format_name, label, line, begins.encode(), records)

    def close(self) -> None:
        """Forget everything."""
        if self._held is not None:
            self._held.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._held = self._folder = None
