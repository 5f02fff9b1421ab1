"""Parsed records into Arrow record batches, column by column.

The only place where rows become columns. A batch's bad times are found here, because times are
parsed a column at once; everything else about a record was checked before.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.ingest.addresses import bare_addresses
from stillwatch.ingest.column_times import moments
from stillwatch.ingest.placeholders import stand_ins
from stillwatch.ingest.record import COLUMNS, Exchange, Message
from stillwatch.ingest.timestamps import LONGEST_DATE, TIMESTAMP, timestamps
from stillwatch.tables import DEAD_LETTERS, EXCHANGES

__all__ = ["DeadLetter", "dead_letters", "excerpt", "exchanges", "tidy"]

_EXCERPT = 200
_TEXTS = ("prompt", "system", "response", "reasoning")
_MESSAGE_FIELDS = ["role", "content"]


class DeadLetter(NamedTuple):
    """What could not be read: its line, why, how it begins, and its kind, as in ``DEAD_LETTERS``."""

    line: int
    reason: str
    excerpt: str
    kind: str = "record"


def excerpt(record: bytes | str) -> str:
    """The first 200 characters of a record, bytes that are no UTF-8 replaced."""
    if isinstance(record, bytes):
        # Four bytes a character at most: no need to decode a megabyte for its first line.
        return record[: 4 * _EXCERPT].decode("utf-8", "replace")[:_EXCERPT]
    return record[:_EXCERPT].encode("utf-8", "replace").decode()


def dead_letters(letters: Sequence[DeadLetter], file: str) -> pa.RecordBatch:
    """``letters`` as a batch with schema ``DEAD_LETTERS``, in order of line."""
    ordered = sorted(letters)
    return pa.record_batch(
        [
            pa.array([file] * len(ordered), pa.string()),
            pa.array([letter.kind for letter in ordered], pa.string()),
            pa.array([letter.line for letter in ordered], pa.int64()),
            pa.array([letter.reason for letter in ordered], pa.string()),
            pa.array([letter.excerpt for letter in ordered], pa.string()),
        ],
        schema=DEAD_LETTERS,
    )


def last_user_text(messages: Sequence[Message] | None) -> str:
    """Text of the last user message that has any; empty where none has."""
    for message in reversed(messages or ()):
        if message.role == "user" and message.content:
            return message.content
    return ""


def system_text(messages: Sequence[Message]) -> str | None:
    """Text of the first system or developer message."""
    for message in messages:
        if message.role in ("system", "developer"):
            return message.content
    return None


def _messages_column(column: Sequence[list[Message] | None]) -> pa.Array:
    kind = EXCHANGES.field("messages").type
    lengths = np.fromiter((len(messages) if messages else 0 for messages in column), np.int32, len(column))
    offsets = np.zeros(len(column) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    flat = [message for messages in column if messages for message in messages]
    values = pa.StructArray.from_arrays(
        [
            pa.array([message.role for message in flat], pa.string()),
            pa.array([message.content for message in flat], pa.string()),
        ],
        fields=list(kind.value_type),
    )
    missing = np.fromiter((messages is None for messages in column), np.bool_, len(column))
    return pa.ListArray.from_arrays(
        pa.array(offsets), values, type=kind, mask=pa.array(missing) if missing.any() else None
    )


def _column(name: str, kind: pa.DataType, values: tuple[Any, ...]) -> pa.Array:
    # Most logs lack most columns: finding that out costs a pointer comparison a row.
    if values.count(None) == len(values):
        return pa.nulls(len(values), kind)
    if name == "messages":
        return _messages_column(values)
    if name == "stop":
        values = tuple([value] if type(value) is str else value for value in values)
    elif name == "status":
        values = tuple(str(value) if type(value) is int else value for value in values)
    return pa.array(values, kind)


def _fill_from_messages(rows: Sequence[Exchange]) -> None:
    for row in rows:
        messages = row.messages
        if row.prompt is None:
            # Mostly the question stands last, and the system's text first.
            last = messages[-1] if messages else None
            row.prompt = (
                last.content if last is not None and last.role == "user" and last.content else last_user_text(messages)
            )
        if messages and row.system is None:
            row.system = messages[0].content if messages[0].role == "system" else system_text(messages)


def _moments(values: list[Any], *, days: bool = False) -> tuple[pa.Array, dict[int, str]]:
    """Times as ``timestamps`` reads them; numbers of one type, and such numbers as text, all at once."""
    kinds = set(map(type, values))
    if kinds == {NoneType}:
        return pa.nulls(len(values), TIMESTAMP), {}
    if kinds in ({int}, {float}) or (
        kinds == {str} and all(map(str.isdecimal, values)) and all(map(str.isascii, values))
    ):
        try:
            # Of eight digits or fewer it may be a date.
            known = kinds != {str} or min(map(len, values)) > LONGEST_DATE
            found = moments(pa.array(map(int, values) if kinds == {str} else values)) if known else None
        except (pa.ArrowException, OverflowError):
            found = None
        if found is not None and found[1].all():
            return found[0], {}
    return timestamps(values, days=days)


def _timely(
    rows: list[Exchange], lines: list[int], suffixes: dict[int, str]
) -> tuple[list[Exchange], list[int], dict[int, str], dict[str, pa.Array], dict[int, str]]:
    """Rows whose times can be read, with those times as columns; and the others' reasons."""
    time, bad_time = _moments([row.time for row in rows])
    created, bad_created = _moments([row.created for row in rows], days=True)
    for position, reason in bad_created.items():
        row = rows[position]
        row.note = f"{row.note}; `created`: {reason}" if row.note else f"`created`: {reason}"
    reasons = {position: f"`time`: {reason}" for position, reason in bad_time.items()}
    if reasons:
        kept = [position for position in range(len(rows)) if position not in reasons]
        rows, lines = [rows[position] for position in kept], [lines[position] for position in kept]
        suffixes = {new: suffixes[old] for new, old in enumerate(kept) if old in suffixes}
        take = pa.array(kept, pa.int64())
        time, created = time.take(take), created.take(take)
    return rows, lines, suffixes, {"time": time, "created": created}, reasons


