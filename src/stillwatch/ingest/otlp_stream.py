"""Files of OTLP messages as lines of OTLP's JSON, so that all that follows reads them as it reads those.

Three ways of writing messages one after the other are told from their beginning: each behind its size in four bytes, as
the OpenTelemetry Collector's file exporter writes protobuf, and compressed messages of either encoding; each behind its
size as a base-128 number, as protobuf's own libraries do; and one message alone, whose parts follow each other. A
message is a line; of one message alone some 16 MiB are. One that cannot be decoded is a line that says so.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, Any

import msgspec
import zstandard

from stillwatch.ingest.otlp_protobuf import Cut, Malformed, decoded, looks_like, signal_of, varint

__all__ = ["LONGEST_HEAD", "JsonLines", "framed_as"]

LONGEST_HEAD = 2048
"""How many bytes of a file tell whether it is one of these."""

_PARTS = 0x0A
_ZSTD = b"\x28\xb5\x2f\xfd"
_LONGEST_MESSAGE = 1 << 28
# Of a compressed message that does not say how long it is: so much is set aside for it.
_LONGEST_UNSAID = 1 << 26
_LONGEST_LINE = 1 << 24
_LONGEST_NUMBER = 10
_NO_SIZE = "the stream ends within the size of a message"
_ENCODE = msgspec.json.Encoder()


def framed_as(head: bytes) -> str | None:
    """How a file of OTLP messages is written: ``otlp-sized``, ``otlp-delimited``, ``otlp-message``; None for others."""
    size = int.from_bytes(head[:4], "big")
    if 4 < size <= _LONGEST_MESSAGE and (head[4:8] == _ZSTD or _begins_message(head[4:], size)):
        return "otlp-sized"
    if _begins_message(head, None):
        return "otlp-message"
    try:
        size, at = varint(head, 0, len(head))
    except Malformed:
        return None
    return "otlp-delimited" if _begins_message(head[at:], size) else None


def _begins_message(head: bytes, size: int | None) -> bool:
    """Whether bytes begin a message of this size: with its first part, one of field 1."""
    if head[:1] != bytes((_PARTS,)):
        return False
    try:
        inner, at = varint(head, 1, len(head))
    except Malformed:
        return False
    return (size is None or at + inner <= size) and looks_like(head[at : at + inner], inner)


class JsonLines(io.RawIOBase):
    """A stream of OTLP messages as lines of JSON.

    Where it breaks off, the whole parts before the break come first, then the error.

    Args:
        source: the messages.
        framing: what ``framed_as`` told.
    """

    def __init__(self, source: IO[bytes], framing: str) -> None:
        self._lines = _lines(source, framing)
        self._held = b""

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer.

        Raises:
            EOFError: the stream ends within a message.
            OSError: what follows is no message, or too long for one.
        """
        while not self._held:
            line = next(self._lines, None)
            if line is None:
                return 0
            self._held = line
        given, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)


def _lines(source: IO[bytes], framing: str) -> Iterator[bytes]:
    if framing == "otlp-message":
        yield from _lines_of_one(source)
        return
    number = 0
    while (size := _size(source) if framing == "otlp-delimited" else _size_in_four(source)) is not None:
        number += 1
        data = _read(source, size)
        if size:
            yield _line_of(data, size, number)
        if len(data) < size:
            raise EOFError(f"message {number} has {len(data):,} of its {size:,} bytes")


def _size_in_four(source: IO[bytes]) -> int | None:
    given = _read(source, 4)
    if not given:
        return None
    if len(given) < 4:
        raise EOFError(_NO_SIZE)
    return _possible(int.from_bytes(given, "big"))


def _size(source: IO[bytes]) -> int | None:
    """A base-128 number; None at the stream's end."""
    given = b""
    while len(given) < _LONGEST_NUMBER:
        byte = source.read(1)
        if not byte:
            if given:
                raise EOFError(_NO_SIZE)
            return None
        given += byte
        if byte[0] < 0x80:
            return _possible(varint(given, 0, len(given))[0])
    raise OSError("what should be the size of a message is none")


