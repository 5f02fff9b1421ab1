"""Joins a batch's requests and results on their id, in bounded memory.

Requests are laid aside in a temporary SQLite table on disk; results are streamed past it. Two batches may use the same
ids, so a file of results is joined with the one file of requests that has its ids and its models, and with none where
several do. A result
without a request is a dead letter; a request without a result is an exchange without a response. Counting:
a joined pair is two lines and one exchange, so the request's line is the exchange's and the result's
line is carried with it.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.core.bodies.optional_parts import UNFORESEEN, said
from stillwatch.ingest.base import BatchFormat
from stillwatch.ingest.files import BROKEN, Wrapping, numbered_lines, opened
from stillwatch.ingest.json_text import decoded
from stillwatch.ingest.record import LOST, RecordError, shown
from stillwatch.ingest.registry import recognises
from stillwatch.ingest.value_stream import several_of

__all__ = ["Joined", "joined"]


@dataclass(frozen=True, slots=True)
class Joined:
    """A joined exchange's fields, the halves they were read from, and what those lost before; or why there is none."""

    label: str
    line: int
    raw: bytes
    fields: dict[str, Any] | None = None
    reason: str | None = None
    records: tuple[Any, ...] = ()
    note: str | None = None


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
    held.execute(
        "CREATE TABLE request (label TEXT, id TEXT, model TEXT, line INT, raw BLOB, answered INT DEFAULT 0, "
        "PRIMARY KEY (label, id))"
    )
    held.execute("CREATE TABLE result (label TEXT, id TEXT, model TEXT)")
    for label, line, raw, record, _ in _decoded(files):
        if isinstance(record, str):
            yield Joined(label, line, raw, reason=record)
        elif not recognises(batch, record):
            yield Joined(label, line, raw, reason=f"not a {batch.name} record: no `custom_id` and body")
        else:
            key, model = str(record.get("custom_id")), batch.model(record)
            if batch.half(record) == "result":
                held.execute("INSERT INTO result VALUES (?, ?, ?)", (label, key, model))
                continue
            try:
                held.execute(
                    "INSERT INTO request (label, id, model, line, raw) VALUES (?, ?, ?, ?, ?)",
                    (label, key, model, line, raw),
                )
            except sqlite3.IntegrityError:
                yield Joined(label, line, raw, reason=f"`custom_id` {shown(key)} stands twice among the requests")
    held.execute("CREATE INDEX by_id ON request (id)")
    of = {label: _request_files(held, label) for (label,) in held.execute("SELECT DISTINCT label FROM result")}
    for label, line, raw, record, note in _decoded(files):
        if not isinstance(record, str) and recognises(batch, record) and batch.half(record) == "result":
            told = _answered(label, line, raw, record, batch, held, of[label])
            yield replace(told, note=f"{told.note}; {note}" if told.note else note) if note else told
    alone = "SELECT label, line, raw FROM request WHERE NOT answered ORDER BY label, line"
    for label, line, raw in held.execute(alone):
        record, note = decoded(raw)
        yield _told(label, line, raw, batch, (record,), note)


def _request_files(held: sqlite3.Connection, label: str) -> list[str]:
    """Which files may hold the requests of a file of results: those that hold most of its ids, and of them those whose
    models are the answers'. Two batches may use the same ids."""
    rows = held.execute(
        "SELECT q.label, count(*), sum(q.model IS NULL OR r.model IS NULL OR instr(r.model, q.model) = 1 "
        "OR instr(q.model, r.model) = 1) "
        "FROM result AS r JOIN request AS q USING (id) WHERE r.label = ? GROUP BY q.label ORDER BY q.label",
        (label,),
    ).fetchall()
    most = max((count for _, count, _ in rows), default=0)
    rows = [row for row in rows if row[1] == most]
    alike = max((same for _, _, same in rows), default=0)
    return [one for one, _, same in rows if same == alike]


def _answered(
    label: str,
    line: int,
    raw: bytes,
    record: dict[str, Any],
    batch: BatchFormat,
    held: sqlite3.Connection,
    files: Sequence[str],
) -> Joined:
    key = str(record.get("custom_id"))
    if len(files) > 1:
        reason = (
            f"requests of `custom_id` {shown(key)} lie in {' and in '.join(files[:3])}: whose answer this is cannot be "
            "told; put each batch's files into a folder of its own"
        )
        return Joined(label, line, raw, reason=reason)
    found = (
        held.execute("SELECT raw, answered FROM request WHERE label = ? AND id = ?", (*files, key)).fetchone()
        if files
        else None
    )
    if found is None:
        return _told(label, line, raw, batch, (record,))
    if found[1]:
        return Joined(label, line, raw, reason=f"a second answer to `custom_id` {shown(key)}")
    held.execute("UPDATE request SET answered = 1 WHERE label = ? AND id = ?", (*files, key))
    asked, note = decoded(found[0])
    return _told(label, line, raw, batch, (asked, record), note)


def _told(
    label: str, line: int, raw: bytes, batch: BatchFormat, halves: tuple[Any, ...], note: str | None = None
) -> Joined:
    """What both halves make, or one that is alone."""
    try:
        fields: Any = batch.join(*halves) if len(halves) > 1 else next(iter(batch.read(*halves)))
        return Joined(label, line, raw, fields=fields, records=halves, note=note)
    except RecordError as error:
        return Joined(label, line, raw, reason=str(error))
    except (*UNFORESEEN, msgspec.MsgspecError) as error:
        return Joined(label, line, raw, reason=said(error, "body"))


def _records_on(line: bytes) -> Iterator[tuple[bytes, Any, str | None]]:
    """What a line holds: one record, or several with nothing between them, or why it holds none, as an error."""
    try:
        yield line, *decoded(line)
    except RecordError as error:
        several = several_of(line)
        for text in several:
            yield text, *decoded(text)
        if not several:
            yield line, error, None


def _sound(record: Any, note: str | None) -> dict[str, Any] | str:
    """A line's object, or why it is no half of an exchange."""
    if not isinstance(record, dict):
        return str(record) if isinstance(record, RecordError) else "expected a JSON object"
    if note and LOST in (key := str(record.get("custom_id"))):
        # What lost bytes may be any other's id.
        return f"`custom_id`: {shown(key)}: {note}"
    return record


def _decoded(files: Sequence[tuple[Path, str, Wrapping]]) -> Iterator[tuple[str, int, bytes, Any, str | None]]:
    """Every line of every file as an object, or as the reason why it is none; and what it lost."""
    for path, label, wrapped in files:
        last = 0
        try:
            with opened(path, wrapped) as stream:
                for line, raw in numbered_lines(stream, 1, None):
                    last = line
                    for text, record, note in _records_on(raw):
                        yield label, line, text, _sound(record, note), note
        except BROKEN as error:
            yield label, last + 1, b"", f"the {wrapped} stream breaks off here: {error}", None
