"""Where a request ends, what its head says and what its body is are told in one way, whatever bytes a client writes."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attacked import HELLO, SECRET, Seen, Witness, account_of, asked, guarded
from gateway_process import gateway_process
from gateways import decided, known, serving, standings
from marked_answers import marks_in

from stillwatch.decisions import Decision
from stillwatch.gateway import write_snapshot

CHAT = {"model": "m", "messages": HELLO}
INNER = (
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer REAL\r\ncontent-length: 21\r\n\r\n"
    b'{"messages":["gone"]}'
)
FORM = b"content-type: application/json\r\n"
LENGTH = b"content-length: %d\r\n" % len(INNER)
CHUNKED = b"transfer-encoding: chunked\r\n"
ONE = b'%x\r\n{"messages":[]}\r\n' % 15


def head(*lines: bytes, line: bytes = b"POST /v1/chat/completions HTTP/1.1\r\n") -> bytes:
    return line + b"host: g\r\nauthorization: Bearer junk\r\n" + FORM + b"".join(lines) + b"\r\n"


SMUGGLED = {
    "length and chunks": head(LENGTH, CHUNKED) + b"0\r\n\r\n" + INNER,
    "chunks and length": head(CHUNKED, LENGTH) + b"0\r\n\r\n" + INNER,
    "two lengths": head(b"content-length: 2\r\n", LENGTH) + b"{}" + INNER,
    "a list of lengths": head(b"content-length: 2, 2\r\n") + b"{}" + INNER,
    "a length with a sign": head(b"content-length: +2\r\n") + b"{}" + INNER,
    "a length in hexadecimal": head(b"content-length: 0x2\r\n") + b"{}" + INNER,
    "a length beyond numbers": head(b"content-length: 18446744073709551618\r\n") + b"{}" + INNER,
    "a blank before the colon": head(b"content-length : 2\r\n", LENGTH) + b"{}" + INNER,
    "chunked, in other letters": head(b"transfer-encoding: cHuNkEd\r\n", LENGTH) + b"0\r\n\r\n" + INNER,
    "chunked behind a tab": head(b"transfer-encoding:\tchunked\r\n", LENGTH) + b"0\r\n\r\n" + INNER,
    "chunked behind a vertical tab": head(b"transfer-encoding: \x0bchunked\r\n", LENGTH) + b"0\r\n\r\n" + INNER,
    "chunked and more": head(b"transfer-encoding: chunked, identity\r\n") + b"0\r\n\r\n" + INNER,
    "chunked that is none": head(b"transfer-encoding: xchunked\r\n") + b"0\r\n\r\n" + INNER,
    "chunked twice": head(CHUNKED, CHUNKED) + b"0\r\n\r\n" + INNER,
    "chunked by a folded line": head(b"transfer-encoding:\r\n chunked\r\n", LENGTH) + b"0\r\n\r\n" + INNER,
    "a folded line": head(b"x-a: b\r\n" + INNER[:30].replace(b"\r\n", b"") + b"\r\n " + b"c\r\n", LENGTH) + INNER,
    "bare line feeds": head(LENGTH).replace(b"\r\n", b"\n") + INNER,
    "a bare line feed in the head": head(b"x-a: b\n", b"content-length: 2\r\n") + b"{}" + INNER,
    "a bare carriage return in the head": head(b"x-a: b\rcontent-length: 400\r\n", b"content-length: 2\r\n")
    + b"{}"
    + INNER,
    "a null in the head": head(b"x-a: b\x00\r\n", b"content-length: 2\r\n") + b"{}" + INNER,
    "a chunk's extension": head(CHUNKED) + b"f;a=\nb\r\n" + ONE[4:] + b"0\r\n\r\n" + INNER,
    "a chunk's size too long": head(CHUNKED) + b"1000000000000000f\r\n" + ONE[4:] + b"0\r\n\r\n" + INNER,
    "a chunk's size with a sign": head(CHUNKED) + b"-f\r\n" + ONE[4:] + b"0\r\n\r\n" + INNER,
    "a chunk without its end": head(CHUNKED) + ONE[:-2] + b"0\r\n\r\n" + INNER,
    "chunks by bare line feeds": head(CHUNKED) + ONE.replace(b"\r\n", b"\n") + b"0\n\n" + INNER,
    "expecting": head(b"expect: 100-continue\r\n", b"content-length: 2\r\n") + b"{}" + INNER,
    "expecting something else": head(b"expect: 200-maybe\r\n", b"content-length: 2\r\n") + b"{}" + INNER,
    "another protocol": head(b"upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMA\r\n")
    + INNER,
    "another protocol, with a body": head(b"upgrade: h2c\r\nconnection: upgrade\r\n", LENGTH) + INNER + INNER,
    "a websocket with a body": head(b"upgrade: websocket\r\nconnection: upgrade\r\n", LENGTH) + INNER + INNER,
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + INNER,
    "HTTP/0.9": b"POST /v1/chat/completions\r\n" + INNER,
    "a version that is none": head(LENGTH, line=b"POST /v1/chat/completions HTTP/1.9\r\n") + INNER,
    "a tunnel": b"CONNECT g:80 HTTP/1.1\r\nhost: g:80\r\n\r\n" + INNER,
    "behind an answer without a body": b"HEAD /v1/models HTTP/1.1\r\nhost: g\r\n" + LENGTH + b"\r\n" + INNER,
    "a body of GET": head(LENGTH, line=b"GET /v1/models HTTP/1.1\r\n") + INNER,
}


@contextlib.contextmanager
def gateway(folder: Path, *decisions: Decision, **settings: Any) -> Iterator[tuple[str, Witness]]:
    """A gateway as it is run, impatient, and what stands behind it."""
    (folder / "secret").write_bytes(SECRET)
    write_snapshot(folder / "snapshot", standings(folder / "log.jsonl", *decisions), known())
    chosen: dict[str, Any] = {
        "snapshot": str(folder / "snapshot"),
        "secret_file": str(folder / "secret"),
        "account_from": ["key"],
    }
    chosen |= {"head_seconds": 0.5, "body_seconds": 0.5, "body_idle_seconds": 0.5, "client_keep_seconds": 1}
    witness = Witness()
    with serving(witness) as behind, gateway_process(folder, behind, chosen | settings) as running:
        yield running.url, witness


def sent(url: str, pieces: list[bytes]) -> bytes:
    """Write these pieces one after another; all that comes back until the other end is done with us."""
    at = urlsplit(url)
    back = b""
    with socket.create_connection((at.hostname or "", at.port or 0), timeout=60) as to:
        to.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Whoever is refused in the middle is cut off there.
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                to.sendall(piece)
            while piece := to.recv(65536):
                back += piece
    return back


def unjudged(seen: list[Seen]) -> list[Seen]:
    """What reached the server behind in the blocked key's name."""
    return [one for one in seen if "Bearer REAL" in one.all_of("authorization")]


