"""JSON values one after the other, whatever stands between them: nothing, newlines, commas, RS, or an array around.

For files whose records are not one a line: pretty-printed objects, objects with no newline between them (Firehose),
RFC 7464, lines that end in a lone CR, arrays of any length. An array's items are values of their own. No more is held
than a value and a buffer. After text that is no JSON the next record is looked for, so that one broken record costs
itself alone.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO

import msgspec

from stillwatch.core.not_json import NOT_JSON
from stillwatch.ingest.files import BROKEN

__all__ = ["several_of", "values", "values_of"]

_BUFFER = 1 << 18
# More than any body of a model's API; what goes on for longer is no record.
_LONGEST_VALUE = 1 << 28
# An error this near the end of what was read may be that end: `tru`, `\ud83d`.
_NEAR_END = 16
_SHOWN = 4096
_GIVEN_OUT = 1 << 14
_BETWEEN = re.compile("[ \t\r\n\v\f\0\x1e,\ufeff]*")
_SCALAR = re.compile(r"[^,\]\r\n]*")
_LINE = re.compile(r"[^\r\n]*")
_FIRST_KEY = re.compile(r'\{\s*("(?:[^"\\\r\n]|\\.){0,100}")')
# A reply of an API that is longer than this is not held whole: the items of its list are values then.
_LONGEST_REPLY = 1 << 22
_REPLY = re.compile(
    r'\{\s*(?:"[^"\\]{0,100}"\s*:\s*(?:"[^"\\]{0,1000}"|[\w.+-]{1,40})\s*,\s*){0,40}'
    r'"(?:data|records|Records|items|logs|logEvents|events|entries|results?|rows|value)"\s*:\s*\[(?=\s*\{)'
)
_DECODER = json.JSONDecoder()


def values_of(text: bytes) -> list[bytes]:
    """The values of a text that is all there."""
    scan = _Scan()
    scan.feed(text, ended=True)
    return list(scan.take())


def several_of(line: bytes) -> list[bytes]:
    """The values of a line, with nothing but commas between them; none where any is broken."""
    found = values_of(line)
    try:
        for text in found:
            msgspec.json.decode(text)
    except NOT_JSON:
        return []
    return found


def values(stream: IO[bytes]) -> Iterator[bytes]:
    """The values of a stream as they stand in it; among them text that is no JSON, as one value a broken record.

    Where the stream breaks off, the whole values before the break come first, then the error.
    """
    scan = _Scan()
    while not scan.ended:
        try:
            block = stream.read1(max(_BUFFER, scan.waiting))  # type: ignore[attr-defined]
        except BROKEN:
            scan.feed(b"", ended=False)
            yield from scan.take()
            raise
        scan.feed(block, ended=not block)
        yield from scan.take()


class _Scan:
    """Text that was read and not yet given out, and where in it the next value begins."""

    def __init__(self) -> None:
        self.ended = False
        self.waiting = 0
        self._text = ""
        self._at = 0
        self._arrays = 0
        self._broken: str | None = None
        self._key: str | None = None
        self._reply = False
        # Bytes that are no UTF-8 go through unchanged: whoever decodes the value tells of them.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._blocks: list[str] = []
        self._size = 0

    def feed(self, block: bytes, *, ended: bool) -> None:
        """More text; it is looked at only once there is enough to go on with, or no more."""
        self._blocks.append(self._decoder.decode(block, ended))
        self._size += len(self._blocks[-1])
        self.ended = ended

    def take(self) -> Iterator[bytes]:
        """Every value that is whole."""
        if not self.ended and self._size < self.waiting:
            return
        self._text = self._text[self._at :] + "".join(self._blocks)
        self._at, self._size, self.waiting, self._blocks = 0, 0, 0, []
        while (found := self._next()) is not None:
            yield found.encode("utf-8", "surrogateescape")

    def _next(self) -> str | None:
        if self._broken is not None:
            return self._resynchronised(self._at)
        text = self._text
        while True:
            if self._reply and not self._arrays and not self._closed_reply():
                return None
            self._at = _BETWEEN.match(text, self._at).end()  # type: ignore[union-attr]
            if self._at >= len(text):
                return None
            if text[self._at] == "[":
                self._arrays += 1
            elif text[self._at] == "]" and self._arrays:
                self._arrays -= 1
            else:
                break
            self._at += 1
            if self._arrays > 1:
                # An array within an array is a value, not a container.
                self._arrays -= 1
                self._at -= 1
                break
        return self._value()

    def _value(self) -> str | None:
        text, start = self._text, self._at
        if text[start] not in '{["':
            return self._plain()
        try:
            _, end = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            if self._opens_reply():
                return self._next()
            cut = error.pos >= len(text) - _NEAR_END or error.msg.startswith("Unterminated string")
            if cut and not self.ended and len(text) - start < _LONGEST_VALUE:
                # Twice as much the next time: a long value is looked at a few times, not a thousand.
                self.waiting = len(text) - start
                return None
            # From its start, not from the error: where a quote is missing, the error lies in the next record.
            return self._resynchronised(start + 1)
        except (RecursionError, ValueError):
            return self._resynchronised(start + 1)
        self._key = self._key or _first_key(text, start)
        self._at = end
        return text[start:end]

    def _opens_reply(self) -> bool:
        """Go into the list of a reply whose end is far, or does not come."""
        if self._arrays or (len(self._text) - self._at < _LONGEST_REPLY and not self.ended):
            return False
        found = _REPLY.match(self._text, self._at)
        if found is None:
            return False
        self._at, self._arrays, self._reply = found.end(), 1, True
        return True

    def _closed_reply(self) -> bool:
        """Go past what stands behind the list of a reply; whether all of it is there."""
        rest = self._text[self._at :].lstrip(" \t\r\n,")
        try:
            _, end = _DECODER.raw_decode("{" + rest)
        except ValueError:
            if not self.ended:
                return False
            end = len(rest) + 1
        self._at, self._reply = len(self._text) - len(rest) + end - 1, False
        return True

    def _plain(self) -> str | None:
        """A number, a word, or a line of other text."""
        found = (_SCALAR if self._arrays else _LINE).match(self._text, self._at)
        end = found.end() if found else len(self._text)
        if end >= len(self._text) and not self.ended and end - self._at < _BUFFER:
            return None
        start, self._at = self._at, max(end, self._at + 1)
        return self._text[start : self._at].rstrip()

    def _resynchronised(self, after: int) -> str | None:
        """What is broken, up to where the next record seems to begin."""
        text, start = self._text, self._at
        key = self._key or _first_key(text, start)
        begins = r"\n\{|\x1e" + (r"|[\n\x1e,}\]]\s*\{\s*" + re.escape(key) if key else "")
        found = re.compile(begins).search(text, after)
        if found is None and not self.ended:
            self._broken = (self._broken or "") + text[start : start + _SHOWN]
            # The end of a buffer may hold the beginning of the next record's beginning.
            self._at = max(start, len(text) - _SHOWN)
            return None
        end = found.start() + 1 if found else len(text)
        broken = (self._broken or "") + text[start:end]
        self._broken, self._at = None, end
        # An error counts the lines before it: with what was given out gone, they are few. It goes a good part at a
        # time, for what stays is copied.
        if end > max(_GIVEN_OUT, len(text) >> 10):
            self._at, self._text = 0, text[end:]
        return broken.strip() or self._next()


def _first_key(text: str, start: int) -> str | None:
    found = _FIRST_KEY.match(text, start)
    return found.group(1) if found else None
