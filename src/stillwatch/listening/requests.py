"""Requests as h11 reads them, within bounds of what reading them costs.

h11 looks at every chunk of a body for some tens of microseconds, whoever sends it and whatever came of the request: of
bodies in chunks of one byte a few kilobytes a second would keep a server from everybody else.
"""

from __future__ import annotations

from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["Requests"]

_CHUNKS = 64  # of any length, that a body may have
_BYTES_A_CHUNK = 1_024  # so many of it allow one more


class Requests(H11Protocol):
    """A client's connection, whose bodies come in no more chunks than they need."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.conn = _Counted(h11.SERVER, self.config.h11_max_incomplete_event_size or 64 * 1024)

    def send_400_response(self, msg: str) -> None:
        """Say so where nothing was said yet, and end what answers the request; either would else end in a traceback."""
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.abort()


class _Counted(h11.Connection):
    """Takes no body that comes in too many chunks."""

    _chunks, _bytes = 0, 0

    def next_event(self) -> Any:
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks, self._bytes = 0, 0
        elif isinstance(event, h11.Data):
            self._chunks += event.chunk_start
            self._bytes += len(event.data)
            if self._chunks > _CHUNKS + self._bytes // _BYTES_A_CHUNK:
                raise h11.RemoteProtocolError("its body comes in too many chunks")
        return event
