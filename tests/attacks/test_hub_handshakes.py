"""Sockets that stand within the TLS handshake keep no member out either: they are counted like the others."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from patience import until_closed
from self_signed import self_signed

from stillwatch.alliance.hub import Hub, admit, create_collections, serving


@contextmanager
def _secured(folder: Path) -> Iterator[tuple[str, str, ssl.SSLContext]]:
    """URL of a hub with TLS, a member's token, and a context that believes the hub."""
    tls, hub = self_signed(folder), Hub.open(folder / "hub.db")
    create_collections(hub)
    with serving(hub, tls=tls) as running:
        yield running.url, admit(hub, "alpha"), ssl.create_default_context(cafile=tls.certificate)
    hub.close()


HALVES = (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n\r\n")


def test_half_a_handshake_takes_nobodys_place(tmp_path: Path) -> None:
    """Each kind at a hub of its own: what none of them finishes is waited for once."""
    with ExitStack() as held:
        stuck = {sent: _stuck(held, tmp_path / str(number), sent) for number, sent in enumerate(HALVES)}
        # The hub let go of the oldest on its own, and of what does not finish within seconds.
        for sent, sockets in stuck.items():
            for one in (sockets[0], sockets[-1]):
                assert _ends(one), sent


def _stuck(held: ExitStack, folder: Path, sent: bytes) -> list[socket.socket]:
    """Sockets that say as much to a hub and no more, beside which a member was answered."""
    folder.mkdir()
    url, token, context = held.enter_context(_secured(folder))
    where = urlsplit(url)
    stuck = []
    for _ in range(300):
        one = held.enter_context(socket.create_connection((where.hostname or "", where.port or 0), timeout=120))
        one.sendall(sent)
        stuck.append(one)
    headers = {"Authorization": f"Bearer {token}"}
    for _ in range(5):
        with httpx.Client(base_url=url, verify=context, trust_env=False, timeout=120) as client:
            assert [client.get("/taxii2/", headers=headers).status_code for _ in range(3)] == [200] * 3, sent
    return stuck


def _ends(one: socket.socket) -> bool:
    """Whether the other end closes, however; else the socket's own time runs out."""
    until_closed(one)
    return True


def test_a_request_that_comes_along_with_the_handshake_is_answered(tmp_path: Path) -> None:
    with _secured(tmp_path) as (url, token, context):
        said = f"GET /taxii2/ HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        for _ in range(20):
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            speaking = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
            with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=120) as one:
                while True:
                    try:
                        speaking.do_handshake()
                        break
                    except ssl.SSLWantReadError:
                        one.sendall(outgoing.read())
                        incoming.write(one.recv(65_536))
                speaking.write(said.encode())
                one.sendall(outgoing.read())  # the handshake's last message and the request, at once
                answer = b""
                while not answer:
                    incoming.write(one.recv(65_536))
                    with suppress(ssl.SSLWantReadError):
                        answer = speaking.read(65_536)
            assert answer.startswith(b"HTTP/1.1 200 OK")
