"""Connections to the console: those that keep it waiting make way, so that nobody without a login keeps analysts out.

A connection waits for its client until a request is whole, and again once it is answered. What waits too long is
closed. Where there are too many, those that have waited longest go, of the address that has the most.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["Connection"]

_MOST_CONNECTIONS = 200
_SECONDS_TO_ASK = 1.0
_SECONDS_FOR_A_CLIENT = 15.0
_SECONDS_FOR_AN_ANSWER = 600.0
_SECONDS_A_LOOK = 5.0

_numbers = itertools.count()


class Connection(H11Protocol):
    """One connection, counted from its first byte on."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count it."""
        super().connection_made(transport)
        self.address = str((transport.get_extra_info("peername") or ("",))[0])
        self.begun, self.number, self._phase = self.loop.time(), next(_numbers), self.phase
        self.answered = False
        self._watch()
        _make_room(self.connections, self.begun)

    def data_received(self, data: bytes) -> None:
        """Begin the clock of what follows, where this was the end of something."""
        super().data_received(data)
        self._notice()

    def on_response_complete(self) -> None:
        """Begin the clock of the next request."""
        super().on_response_complete()
        self.answered = True
        self._notice()

    @property
    def phase(self) -> str:
        """``head``, ``body`` or ``answer``: what is being waited for."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return "answer" if self.transport.get_write_buffer_size() else "head"
        return "body" if cycle.more_body else "answer"

    @property
    def waits(self) -> bool:
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
        most = _SECONDS_FOR_A_CLIENT if self.waits else _SECONDS_FOR_AN_ANSWER
        if self.loop.time() - self.begun > most:
            self.transport.abort()
        else:
            self.loop.call_later(_SECONDS_A_LOOK, self._watch)


def _make_room(connections: Iterable[Any], now: float) -> None:
    here = [one for one in connections if isinstance(one, Connection) and not one.transport.is_closing()]
    if len(here) <= _MOST_CONNECTIONS:
        return
    # Who has just come has a moment to ask in: while all others are being answered, nobody else would be waiting.
    crowded = len(here) > 2 * _MOST_CONNECTIONS
    waiting = [one for one in here if one.waits and (crowded or one.answered or now - one.begun > _SECONDS_TO_ASK)]
    held = Counter(one.address for one in here)
    waiting.sort(key=lambda one: (-held[one.address], one.begun, one.number))
    for one in waiting[: len(here) - _MOST_CONNECTIONS]:
        one.transport.abort()
