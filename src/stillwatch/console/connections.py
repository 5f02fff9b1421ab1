"""Connections to the console: those that keep it waiting make way, so that nobody without a login keeps analysts out.

A connection waits for its client until a request is whole, and again once it is answered. What waits too long is
closed. Where there are too many, those that have waited longest go, of the address that has the most.
"""

from __future__ import annotations

import asyncio

from stillwatch.listening import Requests, make_room, next_number, peer_address

__all__ = ["Connection"]

_SECONDS_FOR_A_CLIENT = 15.0
_SECONDS_FOR_AN_ANSWER = 600.0
_SECONDS_A_LOOK = 5.0


class Connection(Requests):
    """One connection, counted from its first byte on."""

    rank = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count it."""
        super().connection_made(transport)
        self.address, self.unasked = peer_address(transport), True
        self.begun, self.number, self._phase = self.loop.time(), next_number(), self.phase
        self._watch()
        make_room(self.connections, self.begun)

    def data_received(self, data: bytes) -> None:
        """Begin the clock of what follows, where this was the end of something."""
        super().data_received(data)
        self._notice()

    def on_response_complete(self) -> None:
        """Begin the clock of the next request."""
        super().on_response_complete()
        self.unasked = False
        self._notice()

    @property
    def phase(self) -> str:
        """``head``, ``body`` or ``answer``: what is being waited for."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return "answer" if self.transport.get_write_buffer_size() else "head"
        return "body" if cycle.more_body else "answer"

    @property
    def idle(self) -> bool:
        """Whether it is the client's turn."""
        return self.phase != "answer"

    def _notice(self) -> None:
        if self.phase != self._phase:
            self.begun, self._phase = self.loop.time(), self.phase

    def _watch(self) -> None:
        """Close what is not done with its phase for too long."""
        if self.transport.is_closing():
            return
        self._notice()
        most = _SECONDS_FOR_A_CLIENT if self.idle else _SECONDS_FOR_AN_ANSWER
        if self.loop.time() - self.begun > most:
            self.transport.abort()
        else:
            self.loop.call_later(_SECONDS_A_LOOK, self._watch)
