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
        self._begun = False
        self._longest = longest
        self._after_return = False
        # The line that has not ended, in the pieces that it came in.
        self._line: list[bytes] = []
        self._line_bytes = 0
        self._name: str | None = None
        self._data: list[bytes] = []
        self._data_bytes = 0

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that are complete now, in time with the piece, however long the event is that it goes on.

        Raises:
            EventTooLong: an event does not end.
        """
        if not self._begun:
            # A mark of the bytes' order may stand first, and is none of it.
            piece = b"".join([*self._line, piece])
            self._line = []
            if _MARK.startswith(piece):
                self._line = [piece]
                return
            piece = piece.removeprefix(_MARK)
            self._begun = True
        if not piece:
            return
        # The other half of a line's end.
        piece, self._after_return = piece.removeprefix(b"\n") if self._after_return else piece, piece.endswith(b"\r")
        first, *more = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._goes_on(first)
        for part in more:
            line = b"".join(self._line)
            self._line, self._line_bytes = [], 0
            self._goes_on(part)
            yield from self._ended(line)
        if self._line_bytes + self._data_bytes > self._longest:
            raise EventTooLong("an event of the stream does not end")

    def _goes_on(self, part: bytes) -> None:
        self._line.append(part)
        self._line_bytes += len(part)

    def _ended(self, line: bytes) -> Iterator[Event]:
        """What a line completes."""
        if not line:
            if self._data:
                yield Event(self._name, b"\n".join(self._data))
            self._name, self._data, self._data_bytes = None, [], 0
            return
        field, _, value = line.partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        if field == b"data":
            self._data.append(value)
            self._data_bytes += len(value) + 1
        elif field == b"event":
            self._name = value.decode("ascii", "replace")
