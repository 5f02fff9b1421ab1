"""One request that is many counts as many: prompts, answers to each, tokens, lines of a file, requests at once."""

import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from attacked import HELLO, asked, guarded, record_of
from gateways import Act, decided, known

TEMPLATE = "Work through every step of the following task before you give the final answer to the examiner."
SLOW: Act = ("rate-limit", {"requests_per_minute": 40, "burst": 20})
BY_HEADER: Any = {"account_from": ("header:x-account",)}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/completions", {"prompt": ["How many apples?"] * 2048, "n": 16}),
        ("/v1/completions", {"prompt": ["How many apples?"] * 41}),
        ("/v1/completions", {"prompt": [[1, 2], [3]] * 21}),
        ("/v1/completions", {"prompt": "x", "best_of": 41}),
        ("/v1/chat/completions", {"messages": HELLO, "n": 41}),
        ("/v1/chat/completions", {"messages": HELLO, "n": "41"}),
        ("/v1/chat/completions", {"messages": HELLO, "n": 41.0}),
        ("/v1/chat/completions", {"messages": HELLO, "N": 41}),
        ("/v1/chat/completions", {"messages": HELLO, "n": 1, "extra_body": {"n": 41}}),
        ("/generate", {"inputs": "Why?", "parameters": {"num_return_sequences": 41}}),
        ("/generate", {"text": "Why?", "sampling_params": {"n": 41}}),
        ("/v1beta/models/m:generateContent", {"contents": [], "generationConfig": {"candidateCount": 41}}),
        ("/v1/embeddings", {"input": ["some text"] * 41}),
    ],
)
def test_more_than_a_minutes_worth_is_refused(tmp_path: Path, path: str, body: Any) -> None:
    with guarded(tmp_path, decided(SLOW, accounts=["a"]), **BY_HEADER) as (url, behind):
        status, said = asked(url, path, {"model": "m", **body}, "x-account: a")
        assert (status, b"too_much_at_once" in said) == (429, True)
        assert asked(url, path, {"model": "m", **body}, "x-account: other")[0] == 200
        assert len(behind.seen) == 1


def test_what_is_asked_at_once_is_paid_for(tmp_path: Path) -> None:
    with guarded(tmp_path, decided(SLOW, accounts=["a"]), **BY_HEADER) as (url, _):
        assert asked(url, "/v1/chat/completions", {"messages": HELLO, "n": 38}, "x-account: a")[0] == 200
        assert asked(url, "/v1/chat/completions", {"messages": HELLO}, "x-account: a")[0] == 429
        # One prompt of many token ids is one.
        ids = {"prompt": list(range(500))}
        slow = decided(SLOW, accounts=["b"])
        with guarded(tmp_path, slow, **BY_HEADER) as (again, _):
            assert asked(again, "/v1/completions", ids, "x-account: b")[0] == 200


def test_tokens_are_counted_before_they_are_made(tmp_path: Path) -> None:
    tokens: Act = ("rate-limit", {"requests_per_minute": 1000, "burst": 1000, "tokens_per_minute": 10_000})
    with guarded(tmp_path, decided(tokens, accounts=["a", "b", "c"]), **BY_HEADER) as (url, _):
        for account, body, statuses in (
            ("a", {"messages": HELLO, "max_tokens": 7000}, [200, 429]),
            ("b", {"messages": HELLO, "max_tokens": 3000, "n": 4}, [429]),
            ("b", {"messages": HELLO, "max_tokens": 1, "max_completion_tokens": "12000"}, [429]),
            ("b", {"messages": HELLO, "max_tokens": 12000.0}, [429]),
            ("c", {"messages": [{"role": "user", "content": "word " * 5000}], "max_tokens": 1}, [200, 429]),
        ):
            got = [asked(url, "/v1/chat/completions", body, f"x-account: {account}")[0] for _ in statuses]
            assert got == statuses, account


def lines(count: int, *last: str) -> bytes:
    asks = [*(f"What is the capital of country number {n}?" for n in range(count)), *last]
    made = [
        {
            "custom_id": str(number),
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "m", "messages": [{"role": "user", "content": text}, *HELLO]},
        }
        for number, text in enumerate(asks)
    ]
    return "\n".join(map(json.dumps, made)).encode()


def test_a_line_that_reads_two_ways_ends_its_upload(tmp_path: Path) -> None:
    line = b'{"url": "/v1/chat/completions", "body": {"messages": []}, "body": {"messages": ["x"]}}'
    with guarded(tmp_path, **BY_HEADER) as (url, behind):
        answer = upload(url, lines(3) + b"\n" + line + b"\n", "a")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ambiguous_json")
        assert behind.seen == []


