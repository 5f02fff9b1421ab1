"""Files as streams of lines, whatever they are wrapped in.

A wrapping is found out from a file's first bytes, never from its name: gzip, Zstandard, bzip2 or xz, one in another,
UTF-16 or UTF-32, with a byte order mark or plain to see, and OTLP's messages. What ``opened`` gives is UTF-8. To read
another wrapping, add its magic to ``_MAGIC`` and its reader to ``_READERS``; what is refused in a sentence stands in
``_REFUSED``.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, AnyStr, Literal

import zstandard

from stillwatch.core import UnreadableInput
from stillwatch.ingest.legacy_text import is_utf16
from stillwatch.ingest.otlp_stream import LONGEST_HEAD, JsonLines, framed_as

__all__ = [
    "BROKEN",
    "BYTE_ORDER_MARK",
    "CUT_LINE",
    "LONGEST_LINE",
    "TOO_LONG",
    "Container",
    "Wrapping",
    "bounded_lines",
    "line_blocks",
    "numbered_lines",
    "opened",
    "split_block",
    "wrapping",
]

Wrapping = str
"""``plain``, ``parquet``, ``arrow``, or the wrappings from the inside out: ``gzip``, ``utf-16-le in gzip in xz``."""

Container = Literal["lines", "pieces", "values", "csv", "table", "parquet", "arrow"]

# What reading a broken stream raises; the text before the break is kept.
BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError)

BYTE_ORDER_MARK = codecs.BOM_UTF8

# Some thousand lines: enough to decode at once, few enough to stay in cache.
_BLOCK = 1 << 20
# What a break in a stream may take with it is at most a buffer: small, so that little is lost.
_BUFFER = 16_384
_LONGEST_MAGIC = LONGEST_HEAD
LONGEST_LINE = 256 << 20
"""Bytes of a line that are read; no API takes a request as long."""
_SHOWN_OF_A_LINE = 64 * 1024
CUT_LINE = b" (the rest of the line was not read)"
"""What follows the beginning of a longer one, which stands for it."""
TOO_LONG = f"a line of more than {LONGEST_LINE >> 20} MiB is not read: no API takes a request as long"
"""Why such a line is a dead letter."""
_MOST_LAYERS = 4
# NUL is what a crash, or a log cut while it was written, leaves; RS begins a record of RFC 7464.
_PADDING = b"\0\x1e"
_BLANK = _PADDING + b" \t\r\n\v\f"

_MAGIC: Mapping[bytes, str] = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bz2",
    b"\xfd7zXZ\0": "xz",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    b"PAR1": "parquet",
    b"ARROW1\0\0": "arrow",
    b"\xff\xff\xff\xff": "arrow",
    b"FEA1": "arrow",
}
_TABLES = ("parquet", "arrow")
_UNPACK = "unpack it, and name the folder"
_REFUSED: Mapping[bytes, tuple[str, str]] = {
    b"PK\x03\x04": ("it is a zip archive", _UNPACK),
    b"PK\x05\x06": ("it is an empty zip archive", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("it is a 7z archive", _UNPACK),
    b"\x1f\x9d": ("it is compressed by `compress`", "unpack it first"),
    b"\x04\x22\x4d\x18": ("it is compressed by LZ4", "unpack it first, or compress it by zstd"),
    b"\xff\x06\0\0sNaPpY": ("it is compressed by Snappy", "unpack it first, or compress it by zstd"),
    b"Obj\x01": ("it is an Avro file", "export JSON lines or Parquet"),
    b"ORC": ("it is an ORC file", "export JSON lines or Parquet"),
    b"SQLite format 3\0": ("it is an SQLite database", "export its table as JSON lines or CSV"),
    b"\x89PNG": ("it is a PNG picture", "leave it out of the folder"),
    b"\xff\xd8\xff": ("it is a JPEG picture", "leave it out of the folder"),
    b"GIF8": ("it is a GIF picture", "leave it out of the folder"),
    b"%PDF-": ("it is a PDF document", "leave it out of the folder"),
    b"\x7fELF": ("it is a program", "leave it out of the folder"),
}
_TAR_AT = 257


class _Transcoded(io.RawIOBase):
    """A stream of another encoding as UTF-8; what is no text becomes U+FFFD, the byte order mark nothing."""

    def __init__(self, source: IO[bytes], encoding: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._held = b""
        self._begun = self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held and not self._ended:
            block = self._source.read(_BUFFER // 4)
            self._ended = not block
            text = self._decoder.decode(block, self._ended)
            if text and not self._begun:
                self._begun, text = True, text.removeprefix("\ufeff")
            self._held = text.encode("utf-8", "replace")
        given, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)


class _InPieces(io.RawIOBase):
    """A decompressed stream in pieces as they come: what lies before a break is given before the break is met."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        given: bytes = self._source.read1(len(buffer))
        buffer[: len(given)] = given
        return len(given)

    def close(self) -> None:
        self._source.close()
        super().close()


