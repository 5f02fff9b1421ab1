"""A shared state that answers anything, and files of the record that are taken away or cannot be written: requests are answered, and what can be recorded is."""

import resource
import shutil
import signal
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, asked, guarded, record_of
from gateways import Act, decided, known
from patience import until

CHAT = "/v1/chat/completions"
SLOW: Act = ("rate-limit", {"requests_per_minute": 400, "burst": 200})
TEXT = (
    "Work through every step of the following task before you give the final answer to the examiner. "
    "Explain each intermediate result in full sentences and never leave out a calculation."
)
GREETING = b"%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n"


@contextmanager
def lying_state(told: bytes) -> Iterator[str]:
    """A server that greets as Redis does and answers every question with the same."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                words = []
                for _ in range(int(line[1:])):
                    words.append(self.rfile.read(int(self.rfile.readline()[1:])))
                    self.rfile.readline()
                usual = {b"HELLO": GREETING, b"CLIENT": b"+OK\r\n"}
                self.wfile.write(usual.get(words[0].upper(), told))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"redis://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


LIES = {
    "a word": b"$3\r\nabc\r\n",
    "no number": b"$3\r\nnan\r\n",
    "no end": b"$3\r\ninf\r\n",
    "beyond all time": b"$5\r\n1e300\r\n",
    "below nought": b"$4\r\n-1e9\r\n",
    "a list": b"*1\r\n$1\r\n1\r\n",
    "a map": b"%1\r\n$1\r\n1\r\n$1\r\n1\r\n",
    "no UTF-8": b"$3\r\n\xff\xfe\xfd\r\n",
    "another protocol": b"HTTP/1.1 200 OK\r\n\r\n",
    "a number that is none": b":abc\r\n",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_state_that_answers_anything_counts_as_away(tmp_path: Path, lie: str) -> None:
    joins = decided(SLOW, templates=["T1"], decision_id="D2")
    given: Any = {"account_from": ("header:x-account",), "state_timeout_ms": 60_000, "state_retry_seconds": 0.001}
    with (
        lying_state(LIES[lie]) as state,
        guarded(
            tmp_path, decided(SLOW, accounts=["a"]), joins, texts=known(("T1", "C1", TEXT)), state=state, **given
        ) as (url, behind),
    ):
        for account, text in (("a", "Why?"), ("b", TEXT), ("a", "How?")):
            body = {"messages": [{"role": "user", "content": text}]}
            assert asked(url, CHAT, body, f"x-account: {account}")[0] == 200
        assert len(behind.seen) == 3


def test_a_state_that_grants_everything_is_not_the_only_one_that_counts(tmp_path: Path) -> None:
    """Whoever can empty a Redis, or make it fail at the right instants, had a new allowance each time."""
    limited: Act = ("rate-limit", {"requests_per_minute": 1, "burst": 5})
    given: Any = {"account_from": ("header:x-account",), "state_timeout_ms": 60_000}
    with (
        lying_state(b"$1\r\n0\r\n") as state,
        guarded(tmp_path, decided(limited, accounts=["a"]), state=state, **given) as (url, behind),
    ):
        told = [asked(url, CHAT, {"messages": HELLO}, "x-account: a")[0] for _ in range(40)]
    assert set(told) == {200, 429}
    assert 4 <= len(behind.seen) < 20


def body(letters: int) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "x " * letters}]}


def test_a_folder_that_was_taken_away_is_made_again(tmp_path: Path) -> None:
    with guarded(tmp_path, record_file_mb=1, account_from=("header:x-account",)) as (url, _):
        for number in range(30):
            if number == 2:
                shutil.rmtree(tmp_path / "record")
            assert asked(url, CHAT, body(400_000), "x-account: a")[0] == 200
        assert until(lambda: len(record_of(tmp_path)) > 0)
    assert len(record_of(tmp_path)) > 0


def test_a_file_that_was_removed_is_not_written_to_for_ever(tmp_path: Path) -> None:
    with guarded(tmp_path, account_from=("header:x-account",)) as (url, _):
        for removed in ("exchanges-*.jsonl", ".pending-*.wal"):
            asked(url, CHAT, {"messages": HELLO}, "x-account: a")
            for file in (tmp_path / "record").glob(removed):
                file.unlink()

            def written(kind: str = removed) -> bool:
                asked(url, CHAT, {"messages": HELLO}, "x-account: a")
                return any((tmp_path / "record").glob(kind))

            assert until(written)
        before = len(record_of(tmp_path))
        asked(url, CHAT, {"messages": HELLO}, "x-account: a")
        assert until(lambda: len(record_of(tmp_path)) > before)


@pytest.fixture
def disk_full() -> Iterator[Any]:
    """No file may grow beyond so many bytes, until it may again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda most: resource.setrlimit(resource.RLIMIT_FSIZE, (most or soft, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


def test_a_full_disk_costs_what_cannot_be_written_and_nothing_else(tmp_path: Path, disk_full: Any) -> None:
    def whole() -> int:
        files = (tmp_path / "record").glob("*.jsonl")
        return sum(line.endswith(b"}\n") for file in files for line in file.read_bytes().splitlines(True))

    with guarded(tmp_path, account_from=("header:x-account",)) as (url, behind):
        assert asked(url, CHAT, body(40_000), "x-account: a")[0] == 200
        # Its line comes a moment after its answer.
        assert until(lambda: whole() == 1)
        disk_full(100_000)
        for _ in range(5):
            assert asked(url, CHAT, body(40_000), "x-account: a")[0] == 200
        disk_full(None)
        assert len(behind.seen) == 6
        for _ in range(3):
            assert asked(url, CHAT, body(40_000), "x-account: a")[0] == 200
        # What was half written stands on a line of its own.
        assert until(lambda: whole() >= 4)
