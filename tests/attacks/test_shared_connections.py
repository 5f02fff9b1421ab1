"""No request and no answer ever runs into another's: clients that leave, upstreams that answer early, twice, too much.

There is one connection to the upstream, so that whatever an attacker leaves behind on it is the next client's.
"""

import contextlib
import itertools
import random
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest
from gateway_process import Attacked
from patience import PATIENCE_SECONDS
from strict_upstream import StrictUpstream

MARKS = itertools.count()


@pytest.fixture
def strict() -> Iterator[StrictUpstream]:
    server = StrictUpstream()
    yield server
    server.close()


@pytest.fixture
def gateway(attack: Any, strict: StrictUpstream) -> Any:
    return attack(strict.url, upstream_connections=1, upstream_keep_seconds=600)


def request(do: str, *, method: str = "POST", chunked: bool = False, repeats: int = 8) -> tuple[bytes, bytes]:
    """A request of which every byte of the body is known, and its mark."""
    mark = b"<%d>" % next(MARKS)
    head = b"%b /v1/files HTTP/1.1\r\nhost: x\r\nx-do: %b\r\nx-mark: %b\r\n" % (method.encode(), do.encode(), mark)
    if method != "POST":
        return head + b"\r\n", mark
    if not chunked:
        return head + b"content-length: %d\r\n\r\n" % (len(mark) * repeats) + mark * repeats, mark
    pieces = b"".join(b"%x\r\n%b\r\n" % (len(mark), mark) for _ in range(repeats))
    return head + b"transfer-encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n", mark


def connected(gateway: Attacked) -> socket.socket:
    return socket.create_connection(gateway.address, timeout=PATIENCE_SECONDS)


def read_answer(client: socket.socket, method: str = "POST") -> tuple[int, bytes]:
    """Status and body of one answer."""
    come = b""
    while b"\r\n\r\n" not in come:
        come += _some(client)
    head, _, body = come.partition(b"\r\n\r\n")
    if int(head.split()[1]) in (204, 304):
        return int(head.split()[1]), body
    if method != "HEAD" and b"content-length" in head.lower():
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += _some(client)
    return int(head.split()[1]), body


def _some(client: socket.socket) -> bytes:
    got = client.recv(65536)
    if not got:
        raise ConnectionError("it closed")
    return got


def asked(gateway: Attacked, do: str = "echo", **more: Any) -> tuple[int, bytes, bytes]:
    """Status, body and mark of one request, sent by somebody honest."""
    sent, mark = request(do, **more)
    with connected(gateway) as client:
        client.sendall(sent)
        return *read_answer(client, more.get("method", "POST")), mark


def assert_next_are_served(gateway: Attacked, strict: StrictUpstream) -> None:
    for _ in range(2):
        status, body, mark = asked(gateway)
        assert (status, body) == (200, mark)
    assert strict.wrong == []


def leave(client: socket.socket, *, rudely: bool) -> None:
    if rudely:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.parametrize("do", ["echo", "early"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_may_leave_at_every_byte(gateway: Attacked, strict: StrictUpstream, do: str, chunked: bool) -> None:
    whole, _ = request(do, chunked=chunked, repeats=4)
    head = whole.index(b"\r\n\r\n") + 4
    for cut in range(1, len(whole) + 1):
        sent, _ = request(do, chunked=chunked, repeats=4)
        client = connected(gateway)
        client.sendall(sent[: min(cut, len(sent))])
        if do == "early" and head + 6 < cut < len(whole) - 6:
            # It has its answer, and still owes the rest of its body.
            assert read_answer(client)[0] == 307
        leave(client, rudely=bool(cut % 2))
        status, body, mark = asked(gateway)
        assert (status, body) == (200, mark), cut
        assert strict.wrong == [], cut


@pytest.mark.parametrize("chunked", [False, True])
def test_an_early_answer_is_passed_on_and_its_connection_ended(
    gateway: Attacked, strict: StrictUpstream, chunked: bool
) -> None:
    assert_next_are_served(gateway, strict)
    sent, _ = request("early", chunked=chunked, repeats=500)
    with connected(gateway) as client:
        client.sendall(sent[:1200])
        assert read_answer(client)[0] == 307
        before = strict.connections
        assert_next_are_served(gateway, strict)
        assert strict.connections == before + 1
        # The rest of it is nobody's request.
        with contextlib.suppress(OSError):
            client.sendall(sent[1200:])
        assert_next_are_served(gateway, strict)


@pytest.mark.parametrize(
    "do",
    ["more", "more later", "chunked more", "304 more", "304 more later", "204 more", "204 more later"],
)
def test_what_an_upstream_sends_too_much_is_nobodys_answer(gateway: Attacked, strict: StrictUpstream, do: str) -> None:
    for _ in range(5):
        strict.forged.clear()
        status, body, _ = asked(gateway, do)
        assert status in (200, 204, 304, 502)
        assert b"forged" not in body
        # It lies in wait.
        assert strict.forged.wait(PATIENCE_SECONDS)
        assert_next_are_served(gateway, strict)


@pytest.mark.parametrize("do", ["echo", "headed more", "headed more later"])
def test_an_answer_to_head_has_no_body_whatever_comes(gateway: Attacked, strict: StrictUpstream, do: str) -> None:
    for _ in range(5):
        strict.forged.clear()
        status, body, _ = asked(gateway, do, method="HEAD")
        assert (status, body) == (200, b"")
        if do != "echo":
            assert strict.forged.wait(PATIENCE_SECONDS)
        assert_next_are_served(gateway, strict)


def test_interim_answers_are_no_answers(gateway: Attacked, strict: StrictUpstream) -> None:
    for _ in range(5):
        status, body, mark = asked(gateway, "interim")
        assert (status, body) == (200, mark)
    assert strict.connections == 1
    assert asked(gateway, "interim for ever")[0] == 502
    assert_next_are_served(gateway, strict)


def test_a_connection_that_the_upstream_closes_is_not_written_to(gateway: Attacked, strict: StrictUpstream) -> None:
    for _ in range(60):
        status, body, mark = asked(gateway, "closes")
        # One that is closing as it is written to may fail; it is never answered with another's answer.
        assert status == 502 or (status, body) == (200, mark)
    # The last of them may still be closing.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while asked(gateway)[0] == 502 and time.monotonic() < deadline:
        pass
    assert_next_are_served(gateway, strict)


def test_clean_connections_are_shared(gateway: Attacked, strict: StrictUpstream) -> None:
    for number in range(30):
        assert asked(gateway, chunked=bool(number % 2))[0] == 200
    assert strict.connections == 1


def test_a_mix_of_all_of_it(gateway: Attacked, strict: StrictUpstream) -> None:
    rng = random.Random(5)
    ways = ["echo", "early", "closes", "interim", "more", "304 more", "204 more"]
    for _ in range(250):
        sent, _ = request(rng.choice(ways), chunked=rng.random() < 0.5, repeats=rng.randrange(1, 40))
        client = connected(gateway)
        client.sendall(sent[: rng.choice([len(sent), rng.randrange(1, len(sent))])])
        if rng.random() < 0.3:
            client.settimeout(0.02)
            with contextlib.suppress(OSError):
                client.recv(100)
        leave(client, rudely=rng.random() < 0.5)
        status, body, mark = asked(gateway)
        assert body == mark if status == 200 else status == 502
        assert strict.wrong == []
    assert_next_are_served(gateway, strict)
