"""A client for one upstream: HTTP/1.1 over kept connections, parsed by llhttp, with nothing a proxy does not need.

A request costs it .13 ms of processor, where httpcore takes .41 and httpx .66 (ADR 0012). There are no redirects, no
cookies and no other host than the one set. A request is never sent twice: if a kept connection turns out to be
gone after it was written to, the caller is told, because the upstream may have answered already.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import cast
from urllib.parse import urlsplit

import httptools

from stillwatch.core import BadSetting

__all__ = ["Request", "Upstream", "UpstreamFailed"]

Headers = list[tuple[bytes, bytes]]

# A server that says how long it keeps a connection is left this much before.
_KEEP_MARGIN_SECONDS = 1.0
_KEEP_TIMEOUT = re.compile(rb"timeout\s*=\s*(\d{1,6})")
_PAUSE_AT = 512 * 1024
_RESUME_AT = 128 * 1024


class UpstreamFailed(Exception):
    """The upstream cannot be reached, broke off or took too long; it never leaves this package."""


class _Connection(asyncio.Protocol):
    """One connection: a request at a time, its answer as a queue of pieces."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.keep_until = 0.0
        self.lost = False
        self.reset(head_only=False)

    def reset(self, *, head_only: bool) -> None:
        """Make ready for a request."""
        self._parser = httptools.HttpResponseParser(self)
        self.keep_until = 0.0
        self._head_only = head_only
        self.status = 0
        self.headers: Headers = []
        self.pieces: deque[bytes] = deque()
        self.held = 0
        self.complete = False
        self.error: str | None = None
        self._framed = False
        self._keeps = False
        self._paused = False
        self._wake: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self.begun = False

    # --- asyncio's calls -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        # uvloop's transports are none of asyncio's, and do the same.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer, or, between requests, bytes that nobody asked for."""
        if self.complete or self.keep_until:
            self.error = "sent more than was asked for"
            self.transport.abort()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.complete:
                self.error = f"its answer is no HTTP: {error}"
            self.transport.abort()
        if self.held > _PAUSE_AT and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self._rouse()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone. An answer without a length ends with it."""
        self.lost = True
        if not self.complete and self.error is None:
            if self.begun and not self._framed and exc is None:
                self.complete = True
            else:
                self.error = f"it broke off: {exc or 'closed'}"
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._rouse()

    def pause_writing(self) -> None:
        """The upstream takes a request's body more slowly than the client sends it."""
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """It has caught up."""
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # --- llhttp's calls --------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header of the answer."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self.status = self._parser.get_status_code()
        if self.status < 200:
            return
        self._framed = any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)
        # Asked now: once the message is complete the parser has forgotten how it was framed.
        self._keeps = self._parser.should_keep_alive()
        self.begun = True
        if self._head_only:
            self.complete = True

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if not self._head_only:
            self.pieces.append(body)
            self.held += len(body)

    def on_message_complete(self) -> None:
        """The answer is whole; an interim one is forgotten."""
        if self.status < 200:
            self.headers = []
        else:
            self.complete = True

    # --- what the client uses --------------------------------------------------------------

    def kept_seconds(self, most: float) -> float:
        """How long it may stand idle: what the upstream says of it, and ``most`` in any case."""
        said = next((value for name, value in self.headers if name == b"keep-alive"), b"")
        found = _KEEP_TIMEOUT.search(said)
        return min(most, int(found[1]) - _KEEP_MARGIN_SECONDS) if found else most

    def reusable(self) -> bool:
        """Whether another request can follow."""
        return self._keeps and not (self.lost or self._head_only or self.error)

    async def wait(self, seconds: float) -> None:
        """Wait for something to happen.

        Raises:
            UpstreamFailed: nothing did in time.
        """
        self._wake = asyncio.get_running_loop().create_future()
        timer = asyncio.get_running_loop().call_later(seconds, self._late)
        try:
            await self._wake
        finally:
            timer.cancel()
            self._wake = None

    async def head(self, seconds: float) -> None:
        """Wait for the head of the answer.

        Raises:
            UpstreamFailed: it does not come.
        """
        while not self.begun:
            if self.error is not None:
                raise UpstreamFailed(self.error)
            await self.wait(seconds)

    def _late(self) -> None:
        self.error = "it took too long"
        self._rouse()

    async def writable(self) -> None:
        """Wait until more of a request's body is taken."""
        if self._writable is not None:
            await self._writable

    def take(self) -> bytes:
        """The pieces that are here."""
        taken = self.pieces.popleft() if len(self.pieces) == 1 else b"".join(self.pieces)
        self.pieces.clear()
        self.held = 0
        if self._paused and not self.lost:
            self._paused = False
            self.transport.resume_reading()
        return taken

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