_READERS: Mapping[str, Callable[[IO[bytes]], Any]] = {
    "gzip": lambda raw: _InPieces(gzip.GzipFile(fileobj=raw, mode="rb")),
    "zstd": lambda raw: zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True, closefd=False),
    "bz2": lambda raw: _InPieces(bz2.BZ2File(raw)),
    "xz": lambda raw: _InPieces(lzma.LZMAFile(raw)),  # noqa: SIM115 - whoever opens the stack closes it
}


def wrapping(path: Path) -> Wrapping:
    """How a file is wrapped, by its first bytes and those inside.

    Raises:
        UnreadableInput: it cannot be opened, is broken from its start, or is a kind of file that holds no log.
    """
    layers: list[str] = []
    while len(layers) <= _MOST_LAYERS:
        head = _head(path, _named(layers))
        found = _layer(head)
        if found is None:
            _check_refused(head, layers, path)
            return _named(layers)
        if found in _TABLES:
            if layers:
                raise UnreadableInput(
                    f"it is a {found.title()} file inside {_named(layers)}", where=str(path), hint="unpack it first"
                )
            return found
        layers.append(found)
        if found.startswith(("utf", "otlp")):
            return _named(layers)
    raise UnreadableInput(
        f"it is compressed more than {_MOST_LAYERS} times over", where=str(path), hint="unpack it first"
    )


def _named(layers: list[str]) -> Wrapping:
    return " in ".join(reversed(layers)) or "plain"


def _head(path: Path, wrapped: Wrapping) -> bytes:
    try:
        with opened(path, wrapped) as stream:
            # What comes at once, not what is asked for: the next member may be broken.
            return stream.read1(_LONGEST_MAGIC)  # type: ignore[attr-defined, no-any-return]
    except BROKEN as error:
        if wrapped == "plain":
            said = error.strerror if isinstance(error, OSError) else None
            raise UnreadableInput(
                f"the file cannot be read: {said or error}", where=str(path), hint="check its permissions"
            ) from error
        raise UnreadableInput(
            f"the {wrapped} stream is broken from its start: {error}", where=str(path), hint="copy the file again"
        ) from error


def _layer(head: bytes) -> str | None:
    """The wrapping that begins with these bytes."""
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    # No JSON and no CSV holds NUL: where every other byte of a beginning is one, and the rest is ASCII, it is UTF-16.
    whole, head = head, head[: min(len(head), 64) & ~1]
    for encoding, text, empty in (("utf-16-le", head[::2], head[1::2]), ("utf-16-be", head[1::2], head[::2])):
        if len(head) >= len(b"{}{}") and not any(empty) and all(0 < byte < 0x80 for byte in text):
            return encoding
    if (framed := framed_as(whole)) is not None:
        return framed
    return next((encoding for encoding in ("utf-16-le", "utf-16-be") if is_utf16(whole, encoding)), None)


