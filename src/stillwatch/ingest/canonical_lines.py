"""Lines of Stillwatch's own record: decoded straight into a typed struct, a block at once where that can be.

Whatever that refuses goes the way of every other record, line by line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from operator import attrgetter
from typing import IO

import msgspec
import numpy as np

from stillwatch.core.bodies.nobody import NOBODY, is_nobody, may_be_nobody
from stillwatch.core.bodies.roles import USUAL_ROLES
from stillwatch.ingest.files import BROKEN, line_blocks, split_block
from stillwatch.ingest.record import FLOATS, LOST, Exchange
from stillwatch.ingest.registry import all_formats
from stillwatch.ingest.repeated_names import may_repeat
from stillwatch.ingest.slice import Slice
from stillwatch.ingest.slice_result import SliceResult, SliceRows
from stillwatch.ingest.unpacking import read_text

__all__ = ["read_canonical"]

# What a record has once.
_ONCE = ("account_id", "time", "prompt")
_DECODER = msgspec.json.Decoder(Exchange)


def _is_name(account: str) -> bool:
    return account == account.strip() != "" and not is_nobody(account) and LOST not in account


def _is_usual(row: Exchange) -> bool:
    """Whether every message is one of a usual role, and every question's text stands where it is looked for."""
    for message in row.messages or ():
        if message.role not in USUAL_ROLES or (message.content is None and message.role == "user"):
            return False
    return True


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


def _decoded(block: bytes) -> list[Exchange] | None:
    """A block of canonical records, one a line; None where any line is anything else.

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
    try:
        rows = _DECODER.decode_lines(block)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if len(rows) != len(ends) or may_repeat(block, _ONCE, len(rows)):
        return None
    return rows if _all_sound(rows) else None


def _decoded_line(line: bytes) -> Exchange | None:
    """A canonical record; None where the line is anything else."""
    if may_repeat(line, _ONCE, 1):
        return None
    try:
        row = _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return row if _sound(row) else None


def read_canonical(part: Slice, stream: IO[bytes], size: int) -> Iterator[SliceResult]:
    """Read a slice of plain or compressed lines.

    Args:
        part: the slice.
        stream: its unwrapped bytes, from its first line on.
        size: bytes of the file that it takes, as they lie on disk.
    """
    preferred = all_formats()["canonical"]
    batch, told = SliceRows(part), 0
    first, block = part.first_line, b""
    try:
        for first, block in line_blocks(stream, part.first_line, part.end):
            rows = _decoded(block)
            if rows is None:
                for number, raw in split_block(first, block):
                    batch.seen += 1
                    row = _decoded_line(raw)
                    if row is None:
                        read_text(batch, number, raw, preferred)
                    else:
                        batch.keep(row, number, raw)
            else:
                batch.take(rows, first, block)
            now = min(told + len(block), size) if part.wrapped == "plain" else told
            yield batch.result(now - told)
            told = now
    except BROKEN as error:
        batch.seen += 1
        line = first + block.count(b"\n")
        batch.refuse(line, f"the {part.wrapped} stream breaks off here: {error}", b"")
    yield batch.result(size - told)
