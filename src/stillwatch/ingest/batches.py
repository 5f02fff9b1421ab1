"""Joins a batch's requests and results on their id, in bounded memory.

Requests are laid aside in a temporary SQLite table on disk; results are streamed past it. A result
without a request is a dead letter; a request without a result is an exchange without a response. Counting:
a joined pair is two lines and one exchange, so the request's line is the exchange's and the result's
line is carried with it.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.ingest.base import BatchFormat
from stillwatch.ingest.files import BROKEN, Wrapping, numbered_lines, opened
from stillwatch.ingest.record import RecordError, shown
from stillwatch.ingest.record_lines import decoded

__all__ = ["Joined", "joined"]

_ERRORS = (RecordError, msgspec.MsgspecError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Joined:
    """A joined exchange's fields, or why there is none."""

    label: str
    line: int
    raw: bytes
    fields: dict[str, Any] | None = None
    reason: str | None = None


def joined(files: Sequence[tuple[Path, str, Wrapping]], batch: BatchFormat) -> Iterator[Joined]:
    """Exchanges and dead letters of a batch's files.

    Args:
        files: path, label and wrapping of each.
        batch: the format they are in.
    """
    with tempfile.TemporaryDirectory() as folder:
        held = sqlite3.connect(Path(folder) / "requests.sqlite")
        try:
            yield from _joined(files, batch, held)
        finally:
            held.close()


def _joined(
    files: Sequence[tuple[Path, str, Wrapping]], batch: BatchFormat, held: sqlite3.Connection
) -> Iterator[Joined]:
    held.execute("PRAGMA journal_mode = OFF")
    held.execute("CREATE TABLE request (id TEXT PRIMARY KEY, label TEXT, line INT, raw BLOB)")
    for label, line, raw, record in _decoded(files):
        if isinstance(record, str):
            yield Joined(label, line, raw, reason=record)
        elif not batch.recognises(record):
            yield Joined(label, line, raw, reason=f"not a {batch.name} record: no `custom_id` and body")
        elif batch.half(record) == "request":
            key = str(record.get("custom_id"))
            try:
                held.execute("INSERT INTO request VALUES (?, ?, ?, ?)", (key, label, line, raw))
            except sqlite3.IntegrityError:
                yield Joined(label, line, raw, reason=f"`custom_id` {shown(key)} stands twice among the requests")
    for label, line, raw, record in _decoded(files):
        if not isinstance(record, str) and batch.recognises(record) and batch.half(record) == "result":
            yield _answered(label, line, raw, record, batch, held)
    for label, line, raw in held.execute("SELECT label, line, raw FROM request ORDER BY label, line"):
        yield _told(label, line, raw, lambda raw=raw: next(iter(batch.read(msgspec.json.decode(raw)))))


def _answered(
    label: str, line: int, raw: bytes, record: dict[str, Any], batch: BatchFormat, held: sqlite3.Connection
) -> Joined:
    key = str(record.get("custom_id"))
    rows = held.execute("SELECT raw FROM request WHERE id = ?", (key,)).fetchall()
    if not rows:
        return _told(label, line, raw, lambda: next(iter(batch.read(record))))
    held.execute("DELETE FROM request WHERE id = ?", (key,))
    return _told(label, line, raw, lambda: batch.join(msgspec.json.decode(rows[0][0]), record))


def _told(label: str, line: int, raw: bytes, read: Any) -> Joined:
    try:
        return Joined(label, line, raw, fields=read())
    except _ERRORS as error:
        return Joined(label, line, raw, reason=str(error))


def _decoded(files: Sequence[tuple[Path, str, Wrapping]]) -> Iterator[tuple[str, int, bytes, Any]]:
    """Every line of every file as an object, or as the reason why it is none."""
    for path, label, wrapped in files:
        last = 0
        try:
            with opened(path, wrapped) as stream:
                for line, raw in numbered_lines(stream, 1, None):
                    last = line
                    try:
                        record, _ = decoded(raw)
                    except RecordError as error:
                        yield label, line, raw, str(error)
                        continue
                    yield label, line, raw, record if isinstance(record, dict) else "expected a JSON object"
        except BROKEN as error:
            yield label, last + 1, b"", f"the {wrapped} stream breaks off here: {error}"
