"""Connections of clients: how many, from where, and how long one may take to say what it wants or to take its answer.

A connection on which no request is under way makes way for a new one, the longest idle first: whoever only holds
sockets open loses them to whoever asks.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from stillwatch.gateway.meters import Meters
from stillwatch.gateway.settings import GatewaySettings

__all__ = ["BoundedProtocol", "Doors"]

_MOST_HEAD_BYTES = 512 * 1024
_FULL = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nconnection: close\r\n\r\n"


class Doors:
    """Who is in.

    Args:
        settings: bounds and time-outs.
        most: connections at once.
        meters: told who was let go.
    """

    def __init__(self, settings: GatewaySettings, most: int, meters: Meters) -> None:
        self.head_seconds = settings.head_seconds
        self.write_seconds = settings.write_seconds
        self.meters = meters
        self._most = most
        self._most_of_one = settings.address_connections
        self._count = 0
        self._counts: dict[str, int] = {}
        self._idle: dict[BoundedProtocol, None] = {}
        self._idle_of: dict[str, dict[BoundedProtocol, None]] = {}

    def enter(self, one: BoundedProtocol) -> bool:
        """Let a connection in, where there is room or room can be made."""
        address = one.address
        if self._counts.get(address, 0) >= self._most_of_one and not self._make_room(self._idle_of.get(address)):
            return False
        if self._count >= self._most and not self._make_room(self._idle):
            return False
        self._count += 1
        self._counts[address] = self._counts.get(address, 0) + 1
        self.idle(one)
        return True

    def leave(self, one: BoundedProtocol) -> None:
        """It is gone."""
        self.busy(one)
        self._count -= 1
        self._counts[one.address] -= 1
        if not self._counts[one.address]:
            del self._counts[one.address]

    def idle(self, one: BoundedProtocol) -> None:
        """No request is under way on it."""
        self._idle[one] = None
        self._idle_of.setdefault(one.address, {})[one] = None

    def busy(self, one: BoundedProtocol) -> None:
        """One is."""
        if self._idle.pop(one, self) is None:
            of = self._idle_of[one.address]
            del of[one]
            if not of:
                del self._idle_of[one.address]

    def _make_room(self, idle: dict[BoundedProtocol, None] | None) -> bool:
        if not idle:
            return False
        next(iter(idle)).let_go("makes room")
        return True


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with an end to its patience."""

    def __init__(self, *args: Any, doors: Doors, **more: Any) -> None:
        super().__init__(*args, **more)
        self.address = ""
        self._doors = doors
        self._inside = False
        self._head_bytes = 0
        self._in_head = True
        self._head: asyncio.TimerHandle | None = None
        self._write: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The connection stands."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self._inside = self._doors.enter(self)
        if self._inside:
            self._await_head()
            return
        self._doors.meters.count("connections_refused")
        transport.write(_FULL)
        transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._out()
        super().connection_lost(exc)

    def let_go(self, why: str) -> None:
        """End it, whatever it still waits for."""
        self._doors.meters.count("let_go", why)
        self._out()
        self.transport.abort()

    def _out(self) -> None:
        for timer in (self._head, self._write):
            if timer is not None:
                timer.cancel()
        self._head = self._write = None
        if self._inside:
            self._inside = False
            self._doors.leave(self)

    # --- requests --------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        if not self._inside:
            return
        if self._head is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        super().data_received(data)
        if self._head is not None or (self.cycle is not None and not self.cycle.more_body):
            # Also a head that follows before the answer to the last request is out.
            self._head_bytes += len(data)
            if self._head_bytes > _MOST_HEAD_BYTES:
                self.let_go("head too long")

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._head = self.loop.call_later(self._doors.head_seconds, self.let_go, "head")

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header. What stands behind the body is none: whoever asks has been told by the head."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A request's head is whole."""
        self._in_head = False
        self._head_bytes = 0
        if self._head is not None:
            self._head.cancel()
            self._head = None
        self._doors.busy(self)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request's body is whole; where it was answered before, the next request may come as late as any."""
        if self._head is not None:
            self._head.cancel()
            self._head = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer was written. What still comes of the request's body is waited for as a head is, then no more."""
        super().on_response_complete()
        if self.transport.is_closing():
            # What is left of the answer goes out first, if it is taken.
            if self.transport.get_write_buffer_size():
                self._await_reader()
        elif self._inside and self.cycle.response_complete:
            self._doors.idle(self)
            if self.cycle.more_body and self._head is None:
                self._await_head()

    # --- answers ---------------------------------------------------------------------------

    def pause_writing(self) -> None:
        """The client takes its answer more slowly than it comes."""
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        """It has caught up."""
        super().resume_writing()
        if self._write is not None:
            self._write.cancel()
            self._write = None

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more came. Whoever has not taken the last answer by now is not waited for."""
        if self.transport.get_write_buffer_size():
            self.let_go("write")
        else:
            super().timeout_keep_alive_handler()

    def _await_reader(self) -> None:
        if self._write is None:
            self._write = self.loop.call_later(self._doors.write_seconds, self.let_go, "write")
