"""The console over plain sockets: nobody without a login keeps analysts out, or puts a request into another's mouth."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from console_world import Open, make_places, open_console

from stillwatch.console import connections
from stillwatch.listening import room


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    with open_console(make_places(tmp_path_factory.mktemp("console"))) as opened:
        yield opened


def dial(opened: Open) -> socket.socket:
    at = urlsplit(opened.url)
    return socket.create_connection((at.hostname, at.port), timeout=120)


def host(opened: Open) -> bytes:
    return f"Host: {urlsplit(opened.url).netloc}\r\n".encode()


def said(opened: Open, *sent: bytes) -> bytes:
    """Everything that comes back until the console closes, or has answered and is silent for a while."""
    heard = b""
    with dial(opened) as line, contextlib.suppress(TimeoutError, ConnectionError):
        for part in sent:
            line.sendall(part)
        while part := line.recv(65536):
            heard += part
            line.settimeout(1)
    return heard


def statuses(heard: bytes) -> list[int]:
    return [int(line.split()[1]) for line in heard.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


def test_hundreds_of_silent_sockets_keep_nobody_out(opened: Open) -> None:
    half = b"POST /sign-in HTTP/1.1\r\n" + host(opened) + b"Content-Length: 4000\r\n\r\nname="
    with contextlib.ExitStack() as held:
        for n in range(3 * room._MOST_CONNECTIONS):
            line = held.enter_context(dial(opened))
            # Silent, in the middle of a head, in the middle of a body.
            with contextlib.suppress(ConnectionError):
                line.sendall([b"", b"GET /sign-in HTTP/1.1\r\nHo", half][n % 3])
        for _ in range(3):
            assert httpx.get(f"{opened.url}/sign-in", timeout=120).status_code == 200


@pytest.mark.parametrize(
    "begun", [b"", b"GET / HTTP/1.1\r\nX-", b"POST /sign-in HTTP/1.1\r\n%sContent-Length: 9\r\n\r\na"]
)
def test_who_trickles_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(connections, "_SECONDS_FOR_A_CLIENT", 0.3)
    monkeypatch.setattr(connections, "_SECONDS_A_LOOK", 0.1)
    with open_console(make_places(tmp_path, decided=False)) as opened, dial(opened) as line:
        line.sendall(begun.replace(b"%s", host(opened)))
        ended = threading.Event()

        def trickle() -> None:
            # A byte of a header line each moment makes no head; a body's bytes would end it, so it gets none.
            while not ended.wait(0.05) and begun.endswith(b"X-"):
                with contextlib.suppress(OSError):
                    line.sendall(b"a")

        thread = threading.Thread(target=trickle)
        thread.start()
        with contextlib.suppress(ConnectionError):
            assert line.recv(1000) == b""
        ended.set()
        thread.join(timeout=300)
        assert httpx.get(f"{opened.url}/sign-in", timeout=120).status_code == 200


def test_a_slow_form_that_goes_on_is_read(opened: Open) -> None:
    body = b"name=ana&password=none"
    with dial(opened) as line:
        line.sendall(b"POST /sign-in HTTP/1.1\r\n" + host(opened) + b"Content-Length: %d\r\n\r\n" % len(body))
        for byte in body:
            line.sendall(bytes([byte]))
            time.sleep(0.002)
        assert statuses(line.recv(65536)) == [403]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"Content-Length: 4\r\nContent-Length: 44\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Content-Length: +4\r\n",
        b"Content-Length: 4\r\n Transfer-Encoding: chunked\r\n",
    ],
)
def test_a_body_of_two_lengths_is_refused_and_what_follows_is_nobody_s(opened: Open, head: bytes) -> None:
    follows = b"GET /sign-in HTTP/1.1\r\n" + host(opened) + b"\r\n"
    heard = said(opened, b"POST /sign-in HTTP/1.1\r\n" + host(opened) + head + b"\r\n0\r\n\r\n" + follows)
    assert statuses(heard)[0] in (400, 501)
    assert len(statuses(heard)) == 1


@pytest.mark.parametrize(
    "named",
    [b"evil.example", b"127.0.0.1.evil.example", b"localhost@evil.example", b"[::1", b"", b"[", b"127.0.0.1, evil"],
)
def test_no_other_name_leads_here(opened: Open, named: bytes) -> None:
    heard = said(opened, b"GET /sign-in HTTP/1.1\r\nHost: " + named + b"\r\nConnection: close\r\n\r\n")
    assert statuses(heard) == [421]
    assert b"default-src 'none'" in heard


def test_two_names_or_none_are_no_request(opened: Open) -> None:
    for names in (b"", host(opened) + b"Host: evil.example\r\n"):
        assert statuses(said(opened, b"GET /sign-in HTTP/1.1\r\n" + names + b"\r\n")) == [400]


def test_bodies_and_heads_have_an_end(opened: Open) -> None:
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    door = b"POST /sign-in HTTP/1.1\r\n" + host(opened) + b"Transfer-Encoding: chunked\r\n\r\n"
    assert statuses(said(opened, door, chunk))[0] == 413
    ana = opened.visitor("ana", "analyst")
    assert ana.post("/queue/next", {"more": "a" * 300_000}).status_code == 413
    assert ana.post("/queue/together", {f"n{n}": "" for n in range(20_001)}).status_code == 413
    long = said(opened, b"GET / HTTP/1.1\r\n" + host(opened) + b"X: " + b"a" * 300_000 + b"\r\n\r\n")
    assert statuses(long) in ([400], [])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get"])
def test_other_methods_are_refused_with_the_same_headers(opened: Open, method: str) -> None:
    for path in ("/sign-in", "/queue/next", "/people"):
        line = f"{method} {path} HTTP/1.1\r\nX-HTTP-Method-Override: POST\r\nConnection: close\r\n".encode()
        heard = said(opened, line + host(opened) + b"\r\n")
        assert statuses(heard)[0] in (400, 405)
        assert b"set-cookie" not in heard.lower()
        if statuses(heard) == [405]:
            assert b"default-src 'none'" in heard


def test_a_head_is_asked_with_the_rights_of_its_page(opened: Open) -> None:
    for path in (b"/people", b"/audit", b"/queue"):
        heard = said(opened, b"HEAD " + path + b" HTTP/1.1\r\n" + host(opened) + b"Connection: close\r\n\r\n")
        assert statuses(heard)[0] in (303, 401)