def _check_refused(head: bytes, layers: list[str], path: Path) -> None:
    inside = f" inside {_named(layers)}" if layers else ""
    if head[_TAR_AT : _TAR_AT + 5] == b"ustar":
        raise UnreadableInput(f"it is a tar archive{inside}", where=str(path), hint=_UNPACK)
    for magic, (what, hint) in _REFUSED.items():
        if head.startswith(magic):
            raise UnreadableInput(f"{what}{inside}", where=str(path), hint=hint)


def _inside(stream: IO[bytes], layer: str) -> Any:
    if layer in _READERS:
        return _READERS[layer](stream)
    return JsonLines(stream, layer) if layer.startswith("otlp") else _Transcoded(stream, layer)


@contextmanager
def opened(path: Path, wrapped: Wrapping) -> Iterator[IO[bytes]]:
    """The file's unwrapped bytes as a stream."""
    with ExitStack() as stack:
        stream: Any = stack.enter_context(path.open("rb"))
        for layer in reversed(wrapped.split(" in ")) if wrapped != "plain" else ():
            inner = _inside(stream, layer)
            stream = io.BufferedReader(stack.enter_context(inner), _BUFFER)
        yield stream


def line_blocks(stream: IO[bytes], first: int, end: int | None) -> Iterator[tuple[int, bytes]]:
    """Whole lines by the block, each block with the number of its first line.

    Where the stream breaks off, the whole lines before the break come first, then the error. Of a line that no record
    is as long as, a packed file of megabytes may hold gigabytes: its beginning stands for it.

    Args:
        stream: stands at the beginning of a line.
        first: number of that line.
        end: byte position to stop at, just after a newline, or None for the stream's end.
    """
    number, begun = first, first > 1
    left = None if end is None else end - stream.tell()
    step = _BLOCK if isinstance(getattr(stream, "raw", None), io.FileIO) else _BUFFER
    held: list[bytes] = []
    size, passed_over = 0, False
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
        left = None if left is None else left - len(piece)
        if not begun:
            begun, piece = True, piece.removeprefix(BYTE_ORDER_MARK)
        if passed_over:
            ends = piece.find(b"\n")
            passed_over, piece = ends < 0, piece[ends:] if ends >= 0 else b""
        held.append(piece)
        size += len(piece)
        if size >= _BLOCK and (b"\n" in piece or size > LONGEST_LINE):
            whole = b"".join(held)
            if cut := whole.rfind(b"\n") + 1:
                yield number, whole[:cut]
            number += whole.count(b"\n")
            passed_over = len(whole) - cut > LONGEST_LINE
            rest = whole[cut : cut + _SHOWN_OF_A_LINE] + CUT_LINE if passed_over else whole[cut:]
            held, size = [rest], len(rest)
    if last := b"".join(held):
        yield number, last


def bounded_lines(readline: Callable[[int], AnyStr], ends: tuple[AnyStr, ...], mark: AnyStr) -> Iterator[AnyStr]:
    """Lines with their ends, as a stream's ``readline`` gives them; of a longer one than is read the beginning stands
    for it.

    Args:
        readline: of the stream.
        ends: what ends a line.
        mark: what follows a beginning, ``CUT_LINE`` or that as text.
    """
    while line := readline(LONGEST_LINE):
        if len(line) < LONGEST_LINE or line.endswith(ends):
            yield line
            continue
        begins = line[:_SHOWN_OF_A_LINE]
        while line and not line.endswith(ends):
            line = readline(_BLOCK)
        yield begins + mark


def numbered_lines(stream: IO[bytes], first: int, end: int | None) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, blank ones left out; arguments as in ``line_blocks``."""
    for number, block in line_blocks(stream, first, end):
        yield from split_block(number, block)


def split_block(first: int, block: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of a block with their numbers, blank ones left out, and what pads a line or stands between lines."""
    for number, line in enumerate(block.split(b"\n"), start=first):
        if line.strip(_BLANK):
            yield number, line.strip(_PADDING)
