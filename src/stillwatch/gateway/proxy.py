"""The reverse proxy: an ASGI app that forwards to one upstream, to stand behind ``Guard``.

What is forwarded, and what is not: hop-by-hop headers and those that ``Connection`` names go no further (RFC 9110,
7.6.1); the body's length is stated anew, so that two servers cannot disagree on where a request ends; the target
must be a plain path, so that no other host and nothing above the upstream's path is reached.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

from stillwatch.gateway.answer import Send
from stillwatch.gateway.connection import Headers, UpstreamFailed
from stillwatch.gateway.incoming import Receive, Scope
from stillwatch.gateway.meters import Meters
from stillwatch.gateway.refusal import Refusal
from stillwatch.gateway.upstream import Request, Upstream

__all__ = ["Forwarder"]

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"expect",
        b"host",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_TARGET = re.compile(rb"/[\x21-\x7e]*")
_CLIMBS = re.compile(rb"(?:^|/|\\|%2f|%5c)(?:\.|%2e){1,2}(?:/|\\|%2f|%5c|\?|$)", re.IGNORECASE)
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Forwarder:
    """Forwards every request to one upstream.

    Args:
        upstream: where to.
        meters: told of failures.
    """

    def __init__(self, upstream: Upstream, meters: Meters) -> None:
        self._upstream = upstream
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        if scope["method"] not in _METHODS or not _TARGET.fullmatch(target) or _CLIMBS.search(scope["raw_path"]):
            await _refuse(send, Refusal(400, "invalid_target", "This path or method is not forwarded."))
            return
        await self._forward(scope, target, receive, send)

    async def _forward(self, scope: Scope, target: bytes, receive: Receive, send: Send) -> None:
        headers = _forwarded(scope["headers"], scope.get("client"))
        incoming = _Incoming(receive)
        lengths = [value for name, value in headers if name == b"content-length"]
        body: bytes | AsyncIterator[bytes] | None = None
        if lengths or any(name == b"transfer-encoding" for name, _ in scope["headers"]):
            first, more = await incoming.first()
            if incoming.gone:
                return
            body = incoming.rest(first) if more else first
        request = self._upstream.request()
        # Whoever leaves takes the upstream's request along.
        leaving = asyncio.get_running_loop().create_task(incoming.left())
        leaving.add_done_callback(lambda _: request.give_up())
        begun = False
        try:
            length = int(lengths[0]) if lengths else None
            await request.ask(scope["method"].encode(), target, headers, body, length)
            begun = True
            await _pass_on(request, scope["method"], send)
        except UpstreamFailed as error:
            if leaving.done():
                return
            self._meters.failed("upstream", error, "answered with 502")
            if begun:
                # Half an answer must not look like a whole one.
                raise
            await _refuse(send, Refusal(502, "upstream_failed", "The model server did not answer."))
        finally:
            request.close()
            leaving.cancel()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._upstream.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})


class _Incoming:
    """The client's side: its body in pieces, and whether it has left."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._whole = asyncio.Event()
        self.gone = False

    async def first(self) -> tuple[bytes, bool]:
        """The first piece of the body, and whether more follows."""
        message = await self._receive()
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
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._note(message, more=False)
                raise UpstreamFailed("the client left")
            piece, more = message.get("body", b""), message.get("more_body", False)
            self._note(message, more=more)

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


def _forwarded(given: Headers, client: tuple[str, int] | None) -> Headers:
    named = {part.strip().lower() for name, value in given if name == b"connection" for part in value.split(b",")}
    gone = _HOP_BY_HOP | named
    headers = [(name, value) for name, value in given if name not in gone and name != b"x-forwarded-for"]
    came = [value for name, value in given if name == b"x-forwarded-for"]
    if client:
        headers.append((b"x-forwarded-for", b", ".join([*came, client[0].encode()])))
    return headers


async def _pass_on(reply: Request, method: str, send: Send) -> None:
    named = {
        part.strip().lower() for name, value in reply.headers if name == b"connection" for part in value.split(b",")
    }
    gone = _HOP_BY_HOP | named
    if reply.status in (204, 304):
        # There the length is of an answer that does not come; servers take it for one that does.
        gone |= {b"content-length"}
    headers = [pair for pair in reply.headers if pair[0] not in gone]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if method == "HEAD":
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    async for piece in reply.pieces():
        last = reply.ready()
        await send({"type": "http.response.body", "body": piece, "more_body": not last})
        if last:
            return
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _refuse(send: Send, refusal: Refusal) -> None:
    body = refusal.body(None)
    headers = [(name.encode(), value.encode()) for name, value in refusal.headers().items()]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
