"""Puts exchanges together whose parts lie in several records, over every file of a scan that holds such, on disk.

Records are laid aside in a temporary SQLite table as they are read; when all were, those of one key are joined, in
the order in which the first of each came. Counting: the parts of an exchange are several records and one exchange,
on the line of the first; where a format says which record an exchange stands for, on the line of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from stillwatch.ingest.assembly import excerpt
from stillwatch.ingest.laid_aside import LaidAside

__all__ = ["Group", "Part", "PartStore"]

_TABLES = (
    "CREATE TABLE part (format TEXT, key TEXT, label TEXT, line INT, begins TEXT, teller TEXT, among INT, "
    "record BLOB, note TEXT)",
    "CREATE TABLE silent (format TEXT, key TEXT)",
    "CREATE TABLE told (label TEXT, line INT)",
)


_TURNS = """
CREATE TABLE turn AS
SELECT rowid AS at, min(rowid) OVER (PARTITION BY format, key) AS first FROM part ORDER BY first, at
"""
_IN_TURN = """
SELECT turn.first, format, key, label, line, begins, among, record, note
FROM turn CROSS JOIN part ON part.rowid = turn.at ORDER BY turn.rowid
"""
_RECORD = 7
_SILENT = """
SELECT label, line, begins, teller FROM part WHERE (format, key) IN silent AND NOT EXISTS (
  SELECT 1 FROM part AS other WHERE other.label = part.label AND other.line = part.line
  AND (other.format, other.key) NOT IN silent
) AND (label, line) NOT IN told GROUP BY label, line ORDER BY min(rowid)
"""


class Part(NamedTuple):
    """A record that was laid aside, or one of several pieces of it (``among``): its file's label, its line, how it
    begins, what was decoded, what it lost."""

    label: str
    line: int
    begins: bytes
    among: bool
    record: dict[str, Any]
    note: str | None


class Group(NamedTuple):
    """Records of one key, and the name of the format that joins them."""

    format: str
    key: str
    parts: list[Part]


class PartStore(LaidAside):
    """Records laid aside; nothing is made on disk before the first.

    Attributes:
        alone: whether all parts of a key lie in one record, where that is known of each.
    """

    alone: Callable[[str], bool] | None = None
    tables = _TABLES
    page_bytes = 1 << 15

    def put(
        self,
        of: tuple[str, str],
        where: tuple[str, int],
        raw: bytes | Mapping[str, Any],
        record: Mapping[str, Any],
        note: str | None,
        *,
        teller: str = "",
        among: bool = False,
    ) -> None:
        """Lay a record aside.

        Args:
            of: its format's name and its key.
            where: its file's label and its line.
            raw: what a dead letter shows of it.
            record: what was decoded.
            note: what it lost before.
            teller: the format that says what it is if nothing becomes of it.
            among: whether it is one of several pieces of its record.
        """
        begins = excerpt(raw if isinstance(raw, bytes) else str(raw))
        row = (*of, *where, begins, teller or of[0], among, msgspec.json.encode(record), note)
        self.opened().execute("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def groups(self, repeats: Callable[[str], bool]) -> Iterator[Group]:
        """What was laid aside, key by key.

        Args:
            repeats: whether to a format what was delivered twice is two records, and not one.
        """
        if self._held is None:
            return
        self._held.execute("CREATE INDEX by_key ON part (format, key)")
        # In one query: a log of traces has as many keys as exchanges.
        self._held.execute(_TURNS)
        for _, of in groupby(self._held.execute(_IN_TURN), itemgetter(0)):
            rows = [*of]
            _, format_name, key, *_ = rows[0]
            if len(rows) > 1 and not repeats(format_name):
                rows = [*{row[_RECORD]: row for row in reversed(rows)}.values()][::-1]
            parts = [
                Part(label, line, begins.encode(), bool(among), msgspec.json.decode(record), note)
                for _, _, _, label, line, begins, among, record, note in rows
            ]
            yield Group(format_name, key, parts)

    def say_silent(self, group: Group) -> None:
        """Nothing became of a group."""
        if self._held is not None:
            self._held.execute("INSERT INTO silent VALUES (?, ?)", (group.format, group.key))

    def say_told(self, label: str, line: int) -> None:
        """Something became of a record, beside what was laid aside of it."""
        if self._held is not None:
            self._held.execute("INSERT INTO told VALUES (?, ?)", (label, line))

    def silent(self) -> Iterator[tuple[str, int, bytes, str]]:
        """Records of which nothing became anything: label, line, how they begin, who tells of them."""
        if self._held is None or self._held.execute("SELECT 1 FROM silent LIMIT 1").fetchone() is None:
            return
        self._held.execute("CREATE INDEX by_key_silent ON silent (format, key)")
        self._held.execute("CREATE INDEX by_place_told ON told (label, line)")
        self._held.execute("CREATE INDEX by_place ON part (label, line)")
        for label, line, begins, name in self._held.execute(_SILENT):
            yield label, line, begins.encode(), name
