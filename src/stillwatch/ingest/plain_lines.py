"""Lines of a format that has a plain shape: decoded straight into a typed struct, a block at once where that can be.

Whatever that refuses goes the way of every other record, line by line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import IO, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies.nobody import NOBODY, is_nobody, may_be_nobody
from stillwatch.core.bodies.roles import USUAL_ROLES
from stillwatch.core.not_json import NOT_JSON
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.files import BROKEN, line_blocks, split_block
from stillwatch.ingest.plain_shape import PlainShape, PlainShapes
from stillwatch.ingest.record import FLOATS, IDS, LOST, Exchange
from stillwatch.ingest.registry import certain
from stillwatch.ingest.repeated_names import TELLING, may_repeat
from stillwatch.ingest.slice import Slice
from stillwatch.ingest.slice_result import SliceResult, SliceRows
from stillwatch.ingest.unpacking import read_text

__all__ = ["read_plain"]

_ids_of = attrgetter(*IDS)
_IN_CACHE = 1 << 16
_NAMES = msgspec.json.Decoder(dict[str, msgspec.Raw])
# To make a decoder takes as long as to read some tens of records.
_MOST_SHAPES = 64
# A number that may be beyond all bounds, behind its digits; in a text that is JSON too, where a line may end behind it.
_EXPONENT = re.compile(rb"[eE]\+?\d{3,}(?=[\s,\]}]|\\[nrtu]|$)")
# A part of such a number in a text, as an escape.
_ESCAPED = re.compile(rb"\\u00(?:3\d|[46]5|2[bB])")


class _Reader(NamedTuple):
    """A shape, its decoder, and which names its records may give but once: what gives their values, and what stands for
    none."""

    shape: PlainShape
    decoder: msgspec.json.Decoder[Any]
    once: Mapping[str, tuple[Callable[[Any], Any], Any]]

    def deeper(self, name: str, rows: Sequence[Any]) -> int:
        """How often such a name stands deeper in records, as far as their type knows."""
        count = self.shape.deeper.get(name)
        return 0 if count is None else count(rows)


@lru_cache(maxsize=256)
def _reader_of(shape: PlainShape) -> _Reader:
    """A decoder that refuses, beside what the shape's type refuses, every telling name that the type does not have."""
    record = shape.record
    if shape.once is not None:
        return _Reader(shape, msgspec.json.Decoder(record), _told_once(shape, shape.once))
    known = record.__struct_fields__
    if not record.__struct_config__.forbid_unknown_fields:
        # A document's `_id` says that any value in it may be one of Extended JSON.
        absent = [(name, UnsetType, UNSET) for name in sorted({*TELLING, "_id"}.difference(known))]
        record = msgspec.defstruct(record.__name__, absent, bases=(record,), gc=False)
    return _Reader(shape, msgspec.json.Decoder(record), _told_once(shape, TELLING.intersection(known)))


def _told_once(shape: PlainShape, names: Iterable[str]) -> Mapping[str, tuple[Callable[[Any], Any], Any]]:
    absent = {field.name: field.default for field in msgspec.structs.fields(shape.record)}
    return {name: (attrgetter(name), absent[name]) for name in sorted(names)}


class _Readers:
    """The reader of any record of a format.

    Args:
        own: the format.
        plain: its shape, or its shapes by the names that a record has.
    """

    def __init__(self, own: LogFormat, plain: PlainShape | PlainShapes) -> None:
        self._own = own
        self._only = _reader_of(plain) if isinstance(plain, PlainShape) else None
        self._plain = plain
        self._by_names: dict[tuple[str, ...], _Reader | None] = {}

    def of(self, line: bytes) -> _Reader | None:
        """Of a line's record; None where it is read as every other record is."""
        if self._only is not None or isinstance(self._plain, PlainShape):
            return self._only
        try:
            names = tuple(_NAMES.decode(line))
        except NOT_JSON:
            return None
        if names not in self._by_names:
            if len(self._by_names) >= _MOST_SHAPES:
                return None
            shape = self._plain.of(names) if certain(names) is self._own else None
            self._by_names[names] = None if shape is None else _reader_of(shape)
        return self._by_names[names]


def _is_name(account: str) -> bool:
    return account == account.strip() != "" and not is_nobody(account) and LOST not in account


