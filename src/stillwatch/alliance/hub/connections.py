"""Connections to the hub: counted from the first byte on, closed where they stand still, their certificates handed on.

A connection that asks for nothing makes way for the next where there are too many, be it in the TLS handshake or
between two requests, so that whoever has no login keeps no member out by opening sockets.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from typing import Any

from stillwatch.alliance.hub.traffic import Traffic
from stillwatch.listening import Requests, make_room, next_number, peer_address

__all__ = ["Connection", "Handshake"]

_SECONDS_FOR_A_HANDSHAKE = 10.0
_SECONDS_FOR_A_FAREWELL = 2.0  # in which the other end of a closed connection says in TLS that it has heard of it
_SECONDS_FOR_A_HEAD = 15.0
_SECONDS_FOR_A_REQUEST = 600.0
_SECONDS_A_LOOK = 5.0


class Connection(Requests):
    """Tells the application the fingerprint of the certificate that the client proved to hold, and which it is.

    The application takes both from the connection's state, which no header can set.

    Args:
        traffic: told when the connection is no more.
        more: as uvicorn makes its protocols.
    """

    def __init__(self, traffic: Traffic, **more: Any) -> None:
        super().__init__(**more)
        self._traffic, self.unasked = traffic, True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count it, and keep what it proved to be."""
        super().connection_made(transport)
        self.begun, self.number, self._was_idle = self.loop.time(), next_number(), True
        self.address = peer_address(transport)
        self._watch()
        make_room(self.connections, self.begun)
        self.app_state = {**self.app_state, "connection": self}
        secured = transport.get_extra_info("ssl_object")
        proved = secured.getpeercert(binary_form=True) if secured else None
        if proved:
            self.app_state["client_certificate_sha256"] = hashlib.sha256(proved).hexdigest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Its member has room for another."""
        super().connection_lost(exc)
        self._traffic.close(self)

    def data_received(self, data: bytes) -> None:
        """Begin a request's clock with its first bytes: whatever it is sent in, time counts from the last one's end."""
        was_idle = self.idle
        super().data_received(data)
        if was_idle and not self.idle:
            self.begun = self.loop.time()

    def on_response_complete(self) -> None:
        """Begin the clock of the next request."""
        super().on_response_complete()
        self.begun, self.unasked = self.loop.time(), False

    @property
    def rank(self) -> int:
        """2 where a member has asked by it, 1 where nobody has yet, 0 where only others were answered.

        An answer makes a connection young: told by age alone, others' would outlast a member's that has just come.
        """
        return 2 if self._traffic.of_member(self) else int(self.unasked)

    @property
    def idle(self) -> bool:
        """Whether no request of this connection is being answered, and every answer has left."""
        answered = self.cycle is None or bool(self.cycle.response_complete)
        return answered and not self.transport.get_write_buffer_size()

    def _watch(self) -> None:
        """Close what has sent no whole head, or has not been done with a request, for too long."""
        if self.transport.is_closing():
            return
        idle = self.idle
        if idle and not self._was_idle:
            self.begun = self.loop.time()
        self._was_idle = idle
        if self.loop.time() - self.begun > (_SECONDS_FOR_A_HEAD if idle else _SECONDS_FOR_A_REQUEST):
            self.transport.abort()
        else:
            self.loop.call_later(_SECONDS_A_LOOK, self._watch)


class Handshake(asyncio.Protocol):
    """A connection in the TLS handshake, which then becomes another.

    uvicorn would make its protocol after the handshake only: until then nobody would count the socket. Needs asyncio's
    own loop, which begins to read after the task that begins the handshake; uvloop may hand over plain bytes before.

    Args:
        then: speaks once the connection is encrypted.
        context: the hub's certificate, and whom it believes.
    """

    idle, unasked, rank = True, True, 1

    def __init__(self, then: Connection, context: ssl.SSLContext) -> None:
        self._then, self._context = then, context
        self._early = bytearray()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the handshake; from here on the socket is counted."""
        loop = self._then.loop
        self.transport, self.address = transport, peer_address(transport)
        self.begun, self.number = loop.time(), next_number()
        self._then.connections.add(self)  # type: ignore[arg-type]
        make_room(self._then.connections, self.begun)
        self._task = loop.create_task(self._secure())

    async def _secure(self) -> None:
        loop, secured = self._then.loop, None
        try:
            secured = await loop.start_tls(
                self.transport,
                self,
                self._context,
                server_side=True,
                ssl_handshake_timeout=_SECONDS_FOR_A_HANDSHAKE,
                ssl_shutdown_timeout=_SECONDS_FOR_A_FAREWELL,
            )
        except OSError:  # ssl.SSLError and TimeoutError among them: nobody is there to be told
            self.transport.abort()
        finally:
            self._then.connections.discard(self)
        if secured is None or secured.is_closing():
            return
        self._then.connection_made(secured)
        secured.set_protocol(self._then)
        if self._early:
            self._then.data_received(bytes(self._early))

    def data_received(self, data: bytes) -> None:
        """Hold what came of the first request along with the handshake's last message."""
        if self.transport.get_protocol() is self:
            self.transport.abort()  # not encrypted, and so no part of a request
        self._early += data

    def shutdown(self) -> None:
        """As uvicorn ends its connections."""
        self.transport.abort()
