"""An upstream that takes each connection at its word: whatever bytes come are requests, and those that are none are kept.

What it does is asked for in the request: ``x-do`` names a way of answering, ``x-mark`` is a word of which the body must
be made, and which a proper answer repeats.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator

FORGED = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"
_LINE = re.compile(rb"(GET|HEAD|POST) /\S* HTTP/1\.1")


class Left(Exception):
    """The other end is gone."""


class StrictUpstream:
    """Serves on a port of its own.

    Attributes:
        wrong: heads that are none, and bodies that are not their mark's.
        forged: set once an answer was sent that nobody asked for.
        connections: how many there were.
        begun: requests of which the head came.
    """

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.wrong: list[bytes] = []
        self.forged = threading.Event()
        self.connections = 0
        self.begun = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # Wakes whoever accepts.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def _serve(self, one: socket.socket) -> None:
        with one, contextlib.suppress(Left, OSError):
            come = Bytes(one)
            while True:
                self._one(one, come)

    def _one(self, one: socket.socket, come: "Bytes") -> None:
        head = come.until(b"\r\n\r\n")
        line, *rows = head.split(b"\r\n")
        headers = dict(row.split(b": ", 1) for row in rows if b": " in row)
        mark = headers.get(b"x-mark", b"")
        if not _LINE.fullmatch(line) or not mark:
            self.wrong.append(head)
            raise Left
        do = headers.get(b"x-do", b"echo").decode()
        if do == "early":
            # As servers redirect: at once, whatever of the body is still to come.
            one.sendall(b"HTTP/1.1 307 Temporary Redirect\r\nlocation: /\r\ncontent-length: 0\r\n\r\n")
        with self._lock:
            self.begun += 1
        body = come.body(headers)
        if body.replace(mark, b""):
            self.wrong.append(head + body)
            raise Left
        for piece in _ANSWERS[do](mark):
            if piece == FORGED:
                one.sendall(piece)
                self.forged.set()
            else:
                one.sendall(piece)
        if do == "closes":
            raise Left


def _echo(mark: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(mark), mark)


def _interim(mark: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 100 Continue\r\n\r\n" * 3
    yield b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
    yield from _echo(mark)


def _with(first: bytes) -> Callable[[bytes], Iterator[bytes]]:
    """An answer and one behind it, in one piece and then in another."""

    def pieces(_: bytes) -> Iterator[bytes]:
        yield first + FORGED
        yield FORGED

    return pieces


def _then(first: bytes) -> Callable[[bytes], Iterator[bytes]]:
    """An answer, and one behind it in a piece of its own."""

    def pieces(_: bytes) -> Iterator[bytes]:
        yield first
        yield FORGED

    return pieces


_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
_UNCHANGED = b"HTTP/1.1 304 Not Modified\r\ncontent-length: 50\r\n\r\n"
_NOTHING = b"HTTP/1.1 204 No Content\r\n\r\n"
_CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
_HEADED = b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n"


def _endless(_: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    while True:
        yield b"8000\r\n%b\r\n" % bytes(0x8000)


_ANSWERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "echo": _echo,
    "early": lambda _: iter(()),
    "closes": _echo,
    "endless": _endless,
    "interim": _interim,
    "interim for ever": lambda _: iter([b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 200),
    "more": _with(_OK),
    "more later": _then(_OK),
    "chunked more": _with(_CHUNKED),
    "304 more": _with(_UNCHANGED),
    "304 more later": _then(_UNCHANGED),
    "204 more": _with(_NOTHING),
    "204 more later": _then(_NOTHING),
    "headed more": _with(_HEADED),
    "headed more later": _then(_HEADED),
}


class Bytes:
    """What has come over a connection."""

    def __init__(self, one: socket.socket) -> None:
        self._one = one
        self._held = b""

    def _more(self) -> None:
        got = self._one.recv(65536)
        if not got:
            raise Left
        self._held += got

    def until(self, end: bytes) -> bytes:
        while end not in self._held:
            self._more()
        found, _, self._held = self._held.partition(end)
        return found

    def exactly(self, count: int) -> bytes:
        while len(self._held) < count:
            self._more()
        found, self._held = self._held[:count], self._held[count:]
        return found

    def body(self, headers: dict[bytes, bytes]) -> bytes:
        if headers.get(b"transfer-encoding") != b"chunked":
            return self.exactly(int(headers.get(b"content-length", b"0")))
        body = b""
        while size := int(self.until(b"\r\n"), 16):
            body += self.exactly(size)
            self.until(b"\r\n")
        self.until(b"\r\n")
        return body
