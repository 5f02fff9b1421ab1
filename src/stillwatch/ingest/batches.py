"""Joins a batch's requests and results on their id, on disk, over the files of a folder.

Both are laid aside in a temporary SQLite table as they are read, in whatever container and envelope; when all files
were, each result meets its request. Two batches may use the same
ids, so a file of results is joined with the one file of requests that has its ids and its models, and with none where
several do. A result
without a request is a dead letter; a request without a result is an exchange without a response. Counting:
a joined pair is two records and one exchange, on the line of the result.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from stillwatch.core.bodies.optional_parts import UNFORESEEN, said
from stillwatch.ingest.assembly import excerpt
from stillwatch.ingest.base import BatchFormat
from stillwatch.ingest.laid_aside import LaidAside
from stillwatch.ingest.record import LOST, RecordError, shown
from stillwatch.ingest.registry import format_named

__all__ = ["BatchStore", "Joined"]

_TABLES = (
    "CREATE TABLE request (format TEXT, label TEXT, id TEXT, model TEXT, line INT, begins TEXT, record BLOB, "
    "note TEXT, answered INT DEFAULT 0, PRIMARY KEY (format, label, id))",
    "CREATE TABLE result (format TEXT, label TEXT, id TEXT, model TEXT, line INT, begins TEXT, record BLOB, note TEXT)",
)
_PUT = "INSERT INTO {} (format, label, id, model, line, begins, record, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Joined:
    """A joined exchange's fields, the halves they were read from, and what those lost before; or why there is none."""

    label: str
    line: int
    raw: bytes
    fields: Mapping[str, Any] | None = None
    reason: str | None = None
    records: tuple[Any, ...] = ()
    note: str | None = None


class _Half(NamedTuple):
    """A half that was laid aside: its file's label, its line, how it begins, what was decoded, what it lost."""

    label: str
    line: int
    begins: str
    record: Any
    note: str | None


class BatchStore(LaidAside):
    """Halves laid aside; nothing is made on disk before the first."""

    tables = _TABLES

    def put(
        self,
        batch: BatchFormat,
        where: tuple[str, int],
        raw: bytes | Mapping[str, Any],
        record: Mapping[str, Any],
        note: str | None,
    ) -> None:
        """Lay a half aside.

        Args:
            batch: its format.
            where: its file's label and its line.
            raw: what a dead letter shows of it.
            record: what was decoded.
            note: what it lost before.

        Raises:
            RecordError: its id lost bytes, or stands twice among the requests of its file.
        """
        key, half = str(record.get("custom_id")), batch.half(record)
        if note and LOST in key:
            # What lost bytes may be any other's id.
            raise RecordError(f"`custom_id`: {shown(key)}: {note}")
        label, line = where
        begins = excerpt(raw if isinstance(raw, bytes) else str(raw))
        row = (batch.name, label, key, batch.model(record), line, begins, msgspec.json.encode(record), note)
        try:
            self.opened().execute(_PUT.format(half), row)
        except sqlite3.IntegrityError:
            raise RecordError(f"`custom_id` {shown(key)} stands twice among the requests") from None

    def joined(self) -> Iterator[Joined]:
        """Exchanges and dead letters of all halves: the results in order, then requests that nobody answered."""
        held = self._held
        if held is None:
            return
        held.execute("CREATE INDEX by_id ON request (format, id)")
        of = {one: _request_files(held, *one) for one in held.execute("SELECT DISTINCT format, label FROM result")}
        results = held.execute("SELECT format, id, label, line, begins, record, note FROM result ORDER BY rowid")
        for name, key, *half in results:
            yield _answered(_half(half), name, key, held, of[name, half[0]])
        alone = held.execute(
            "SELECT format, label, line, begins, record, note FROM request WHERE NOT answered ORDER BY label, line"
        )
        for name, *half in alone:
            yield _told(_half(half), name)


def _half(row: Sequence[Any]) -> _Half:
    label, line, begins, record, note = row
    return _Half(label, line, begins, msgspec.json.decode(record), note)


def _request_files(held: sqlite3.Connection, name: str, label: str) -> list[str]:
    """Which files may hold the requests of a file of results: those that hold most of its ids, and of them those whose
    models are the answers'. Two batches may use the same ids."""
    # A CROSS JOIN keeps its order: else every request would be held against every result, which grows with the square.
    rows = held.execute(
        "SELECT q.label, count(*), sum(q.model IS NULL OR r.model IS NULL OR instr(r.model, q.model) = 1 "
        "OR instr(q.model, r.model) = 1) "
        "FROM result AS r CROSS JOIN request AS q USING (format, id) WHERE r.format = ? AND r.label = ? "
        "GROUP BY q.label ORDER BY q.label",
        (name, label),
    ).fetchall()
    most = max((count for _, count, _ in rows), default=0)
    rows = [row for row in rows if row[1] == most]
    alike = max((same for _, _, same in rows), default=0)
    return [one for one, _, same in rows if same == alike]


def _answered(half: _Half, name: str, key: str, held: sqlite3.Connection, files: Sequence[str]) -> Joined:
    if len(files) > 1:
        reason = (
            f"requests of `custom_id` {shown(key)} lie in {' and in '.join(files[:3])}: whose answer this is cannot be "
            "told; put each batch's files into a folder of its own"
        )
        return Joined(half.label, half.line, half.begins.encode(), reason=reason)
    of = "FROM request WHERE format = ? AND label = ? AND id = ?"
    found = held.execute(f"SELECT record, note, answered {of}", (name, *files, key)).fetchone() if files else None
    if found is None:
        return _told(half, name)
    record, note, answered = found
    if answered:
        return Joined(
            half.label, half.line, half.begins.encode(), reason=f"a second answer to `custom_id` {shown(key)}"
        )
    held.execute("UPDATE request SET answered = 1 WHERE format = ? AND label = ? AND id = ?", (name, files[0], key))
    return _told(half, name, msgspec.json.decode(record), note)


def _told(half: _Half, name: str, request: Any = None, note: str | None = None) -> Joined:
    """What both halves make, or one that is alone."""
    batch = format_named(name)
    raw = half.begins.encode()
    halves = (half.record,) if request is None else (request, half.record)
    told = "; ".join(one for one in (note, half.note) if one) or None
    try:
        if request is not None and isinstance(batch, BatchFormat):
            fields: Any = batch.join(request, half.record)
        else:
            fields = next(iter(batch.read(half.record)))
        return Joined(half.label, half.line, raw, fields=fields, records=halves, note=told)
    except RecordError as error:
        return Joined(half.label, half.line, raw, reason=f"{error}; {told}" if told else str(error))
    except (*UNFORESEEN, msgspec.MsgspecError) as error:
        return Joined(half.label, half.line, raw, reason=said(error, "body"))
