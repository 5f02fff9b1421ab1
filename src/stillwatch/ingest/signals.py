"""A file of OTLP/JSON lines in which spans and the events that tell of them lie apart: each span meets its events.

A collector writes what comes, a span and its events in lines of their own. Events are laid aside in a temporary SQLite
table on disk; then the spans are read past it. Events of which no span comes are read by themselves.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.files import BROKEN, numbered_lines, opened
from stillwatch.ingest.genai_events import log_events
from stillwatch.ingest.otlp import spans
from stillwatch.ingest.record import RecordError
from stillwatch.ingest.record_lines import read_record
from stillwatch.ingest.registry import all_formats
from stillwatch.ingest.slice import Slice
from stillwatch.ingest.slice_result import SliceResult, SliceRows
from stillwatch.ingest.span_tree import Span
from stillwatch.ingest.unpacking import read_text, read_value

__all__ = ["read_signals"]

_ANY = msgspec.json.Decoder()
_ENCODE = msgspec.json.Encoder()
_FAILED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_LOGS, _SPANS = b'"resourceLogs"', b'"resourceSpans"'


def read_signals(part: Slice, batch_rows: int) -> Iterator[SliceResult]:
    """Read a file, ``batch_rows`` lines at a time."""
    with tempfile.TemporaryDirectory() as folder:
        held = sqlite3.connect(Path(folder) / "events.sqlite")
        try:
            held.execute("PRAGMA journal_mode = OFF")
            held.execute("CREATE TABLE event (trace TEXT, span TEXT, line INT, raw BLOB, taken INT)")
            _lay_aside(part, held)
            held.execute("CREATE INDEX by_span ON event (trace, span)")
            yield from _read(part, held, batch_rows)
        finally:
            held.close()


def _lay_aside(part: Slice, held: sqlite3.Connection) -> None:
    """Every event of the file, up to where it breaks."""
    try:
        with opened(part.path, part.wrapped) as stream:
            for line, raw in numbered_lines(stream, part.first_line, part.end):
                events, _ = _events_of(raw)
                for event in events:
                    trace, span = event.span or (None, None)
                    one = {"resource": {"attributes": event.attributes}, "scopeLogs": [{"logRecords": [event.record]}]}
                    held.execute("INSERT INTO event VALUES (?, ?, ?, ?, 0)", (trace, span, line, _ENCODE.encode(one)))
    except BROKEN:
        # The second reading says so.
        return


def _events_of(raw: bytes) -> tuple[list[Any], list[RecordError]]:
    """The events of a line that holds nothing else to be read."""
    if _LOGS not in raw or _SPANS in raw:
        return [], []
    try:
        record = _ANY.decode(raw)
        return log_events(record) if isinstance(record, dict) else ([], [])
    except (*_FAILED, RecordError):
        return [], []


def _read(part: Slice, held: sqlite3.Connection, batch_rows: int) -> Iterator[SliceResult]:
    preferred = all_formats()[part.format]
    batch, last = SliceRows(part), part.first_line - 1
    try:
        with opened(part.path, part.wrapped) as stream:
            for line, raw in numbered_lines(stream, part.first_line, part.end):
                last = line
                batch.seen += 1
                _read_one(batch, line, raw, preferred, held)
                if batch.seen >= batch_rows:
                    yield batch.result(0)
    except BROKEN as error:
        batch.seen += 1
        batch.refuse(last + 1, f"the {part.wrapped} stream breaks off here: {error}", b"")
    for line, found in _left(held):
        read_record(batch, line, {"resourceLogs": [_ANY.decode(raw) for raw in found]}, found[0], preferred)
        if len(batch.rows) >= batch_rows:
            yield batch.result(0)
    yield batch.result(part.path.stat().st_size)


def _read_one(batch: SliceRows, line: int, raw: bytes, preferred: LogFormat, held: sqlite3.Connection) -> None:
    events, broken = _events_of(raw)
    for why in broken:
        batch.refuse(line, str(why), raw, kind="part")
    if events:
        return
    if _SPANS not in raw:
        read_text(batch, line, raw, preferred)
        return
    try:
        record = _ANY.decode(raw)
        keys = {Span(span, {}).key for _, span in spans(record)[0]} if isinstance(record, dict) else set()
    except (*_FAILED, RecordError):
        read_text(batch, line, raw, preferred)
        return
    if found := _taken(held, keys):
        record["resourceLogs"] = [*(record.get("resourceLogs") or ()), *found]
    read_value(batch, line, record, raw, preferred)


def _taken(held: sqlite3.Connection, keys: set[tuple[str, str] | None]) -> list[Any]:
    """The events of these spans: a span may be delivered twice, so they stay, but are not left."""
    found: list[Any] = []
    for key in sorted(key for key in keys if key is not None):
        rows = held.execute("SELECT raw FROM event WHERE trace = ? AND span = ? ORDER BY rowid", key).fetchall()
        if rows:
            held.execute("UPDATE event SET taken = 1 WHERE trace = ? AND span = ?", key)
            found += [_ANY.decode(raw) for (raw,) in rows]
    return found


def _left(held: sqlite3.Connection) -> Iterator[tuple[int, list[bytes]]]:
    """What no span took: the events of one span together, those that name none line by line."""
    rows = held.execute(
        "SELECT trace, span, line, raw FROM event WHERE taken = 0 ORDER BY"
        " min(line) OVER (PARTITION BY trace, span, CASE WHEN trace IS NULL THEN line END), trace, span, rowid"
    )
    key: Any = None
    group: list[bytes] = []
    first = 0
    for trace, span, line, raw in rows:
        own = (trace, span, None if trace else line)
        if group and own != key:
            yield first, group
            group = []
        if not group:
            key, first = own, line
        group.append(raw)
    if group:
        yield first, group
