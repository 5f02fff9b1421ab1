"""What a file holds and in which format, told by its records.

The beginning of a file is read further and further, until a record is whole that some format recognises, in whatever
envelope; it is taken as lines, as values one after the other, and as a CSV, and what shows most records is right.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any

import msgspec

from stillwatch.core import UnknownFormat, UnreadableInput
from stillwatch.ingest.csv_rows import csv_rows, delimiter_of, twice_in_header
from stillwatch.ingest.files import BROKEN, BYTE_ORDER_MARK, Container, Wrapping, opened, split_block, wrapping
from stillwatch.ingest.json_text import decoded
from stillwatch.ingest.legacy_text import western_text
from stillwatch.ingest.no_requests import record_without_request, text_without_request
from stillwatch.ingest.parquet_rows import first_rows
from stillwatch.ingest.plain_names import ACCOUNTS, ANSWERS, DOUBTFUL, TEXTS, TIMES, spelt_names
from stillwatch.ingest.record import RecordError, shown
from stillwatch.ingest.registry import majority, recognising
from stillwatch.ingest.rejoined_lines import comes_in_pieces, rejoined
from stillwatch.ingest.shippers import after_prefix, inside, records_of
from stillwatch.ingest.text_records import record_in
from stillwatch.ingest.text_tables import layout_of, table_rows
from stillwatch.ingest.value_stream import values_of
from stillwatch.tables import EXCHANGES

__all__ = ["first_records", "recognised"]

_HINT = (
    "stillwatch formats lists what can be read; --map FILE reads a layout of your own: below `[columns]` it says which "
    'name is `account_id`, `time`, `prompt` and `response`, as in account_id = "NAME" (stillwatch docs map-a-log)'
)
# A record may hold a book, and one must be seen whole.
_HINT_FOR_HALVES = "put a shorter record first, or split the record; or is it no log of requests at all?"
_BLANK = b" \t\r\n\0"
_LONGEST_LINE = 1 << 30
_HEADS = (1 << 16, 1 << 20, 1 << 23, 1 << 26)
_TRIED = 200
_MOST_LINES = 2000
_PIECE = 4096
_MOSTLY_LINES = 0.9
_SHOWN_KEYS = 8
# An array, but for the event of Fluent Bit, which begins with its time.
_ARRAY = re.compile(rb"\s*\[\s*[{\[]\s*[\"{\[}]")
_FAILED = (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError)


def recognised(path: Path) -> tuple[Wrapping, Container, str]:
    """How a file is wrapped, what it holds, and the name of the format of most of its first records.

    Raises:
        UnknownFormat: no format recognises any of them.
        UnreadableInput: not even its first bytes can be read.
    """
    wrapped = wrapping(path)
    if wrapped in ("parquet", "arrow"):
        return wrapped, "parquet" if wrapped == "parquet" else "arrow", _format_of_table(path, wrapped)
    with opened(path, wrapped) as stream:
        text, tried, ended, told = _first_told(stream, path, wrapped)
        if told is None and not ended and _is_half_a_line(text) and _past_line(stream):
            # A record too long to tell by is one of many.
            *_, told = _first_told(stream, path, wrapped)
    if told is not None:
        return wrapped, *told
    if _is_canonical_csv(text):
        return wrapped, "csv", "canonical"
    hint = _HINT if ended or tried or not text.strip(_BLANK) else _HINT_FOR_HALVES
    raise UnknownFormat(_unknown(text, tried, ended), where=str(path), hint=hint)


def _first_told(
    stream: IO[bytes], path: Path, wrapped: Wrapping
) -> tuple[bytes, list[Any], bool, tuple[Container, str] | None]:
    """As much of a stream as tells, the records in it, whether it ended, and how they stand and in which format."""
    head = bytearray()
    for size in _HEADS:
        ended = _read_on(stream, head, size, path, wrapped)
        text = bytes(head).removeprefix(BYTE_ORDER_MARK)
        kind, tried = _told(text, ended)
        chosen = majority(tried)
        if chosen is not None:
            return text, tried, ended, ("pieces" if kind == "lines" and _in_pieces(text) else kind, chosen.name)
        if ended or (kind == "lines" and text.count(b"\n") > _MOST_LINES):
            break
    return text, tried, ended, None


def _is_half_a_line(text: bytes) -> bool:
    return text.lstrip()[:1] == b"{" and b"\n" not in text.strip()


def _past_line(stream: IO[bytes]) -> bool:
    """Read on to the end of a line, which may be as long as one that is read; whether it came."""
    left = _LONGEST_LINE
    while left > 0:
        with suppress(*BROKEN):
            piece = stream.readline(min(left, _HEADS[1]))
            if piece.endswith(b"\n"):
                return True
            left -= len(piece)
            if piece:
                continue
        return False
    return False


def first_records(path: Path, wrapped: Wrapping) -> tuple[list[Any], str | None]:
    """The records that a file begins with, out of their envelopes, and the name of the first envelope.

    Raises:
        UnreadableInput: not even its first bytes can be read.
    """
    if wrapped in ("parquet", "arrow"):
        _, rows = first_rows(path, wrapped, _TRIED)
        return [record for row in rows for record in islice(records_of(row), _TRIED)], None
    head = bytearray()
    tried: list[Any] = []
    with opened(path, wrapped) as stream:
        for size in _HEADS:
            ended = _read_on(stream, head, size, path, wrapped)
            text = bytes(head).removeprefix(BYTE_ORDER_MARK)
            _, tried = _told(text, ended)
            if tried or ended:
                break
    return tried, _envelope_of(text, tried)


def _envelope_of(head: bytes, tried: Sequence[Any]) -> str | None:
    """What stands around the first of the records that were found in a head."""
    for text in islice(values_of(head), 1):
        try:
            value = msgspec.json.decode(text)
        except _FAILED:
            return None
        found = inside(value) if not (tried and value == tried[0]) else None
        return found.name if found is not None else None
    return None


def _in_pieces(head: bytes) -> bool:
    """Whether a runtime may have cut the lines that begin a file."""
    return any(comes_in_pieces(line) for _, line in islice(split_block(1, head), _TRIED))


def _read_on(stream: IO[bytes], head: bytearray, size: int, path: Path, wrapped: Wrapping) -> bool:
    """Read until the head has this size; whether the stream ended or broke before.

    Raises:
        UnreadableInput: it broke before anything came.
    """
    while len(head) < size:
        try:
            # What a break takes with it is a piece.
            block = stream.read1(min(_PIECE, size - len(head)))  # type: ignore[attr-defined]
        except BROKEN as error:
            if head:
                return True
            raise UnreadableInput(
                f"the {wrapped} stream is broken from its start: {error}", where=str(path), hint="copy the file again"
            ) from error
        if not block:
            return True
        head += block
    return False


def _told(head: bytes, ended: bool) -> tuple[Container, list[Any]]:
    """The container that shows most records that a format recognises, and its records."""
    best: tuple[int, Container, list[Any]] = (0, "lines", [])
    readers: Sequence[tuple[Container, Callable[[bytes, bool], list[Any]]]] = (
        ("lines", _as_lines),
        ("values", _as_values),
        ("table", _as_table),
        ("csv", _as_csv),
    )
    for kind, reader in readers:
        if best[1] == "table":
            # Its bars and dashes would be rows of a CSV.
            break
        records = reader(head, ended)
        known = sum(1 for record in records if recognising(record) is not None)
        # A line that holds two records makes no stream of values of a file of lines, whose places would shift.
        least = best[0] / _MOSTLY_LINES if kind == "values" else best[0]
        if known > least or (kind in ("lines", "values") and not best[0] and not best[2] and records):
            best = (known, kind, records)
    return best[1], best[2]


def _as_lines(head: bytes, ended: bool) -> list[Any]:
    if _ARRAY.match(head):
        # The items of an array are values of their own, though it may stand on one line.
        return []
    return _until_known(_value_of(line) for _, line in rejoined(split_block(1, head)))


def _until_known(values: Iterable[Any]) -> list[Any]:
    """The records in the first values: as many as tell, past those of anything else."""
    found: list[Any] = []
    known = 0
    for value in islice(values, _MOST_LINES):
        held = list(islice(records_of(value), _TRIED))
        found += held
        known += sum(1 for record in held if recognising(record) is not None)
        if known >= _TRIED:
            break
    return found


def _value_of(line: bytes) -> Any:
    """What a line is read as; None where it is nothing."""
    try:
        return msgspec.json.decode(line)
    except _FAILED:
        prefixed = after_prefix(line.decode("utf-8", "replace").lstrip())
        if prefixed:
            return prefixed.held[0][1]
    try:
        return decoded(line)[0]
    except RecordError:
        return record_in(line.decode("utf-8", "replace"))


def _as_values(head: bytes, ended: bool) -> list[Any]:
    return _until_known(_values(head))


def _values(head: bytes) -> Iterator[Any]:
    for text in values_of(head):
        with suppress(RecordError):
            yield decoded(text)[0]


def _as_csv(head: bytes, ended: bool) -> list[Any]:
    if delimiter_of(head) is None:
        return []
    # The last row may be cut where the head ends.
    whole = head if ended else head[: head.rfind(b"\n") + 1]
    rows = [row for _, row in islice(csv_rows(io.BytesIO(whole)), _TRIED) if "" not in row]
    return [record for row in rows for record in islice(records_of(row), _TRIED)]


def _as_table(head: bytes, ended: bool) -> list[Any]:
    layout = layout_of(head)
    if layout is None:
        return []
    whole = head if ended else head[: head.rfind(b"\n") + 1]
    rows = [row for _, row in islice(table_rows(io.BytesIO(whole), layout), _TRIED) if "" not in row]
    return [record for row in rows for record in islice(records_of(row), _TRIED)]


def _is_canonical_csv(head: bytes) -> bool:
    """Whether the header alone tells a CSV of canonical rows: all of its rows may be bad."""
    delimiter = delimiter_of(head)
    if delimiter is None:
        return False
    first = head.removeprefix(BYTE_ORDER_MARK).lstrip().splitlines()[0].decode("utf-8", "replace")
    return "account_id" in first.split(delimiter)


def _unknown(head: bytes, tried: Sequence[Any], ended: bool) -> str:
    """Why a file is none that can be read: what was found in it."""
    if not ended and not tried:
        if not head.strip(_BLANK):
            return f"the first {len(head) >> 20} MiB are blank"
        return f"its first record is longer than {len(head) >> 20} MiB, so that no format can be told by it"
    if tried and isinstance(tried[0], dict) and (told := record_without_request(tried[0])) is not None:
        return told
    if tried:
        names = ", ".join(f"`{name}`" for name in list(tried[0])[:_SHOWN_KEYS] if isinstance(name, str))
        more = ", ..." if len(tried[0]) > _SHOWN_KEYS else ""
        return f"no format recognises its records{_lacking(tried[0])}; the first has the keys {names or '(none)'}{more}"
    text = head.strip(b" \t\r\n\0\x1e")
    if not text:
        return "the file holds nothing but white space"
    told = text_without_request(_first_line(text))
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError) as error:
        if text[:1] in (b"{", b"[") and told is None:
            return f"it holds no JSON records: {error}"
        if told is not None and delimiter_of(head) is None:
            return told
        if text.count(b"\n") >= _MOST_LINES:
            return f"its first {_MOST_LINES:,} lines hold no JSON records; it begins {shown(_first_line(text))}"
        delimiter = delimiter_of(head) if text[:1] != b"#" else None
        if delimiter is not None and delimiter in _first_line(text):
            header = dict.fromkeys(_first_line(text).split(delimiter))
            return (
                record_without_request(header)
                or f"it holds no JSON records; as a CSV, no format recognises its rows: {shown(_first_line(text))}"
            )
        if (name := twice_in_header(head)) is not None and b"\n" in text:
            return f"its header names `{name}` twice, and which is meant cannot be told: give each column its own name"
        return told or f"it holds no JSON records, but text or bytes: it begins {shown(_first_line(text))}"
    if isinstance(value, list):
        return "its JSON array is empty" if not value else f"its JSON array holds no objects, but {shown(value[0])}"
    if isinstance(value, dict):
        names = ", ".join(f"`{name}`" for name in list(value)[:_SHOWN_KEYS])
        return (
            f"it holds one JSON object, and no records in it that a format recognises; its keys are {names or '(none)'}"
        )
    return f"it holds JSON, but no object: {shown(value)}"


def _lacking(record: Any) -> str:
    """What of a record of a program of one's own is known, and what is not."""
    names = spelt_names(tuple(map(str, record))) if isinstance(record, dict) else {}
    asked = not names.keys().isdisjoint((*TEXTS, *DOUBTFUL))
    if asked and names.keys().isdisjoint(TIMES):
        return ", for no key is known to name when a request was made (log it, or say by a map which does)"
    if not asked and not names.keys().isdisjoint(TIMES) and not names.keys().isdisjoint((*ACCOUNTS, *ANSWERS)):
        return ", for no key is known to name what was asked (a map says which does)"
    return ""


def _first_line(text: bytes) -> str:
    first = text.splitlines()[0][:1000]
    try:
        return first.decode()
    except UnicodeDecodeError:
        return western_text(first) or first.decode("utf-8", "replace")


def _format_of_table(path: Path, wrapped: Wrapping) -> str:
    names, rows = first_rows(path, wrapped, _TRIED)
    records = [record for row in rows or [dict.fromkeys(names)] for record in islice(records_of(row), _TRIED)]
    chosen = majority(records)
    if chosen is not None:
        return chosen.name
    if set(names) & set(EXCHANGES.names) or not names:
        lacking = sorted({"time", "account_id"} - set(names))
        lacking += [] if {"prompt", "messages"} & set(names) else ["prompt"]
        raise UnknownFormat(
            f"its columns lack {', '.join(lacking)}",
            where=str(path),
            hint=f"canonical columns: {', '.join(EXCHANGES.names[:12])}, ...",
        )
    shown_names = ", ".join(f"`{name}`" for name in names[:_SHOWN_KEYS])
    raise UnknownFormat(
        f"no format recognises its rows; its columns are {shown_names}{', ...' if len(names) > _SHOWN_KEYS else ''}",
        where=str(path),
        hint=_HINT,
    )