def _is_usual(row: Exchange) -> bool:
    """Whether every message is one of a usual role, and every question's text stands where it is looked for."""
    for message in row.messages or ():
        if message.role not in USUAL_ROLES or (message.content is None and message.role == "user"):
            return False
    return True


def _has_plain_ids(row: Exchange) -> bool:
    """Whether each of its ids, where it has one, names somebody or something as it is written."""
    return all(one is None or (one == one.strip() != "" and not is_nobody(one)) for one in _ids_of(row))


def _settle_ids(rows: list[Exchange]) -> bool:
    """Set ids that are empty to none; whether every row then has plain ids, a column at a time, or not sure."""
    sure = True
    for name in IDS:
        ids = [*map(attrgetter(name), rows)]
        if "" in ids:
            for row in rows:
                if getattr(row, name) == "":
                    setattr(row, name, None)
        ids = [*filter(None, ids)]
        if not NOBODY.isdisjoint(ids) or may_be_nobody("\n".join(ids)) or list(map(str.strip, ids)) != ids:
            sure = False
    return sure


def _sound(row: Exchange) -> bool:
    """Whether a directly decoded row has all that a record needs."""
    if not row.time or not _is_name(row.account_id) or (row.prompt is None and not row.messages):
        return False
    if not _is_usual(row):
        return False
    # JSON has no infinity, but 1e999 reads as one; absent values add nothing.
    return math.isfinite((row.temperature or 0.0) + (row.top_p or 0.0) + (row.latency_ms or 0.0))


def _all_sound(rows: list[Exchange]) -> bool:
    """``_sound`` of every row, a column at a time."""
    accounts = list(map(attrgetter("account_id"), rows))
    if not (all(map(attrgetter("time"), rows)) and all(accounts)):
        return False
    joined = "\n".join(accounts)
    if not NOBODY.isdisjoint(accounts) or LOST in joined or list(map(str.strip, accounts)) != accounts:
        return False
    if may_be_nobody(joined):
        return False
    said = [message for row in rows if row.messages for message in row.messages]
    if not USUAL_ROLES.issuperset(map(attrgetter("role"), said)):
        return False
    if None in map(attrgetter("content"), said) and not all(map(_is_usual, rows)):
        return False
    if None in map(attrgetter("prompt"), rows) and not all(row.prompt is not None or row.messages for row in rows):
        return False
    return all(math.isfinite(sum(filter(None, map(attrgetter(name), rows)))) for name in FLOATS)


def _is_json(text: bytes, *, within: bool) -> bool:
    """Whether a text that a typed decoder took is JSON where that does not look: under names that the type does not
    have, bytes that are no UTF-8 and numbers beyond all bounds pass it by. ``within`` says that texts in it are JSON
    too."""
    if within and _ESCAPED.search(text):
        return False
    try:
        # Much faster than to decode it.
        pa.array([text], pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return not any(
        _EXPONENT.match(text, start + int(place) + 1)
        for start in range(0, len(text), _IN_CACHE)
        for place in _exponents(np.frombuffer(text, np.uint8, min(_IN_CACHE + 4, len(text) - start), start))
    )


def _exponents(data: np.ndarray) -> np.ndarray:
    """Before which bytes an `e` may begin an exponent of three digits: few places, each to be looked at."""
    digit = (data - ord("0")) < 10
    return np.flatnonzero(((data[1:-3] | 0x20) == ord("e")) & digit[:-4] & digit[3:-1] & digit[4:])


def _decoded(block: bytes, readers: _Readers) -> list[Exchange | None] | None:
    """A block of records, one a line, and None for each that its format is to read; None where any line is not of the
    shape.

    Where every line begins with an opening brace and ends with a closing one, no JSON value can go on over a
    line's end: between the two braces would stand a comma.
    """
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(data))
    starts = np.concatenate([[0], ends[:-1] + 1])
    if not (np.all(data[starts] == ord("{")) and np.all(data[ends - 1] == ord("}"))):
        return None
    # Where a line has other names than the first, its reader refuses it.
    reader = readers.of(block[: ends[0]])
    if reader is None:
        return None
    try:
        rows: Sequence[Any] = reader.decoder.decode_lines(block)
    except NOT_JSON:
        return None
    if len(rows) != len(ends) or _may_give_twice(block, rows, reader):
        return None
    if reader.shape.exchanges is not None:
        if not _is_json(block, within=reader.shape.texts):
            return None
        rows = reader.shape.exchanges(rows)
    return _plain_ones(rows, reader.shape.settle)


