"""One long body neither stops everybody else nor passes unjudged: its values are counted before they are made, it is looked at beside the others, and what is longer than is read is not served on any path."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, asked, guarded, record_of, spoken
from gateways import decided, known
from patience import PATIENCE_SECONDS, until

from stillwatch.gateway import gate, texts

TEXT = (
    "Work through every step of the following task before you give the final answer to the examiner. "
    "Explain each intermediate result in full sentences and never leave out a calculation."
)
BLOCKED = decided("block", templates=["T1"])
KNOWN = known(("T1", "C001", TEXT))
CHAT = "/v1/chat/completions"
BY_HEADER: Any = {"account_from": ("header:x-account",)}
ASKS = {"messages": [{"role": "user", "content": TEXT}]}
PAD = "x" * 600_000

# Made when a test sends them: every process collects this file.
STRUCTURE: dict[str, Callable[[], bytes]] = {
    "objects": lambda: b'{"messages": [' + b"{}," * 300_000 + b"{}]}",
    "lists": lambda: b'{"messages": [' + b"[]," * 300_000 + b"[]]}",
    "texts": lambda: b'{"messages": ["' + b'a","' * 1_100_000 + b'a"]}',
    "numbers": lambda: b'{"prompt": [' + b"1," * 1_100_000 + b"1]}",
    "names": lambda: b'{"messages": [], "x": {' + b",".join(b'"%x":1' % n for n in range(1_100_000)) + b"}}",
    "depth": lambda: b'{"messages": ' + b'[{"a":' * 200_000 + b"1" + b"}]" * 200_000 + b"}",
    "behind an escaped quote": lambda: b'{"a": "\\\\\\"", "messages": [' + b"{}," * 300_000 + b"{}]}",
}


@pytest.mark.parametrize("kind", STRUCTURE)
def test_what_is_all_structure_is_not_read(tmp_path: Path, kind: str) -> None:
    body = STRUCTURE[kind]()
    with guarded(tmp_path, **BY_HEADER) as (url, behind):
        for path in (CHAT, "/api/chat"):
            status, said = asked(url, path, body, "x-account: a")
            assert (status, b"request_too_large" in said) == (413, True)
        assert not behind.seen


def test_commas_and_braces_in_a_text_are_none(tmp_path: Path) -> None:
    told = '1,2,{"a": [3]},\\"\\\\' * 100_000
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": told}]}).encode()
    with guarded(tmp_path, **BY_HEADER) as (url, behind):
        for path in (CHAT, "/api/chat"):
            assert asked(url, path, body, "x-account: a")[0] == 200
        assert [one.body for one in behind.seen] == [body, body]


def test_others_are_answered_while_a_long_body_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, begun = threading.Event(), threading.Event()
    look = texts.known_in

    def patient(snapshot: Any, prompt: str, *more: Any) -> Any:
        if len(prompt) > len(PAD):
            begun.set()
            go_on.wait(PATIENCE_SECONDS)
        return look(snapshot, prompt, *more)

    monkeypatch.setattr(gate, "known_in", patient)
    with guarded(tmp_path, BLOCKED, texts=KNOWN, **BY_HEADER) as (url, _):
        got: list[int] = []
        long = {"messages": [{"role": "user", "content": f"{PAD} {PAD}. {TEXT}"}]}
        asks = threading.Thread(target=lambda: got.append(asked(url, CHAT, long, "x-account: a")[0]))
        asks.start()
        assert begun.wait(PATIENCE_SECONDS)
        for _ in range(3):
            assert asked(url, CHAT, {"messages": HELLO}, "x-account: b")[0] == 200
        assert not got
        go_on.set()
        asks.join(PATIENCE_SECONDS)
        assert got == [200]


LONGER = {
    "behind": json.dumps({"pad": PAD, **ASKS}).encode(),
    "before": json.dumps({**ASKS, "pad": PAD}).encode(),
    "blanks before": b" " * 600_000 + json.dumps(ASKS).encode(),
    "blanks behind": json.dumps(ASKS).encode() + b" " * 600_000,
    "over lines": json.dumps({"pad": ["x"] * 100_000, **ASKS}, indent=1).encode(),
    "in a list": json.dumps([{"pad": PAD, **ASKS}]).encode(),
    "as UTF-16": json.dumps({"pad": PAD, **ASKS}).encode("utf-16"),
    "a line of a file": json.dumps({"custom_id": "1", "body": {"pad": PAD, **ASKS}}).encode() + b"\n" + b"{}\n" * 9,
    "a line behind others": b"{}\n" * 9 + json.dumps({"custom_id": "1", "body": {"pad": PAD, **ASKS}}).encode(),
    "and something behind": json.dumps(ASKS).encode() + b"\n" + b"{}\n" * 300_000,
}


@pytest.mark.parametrize("kind", LONGER)
def test_json_that_is_longer_than_is_read_is_not_served(tmp_path: Path, kind: str) -> None:
    with guarded(tmp_path, BLOCKED, texts=KNOWN, max_body_mb=0.5, **BY_HEADER) as (url, behind):
        status, said = asked(url, "/api/chat", LONGER[kind], "x-account: a")
        assert (status in (403, 413), behind.seen) == (True, []), said


def test_in_shadow_mode_it_passes_and_files_pass_in_both(tmp_path: Path) -> None:
    lines = b"".join(json.dumps({"custom_id": str(n), "body": {"messages": HELLO}}).encode() + b"\n" for n in range(40))
    files = {
        "lines": lines + b"{}\n" * 300_000,
        "no JSON": b"{a: 1" + b", b" * 200_000,
        "a table": b'"a","b"\n' * 100_000,
    }
    for mode in ("shadow", "enforce"):
        folder = tmp_path / mode
        folder.mkdir()
        with guarded(folder, mode=mode, max_body_mb=0.5, **BY_HEADER) as (url, behind):
            for body in files.values():
                assert asked(url, "/v1/files", body, "x-account: a")[0] == 200
            assert asked(url, "/api/chat", LONGER["behind"], "x-account: a")[0] == (200 if mode == "shadow" else 413)
            assert [one.body for one in behind.seen][:3] == list(files.values())
        assert sum(line["pathway"] == "batch" for line in record_of(folder)) == 40


def test_a_file_of_very_many_requests_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillwatch.gateway.batches._MOST_LINES", 50)
    line = json.dumps({"custom_id": "1", "body": {"messages": HELLO}}).encode()
    with guarded(tmp_path, **BY_HEADER) as (url, behind):
        assert asked(url, "/v1/files", b"\n".join([line] * 50), "x-account: a")[0] == 200
        assert asked(url, "/v1/files", b"\n".join([line] * 51), "x-account: a")[0] == 413
        assert asked(url, "/v1/batch", b"[" + b",".join([line] * 51) + b"]", "x-account: a")[0] == 413
        assert until(lambda: len(behind.seen) == 1)


def test_a_coding_of_the_transfer_that_nobody_undoes_is_refused(tmp_path: Path) -> None:
    with guarded(tmp_path, **BY_HEADER) as (url, behind):
        for coding in ("gzip, chunked", "deflate", "gzip\r\ntransfer-encoding: chunked"):
            for path in (CHAT, "/api/chat"):
                head = [f"POST {path} HTTP/1.1", f"transfer-encoding: {coding}", "x-account: a"]
                assert 400 <= spoken(url, head)[0] < 600
        assert not behind.seen


@pytest.mark.parametrize("ending", ["<", "think ", "[", "<|channel|>"])
def test_an_ending_of_megabytes_is_looked_at_in_time(tmp_path: Path, ending: str) -> None:
    """It is compared with tags on the way to the server behind, and everybody waits for that."""
    with guarded(tmp_path, decided("hide-reasoning", accounts=["a"]), account_from=("header:x-account",)) as (
        url,
        behind,
    ):
        long = ending * (2**20 // len(ending))
        for stop in (long, [long] * 3):
            began = time.monotonic()
            assert asked(url, "/v1/chat/completions", {"messages": HELLO, "stop": stop}, "x-account: a")[0] == 200
            # It had been minutes for each.
            assert time.monotonic() - began < 60
        assert len(behind.seen) == 2


@pytest.mark.parametrize("filler", [b" ", b"\t", b"\x00", b"["])
def test_a_line_of_blanks_stops_nobody(tmp_path: Path, filler: bytes) -> None:
    """Whoever sends it need not have a key; it had stopped a gateway for good."""
    with guarded(tmp_path, account_from=("header:x-account",)) as (url, behind):
        behind.keeps = False
        for body in (b"x\n" + filler * (33 * 2**20), b"x\n" + filler * (33 * 2**20) + b"{\x00" * 9):
            began = time.monotonic()
            assert spoken(url, ["POST /v1/files HTTP/1.1", "x-account: a"], body)[0] in (200, 413)
            assert time.monotonic() - began < 60


LONG: list[tuple[str, dict[str, Any]]] = [
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": "\u0430 " + "a" * 2**20}]}),
    ("/v1/chat/completions", {"messages": "{" + " " * 2**20}),
    ("/api/generate", {"inputs": "[" + "\n" * 2**20, "messages": "{" + "\t" * 2**20}),
]
# Letters that nobody sees, and marks that are put in order: a text of theirs alone had taken time with its square.
LONG += [
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": letters * 2**19}]})
    for letters in ("\u200b", "\U000e0041", "\u3164", "\u0301\u0316", "\uff9e\u0301")
]
LONG += [
    ("/api/generate", {"prompt": "x", "model": "\u0301\u0316" * 2**19}),
    ("/v1/completions", {"prompt": "why", "system": "\u2060\u200b" * 2**19}),
]


@pytest.mark.parametrize(("path", "body"), LONG)
def test_a_text_of_one_letter_stops_nobody(tmp_path: Path, path: str, body: dict[str, Any]) -> None:
    """A megabyte of one letter beside one of Cyrillic, as base64 has it, had stopped everybody for an hour."""
    with guarded(tmp_path, account_from=("header:x-account",)) as (url, _):
        began = time.monotonic()
        assert asked(url, path, body, "x-account: a")[0] == 200
        assert time.monotonic() - began < 60
