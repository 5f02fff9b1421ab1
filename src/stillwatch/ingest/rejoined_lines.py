"""Lines that a container runtime cut in pieces, as they were before.

Docker's json-file driver and CRI (Kubernetes) cut a line after 16 KiB: Docker leaves the newline out of every ``log``
but the last, CRI marks all but the last ``P``. A record with a conversation in it is longer than that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from stillwatch.core.not_json import NOT_JSON

__all__ = ["comes_in_pieces", "rejoined"]

_CRI = re.compile(rb"(\S+ (?:stdout|stderr) )([FP])(?:[:\w]*) ")
_DOCKER_KEYS = frozenset(("log", "stream", "time"))
_LONGEST = 1 << 26


def comes_in_pieces(line: bytes) -> bool:
    """Whether a line is one of those runtimes'."""
    return _CRI.match(line) is not None or _docker(line) is not None


def _docker(line: bytes) -> dict[str, Any] | None:
    if not line.startswith(b"{") or b'"log"' not in line:
        return None
    try:
        record = msgspec.json.decode(line)
    except NOT_JSON:
        return None
    known = isinstance(record, dict) and record.keys() >= _DOCKER_KEYS and isinstance(record["log"], str)
    return record if known else None


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text.strip())
    except (*NOT_JSON, UnicodeEncodeError):
        return False
    return True


class _Held:
    """The pieces of one stream that came so far."""

    def __init__(self, line: int, head: bytes | dict[str, Any], first: bytes | str) -> None:
        self.line, self.head = line, head
        self.pieces: list[Any] = [first]
        self.size = len(first)

    def whole(self) -> tuple[int, bytes]:
        if isinstance(self.head, bytes):
            return self.line, self.head + b"".join(self.pieces)
        return self.line, msgspec.json.encode({**self.head, "log": "".join(self.pieces)})


def rejoined(lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Numbered lines, those in pieces as one on the number of the first; the rest as they came."""
    held: dict[str, _Held] = {}
    for number, raw in lines:
        if (found := _CRI.match(raw)) is not None:
            yield from _cri(held, number, raw, found)
        elif (record := _docker(raw)) is not None:
            yield from _docker_piece(held, number, raw, record)
        else:
            yield number, raw
    for left in held.values():
        yield left.whole()


def _cri(held: dict[str, _Held], number: int, raw: bytes, found: re.Match[bytes]) -> Iterator[tuple[int, bytes]]:
    stream, text = found.group(1).split()[1].decode(), raw[found.end() :].removesuffix(b"\r")
    before = held.get(stream)
    if before is None and found.group(2) == b"F":
        yield number, raw
        return
    if before is None:
        held[stream] = before = _Held(number, found.group(1) + b"F ", text)
    else:
        before.pieces.append(text)
        before.size += len(text)
    if found.group(2) == b"F" or before.size > _LONGEST:
        yield held.pop(stream).whole()


def _docker_piece(
    held: dict[str, _Held], number: int, raw: bytes, record: dict[str, Any]
) -> Iterator[tuple[int, bytes]]:
    stream, text = str(record["stream"]), record["log"]
    before = held.get(stream)
    ended = text.endswith("\n")
    # Not every writer ends its text in a newline: what is a value by itself is no piece.
    if before is not None and text.startswith("{") and _is_json(text):
        yield held.pop(stream).whole()
        before = None
    if before is None:
        if ended or not text.startswith("{") or _is_json(text):
            yield number, raw
        else:
            held[stream] = _Held(number, record, text)
        return
    before.pieces.append(text)
    before.size += len(text)
    if ended or before.size > _LONGEST:
        yield held.pop(stream).whole()
