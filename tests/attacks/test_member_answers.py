"""What a hub or a partner sends is bounded when it is inflated, and is written out where it would steer a terminal."""

import gzip
import socketserver
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from alliance_served import indicator

from stillwatch.alliance.member import Client, Credentials, Pulled
from stillwatch.alliance.stix import identity_id, stable_id
from stillwatch.alliance.store import Store, appeals, partner_indicators
from stillwatch.cli.screen import say
from stillwatch.core import EndpointFailed

EXTENSION = "extension-definition--ff45ec3e-805d-4c0b-9f41-a139d2af088a"


@contextmanager
def _answering(head: bytes, body: bytes) -> Iterator[str]:
    class Answer(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
            self.wfile.write(b"HTTP/1.1 " + head + b"\r\n" + length + body)

        def finish(self) -> None:
            with suppress(OSError):
                super().finish()

    class Server(socketserver.ThreadingTCPServer):
        def handle_error(self, *_: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(timeout=300)


@pytest.mark.parametrize(("coding", "packed"), [(b"gzip", gzip.compress), (b"deflate", zlib.compress)])
@pytest.mark.parametrize("status", [b"200 OK", b"500 No"])
def test_an_answer_is_bounded_when_inflated(coding: bytes, packed: object, status: bytes) -> None:
    body = packed(b" " * 300_000_000)  # type: ignore[operator]
    with _answering(status + b"\r\nContent-Encoding: " + coding, body) as url, Client(url, Credentials("x")) as client:
        tracemalloc.start()
        with pytest.raises(EndpointFailed, match="too long"):
            client.listing()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 60_000_000


def test_a_coding_nobody_asked_for_is_refused() -> None:
    with _answering(b"200 OK\r\nContent-Encoding: gzip, gzip", b"") as url:
        client = Client(url, Credentials("x"))
        with client, pytest.raises(EndpointFailed, match="coding"):
            client.listing()


def test_a_compressed_answer_is_read() -> None:
    body = gzip.compress(b'{"default": "/a/", "collections": [{"id": "a", "alias": "\\u001b[2J", "title": "t"}]}')
    with _answering(b"200 OK\r\nContent-Encoding: gzip", body) as url, Client(url, Credentials("x")) as client:
        assert client.listing().collections[0].alias == "\\u001b[2J"


def test_what_a_hub_refuses_with_steers_no_terminal() -> None:
    body = b'{"title": "\\u001b]0;x\\u0007\\nsent 7 objects"}'
    with _answering(b"403 No", body) as url:
        client = Client(url, Credentials("x"))
        with client, pytest.raises(EndpointFailed) as refused:
            client.listing()
    assert "\x1b" not in str(refused.value)
    assert "\nsent" not in str(refused.value)


def test_a_partners_words_steer_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, name = Store(tmp_path / "gamma.db"), "x\x1b[2J\nappeal \u202e\x9b"
    who, case = identity_id(name), f"{name}.1"
    seen = indicator(name, 1)
    identity = {"type": "identity", "id": who, "name": name}
    note = indicator(name, 2) | {"type": "note", "id": stable_id("note", "x"), "object_refs": [seen["id"]]}
    note["extensions"] = {EXTENSION: {"appeal": {"case": case, "status": "filed"}}}
    store.keep("hub", "amber", [identity, seen, note], None)
    (held,), (told,) = partner_indicators(store.path), appeals(store)
    say(Pulled(1, (), (told,), 1, 0))
    say(name)
    printed = capsys.readouterr().out
    assert "filed" in printed
    assert held.partner.isprintable()
    assert told.case.isprintable()
    assert all(one == "\n" or one.isprintable() for one in printed)
