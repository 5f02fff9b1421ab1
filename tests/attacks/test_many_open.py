"""What costs goes by what is asked: long requests that wait are not written over and over, and an answer's values are counted before they are made."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, asked, guarded, spoken
from gateways import decided
from patience import until

BY_HEADER: Any = {"account_from": ("header:x-account",)}
_IO = Path("/proc/self/io")


def written() -> int:
    (line,) = (one for one in _IO.read_text().splitlines() if one.startswith("wchar"))
    return int(line.split()[1])


@pytest.mark.skipif(not _IO.exists(), reason="what was written is told by Linux")
def test_requests_that_wait_are_written_a_few_times_at_most(tmp_path: Path) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": "a b c d " * 125_000}]}).encode()
    with guarded(tmp_path, **BY_HEADER) as (url, behind):
        behind.seconds, behind.keeps = 120, False
        before = written()
        asks = [
            threading.Thread(target=asked, args=(url, "/v1/chat/completions", body, "x-account: a"), daemon=True)
            for _ in range(60)
        ]
        for one in asks:
            one.start()
        until(lambda: behind.now == len(asks))
        assert written() - before < 8 * len(asks) * len(body)
        behind.over = True
        for one in asks:
            one.join()


@pytest.mark.parametrize("inside", [b"{}", b'{"message":{}}', b"[]"])
def test_an_answer_of_millions_of_nothing_is_not_looked_at(tmp_path: Path, inside: bytes) -> None:
    """Whoever can store a file at the server behind chooses what is answered."""
    with guarded(tmp_path, decided("hide-reasoning", accounts=["a"]), **BY_HEADER) as (url, behind):
        behind.answer = b'{"choices":[' + (inside + b",") * 3_000_000 + inside + b"]}"
        assert spoken(url, ["GET /v1/files/f/content HTTP/1.1", "x-account: a"])[0] == 502
        assert spoken(url, ["GET /v1/files/f/content HTTP/1.1", "x-account: b"])[0] == 200


def test_an_answer_with_much_in_it_passes(tmp_path: Path) -> None:
    with guarded(tmp_path, decided("hide-reasoning", accounts=["a"]), **BY_HEADER) as (url, behind):
        vectors = [{"object": "embedding", "index": n, "embedding": [0.25] * 1000} for n in range(200)]
        behind.answer = json.dumps({"object": "list", "data": vectors}).encode()
        status, said = asked(url, "/v1/embeddings", {"input": HELLO[0]["content"]}, "x-account: a")
        assert (status, len(json.loads(said)["data"])) == (200, 200)