def upload(url: str, file: bytes, account: str) -> httpx.Response:
    form: dict[str, Any] = {"files": {"file": ("batch.jsonl", file)}, "data": {"purpose": "batch"}}
    return httpx.post(f"{url}/v1/files", headers={"x-account": account}, timeout=120, **form)


def test_each_line_of_a_file_is_recorded_and_matched(tmp_path: Path) -> None:
    blocked = decided("block", templates=["T1"])
    with guarded(tmp_path, blocked, texts=known(("T1", "C001", TEMPLATE)), **BY_HEADER) as (url, behind):
        assert upload(url, lines(2000), "a").status_code == 200
        assert behind.seen[-1].body.count(b"custom_id") == 2000
        assert upload(url, lines(1500, TEMPLATE) + b"\n" + lines(1500), "b").status_code == 403
        assert len(behind.seen) == 1
    found = [line for line in record_of(tmp_path) if line.get("pathway") == "batch"]
    of_a = [line for line in found if line["account_id"] == "a"]
    assert len({json.dumps(line["messages"]) for line in of_a}) == len(of_a) == 2000
    assert {line["operation"] for line in found} == {"chat.completions"}
    assert [line["status"] for line in found if line["account_id"] == "b"].count("403") == 1
    (whole,) = [
        line
        for line in record_of(tmp_path)
        if (line["account_id"] == "a" and "pathway" not in line)
        or (line["account_id"] == "a" and line["pathway"] != "batch")
    ]
    assert whole["gateway"]["batched"] == 2000


@pytest.mark.parametrize(
    "body",
    [
        {"requests": [{"custom_id": str(n), "params": {"messages": HELLO, "max_tokens": 9}} for n in range(41)]},
        {"custom_id": "1", "url": "/v1/chat/completions", "body": {"messages": HELLO, "n": 41}},
    ],
)
def test_a_limited_account_cannot_ask_in_batches(tmp_path: Path, body: Any) -> None:
    with guarded(tmp_path, decided(SLOW, accounts=["a"]), **BY_HEADER) as (url, behind):
        assert asked(url, "/v1/messages/batches", body, "x-account: a")[0] == 429
        assert upload(url, lines(41), "a").status_code == 429
        assert not behind.seen
        assert asked(url, "/v1/messages/batches", body, "x-account: b")[0] == 200


def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    piece = lines(200).replace(b"What is", b"What " + b"really " * 280 + b"is") + b"\n"

    def pieces(count: int) -> Iterator[bytes]:
        for _ in range(count):
            yield piece
        # And one line that does not end.
        for _ in range(count):
            yield b"{" + b"x" * len(piece)

    with guarded(tmp_path, record=None, max_body_mb=0.5, match_texts=False, other_paths="record") as (url, behind):
        behind.keeps = False
        peaks = []
        for count in (4, 24):
            tracemalloc.start()
            assert httpx.post(f"{url}/v1/files", content=pieces(count), timeout=300).status_code == 200
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 8 * 2**20


def test_one_account_cannot_hold_every_place(tmp_path: Path) -> None:
    with guarded(tmp_path, account_at_once=4, **BY_HEADER) as (url, behind):
        behind.seconds = 3.0
        got: list[int] = []

        def ask(account: str) -> None:
            got.append(asked(url, "/v1/chat/completions", {"messages": HELLO}, f"x-account: {account}")[0])

        many = [threading.Thread(target=ask, args=("a",)) for _ in range(10)]
        for one in many:
            one.start()
        for one in many:
            one.join(timeout=300)
        assert behind.at_once <= 4
        assert sorted(got) == [200] * len(behind.seen) + [429] * (10 - len(behind.seen))
        assert 429 in got
        behind.seconds = 0
        ask("a")
        ask("b")
        assert got[-2:] == [200, 200]
        # Whoever leaves gives the place back.
        at = urlsplit(url)
        behind.seconds = 30
        for _ in range(8):
            with socket.create_connection((at.hostname or "", at.port or 0)) as to:
                to.sendall(
                    b"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nx-account: a\r\ncontent-length: 15\r\n\r\n"
                    b'{"messages":[]}'
                )
                time.sleep(0.05)
        behind.seconds = 0
        for _ in range(600):
            ask("a")
            if got[-1] == 200:
                break
            time.sleep(0.1)
        assert got[-1] == 200