def test_nothing_within_a_request_becomes_one(tmp_path: Path) -> None:
    blocked = decided("block", accounts=[account_of("REAL")])
    with gateway(tmp_path, blocked) as (url, behind):
        assert asked(url, "/v1/chat/completions", CHAT, "authorization: Bearer REAL")[0] == 403
        cut = [
            [raw[at : at + size] for at in range(0, len(raw), size)]
            for raw in SMUGGLED.values()
            for size in (len(raw), 40)
        ]
        # At once: many are left open, and end only when the gateway has waited long enough for more.
        with ThreadPoolExecutor(len(cut)) as senders:
            for _ in senders.map(sent, [url] * len(cut), cut):
                assert asked(url, "/v1/chat/completions", CHAT, "authorization: Bearer good")[0] == 200
        assert unjudged(behind.seen) == []
        assert all(one.path.startswith("/v1/") for one in behind.seen)
        # What the server behind was sent has one length, and no other say of where it ends.
        for one in behind.seen:
            assert len(one.all_of("content-length", "transfer-encoding")) <= 1
            assert one.all_of("expect", "upgrade", "te", "trailer", "http2-settings") == []


TARGETS = [
    "http://elsewhere/v1/chat/completions",
    "//v1/chat/completions",
    "/v1/%63hat/completions",
    "/v1/%2563hat/completions",
    "/v1/chat/completions/",
    "/v1/chat//completions",
    "/v1/./chat/completions",
    "/v1/x/../chat/completions",
    "/v1/x/%2e%2e/chat/completions",
    "/V1/Chat/COMPLETIONS",
    "/v1/chat/completions?x=1",
    "/v1/chat/completions?",
    "/v1/chat/completions;x=1",
    "/v1/chat/completions%20",
    "/v1/chat/completions%00",
    "/v1/chat%2fcompletions",
    "/v1\\chat\\completions",
    "/v1/chat/completions%23",
    "/openai/deployments/m/chat/completions",
]