def tidy(arrays: list[pa.Array]) -> None:
    """Leave out of the columns, in the order of ``COLUMNS``, what loggers write in place of values or around them."""
    address = COLUMNS.index("client_address")
    arrays[address] = bare_addresses(arrays[address])
    _leave_out_placeholders(arrays)


def _leave_out_placeholders(arrays: list[pa.Array]) -> None:
    """Texts that a logger wrote in place of a text become missing: null, of a prompt nothing, with a note."""
    for name in _TEXTS:
        place = COLUMNS.index(name)
        found = stand_ins(arrays[place])
        if found is None:
            continue
        missing = pa.scalar("" if name == "prompt" else None, pa.string())
        if name == "prompt":
            notes = COLUMNS.index("note")
            told = pc.binary_join_element_wise(
                arrays[notes], pa.scalar("no text: `prompt` is a placeholder"), "; ", null_handling="skip"
            )
            arrays[notes] = pc.if_else(found, told, arrays[notes])
        arrays[place] = pc.if_else(found, missing, arrays[place])


def exchanges(
    rows: list[Exchange], lines: list[int], *, file: str, label: str, suffixes: dict[int, str] | None = None
) -> tuple[pa.RecordBatch, dict[int, str]]:
    """Rows as a batch, less those whose time cannot be read.

    Args:
        rows: parsed records.
        lines: the line of each, counted from 1.
        file: value of ``source_file``.
        label: what stands before the line in an ``exchange_id`` made here.
        suffixes: by position, what follows the line where one line gave several rows.

    Returns:
        A batch with schema ``EXCHANGES``, and the reason for each position left out.
    """
    rows, lines, suffixes, known, reasons = _timely(rows, lines, suffixes or {})
    _fill_from_messages(rows)
    arrays: list[pa.Array] = []
    # A row may have fields behind these, and the next may not.
    columns = zip(*map(msgspec.structs.astuple, rows), strict=False) if rows else iter([()] * len(COLUMNS))
    for name, values in zip(COLUMNS, columns, strict=False):
        if name in known:
            arrays.append(known[name])
            continue
        if name == "exchange_id" and not all(values):
            values = tuple(
                value or f"{label}:{line}{suffixes.get(position, '')}"
                for position, (value, line) in enumerate(zip(values, lines, strict=True))
            )
        arrays.append(_column(name, EXCHANGES.field(name).type, values))
    tidy(arrays)
    arrays.append(pa.repeat(pa.scalar(file, pa.string()), len(rows)))
    arrays.append(pa.array(lines, pa.int64()))
    return pa.record_batch(arrays, schema=EXCHANGES), reasons