class Request:
    """One request, and its answer once the head is here.

    Attributes:
        status, headers: of the answer.
    """

    def __init__(self, upstream: Upstream) -> None:
        self.status = 0
        self.headers: Headers = []
        self._upstream = upstream
        self._connection: _Connection | None = None
        self._given_up = False

    async def ask(
        self, method: bytes, target: bytes, headers: Headers, body: bytes | AsyncIterator[bytes] | None
    ) -> None:
        """Send it and wait for the head of its answer.

        Raises:
            UpstreamFailed: the upstream cannot be reached, breaks off or takes too long.
        """
        connection = self._connection = await self._upstream.connected()
        if self._given_up:
            raise UpstreamFailed("the client left")
        connection.reset(head_only=method == b"HEAD")
        await self._upstream.write(connection, method, target, headers, body)
        await connection.head(self._upstream.answer_seconds)
        self.status, self.headers = connection.status, connection.headers

    def ready(self) -> bool:
        """Whether the whole answer is here and was taken."""
        return self._connection is not None and self._connection.complete and not self._connection.pieces

    def give_up(self) -> None:
        """The client has left: the upstream need not go on."""
        self._given_up = True
        if self._connection is not None and not self._connection.complete:
            self._connection.transport.abort()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The answer's body as it comes.

        Raises:
            UpstreamFailed: it breaks off.
        """
        connection = self._connection
        while connection is not None:
            if connection.pieces:
                yield connection.take()
            elif connection.complete:
                return
            elif connection.error is not None:
                raise UpstreamFailed(connection.error)
            else:
                await connection.wait(self._upstream.answer_seconds)

    def close(self) -> None:
        """Keep the connection where the answer is whole, end it where it is not."""
        if self._connection is not None:
            self._upstream.give_back(self._connection)
            self._connection = None


class Upstream:
    """The server behind the proxy.

    Args:
        url: ``http(s)://host[:port][/path]``.
        connect_seconds, answer_seconds: longest waits.
        most: most connections at once; further requests wait their turn.
        keep_seconds: longest time that a connection stands idle and is used again. It must be shorter than the
            upstream keeps them (uvicorn 5 s, nginx 75 s), which must not close one as we write to it.

    Raises:
        BadSetting: the URL is of another kind.
    """

    def __init__(
        self,
        url: str,
        *,
        connect_seconds: float = 5.0,
        answer_seconds: float = 600.0,
        most: int = 256,
        keep_seconds: float = 4.0,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise BadSetting(f"{url!r} is no upstream", where="gateway setting upstream", hint="http://host:port/path")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._host = parts.hostname
        self._port = parts.port or (443 if self._tls else 80)
        self.host_header = parts.netloc.encode("ascii")
        self.prefix = parts.path.rstrip("/").encode("ascii")
        self.connect_seconds = connect_seconds
        self.answer_seconds = answer_seconds
        self._keep_seconds = keep_seconds
        self._idle: deque[_Connection] = deque()
        self._turns = asyncio.Semaphore(most)

    def request(self) -> Request:
        """A request to be sent."""
        return Request(self)

    async def write(
        self,
        connection: _Connection,
        method: bytes,
        target: bytes,
        headers: Headers,
        body: bytes | AsyncIterator[bytes] | None,
    ) -> None:
        """Write a request to a connection, no faster than the upstream takes it."""
        chunked = body is not None and not isinstance(body, bytes) and all(n != b"content-length" for n, _ in headers)
        head = [method + b" " + self.prefix + target + b" HTTP/1.1\r\nhost: " + self.host_header]
        head += [name + b": " + value for name, value in headers]
        if chunked:
            head.append(b"transfer-encoding: chunked")
        start = b"\r\n".join(head) + b"\r\n\r\n"
        if body is None or isinstance(body, bytes):
            connection.transport.write(start + (body or b""))
            return
        connection.transport.write(start)
        async for piece in body:
            if connection.lost:
                return
            connection.transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await connection.writable()
        if chunked:
            connection.transport.write(b"0\r\n\r\n")

    async def connected(self) -> _Connection:
        """A connection for one request, to be given back.

        Raises:
            UpstreamFailed: there is none to be had.
        """
        await self._turns.acquire()
        try:
            return await self._kept_or_new()
        except BaseException:
            self._turns.release()
            raise

    async def _kept_or_new(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.lost and time.monotonic() < connection.keep_until:
                return connection
            connection.transport.abort()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.connect_seconds):
                _, connection = await loop.create_connection(_Connection, self._host, self._port, ssl=self._tls)
        except (OSError, TimeoutError) as error:
            raise UpstreamFailed(f"no connection: {error or 'it took too long'}") from None
        return connection

    def give_back(self, connection: _Connection) -> None:
        """Keep a connection for the next request, or end it."""
        self._turns.release()
        if connection.complete and not connection.pieces and connection.reusable():
            connection.keep_until = time.monotonic() + connection.kept_seconds(self._keep_seconds)
            self._idle.append(connection)
        else:
            connection.transport.abort()

    def close(self) -> None:
        """End the connections that are kept."""
        while self._idle:
            self._idle.pop().transport.abort()