def _possible(size: int) -> int:
    if size > _LONGEST_MESSAGE:
        raise OSError(f"a message of {size:,} bytes is longer than any: what follows is no OTLP")
    return size


def _read(source: IO[bytes], size: int) -> bytes:
    pieces: list[bytes] = []
    left = size
    while left > 0 and (piece := source.read(min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _line_of(data: bytes, size: int, number: int) -> bytes:
    """One message, compressed or not, in either encoding."""
    if data[:4] == _ZSTD:
        if len(data) < size:
            return b""
        try:
            if zstandard.frame_content_size(data) > _LONGEST_MESSAGE:
                return _unreadable(f"message {number} is longer than {_LONGEST_MESSAGE >> 20} MiB")
            data = zstandard.ZstdDecompressor().decompress(data, max_output_size=_LONGEST_UNSAID)
        except zstandard.ZstdError as error:
            return _unreadable(f"message {number} cannot be decompressed: {error}")
        size = len(data)
    if data[:1] == b"{":
        return data.replace(b"\n", b" ") + b"\n"
    parts: list[tuple[bytes, int]] = []
    why: str | None = None
    try:
        for part in _parts(data, size):
            parts.append(part)
    except Malformed as error:
        why = None if len(data) < size else f"message {number} is no protobuf: {error}"
    return _encoded(parts, why)


def _parts(data: bytes, size: int) -> Iterator[tuple[bytes, int]]:
    """The parts of a message, each with the size that it should have."""
    at = 0
    while at < len(data):
        if data[at] != _PARTS:
            raise Malformed(f"there is no field {data[at] >> 3} in an export, at byte {at}")
        inner, start = varint(data, at + 1, len(data))
        if start + inner > size:
            raise Malformed(f"a part at byte {at} is longer than its message")
        yield data[start : start + inner], inner
        at = start + inner


def _lines_of_one(source: IO[bytes]) -> Iterator[bytes]:
    """One message whose parts follow each other; it may be any number of them that were put together."""
    parts: list[tuple[bytes, int]] = []
    held = 0
    try:
        for part in _following_parts(source):
            parts.append(part)
            held += part[1]
            if held >= _LONGEST_LINE:
                yield _encoded(parts, None)
                parts, held = [], 0
    except (EOFError, OSError):
        yield _encoded(parts, None)
        raise
    yield _encoded(parts, None)


def _following_parts(source: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """Each part, the last one though it is cut, with the size that it should have."""
    while tag := source.read(1):
        if tag[0] != _PARTS:
            raise OSError(f"what follows is no OTLP: it begins with byte {tag[0]}")
        size = _size(source)
        if size is None:
            raise EOFError(_NO_SIZE)
        data = _read(source, size)
        yield data, size
        if len(data) < size:
            raise EOFError(f"a part of the message has {len(data):,} of its {size:,} bytes")


def _encoded(parts: list[tuple[bytes, int]], why: str | None) -> bytes:
    """Parts as a line of JSON for each signal, with what of them cannot be read."""
    found: dict[str, list[Any]] = {}
    reasons = [] if why is None else [why]
    for data, size in parts:
        try:
            signal = signal_of(data)
            told, cut = decoded(data, signal, size) if signal is not None else ({}, None)
        except Cut:
            continue
        except Malformed as error:
            reasons.append(f"a part of the export is no protobuf: {error}")
            continue
        # Of a part that is cut nothing may be whole: the break says so.
        if signal is not None and not (cut and not _holds_items(told)):
            found.setdefault(signal, []).append(told)
    for reason in reasons:
        found.setdefault("resourceSpans", []).append({"unreadable": reason})
    return b"".join(_ENCODE.encode({signal: held}) + b"\n" for signal, held in found.items())


def _holds_items(told: dict[str, Any]) -> bool:
    scopes = (*told.get("scopeSpans", ()), *told.get("scopeLogs", ()))
    return any(scope.get("spans") or scope.get("logRecords") for scope in scopes)


def _unreadable(why: str) -> bytes:
    return _ENCODE.encode({"resourceSpans": [{"unreadable": why}]}) + b"\n"