def test_no_spelling_of_a_target_is_a_way_round(tmp_path: Path) -> None:
    stripped, blocked = (
        decided("hide-reasoning", accounts=["strip"]),
        decided("block", accounts=["bad"], decision_id="D2"),
    )
    with gateway(tmp_path, stripped, blocked, account_from=["header:x-account"]) as (url, behind):
        for target in TARGETS:
            behind.seen.clear()
            assert asked(url, target, CHAT, "x-account: bad")[0] in (400, 403), target
            assert behind.seen == []
            status, said = asked(url, target, CHAT, "x-account: strip")
            assert status in (200, 400, 502), target
            assert marks_in(said) == []
            # No other host is asked.
            assert all(one.all_of("host") != ["elsewhere"] for one in behind.seen)


TRAILERS = b"x-account: good\r\nx-real-ip: 203.0.113.9\r\nauthorization: Bearer REAL\r\nx-late: 1\r\n"


def test_what_stands_behind_a_body_says_nothing(tmp_path: Path) -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":"Who?"}]}'
    chunks = b"%x\r\n%b\r\n0\r\n" % (len(body), body) + TRAILERS + b"\r\n"
    settings: dict[str, Any] = {"account_from": ["header:x-account"], "address_from": "header:x-real-ip"}
    with gateway(tmp_path, decided("block", accounts=["bad"]), **settings) as (url, behind):
        for account, status in ((b"bad", b"403"), (b"ok", b"200")):
            told = b"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nconnection: close\r\nx-real-ip: 198.51.100.1\r\n"
            told += b"x-account: " + account + b"\r\n" + FORM + CHUNKED + b"\r\n"
            for pieces in ([told + chunks], [told, chunks[:20], chunks[20:]]):
                assert sent(url, pieces).split(b" ", 2)[1] == status
        assert len(behind.seen) == 2
        for one in behind.seen:
            assert one.body == body
            assert one.all_of("x-account", "authorization", "x-late") == ["ok"]
            assert one.all_of("content-length") == [str(len(body))]
            assert one.all_of("x-real-ip") == ["198.51.100.1"]


def test_what_stands_behind_an_answer_is_no_header_of_it(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\n"
    answer += b"2\r\n{}\r\n0\r\nset-cookie: a=b\r\nx-late: 1\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    one, _ = listening.accept()
                    with one:
                        one.recv(65536)
                        one.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        with gateway_process(tmp_path, f"http://127.0.0.1:{listening.getsockname()[1]}", {}) as running:
            said = sent(running.url, [b"GET /v1/models HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n"])
        listening.shutdown(socket.SHUT_RDWR)
    told, _, body = said.partition(b"\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 200")
    assert b"x-late" not in told
    assert b"set-cookie" not in told
    assert b"{}" in body


CODED = "x" + "+ACI-,+ACI-messages+ACI-"


KINDS = [
    ("application/json; charset=utf-7",),
    ("application/json; charset=unicode_escape",),
    ("application/json;charset=UTF-16",),
    ("application/x-www-form-urlencoded",),
    ("multipart/form-data; boundary=x",),
    ("application/json", "application/x-www-form-urlencoded"),
    ("text/plain",),
    (),
]


def test_a_body_goes_on_as_what_it_was_read_as(tmp_path: Path) -> None:
    body = b'{"model": "m", "messages": [], "x": "&prompt=%b&y="}' % CODED.encode()
    with guarded(tmp_path) as (url, behind):
        for kinds in KINDS:
            lines = [b"POST /v1/chat/completions HTTP/1.1", b"host: g", b"connection: close"]
            lines += [b"content-type: " + one.encode() for one in kinds]
            lines += [b"content-length: %d" % len(body), b"", body]
            assert sent(url, [b"\r\n".join(lines)]).split(b" ", 2)[1] == b"200"
            assert behind.seen[-1].all_of("content-type") == ["application/json"]
            assert behind.seen[-1].body == body


def test_our_own_headers_are_nobody_elses_to_write(tmp_path: Path) -> None:
    tagged = decided(("tag", {"tag": "under-review"}), accounts=["a"])
    with guarded(tmp_path, tagged, account_from=("header:x-account",)) as (url, behind):
        for name in ("x-stillwatch-tags", "X_Stillwatch_Tags", "x-stillwatch_tags"):
            assert asked(url, "/v1/chat/completions", CHAT, "x-account: a", f"{name}: fine")[0] == 200
            found = [v for n, v in behind.seen[-1].headers if n.replace(b"_", b"-") == b"x-stillwatch-tags"]
            assert found == [b"under-review"]
