"""A client's body on its way to the upstream: in pieces, with an end to how long the next is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

from stillwatch.gateway.connection import UpstreamFailed
from stillwatch.gateway.incoming import Receive
from stillwatch.gateway.turns import Turn

__all__ = ["ComingBody"]

_PROGRESS_BYTES = 4096


class ComingBody:
    """The client's side of a request that is forwarded.

    Args:
        receive: of ASGI.
        turn: told while the client is waited for.
        seconds: longest wait for the next 4 KiB.

    Attributes:
        gone: whether the client has left.
        stood_still: whether it was waited for too long.
    """

    def __init__(self, receive: Receive, turn: Turn, seconds: float) -> None:
        self._receive = receive
        self._turn = turn
        self._seconds = seconds
        self._waited = 0.0
        self._progress = 0
        self.stood_still = False
        self._whole = asyncio.Event()
        self.gone = False

    async def first(self) -> tuple[bytes, bool]:
        """The first piece of the body, and whether more follows."""
        message = await self._next()
        more = message["type"] == "http.request" and message.get("more_body", False)
        self._note(message, more=more)
        return message.get("body", b""), more

    async def rest(self, first: bytes) -> AsyncIterator[bytes]:
        """The body from its first piece on."""
        piece, more = first, True
        while True:
            if piece:
                yield piece
            if not more:
                return
            message = await self._next()
            if message["type"] == "http.disconnect":
                self._note(message, more=False)
                raise UpstreamFailed("the client left")
            piece, more = message.get("body", b""), message.get("more_body", False)
            self._note(message, more=more)

    async def _next(self) -> MutableMapping[str, Any]:
        """The next piece. A few bytes now and then are no progress: the clock goes on until they are 4 KiB."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._turn.still_since = began - self._waited
        try:
            async with asyncio.timeout(self._seconds - self._waited):
                message = await self._receive()
        except TimeoutError:
            self.stood_still = True
            raise UpstreamFailed("the client's body stands still") from None
        finally:
            self._turn.still_since = None
        self._waited += loop.time() - began
        self._progress += len(message.get("body", b""))
        if self._progress >= _PROGRESS_BYTES:
            self._waited, self._progress = 0.0, 0
        return message

    async def left(self) -> None:
        """Returns when the client has left."""
        if self.gone:
            return
        while not self.gone:
            if not self._whole.is_set() and self._pending_body:
                await self._whole.wait()
                continue
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return

    _pending_body = False

    def _note(self, message: MutableMapping[str, Any], *, more: bool) -> None:
        self.gone = self.gone or message["type"] == "http.disconnect"
        self._pending_body = more
        if not more:
            self._whole.set()
