"""Whatever a hub answers, a member says so in a sentence, keeps nothing that stands in its way later, and comes to an end."""

import contextlib
import json
import resource
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from alliance_served import TAXII, indicator

from stillwatch.alliance.member import Credentials, Membership, pull, pulling, send
from stillwatch.core import EndpointFailed, OutputUnwritable, StillwatchError

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
        self.added_last: str | None = None
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
                if hub.added_last is not None and "/objects/" in self.path:
                    self.send_header("X-TAXII-Date-Added-Last", hub.added_last)
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


@pytest.mark.parametrize(
    "added", ["garbage", "9999-12-31T23:59:59.999999Z", "2026-11-24T12:00:00.000000Z, x", "a" * 9_000]
)
def test_a_moment_that_is_none_or_is_to_come_is_not_gone_on_from(
    hub: LyingHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, added: str
) -> None:
    """It was sent to the hub at each pull from then on: an honest one refuses it, or has nothing that came later."""
    one = member(hub, tmp_path)
    monkeypatch.setattr(hub, "added_last", added)
    with telling(hub, objects={"objects": [{**ONE, "created_by_ref": "identity--y"}]}):
        assert pull(one).indicators == 1
        assert pull(one).objects == 0
        assert not [path for path in hub.asked if "added_after" in path]


GONE = {"revoked": True, "modified": "2026-11-25T12:00:00.000Z"}


@pytest.mark.parametrize(
    "said", ["9999-12-31T23:59:59.999Z", "zzz", None, 5, {"a": 1}, "2026-11-24 12:00", "٢٠٢٦-11-24"]
)
def test_a_version_that_nothing_could_follow_keeps_nothing_from_being_taken_back(
    hub: LyingHub, tmp_path: Path, said: Any
) -> None:
    one, known = member(hub, tmp_path), {**ONE, "created_by_ref": "identity--y"}
    with telling(hub, objects={"objects": [{**known, "modified": said}]}):
        assert pull(one).unread == 1
    with telling(hub, objects={"objects": [{**known, **GONE}]}):
        assert pull(one).retracted == (ONE["id"],)


def test_what_is_taken_back_in_other_words_counts_as_no_word_at_all(hub: LyingHub, tmp_path: Path) -> None:
    known = {**ONE, "created_by_ref": "identity--y"}
    for number, said in enumerate((1, "true", [True], None)):
        one = member(hub, tmp_path / str(number))
        with telling(hub, objects={"objects": [{**known, "revoked": said}]}):
            assert (pull(one).indicators, one.store.pulled("indicator")) == (0, [])
        assert "neither true nor false" in one.store.dead_letters()[0][1]


def test_a_hub_that_never_ends_is_left_with_what_one_pull_brings(
    hub: LyingHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is new on every page is no circle: it had been listened to for 100,000 pages, and all of it held in memory."""
    monkeypatch.setattr(pulling, "MOST_A_PULL", 100_000)
    turns, usual = iter(range(10**6)), USUAL.get

    def fresh() -> Said:
        number = next(turns)
        hub.added_last = f"2026-11-24T12:00:{number // 100:02d}.{number % 100:02d}Z"
        return {"objects": [indicator("m", number, "green", created_by_ref="identity--y")], "more": True}

    one = member(hub, tmp_path)
    hub.says = lambda path: fresh() if path == OBJECTS else usual(path)
    told = pull(one)
    assert told.more
    assert "run the command again" in str(told)
    assert 0 < told.objects < 100
    assert pull(one).objects == told.objects
    assert len(one.store.pulled("indicator")) == 2 * told.objects
    hub.says, hub.added_last = usual, None


def test_a_full_disk_is_said_and_what_came_before_is_kept(hub: LyingHub, tmp_path: Path) -> None:
    """The half that was written had kept a scan from reading the rest."""
    one = member(hub, tmp_path)
    known = indicator("m", 1, "green", created_by_ref="identity--y")
    long = [known | {"id": f"{known['id'][:-3]}{n:03d}", "description": "x" * 100_000} for n in range(30)]
    with telling(hub, objects={"objects": [known]}):
        pull(one)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
        with telling(hub, objects={"objects": long}), pytest.raises(OutputUnwritable, match=r"disk|full|I/O"):
            pull(one)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert [found["id"] for found in one.store.pulled("indicator")] == [known["id"]]
    with telling(hub, objects={"objects": long}):
        assert pull(one).indicators == 30
