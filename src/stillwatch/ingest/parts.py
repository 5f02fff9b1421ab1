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

_TABLE = "CREATE TABLE part (format TEXT, key TEXT, label TEXT, line INT, begins TEXT, record BLOB, note TEXT)"


class Group(NamedTuple):
    """Records of one key: their format's name, where the first lay and how it begins, the records, what they lost."""

    format: str
    label: str
    line: int
    begins: bytes
    records: list[dict[str, Any]]
    note: str | None


@dataclass
class PartStore:
    """Records laid aside; nothing is made on disk before the first."""

    _folder: tempfile.TemporaryDirectory[str] | None = None
    _held: sqlite3.Connection | None = None

    def put(
        self,
        of: tuple[str, str],
        where: tuple[str, int],
        raw: bytes | Mapping[str, Any],
        record: Mapping[str, Any],
        note: str | None,
    ) -> None:
        """Lay a record aside.

        Args:
            of: its format's name and its key.
            where: its file's label and its line.
            raw: what a dead letter shows of it.
            record: what was decoded.
            note: what it lost before.
        """
        if self._held is None:
            self._folder = tempfile.TemporaryDirectory()
            self._held = sqlite3.connect(Path(self._folder.name) / "parts.sqlite")
            self._held.execute("PRAGMA journal_mode = OFF")
            self._held.execute(_TABLE)
        begins = excerpt(raw if isinstance(raw, bytes) else str(raw))
        row = (*of, *where, begins, msgspec.json.encode(record), note)
        self._held.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def groups(self) -> Iterator[Group]:
        """What was laid aside, key by key."""
        if self._held is None:
            return
        self._held.execute("CREATE INDEX by_key ON part (format, key)")
        firsts = self._held.execute("SELECT format, key, min(rowid) AS at FROM part GROUP BY format, key ORDER BY at")
        for format_name, key, _ in firsts:
            rows = self._held.execute(
                "SELECT label, line, begins, record, note FROM part WHERE format = ? AND key = ? ORDER BY rowid",
                (format_name, key),
            ).fetchall()
            label, line, begins, *_ = rows[0]
            # What was delivered twice is one part.
            records = [msgspec.json.decode(record) for record in dict.fromkeys(record for *_, record, _ in rows)]
            notes = "; ".join(note for *_, note in rows if note)
            yield Group(format_name, label, line, begins.encode(), records, notes or None)

    def close(self) -> None:
        """Forget everything."""
        if self._held is not None:
            self._held.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._held = self._folder = None
