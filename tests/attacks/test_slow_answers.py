"""Whoever answers a byte at a time is listened to for so long and no longer, wherever in the answer those bytes stand."""

import itertools
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from stillwatch.alliance.member import Credentials, Membership, pull
from stillwatch.alliance.member import client as taxii
from stillwatch.console.oidc import Provider
from stillwatch.console.oidc_settings import NotLetIn, read_oidc
from stillwatch.core import EndpointAway, EndpointFailed
from stillwatch.endpoints import Endpoint
from stillwatch.endpoints import chat_completions as chat
from stillwatch.rounds.matching import HttpMailbox, mailbox

BODY = {"model": "m", "messages": [{"role": "user", "content": "Two and two?"}]}
OK = b"HTTP/1.1 200 OK\r\n"
WHERE = {
    "its head": (OK + b"x-long: ", b"x"),
    "what comes before its head": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the length of a chunk": (OK + b"transfer-encoding: chunked\r\n\r\n1;", b"x"),
    "its body": (OK + b"content-length: 9999999\r\n\r\n", b" "),
    "a body without a length": (OK + b"\r\n", b" "),
    "what it says of a refusal": (b"HTTP/1.1 400 No\r\ncontent-length: 400\r\n\r\n", b"x"),
}


@contextmanager
def dripping(begins: bytes, drop: bytes) -> Iterator[str]:
    """A server that answers so slowly, and never stands still."""
    closed = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            try:
                self.request.sendall(begins)
                while not closed.wait(0.05):
                    self.request.sendall(drop)
            except OSError:
                return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            closed.set()
            server.shutdown()


def ended(ask: Callable[[], Any]) -> BaseException | None:
    """What became of asking; that it ends at all is waited for in minutes."""
    came: list[BaseException] = []

    def run() -> None:
        try:
            ask()
        except Exception as error:  # whatever it is, the test says
            came.append(error)

    asking = threading.Thread(target=run, daemon=True)
    asking.start()
    asking.join(timeout=60)
    assert not asking.is_alive(), "it listens on"
    return came[0] if came else None


def each_ended(folder: Path, ask: Callable[[str, Path], Any]) -> list[BaseException | None]:
    """What became of asking whoever answers slowly, wherever in the answer: all at once, each in a folder of its own."""

    def one(number: int, where: str) -> BaseException | None:
        place = folder / f"{number}"
        place.mkdir()
        with dripping(*WHERE[where]) as url:
            return ended(lambda: ask(url, place))

    with ThreadPoolExecutor(len(WHERE)) as pool:
        return list(pool.map(one, range(len(WHERE)), WHERE))


def say_that_it_takes_too_long(failed: list[BaseException | None], kind: type[Exception]) -> None:
    assert {where: type(one) for where, one in zip(WHERE, failed, strict=True)} == dict.fromkeys(WHERE, kind)
    assert all("it takes too long" in str(one) for one in failed), failed


def test_an_endpoint_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "_LONGEST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(chat, "_TRIES", 2)

    def ask(url: str, place: Path) -> None:
        Endpoint(url, place / "record.jsonl", timeout_seconds=1).complete(BODY)

    say_that_it_takes_too_long(each_ended(tmp_path, ask), EndpointFailed)


def test_a_hub_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taxii, "SECONDS", 1.0)

    def ask(url: str, place: Path) -> None:
        pull(Membership("m", url, place / "m.db", Credentials("t")))

    say_that_it_takes_too_long(each_ended(tmp_path, ask), EndpointFailed)


def test_a_hub_is_given_up_in_a_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "_SECONDS", 1.0)

    def ask(url: str, _place: Path) -> None:
        with httpx.Client(base_url=url, timeout=60) as client:
            HttpMailbox(client).look("r")

    say_that_it_takes_too_long(each_ended(tmp_path, ask), EndpointAway)


def test_a_provider_of_sign_ins_is_given_up(tmp_path: Path) -> None:
    def ask(url: str, place: Path) -> None:
        told = {"issuer": url, "client_id": "c", "roles": {"viewer": ["staff"]}}
        (place / "oidc.yaml").write_text(json.dumps(told))
        Provider(read_oidc(place / "oidc.yaml"), seconds=1.0).begin("http://127.0.0.1/back")

    failed = each_ended(tmp_path, ask)
    assert {where: type(one) for where, one in zip(WHERE, failed, strict=True)} == dict.fromkeys(WHERE, NotLetIn)
    assert all(isinstance(one, NotLetIn) and "TimeoutError" in one.told for one in failed), failed


def test_a_connection_that_is_used_again_is_given_up_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answers are whole and keep their connection; only the third is slow."""
    monkeypatch.setattr(taxii, "SECONDS", 1.0)
    told = json.dumps({"default": "/alliance/"}).encode()
    good = OK + b"content-length: %d\r\n\r\n%s" % (len(told), told)
    closed = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                for asked in itertools.count():
                    if not self.request.recv(65_536):
                        return
                    self.request.sendall(good if asked < 2 else OK)
                    while asked >= 2 and not closed.wait(0.05):
                        self.request.sendall(b"x")
            except OSError:
                return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            with taxii.Client(url, Credentials("t")) as member:
                assert member.listing().collections == []
                failed = ended(member.listing)
        finally:
            closed.set()
            server.shutdown()
    assert isinstance(failed, EndpointFailed)
    assert "it takes too long" in str(failed)
