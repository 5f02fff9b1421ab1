"""Server-sent events: bytes in pieces to events, and events to bytes.

Only ``event`` and ``data`` are read; comments, ids and retry times are left out, since whatever is let through
must have been looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Event", "EventReader", "EventTooLong"]


_MARK = b"\xef\xbb\xbf"


class EventTooLong(ValueError):
    """An event without an end; it never leaves this package."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name, if it has one, and its data."""

    name: str | None
    data: bytes

    def encoded(self) -> bytes:
        """The event as it goes over the wire."""
        lines = b"".join(b"data: " + line + b"\n" for line in self.data.split(b"\n"))
        return (b"event: " + self.name.encode() + b"\n" if self.name else b"") + lines + b"\n"


class EventReader:
    """Events out of a stream's bytes, however it was cut.

    Args:
        longest: bytes of the longest event that is waited for.
    """

    def __init__(self, longest: int = 16 * 2**20) -> None:
        self._rest = b""
        self._begun = False
        self._longest = longest
        self._name: str | None = None
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that are complete now.

        Raises:
            EventTooLong: an event does not end.
        """
        if not self._begun:
            # A mark of the bytes' order may stand first, and is none of it.
            piece = self._rest + piece
            self._rest = b""
            if _MARK.startswith(piece):
                self._rest = piece
                return
            piece = piece.removeprefix(_MARK)
            self._begun = True
        text = self._rest + piece
        # A lone CR at the very end may be half of CRLF.
        keep = text.endswith(b"\r")
        lines = (text[:-1] if keep else text).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop() + (b"\r" if keep else b"")
        for line in lines:
            if not line:
                if self._data:
                    yield Event(self._name, b"\n".join(self._data))
                self._name, self._data = None, []
                continue
            field, _, value = line.partition(b":")
            value = value[1:] if value.startswith(b" ") else value
            if field == b"data":
                self._data.append(value)
            elif field == b"event":
                self._name = value.decode("ascii", "replace")
        if len(self._rest) + sum(map(len, self._data)) > self._longest:
            raise EventTooLong("an event of the stream does not end")
