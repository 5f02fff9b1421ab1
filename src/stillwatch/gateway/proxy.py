"""The reverse proxy: an ASGI app that forwards to one upstream, to stand behind ``Guard``.

What is forwarded, and what is not: hop-by-hop headers and those that ``Connection`` names go no further (RFC 9110,
7.6.1); the body's length is stated anew, so that two servers cannot disagree on where a request ends; the target
must be a plain path, so that no other host and nothing above the upstream's path is reached.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

from stillwatch.gateway.answer import Send
from stillwatch.gateway.caller import ANONYMOUS
from stillwatch.gateway.coming_body import ComingBody
from stillwatch.gateway.connection import Headers, UpstreamFailed
from stillwatch.gateway.incoming import Receive, Scope
from stillwatch.gateway.meters import Meters
from stillwatch.gateway.refusal import Refusal
from stillwatch.gateway.turns import NoTurn
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
_FAILED = Refusal(502, "upstream_failed", "The model server did not answer.")
_STALLED = Refusal(408, "request_timeout", "The body did not arrive in time.")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Forwarder:
    """Forwards every request to one upstream.

    Args:
        upstream: where to.
        meters: told of failures.
        body_seconds: longest wait for the next 4 KiB of a body.
    """

    def __init__(self, upstream: Upstream, meters: Meters, body_seconds: float = 10.0) -> None:
        self._body_seconds = body_seconds
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
        account = scope.get("stillwatch.account", ANONYMOUS)
        if account == ANONYMOUS and scope.get("client"):
            account = f"@{scope['client'][0]}"
        request = self._upstream.request(account)
        incoming = ComingBody(receive, request.turn, self._body_seconds)
        lengths = [value for name, value in headers if name == b"content-length"]
        body: bytes | AsyncIterator[bytes] | None = None
        if lengths or any(name == b"transfer-encoding" for name, _ in scope["headers"]):
            try:
                first, more = await incoming.first()
            except UpstreamFailed:
                await _refuse(send, _STALLED)
                return
            if incoming.gone:
                return
            body = incoming.rest(first) if more else first
        # Whoever leaves takes the upstream's request along.
        leaving = asyncio.get_running_loop().create_task(incoming.left())
        leaving.add_done_callback(lambda _: request.give_up())
        begun = False
        try:
            length = int(lengths[0]) if lengths else None
            await request.ask(scope["method"].encode(), target, headers, body, length)
            begun = True
            await _pass_on(request, scope["method"], send)
        except NoTurn as error:
            self._meters.failed("upstream_full", error, "answered with 429 or 503")
            await _refuse(send, _full(error))
        except UpstreamFailed as error:
            if leaving.done():
                return
            self._meters.failed("upstream", error, "answered with 502")
            if begun:
                # Half an answer must not look like a whole one.
                raise
            await _refuse(send, _STALLED if incoming.stood_still else _FAILED)
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
    clock = asyncio.get_running_loop().time
    async for piece in reply.pieces():
        last = reply.ready()
        reply.turn.still_since = clock()
        await send({"type": "http.response.body", "body": piece, "more_body": not last})
        reply.turn.still_since = None
        if last:
            return
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _full(error: NoTurn) -> Refusal:
    if error.account_full:
        return Refusal(429, "too_many_at_once", "Too many requests of this account are under way.", 1)
    return Refusal(503, "upstream_full", "Too many requests are under way.", 1)


async def _refuse(send: Send, refusal: Refusal) -> None:
    body = refusal.body(None)
    headers = [(name.encode(), value.encode()) for name, value in refusal.headers().items()]
    headers.append((b"content-length", str(len(body)).encode()))
    if refusal is _STALLED:
        # What still comes of the body is not waited for.
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