def _plain_ones(
    rows: Sequence[Exchange | None], settle: Callable[[Sequence[Any]], None] | None
) -> list[Exchange | None]:
    """What may be kept as it is; None for each that is not sound or whose ids are to be looked at."""
    read = [row for row in rows if row is not None]
    if settle is not None:
        settle(read)
    # Mostly all of them are sound, which is seen faster at once.
    plain_ids = _settle_ids(read)
    if plain_ids and _all_sound(read):
        return [*rows]
    return [row if row is not None and _sound(row) and _has_plain_ids(row) else None for row in rows]


def _may_give_twice(text: bytes, rows: Sequence[Any], reader: _Reader) -> bool:
    """Whether one of some records may give a name twice: the name stands there more often than records have it."""
    for name, (value_of, absent) in reader.once.items():
        held = len(rows) - [*map(value_of, rows)].count(absent)
        if held and may_repeat(text, (name,), held + reader.deeper(name, rows)):
            return True
    return False


def _record_of(line: bytes, reader: _Reader, *, sure: bool) -> Any:
    """A line's record as its shape decodes it; None where it is none.

    ``sure`` says that it is JSON where the decoder does not look.
    """
    if not (sure or reader.shape.exchanges is None or _is_json(line, within=reader.shape.texts)):
        return None
    try:
        row = reader.decoder.decode(line)
    except NOT_JSON:
        return None
    return None if _may_give_twice(line, [row], reader) else row


def _line_by_line(block: bytes, readers: _Readers) -> list[Exchange | None]:
    """As ``_decoded``, of a block in which any line may be anything."""
    sure = _is_json(block, within=True)
    rows: list[Exchange | None] = []
    by_shape: dict[PlainShape, list[tuple[int, Any]]] = {}
    for place, (_, raw) in enumerate(split_block(1, block)):
        rows.append(None)
        reader = readers.of(raw)
        record = None if reader is None else _record_of(raw, reader, sure=sure)
        if reader is not None and record is not None:
            by_shape.setdefault(reader.shape, []).append((place, record))
    for shape, of in by_shape.items():
        records = [record for _, record in of]
        found = records if shape.exchanges is None else shape.exchanges(records)
        for (place, _), row in zip(of, _plain_ones(found, shape.settle), strict=True):
            rows[place] = row
    return rows


def _with_others(
    batch: SliceRows, lines: Iterable[tuple[int, bytes]], rows: Iterable[Exchange | None], preferred: LogFormat
) -> bytes:
    """Keep plain records, and read the lines of the others; the lines of those kept."""
    kept: list[bytes] = []
    for (number, raw), row in zip(lines, rows, strict=True):
        batch.seen += 1
        if row is None:
            read_text(batch, number, raw, preferred)
        else:
            batch.keep(row, number, raw)
            kept.append(raw)
    return b"\n".join(kept)


def read_plain(
    part: Slice, stream: IO[bytes], size: int, preferred: LogFormat, plain: PlainShape | PlainShapes
) -> Iterator[SliceResult]:
    """Read a slice of plain or compressed lines.

    Args:
        part: the slice.
        stream: its unwrapped bytes, from its first line on.
        size: bytes of the file that it takes, as they lie on disk.
        preferred: the format that its records are tried as first.
        plain: that format's shape or shapes.
    """
    readers = _Readers(preferred, plain)
    batch, told = SliceRows(part), 0
    first, block = part.first_line, b""
    try:
        for first, block in line_blocks(stream, part.first_line, part.end):
            rows = _decoded(block, readers)
            plain_ones = [row for row in rows or () if row is not None]
            if rows is not None and len(plain_ones) == len(rows):
                batch.take(plain_ones, first, block)
                kept = block
            else:
                # Blank lines may stand among others, which hold no record.
                rows = rows if rows is not None else _line_by_line(block, readers)
                kept = _with_others(batch, split_block(first, block), rows, preferred)
            batch.sample.look_at_lines(preferred, kept, later=first > part.first_line)
            now = min(told + len(block), size) if part.wrapped == "plain" else told
            yield batch.result(now - told)
            told = now
    except BROKEN as error:
        batch.seen += 1
        line = first + block.count(b"\n")
        batch.refuse(line, f"the {part.wrapped} stream breaks off here: {error}", b"")
    yield batch.result(size - told)
