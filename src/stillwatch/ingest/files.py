"""Files as streams of lines, whatever they are wrapped in.

A container is found out from a file's first bytes, never from its name: gzip, Zstandard, Parquet,
or text, which is JSON lines, one JSON array, or CSV.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

import zstandard

from stillwatch.core import UnreadableInput

__all__ = ["Container", "Wrapping", "container", "line_blocks", "numbered_lines", "opened", "split_block", "wrapping"]

Wrapping = Literal["plain", "gzip", "zstd", "parquet"]
Container = Literal["lines", "array", "csv", "parquet"]

# What reading a broken stream raises; the text before the break is kept.
BROKEN = (EOFError, OSError, zlib.error, zstandard.ZstdError)

_HEAD = 65_536
# One whole record must be seen to tell a format, and a record may hold a book.
_LONGEST_HEAD = 64 << 20
# Some thousand lines: enough to decode at once, few enough to stay in cache.
_BLOCK = 1 << 20
# What a break in a stream may take with it is at most a buffer: small, so that little is lost.
_BUFFER = 16_384


def wrapping(path: Path) -> Wrapping:
    """How a file is wrapped, by its first bytes.

    Raises:
        UnreadableInput: it cannot be opened.
    """
    try:
        with path.open("rb") as source:
            head = source.read(4)
    except OSError as error:
        raise UnreadableInput(
            f"the file cannot be read: {error.strerror or error}", where=str(path), hint="check its permissions"
        ) from error
    if head[:2] == b"\x1f\x8b":
        return "gzip"
    if head == b"\x28\xb5\x2f\xfd":
        return "zstd"
    return "parquet" if head == b"PAR1" else "plain"


@contextmanager
def opened(path: Path, wrapped: Wrapping) -> Iterator[IO[bytes]]:
    """The file's unwrapped bytes as a stream."""
    with path.open("rb") as raw:
        if wrapped == "gzip":
            with gzip.GzipFile(fileobj=raw) as stream:
                yield io.BufferedReader(stream, _BUFFER)
        elif wrapped == "zstd":
            with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
                yield io.BufferedReader(stream, _BUFFER)
        else:
            yield raw


def container(path: Path, wrapped: Wrapping) -> tuple[Container, bytes]:
    """What kind of text a file holds, and how it begins.

    Raises:
        UnreadableInput: not even its first bytes can be read.
    """
    if wrapped == "parquet":
        return "parquet", b""
    try:
        with opened(path, wrapped) as stream:
            head = _beginning(stream)
    except BROKEN as error:
        raise UnreadableInput(
            f"the {wrapped} stream is broken from its start: {error}", where=str(path), hint="copy the file again"
        ) from error
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] == b"[":
        return "array", head
    first_line = text.split(b"\n", 1)[0].decode("utf-8", "replace")
    names = next(csv.reader([first_line]), []) if text[:1] not in (b"{", b"") else []
    return ("csv" if "account_id" in names else "lines"), head


def _beginning(stream: IO[bytes]) -> bytes:
    """The first bytes of a stream, a line at least; a break counts only where nothing came before it."""
    head, lined = bytearray(), False
    while len(head) < _HEAD or (len(head) < _LONGEST_HEAD and not lined):
        try:
            block = stream.read(_BUFFER // 4)
        except BROKEN:
            if head:
                break
            raise
        if not block:
            break
        lined = lined or (b"\n" in block and bool(head.strip()))
        head += block
    return bytes(head)


def line_blocks(stream: IO[bytes], first: int, end: int | None) -> Iterator[tuple[int, bytes]]:
    """Whole lines by the block, each block with the number of its first line.

    Where the stream breaks off, the whole lines before the break come first, then the error.

    Args:
        stream: stands at the beginning of a line.
        first: number of that line.
        end: byte position to stop at, just after a newline, or None for the stream's end.
    """
    number = first
    left = None if end is None else end - stream.tell()
    step = _BLOCK if isinstance(getattr(stream, "raw", None), io.FileIO) else _BUFFER
    held: list[bytes] = []
    size = 0
    while True:
        try:
            piece = stream.read1(step if left is None else min(step, left))  # type: ignore[attr-defined]
        except BROKEN:
            whole = b"".join(held)
            if cut := whole.rfind(b"\n") + 1:
                yield number, whole[:cut]
            raise
        if not piece:
            break
        held.append(piece)
        size += len(piece)
        left = None if left is None else left - len(piece)
        if size >= _BLOCK and b"\n" in piece:
            whole = b"".join(held)
            cut = whole.rfind(b"\n") + 1
            yield number, whole[:cut]
            number += whole.count(b"\n")
            held, size = [whole[cut:]], len(whole) - cut
    if last := b"".join(held):
        yield number, last


def numbered_lines(stream: IO[bytes], first: int, end: int | None) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, blank ones left out; arguments as in ``line_blocks``."""
    for number, block in line_blocks(stream, first, end):
        yield from split_block(number, block)


def split_block(first: int, block: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of a block with their numbers, blank ones left out."""
    for number, line in enumerate(block.split(b"\n"), start=first):
        if line.strip():
            yield number, line
