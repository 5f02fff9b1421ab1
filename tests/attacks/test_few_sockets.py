"""A few sockets stop nobody: whoever only holds them loses them, to time-outs, and at once to whoever waits.

While honest requests are sent, time-outs are set to ten minutes: that they are answered shows that they did not wait for one.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from gateway_process import Attacked
from patience import PATIENCE_SECONDS, until
from strict_upstream import StrictUpstream

PATIENT = {"head_seconds": 600, "body_idle_seconds": 600, "write_seconds": 600, "body_seconds": 600}
# Of whoever has been answered, nothing but that it stands still lets it go.
HASTY = {"head_seconds": 2, "body_idle_seconds": 2, "write_seconds": 2, "body_seconds": 2, "client_keep_seconds": 3600}


@pytest.fixture
def strict() -> Iterator[StrictUpstream]:
    server = StrictUpstream()
    yield server
    server.close()


@pytest.fixture
def held() -> Iterator[list[socket.socket]]:
    """Sockets that somebody holds; closed in the end."""
    sockets: list[socket.socket] = []
    yield sockets
    for one in sockets:
        one.close()


def hold(held: list[socket.socket], gateway: Attacked, count: int, sent: bytes) -> None:
    """Open so many and send the same over each, in the name of an account of its own."""
    for _ in range(count):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.settimeout(PATIENCE_SECONDS)
        one.connect(gateway.address)
        with contextlib.suppress(OSError):
            one.sendall(sent.replace(b"ACCOUNT", b"a%d" % len(held)))
        held.append(one)


def ended(one: socket.socket) -> bool:
    """Whether the gateway has let go of it, having read nothing of what it may have sent before."""
    one.setblocking(False)
    try:
        while one.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def honest(gateway: Attacked, count: int) -> list[int]:
    """Statuses of so many requests, each over a connection of its own, one half with a body in pieces."""
    statuses = []
    for number in range(count):
        mark = b"<honest>"
        body = iter([mark] * 3) if number % 2 else mark * 3
        answer = httpx.post(
            f"{gateway.url}/v1/files",
            content=body,
            headers={"x-mark": mark.decode(), "x-account": "honest"},
            timeout=PATIENCE_SECONDS,
        )
        assert answer.status_code != 200 or answer.content == mark
        statuses.append(answer.status_code)
    return statuses


def head(do: str, length: int) -> bytes:
    """Of an upload, whole."""
    named = f"host: x\r\nx-account: ACCOUNT\r\nx-mark: abc\r\nx-do: {do}\r\ncontent-length: {length}\r\n\r\n"
    return b"POST /v1/files HTTP/1.1\r\n" + named.encode()


STARVED = head("echo", 3000) + b"abc"
NEVER_READ = head("endless", 3) + b"abc"
HALF_A_HEAD = b"POST /v1/files HTTP/1.1\r\nhost: x\r\nx-account: ACC"


@pytest.mark.parametrize(("sent", "count"), [(STARVED, 256), (NEVER_READ, 256)], ids=["3 bytes", "never read"])
def test_honest_requests_are_answered_beside_whoever_stands_still(
    attack: Any, strict: StrictUpstream, held: list[socket.socket], sent: bytes, count: int
) -> None:
    gateway = attack(strict.url, **PATIENT, upstream_wait_seconds=PATIENCE_SECONDS)
    hold(held, gateway, count, sent)
    assert until(lambda: strict.begun >= count)
    assert honest(gateway, 20) == [200] * 20
    assert strict.wrong == []
    assert gateway.lives()


def test_honest_requests_are_answered_beside_half_sent_heads(
    attack: Any, strict: StrictUpstream, held: list[socket.socket]
) -> None:
    gateway = attack(strict.url, **PATIENT, client_connections=300, address_connections=200)
    hold(held, gateway, 300, HALF_A_HEAD)
    assert honest(gateway, 20) == [200] * 20
    assert gateway.metric('let_go_total{kind="makes room"}') >= 100
    # The oldest made room.
    assert all(until(lambda one=one: ended(one)) for one in held[:100])  # type: ignore[misc]
    assert not any(ended(one) for one in held[-50:])


def test_bodies_that_come_fast_enough_leave_room_for_those_that_are_here(
    attack: Any, strict: StrictUpstream, held: list[socket.socket]
) -> None:
    gateway = attack(strict.url, **PATIENT, upstream_connections=8, upstream_wait_seconds=PATIENCE_SECONDS)
    hold(held, gateway, 12, head("echo", 3 * 10**9) + b"abc")
    assert until(lambda: strict.begun >= 4)
    over = threading.Event()

    def send() -> None:
        while not over.wait(0.05):
            for one in held:
                with contextlib.suppress(OSError):
                    one.send(b"abc" * 4096, socket.MSG_DONTWAIT)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        mark = {"x-mark": "<m>", "x-account": "honest"}
        for _ in range(20):
            answer = httpx.post(f"{gateway.url}/v1/files", content=b"<m>", headers=mark, timeout=PATIENCE_SECONDS)
            assert (answer.status_code, answer.content) == (200, b"<m>")
    finally:
        over.set()
        sending.join(timeout=300)


def test_connections_are_counted_by_address(attack: Any, strict: StrictUpstream, held: list[socket.socket]) -> None:
    gateway = attack(strict.url, **PATIENT, address_connections=40)
    # Requests are under way on all of them: none makes room.
    hold(held, gateway, 40, STARVED)
    assert until(lambda: strict.begun >= 40)
    assert gateway_says(gateway, "127.0.0.1") == b"HTTP/1.1 503"
    assert gateway_says(gateway, "127.0.0.2") == b"HTTP/1.1 200"


def gateway_says(gateway: Attacked, address: str) -> bytes:
    with socket.create_connection(gateway.address, PATIENCE_SECONDS, (address, 0)) as client:
        with contextlib.suppress(OSError):
            client.sendall(head("echo", 3) + b"abc")
        return client.recv(12)


def test_requests_are_counted_by_account(attack: Any, strict: StrictUpstream, held: list[socket.socket]) -> None:
    gateway = attack(strict.url, **PATIENT, account_at_once=3, upstream_wait_seconds=0.2)
    hold(held, gateway, 3, STARVED.replace(b"ACCOUNT", b"one"))
    assert until(lambda: strict.begun >= 3)
    url = f"{gateway.url}/v1/files"
    for account, status in (("one", 429), ("other", 200)):
        headers = {"x-mark": "abc", "x-account": account}
        answer = httpx.post(url, content=b"abc", headers=headers, timeout=PATIENCE_SECONDS)
        assert answer.status_code == status
    assert answer.content == b"abc"


STILL = {
    "3 bytes": STARVED,
    "never read": NEVER_READ,
    "half a head": HALF_A_HEAD,
    "nothing": b"",
    "no body": head("echo", 3000),
    "half a JSON": head("echo", 3000) + b'{"a"',
}


def test_whoever_stands_still_is_let_go(attack: Any, strict: StrictUpstream, held: list[socket.socket]) -> None:
    gateway = attack(strict.url, **HASTY)
    for sent in STILL.values():
        hold(held, gateway, 8, sent)
    # To look whether one has ended is to read it, and nobody lets go of a reader: all must have ended before.
    assert until(lambda: gateway.metric('let_go_total{kind="write"}') >= 8)
    for number, kind in enumerate(STILL):
        of_kind = held[8 * number : 8 * number + 8]
        assert all(until(lambda one=one: ended(one)) for one in of_kind), kind  # type: ignore[misc]
    assert gateway.lives()


def test_a_head_without_end_is_let_go(attack: Any, strict: StrictUpstream, held: list[socket.socket]) -> None:
    gateway = attack(strict.url, **PATIENT)
    hold(held, gateway, 1, HALF_A_HEAD)

    def lengthened() -> bool:
        with contextlib.suppress(OSError):
            held[0].setblocking(True)
            held[0].sendall(b"x" * 65536)
        return ended(held[0])

    assert until(lengthened)
    assert honest(gateway, 2) == [200] * 2


def test_a_body_that_trickles_is_let_go(attack: Any, strict: StrictUpstream, held: list[socket.socket]) -> None:
    gateway = attack(strict.url, **{**PATIENT, "body_idle_seconds": 0.5})
    hold(held, gateway, 1, STARVED)
    one = held[0]

    def trickled() -> bool:
        with contextlib.suppress(OSError):
            one.setblocking(True)
            one.sendall(b"abc")
        return ended(one)

    assert until(trickled)
