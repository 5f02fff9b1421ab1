"""Whatever a hub answers, a member says so in a sentence, keeps nothing that stands in its way later, and comes to an end."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from alliance_served import TAXII, indicator

from stillwatch.alliance.member import Credentials, Membership, pull, send
from stillwatch.core import EndpointFailed, StillwatchError

Said = Mapping[str, Any]
OBJECTS = "/alliance/collections/c1/objects/"
MANIFEST = "/alliance/collections/c1/manifest/"
HEAD = {"n": 3, "hash": "a" * 64}
ONE = indicator("m", 1, "green")
USUAL: Said = {
    "/taxii2/": {"default": "/alliance/", "api_roots": ["/alliance/"]},
    "/alliance/journal/": HEAD,
    "/alliance/collections/": {
        "collections": [{"id": "c1", "alias": "green", "title": "t", "can_read": True, "can_write": True}]
    },
    OBJECTS: {"objects": []},
    MANIFEST: {"objects": []},
}


class LyingHub:
    """Answers by path what it is told."""

    def __init__(self) -> None:
        self.says: Callable[[str], Any] = USUAL.get
        self.asked: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def log_message(self, *args: Any) -> None: ...

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                hub.asked.append(self.path)
                told = hub.says(self.path.partition("?")[0])
                body = told if isinstance(told, bytes) else json.dumps(told or {"title": "none"}).encode()
                self.send_response(404 if told is None else 200)
                self.send_header("content-type", TAXII)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - as the library names it

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def hub() -> Iterator[LyingHub]:
    one = LyingHub()
    yield one
    one.close()


@contextmanager
def telling(hub: LyingHub, **told: Any) -> Iterator[None]:
    """The usual, but for this."""
    names = {"root": "/taxii2/", "journal": "/alliance/journal/", "listing": "/alliance/collections/"}
    names |= {"objects": OBJECTS, "manifest": MANIFEST}
    hub.says = {**USUAL, **{names[name]: value for name, value in told.items()}}.get
    hub.asked.clear()
    yield
    hub.says = USUAL.get


def member(hub: LyingHub, folder: Path) -> Membership:
    return Membership("m", hub.url, folder / "m.db", Credentials("t"))


ODD: dict[str, Any] = {
    "root": [
        {"api_roots": 5},
        {"default": ["x"], "api_roots": {"a": 1}},
        {"default": "http://[::1"},
        {"default": "http://127.0.0.1:99999999/x"},
        {"default": "file:///etc/passwd"},
        {"default": "\n/alliance/\0"},
    ],
    "journal": [
        {"n": 1, "hash": "a b c"},
        {"n": True, "hash": "a" * 64},
        {"n": -1, "hash": "a" * 64},
        {"n": 10**300, "hash": "a" * 64},
        {"n": 1, "hash": "x" * 10**6},
        b"<html>",
    ],
    "listing": [
        {"collections": 5},
        {"collections": None},
        {"collections": [{"id": ["x"], "can_read": True}, "x", {"can_read": True}]},
        {"collections": [{"id": "../../x?\n\0 y", "can_read": True}]},
        {"collections": [{"id": "../x?y#z", "can_read": True}]},
        b'{"collections": [{"id": "\\ud800", "title": "\\ud800", "can_read": true}]}',
    ],
    "objects": [
        {"objects": {"a": 1}},
        {"objects": [[], 1, None, "x", {"id": 1}]},
        {"objects": [{**ONE, "created_by_ref": "identity--x", "modified": {}, "confidence": "high"}]},
        b'{"objects": [{"type": "identity", "id": "identity--x", "name": "\\ud800"}]}',
    ],
}


@pytest.mark.parametrize("what", ODD)
def test_a_pull_ends_and_the_next_is_as_good_as_ever(hub: LyingHub, tmp_path: Path, what: str) -> None:
    for number, told in enumerate(ODD[what]):
        one = member(hub, tmp_path / str(number))
        for _ in range(2):
            with telling(hub, **{what: told}), contextlib.suppress(StillwatchError):
                pull(one)
        # Nothing of it was kept that keeps an honest hub from being read.
        with telling(hub, objects={"objects": [{**ONE, "created_by_ref": "identity--y"}]}):
            assert pull(one).parted is None
            assert one.store.settings()[f"journal {hub.url}"] == f"3 {'a' * 64}"


def test_pages_without_end_are_left(hub: LyingHub, tmp_path: Path) -> None:
    pages = iter(range(10**6))
    for following in (lambda: "1", lambda: str(next(pages)), lambda: "9" * 70_000):
        one = member(hub, tmp_path / str(next(pages)))
        usual = USUAL.get
        hub.asked.clear()
        hub.says = lambda path, n=following, u=usual: (  # type: ignore[misc]
            {"objects": [], "more": True, "next": n()} if path == OBJECTS else u(path)
        )
        with pytest.raises(EndpointFailed, match="bring nothing"):
            pull(one)
        assert len(hub.asked) < 300
    hub.says = USUAL.get


def test_pages_that_come_again_are_left(hub: LyingHub, tmp_path: Path) -> None:
    """A page that is full and the same, or places that lead round, end a pull at once."""
    pages = [[indicator("m", number, "green") for number in (first, first + 1)] for first in (1, 3)]
    turns = iter(range(10**6))

    def same() -> Said:
        return {"objects": pages[0], "more": True, "next": str(next(turns))}

    def turned() -> Said:
        number = next(turns)
        return {"objects": pages[number // 2 % 2][:: 1 if number % 2 else -1], "more": True, "next": str(number)}

    def round_about() -> Said:
        number = next(turns)
        return {"objects": [indicator("m", number, "green")], "more": True, "next": str(number % 3)}

    usual = USUAL.get
    for number, says in enumerate((same, turned, round_about)):
        one = member(hub, tmp_path / str(number))
        hub.asked.clear()
        hub.says = lambda path, says=says: says() if path == OBJECTS else usual(path)  # type: ignore[misc]
        with pytest.raises(EndpointFailed, match="bring nothing new"):
            pull(one)
        assert len(hub.asked) < 20
    hub.says = usual


@pytest.mark.parametrize(
    "told",
    [
        {"failures": 5},
        {"failures": None},
        {"failures": ["x", {"id": [], "message": {}}, {}]},
        {"objects": ["x", {"id": 1, "version": "x"}, {"id": ONE["id"], "version": {}}]},
    ],
)
def test_a_sending_ends(hub: LyingHub, tmp_path: Path, told: Any) -> None:
    one = member(hub, tmp_path)
    one.store.approve(hub.url, "green", [ONE])
    # First the answer is lost, so that the next asks whether the object is there.
    with telling(hub, objects=None), pytest.raises(EndpointFailed):
        send(one)
    with telling(hub, objects=told, manifest=told):
        assert send(one).taken == 1
