"""One connection to the upstream: a request at a time, its answer as a queue of pieces, parsed by llhttp.

A connection is clean, and only then serves another request, when both sides of the exchange are done: every byte that
the request's own head announced has left this process, and the answer ended where its head said, with not a byte
behind it. Whatever else happened, nobody needs to know what: the connection is ended (ADR 26).
"""

from __future__ import annotations

import asyncio
import re
import select
from collections import deque
from typing import cast

import httptools

__all__ = ["Connection", "Headers", "UpstreamFailed"]

Headers = list[tuple[bytes, bytes]]

_FRAMING = (b"content-length", b"transfer-encoding")

# A server that says how long it keeps a connection is left this much before.
_KEEP_MARGIN_SECONDS = 1.0
_KEEP_TIMEOUT = re.compile(rb"timeout\s*=\s*(\d{1,6})")
_PAUSE_AT = 512 * 1024
_MOST_HEAD_BYTES = 256 * 1024
_MOST_INTERIM = 32


class UpstreamFailed(Exception):
    """The upstream cannot be reached, broke off or took too long; it never leaves this package."""


class Connection(asyncio.Protocol):
    """One connection: a request at a time, its answer as a queue of pieces."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.keep_until = 0.0
        self.lost = False
        self._poll: select.poll | None = None
        self._reset(head_only=False)

    def _reset(self, *, head_only: bool) -> None:
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
        self._head_bytes = 0
        self._interim = 0
        self._sent = False
        self._owed: int | None = None

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

    def on_message_begin(self) -> None:
        """An answer begins. A second one was asked for by nobody."""
        if self.complete:
            raise UpstreamFailed("sent more than was asked for")

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header of the answer; what stands behind its body is none."""
        if self.begun:
            return
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > _MOST_HEAD_BYTES:
            raise UpstreamFailed("the head of its answer is too long")
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
        if self.status >= 200:
            self.complete = True
            return
        self.headers = []
        self._interim += 1
        if self._interim > _MOST_INTERIM:
            raise UpstreamFailed("it never gets to its answer")

    # --- what the client uses --------------------------------------------------------------

    def begin(self, method: bytes, target: bytes, headers: Headers, length: int | None, *, chunked: bool) -> None:
        """Write a request's head. How long the body is, is said here and nowhere else.

        Args:
            method, target: the request line.
            headers: without any that say where the body ends.
            length: of the body; None where there is none, or where it goes in chunks.
            chunked: whether it does.

        Raises:
            UpstreamFailed: the head would read as something else.
        """
        self._reset(head_only=method == b"HEAD")
        head = [method + b" " + target + b" HTTP/1.1"]
        head += [name + b": " + value for name, value in headers if name not in _FRAMING]
        if chunked:
            head.append(b"transfer-encoding: chunked")
        elif length is not None:
            head.append(b"content-length: %d" % length)
        start = b"\r\n".join(head) + b"\r\n\r\n"
        if start.count(b"\n") != len(head) + 1 or start.count(b"\r") != len(head) + 1:
            raise UpstreamFailed("the request's head holds a line break")
        self._owed = None if chunked else length or 0
        self.transport.write(start)

    def send(self, piece: bytes) -> None:
        """Write a piece of the body.

        Raises:
            UpstreamFailed: it is more than was announced.
        """
        if not piece:
            return
        if self._owed is None:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        else:
            self._owed -= len(piece)
            if self._owed < 0:
                raise UpstreamFailed("the request's body is longer than it said")
        self.transport.write(piece)

    def end(self) -> None:
        """The body is whole.

        Raises:
            UpstreamFailed: it is less than was announced.
        """
        if self._owed:
            raise UpstreamFailed("the request's body is shorter than it said")
        if self._owed is None:
            self.transport.write(b"0\r\n\r\n")
        self._sent = True

    def fail(self, why: str) -> None:
        """Give the request up: whoever waits for its answer is told why."""
        if not self.complete:
            self.error = self.error or why
        self.transport.abort()
        self._rouse()

    def kept_seconds(self, most: float) -> float:
        """How long it may stand idle: what the upstream says of it, and ``most`` in any case."""
        said = next((value for name, value in self.headers if name == b"keep-alive"), b"")
        found = _KEEP_TIMEOUT.search(said)
        return min(most, int(found[1]) - _KEEP_MARGIN_SECONDS) if found else most

    def clean(self) -> bool:
        """Whether both sides are done, so that another request can follow."""
        return (
            self._sent
            and self.complete
            and self._keeps
            and not (self.pieces or self.lost or self._head_only or self.error or self.transport.is_closing())
            and self.transport.get_write_buffer_size() == 0
        )

    def silent(self) -> bool:
        """Whether a connection that stood idle still stands and has brought nothing, by what the kernel knows."""
        if self.lost or self.transport.is_closing():
            return False
        socket = self.transport.get_extra_info("socket")
        if not hasattr(select, "poll"):
            return not select.select([socket], [], [], 0)[0]
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(socket.fileno(), select.POLLIN)
        return not self._poll.poll(0)

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
