"""A client for one upstream: HTTP/1.1 over kept connections, parsed by llhttp, with nothing a proxy does not need.

There are no redirects, no cookies and no other host than the one set. A connection serves another request only when
it is clean (``connection``). A request is never sent twice: if a kept connection turns out to be gone after it was
written to, the caller is told, because the upstream may have answered already. Why not a common client: ADR 26.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from stillwatch.core import BadSetting
from stillwatch.gateway.connection import Connection, Headers, UpstreamFailed
from stillwatch.gateway.turns import Turn, Turns

__all__ = ["Request", "Upstream"]


class Request:
    """One request, and its answer once the head is here.

    Attributes:
        status, headers: of the answer.
    """

    def __init__(self, upstream: Upstream, account: str) -> None:
        self.turn = Turn(account, self.let_go)
        self.status = 0
        self.headers: Headers = []
        self._upstream = upstream
        self._connection: Connection | None = None
        self._given_up = False
        self._sending: asyncio.Task[None] | None = None

    async def ask(
        self,
        method: bytes,
        target: bytes,
        headers: Headers,
        body: bytes | AsyncIterator[bytes] | None,
        length: int | None = None,
    ) -> None:
        """Send it and wait for the head of its answer.

        Args:
            method, target, headers: of the request; what headers say of the body's length is not sent on.
            body: whole, in pieces, or none.
            length: of a body in pieces, where it is known; it goes in chunks otherwise.

        Raises:
            UpstreamFailed: the upstream cannot be reached, breaks off or takes too long.
            NoTurn: too many are there already.
        """
        self.turn.upload = body is not None and not isinstance(body, bytes)
        connection = self._connection = await self._upstream.connected(self.turn)
        if self._given_up:
            raise UpstreamFailed("the client left")
        headers = [(b"host", self._upstream.host_header), *headers]
        target = self._upstream.prefix + target
        if body is None or isinstance(body, bytes):
            connection.begin(method, target, headers, None if body is None else len(body), chunked=False)
            connection.send(body or b"")
            connection.end()
        else:
            connection.begin(method, target, headers, length, chunked=length is None)
            # Beside the answer, which may come before the body is whole.
            self._sending = asyncio.get_running_loop().create_task(self._send(connection, body))
        await connection.head(self._upstream.answer_seconds)
        self.status, self.headers = connection.status, connection.headers

    async def _send(self, connection: Connection, body: AsyncIterator[bytes]) -> None:
        """Send a body no faster than the upstream takes it."""
        try:
            async for piece in body:
                if connection.lost:
                    return
                connection.send(piece)
                await connection.writable()
            connection.end()
            self._upstream.uploaded(self.turn)
        except Exception as error:
            # Whatever it was, the answer is not to be waited for.
            connection.fail(str(error))
            if not isinstance(error, UpstreamFailed):
                raise

    def ready(self) -> bool:
        """Whether the whole answer is here and was taken."""
        return self._connection is not None and self._connection.complete and not self._connection.pieces

    def give_up(self) -> None:
        """The client has left: the upstream need not go on."""
        self._given_up = True
        if self._connection is not None and not self._connection.complete:
            self._connection.fail("the client left")

    def let_go(self) -> None:
        """Somebody else takes the turn."""
        if self._connection is not None:
            self._connection.fail("it stood still, and others waited")

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
        """Keep the connection where request and answer are both whole, end it where one is not."""
        if self._sending is not None:
            self._sending.cancel()
        if self._connection is not None:
            self._upstream.give_back(self._connection, self.turn)
            self._connection = None


class Upstream:
    """The server behind the proxy.

    Args:
        url: ``http(s)://host[:port][/path]``.
        connect_seconds, answer_seconds: longest waits.
        turns: how many requests may be there at once; further ones wait.
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
        turns: Turns | None = None,
        keep_seconds: float = 4.0,
    ) -> None:
        try:
            parts = urlsplit(url)
            named = parts.hostname if url.isascii() and "@" not in parts.netloc and not parts.query else None
            port = parts.port
        except ValueError:
            named = None
        if named is None or parts.scheme not in ("http", "https"):
            raise BadSetting(f"{url!r} is no upstream", where="gateway setting upstream", hint="http://host:port/path")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._host = named
        self._port = port or (443 if self._tls else 80)
        self.host_header = parts.netloc.encode("ascii")
        self.prefix = parts.path.rstrip("/").encode("ascii")
        self.connect_seconds = connect_seconds
        self.answer_seconds = answer_seconds
        self._keep_seconds = keep_seconds
        self._idle: deque[Connection] = deque()
        self._turns = turns or Turns(256, 256, 5.0)

    def request(self, account: str = "") -> Request:
        """A request to be sent, for an account."""
        return Request(self, account)

    async def connected(self, turn: Turn) -> Connection:
        """A connection for one request, to be given back.

        Raises:
            UpstreamFailed: there is none to be had.
            NoTurn: too many are in use.
        """
        await self._turns.take(turn)
        try:
            return await self._kept_or_new()
        except BaseException:
            self._turns.leave(turn)
            raise

    async def _kept_or_new(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if time.monotonic() < connection.keep_until and connection.silent():
                return connection
            connection.transport.abort()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.connect_seconds):
                _, connection = await loop.create_connection(Connection, self._host, self._port, ssl=self._tls)
        except (OSError, TimeoutError) as error:
            raise UpstreamFailed(f"no connection: {str(error) or 'it took too long'}") from None
        return connection

    def uploaded(self, turn: Turn) -> None:
        """A request's body is whole."""
        self._turns.uploaded(turn)

    def give_back(self, connection: Connection, turn: Turn) -> None:
        """Keep a connection for the next request, or end it."""
        self._turns.leave(turn)
        if connection.clean():
            now = time.monotonic()
            connection.keep_until = now + connection.kept_seconds(self._keep_seconds)
            self._idle.append(connection)
            # The latest is used first; what a burst left behind is let go.
            while self._idle and self._idle[0].keep_until < now:
                self._idle.popleft().transport.abort()
        else:
            connection.transport.abort()

    def close(self) -> None:
        """End the connections that are kept."""
        while self._idle:
            self._idle.pop().transport.abort()
