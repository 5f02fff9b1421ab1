"""A compressed body is judged by what is in it, on every path, and goes on as what it was read as; what cannot be read is not served."""

import gzip
import json
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from attacked import HELLO, asked, guarded, record_of
from gateways import decided, known

TEXT = (
    "Work through every step of the following task before you give the final answer to the examiner. "
    "Explain each intermediate result in full sentences and never leave out a calculation."
)
PATHS = ["/v1/chat/completions", "/v1/conversations", "/api/chat", "/v1/generate"]


def raw_deflate(raw: bytes) -> bytes:
    maker = zlib.compressobj(wbits=-15)
    return maker.compress(raw) + maker.flush()


CODED: dict[str, tuple[list[str], Any]] = {
    "gzip": (["content-encoding: gzip"], gzip.compress),
    "in capitals": (["Content-Encoding: X-GZIP"], gzip.compress),
    "two pieces": (["content-encoding: gzip"], lambda raw: gzip.compress(raw[:20]) + gzip.compress(raw[20:])),
    "deflate": (["content-encoding: deflate"], zlib.compress),
    "deflate without a lead": (["content-encoding: deflate"], raw_deflate),
    "zstd": (["content-encoding: zstd"], zstandard.compress),
    "twice": (["content-encoding: gzip, zstd"], lambda raw: zstandard.compress(gzip.compress(raw))),
    "twice in two headers": (
        ["content-encoding: identity, deflate", "content-encoding: gzip"],
        lambda raw: gzip.compress(zlib.compress(raw)),
    ),
    "named as CGI reads it": (["content_encoding: gzip"], gzip.compress),
}


@pytest.mark.parametrize("coding", CODED)
def test_a_known_text_is_found_in_it(tmp_path: Path, coding: str) -> None:
    headers, compress = CODED[coding]
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": TEXT}]}).encode()
    blocked = decided("block", templates=["T1"])
    with guarded(tmp_path, blocked, texts=known(("T1", "C001", TEXT)), account_from=("header:x-account",)) as (
        url,
        behind,
    ):
        for path in PATHS:
            status, answer = asked(url, path, compress(body), "x-account: a", *headers)
            assert (path, status, b"account_blocked" in answer) == (path, 403, True)
        assert not behind.seen


def test_it_goes_on_as_it_was_read(tmp_path: Path) -> None:
    body = json.dumps({"model": "m", "messages": HELLO}).encode()
    with guarded(tmp_path, account_from=("header:x-account",)) as (url, behind):
        for headers, compress in CODED.values():
            for path in PATHS:
                assert asked(url, path, compress(body), "x-account: a", *headers)[0] == 200
        for seen in behind.seen:
            assert seen.body == body
            assert seen.all_of("content-encoding", "content_encoding") == []
            assert seen.all_of("content-length") == [str(len(body))]
    said = record_of(tmp_path)
    assert len(said) == len(behind.seen) == len(CODED) * len(PATHS)
    assert {line["messages"][-1]["content"] for line in said} == {"How many apples?"}


def test_lines_of_a_file_are_each_judged(tmp_path: Path) -> None:
    ask = {"url": "/v1/chat/completions", "body": {"model": "m", "messages": [{"role": "user", "content": TEXT}]}}
    lines = "".join(json.dumps({"custom_id": str(n), "method": "POST", **ask}) + "\n" for n in range(5))
    blocked = decided("block", templates=["T1"])
    with guarded(tmp_path, blocked, texts=known(("T1", "C001", TEXT)), account_from=("header:x-account",)) as (
        url,
        behind,
    ):
        sent = zstandard.compress(lines.encode())
        status, answer = asked(url, "/v1/files", sent, "x-account: a", "content-encoding: zstd")
        assert (status, b"account_blocked" in answer) == (403, True)
        assert not behind.seen


# Made when a test sends them: every process collects this file.
UNREADABLE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a coding that nobody knows": ("br", lambda: b"\x8b\x02\x80{}\x03"),
    "four times": ("gzip, gzip, gzip, gzip", lambda: gzip.compress(b"{}")),
    "cut off": ("gzip", lambda: gzip.compress(TEXT.encode())[:-9]),
    "no such bytes": ("zstd", lambda: b"{}"),
    "a gigabyte in little": ("gzip", lambda: gzip.compress(bytes(2**28), 9)),
    "much in very little": ("zstd", lambda: zstandard.compress(bytes(2**28), 9)),
    "very many pieces": ("gzip", lambda: gzip.compress(b" ") * 20_000),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_is_served_nowhere(tmp_path: Path, what: str) -> None:
    coding, made = UNREADABLE[what]
    raw = made()
    with guarded(tmp_path, account_from=("header:x-account",)) as (url, behind):
        for path in PATHS:
            began = time.process_time()
            status, answer = asked(url, path, raw, "x-account: a", f"content-encoding: {coding}")
            assert (path, status, b"encoding_not_supported" in answer) == (path, 415, True)
            # Of processor, which other processes do not move: no more than a body of that length could take.
            assert time.process_time() - began < 5
        assert not behind.seen
        assert asked(url, PATHS[0], {"model": "m", "messages": HELLO}, "x-account: a")[0] == 200


def test_in_shadow_mode_it_passes_on_other_paths_and_the_record_says_why(tmp_path: Path) -> None:
    with guarded(tmp_path, mode="shadow", account_from=("header:x-account",)) as (url, behind):
        sent = b"\x8b\x02\x80{}\x03"
        assert asked(url, "/v1/generate", sent, "x-account: a", "content-encoding: br")[0] == 200
        (seen,) = behind.seen
        assert (seen.body, seen.all_of("content-encoding")) == (sent, ["br"])
    (line,) = record_of(tmp_path)
    assert line["unread"] == "it is compressed as 'br'"
