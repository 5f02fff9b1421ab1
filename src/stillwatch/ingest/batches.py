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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.core.bodies.optional_parts import UNFORESEEN, said
from stillwatch.ingest.base import BatchFormat
from stillwatch.ingest.files import BROKEN, Wrapping, numbered_lines, opened
from stillwatch.ingest.json_text import decoded
from stillwatch.ingest.record import RecordError, shown

__all__ = ["Joined", "joined"]


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
    held.execute(
        "CREATE TABLE request (label TEXT, id TEXT, model TEXT, line INT, raw BLOB, answered INT DEFAULT 0, "
        "PRIMARY KEY (label, id))"
    )
    held.execute("CREATE TABLE result (label TEXT, id TEXT, model TEXT)")
    for label, line, raw, record in _decoded(files):
        if isinstance(record, str):
            yield Joined(label, line, raw, reason=record)
        elif not batch.recognises(record):
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
    for label, line, raw, record in _decoded(files):
        if not isinstance(record, str) and batch.recognises(record) and batch.half(record) == "result":
            yield _answered(label, line, raw, record, batch, held, of[label])
    alone = "SELECT label, line, raw FROM request WHERE NOT answered ORDER BY label, line"
    for label, line, raw in held.execute(alone):
        yield _told(label, line, raw, lambda raw=raw: next(iter(batch.read(decoded(raw)[0]))))


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
        return _told(label, line, raw, lambda: next(iter(batch.read(record))))
    if found[1]:
        return Joined(label, line, raw, reason=f"a second answer to `custom_id` {shown(key)}")
    held.execute("UPDATE request SET answered = 1 WHERE label = ? AND id = ?", (*files, key))
    return _told(label, line, raw, lambda: batch.join(decoded(found[0])[0], record))


def _told(label: str, line: int, raw: bytes, read: Any) -> Joined:
    try:
        return Joined(label, line, raw, fields=read())
    except RecordError as error:
        return Joined(label, line, raw, reason=str(error))
    except (*UNFORESEEN, msgspec.MsgspecError) as error:
        return Joined(label, line, raw, reason=said(error, "body"))


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
