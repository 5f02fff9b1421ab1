"""A time for an answer as a whole: its head, what comes before its head, and its body.

The time-outs of HTTP clients are for one wait. Whoever sends a byte before each of them is over, in a head, between
chunks or as one ``100 Continue`` after another, would be listened to for good. ``HttpInTime`` and ``HttpsInTime`` give
the standard library's client such a time, ``InTime`` httpx's.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["HttpInTime", "HttpsInTime", "InTime"]

_OVER = "it takes too long"


class _InTimeStream(io.RawIOBase):
    """A socket's bytes until the time is over: each wait is as long as what is left of it."""

    def __init__(self, source: io.RawIOBase, connection: socket.socket) -> None:
        self._source, self._connection = source, connection
        seconds = connection.gettimeout()
        self._ends = None if seconds is None else time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._ends is not None:
            left = self._ends - time.monotonic()
            if left <= 0:
                raise TimeoutError(_OVER)
            self._connection.settimeout(left)
        try:
            return self._source.readinto(buffer)
        except TimeoutError as error:
            raise TimeoutError(_OVER) from error

    def close(self) -> None:
        self._source.close()
        super().close()


class _InTimeAnswer(http.client.HTTPResponse):
    """An answer whose socket's time-out, as it is when the answer is awaited, is for all of it."""

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp = io.BufferedReader(_InTimeStream(self.fp.detach(), sock))


class _Connection(http.client.HTTPConnection):
    response_class = _InTimeAnswer


class _SecureConnection(http.client.HTTPSConnection):
    response_class = _InTimeAnswer


class HttpInTime(urllib.request.HTTPHandler):
    """For ``build_opener``: the time-out of a request is for its whole answer."""

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """As the library's, over a connection of ours."""
        return self.do_open(_Connection, req)


class HttpsInTime(urllib.request.HTTPSHandler):
    """The same over TLS."""

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """As the library's, over a connection of ours."""
        return self.do_open(_SecureConnection, req)


class InTime:
    """Gives each answer to an httpx client a time, for a client that asks one thing after another.

    Args:
        seconds: for one answer.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._connection: socket.socket | None = None

    @contextmanager
    def answer(self) -> Iterator[Mapping[str, Any]]:
        """The ``extensions`` of a request that is asked and read within the block.

        Raises:
            TimeoutError: the time was over before the answer was whole.
        """
        over = threading.Event()

        def end() -> None:
            over.set()
            if self._connection is not None:
                # Closing it would not wake who waits for it.
                with suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield {"trace": self._hear}
        except Exception as error:
            # Whatever it looked like: a connection that broke off, or half a body.
            if over.is_set():
                raise TimeoutError(_OVER) from error
            raise
        finally:
            timer.cancel()
        if over.is_set():
            # A body that ends with its connection would seem whole.
            raise TimeoutError(_OVER)

    def _hear(self, name: str, told: Mapping[str, Any]) -> None:
        """Keep hold of the connection that is in use: httpx tells of each that it opens."""
        if name in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._connection = told["return_value"].get_extra_info("socket")
