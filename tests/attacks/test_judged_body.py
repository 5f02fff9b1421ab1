"""The body that is judged is the body that acts: by its path, in every turn, read in one way only, with our own headers."""

import json
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, asked, guarded, record_of
from gateways import decided, known

TEMPLATE = (
    "Work through every step of the following task before you give the final answer to the examiner. "
    "Explain each intermediate result in full sentences and never leave out a calculation."
)
DECOY = "A completely harmless question about the weather in the mountains next week."
TURNS: Any = [{"role": "user", "content": TEMPLATE}]
FILLER: Any = [
    {"role": "user", "content": f"Question {n}: what is the capital of country number {n}?"} for n in range(90)
]
BLOCKED = decided("block", templates=["T1"])


def before(folder: Path) -> Any:
    return guarded(folder, BLOCKED, texts=known(("T1", "C001", TEMPLATE)), account_from=("header:x-account",))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/completions", {"prompt": TEMPLATE, "messages": HELLO}),
        ("/v1/completions", {"prompt": TEMPLATE, "input": DECOY}),
        ("/v1/completions", {"prompt": [DECOY, DECOY + " Or not?", TEMPLATE]}),
        ("/v1/responses", {"input": TEMPLATE, "messages": HELLO}),
        ("/v1/responses", {"input": TEMPLATE, "prompt": DECOY}),
        ("/v1/responses", {"input": DECOY, "instructions": TEMPLATE}),
        ("/v1/chat/completions", {"messages": TURNS, "input": DECOY, "prompt": DECOY}),
        ("/v1/messages", {"messages": TURNS, "prompt": DECOY, "input": DECOY}),
        ("/v1/messages", {"messages": HELLO, "system": [{"type": "text", "text": TEMPLATE}]}),
        ("/invocations", {"input": TEMPLATE, "messages": HELLO}),
        ("/v1/chat/completions", {"messages": HELLO, "system": TEMPLATE}),
        ("/v1/chat/completions", {"messages": HELLO, "prompt": TEMPLATE}),
        ("/v1/messages", {"messages": HELLO, "instructions": TEMPLATE}),
        ("/v1/completions", {"prompt": "x", "system": TEMPLATE}),
        ("/api/ask", {"user": TEMPLATE}),
        ("/v1/chat/completions", {"messages": [*TURNS, *HELLO]}),
        ("/v1/chat/completions", {"messages": [*TURNS, {"role": "assistant", "content": "Yes."}, *HELLO]}),
        ("/v1/chat/completions", {"messages": [*TURNS, *FILLER, *HELLO]}),
        ("/v1/chat/completions", {"messages": [*HELLO, {"role": "assistant", "content": TEMPLATE}]}),
        ("/v1/chat/completions", {"messages": [{"role": "tool", "content": TEMPLATE}, *HELLO]}),
        ("/v1/chat/completions", {"messages": [{"role": "system", "content": TEMPLATE}, *HELLO]}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": (DECOY + " ") * 60 + TEMPLATE}]}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "\u00e4" * 5000 + " " + TEMPLATE}, *HELLO]}),
        (
            "/v1/messages",
            {
                "messages": [
                    {"role": "user", "content": [{"type": "document", "source": {"type": "text", "data": TEMPLATE}}]},
                    *HELLO,
                ]
            },
        ),
        ("/v1/chat/completions", {"messages": HELLO, "tools": [{"function": {"name": "a", "description": TEMPLATE}}]}),
    ],
)
def test_a_known_text_is_found_wherever_the_model_reads_it(tmp_path: Path, path: str, body: Any) -> None:
    with before(tmp_path) as (url, behind):
        status, said = asked(url, path, {"model": "m", **body}, "x-account: a")
        assert (status, b"account_blocked" in said) == (403, True)
        assert not behind.seen


@pytest.mark.parametrize(
    ("path", "body", "read"),
    [
        ("/v1/completions", {"prompt": "the real one", "messages": HELLO}, "the real one"),
        ("/v1/responses", {"input": "the real one", "messages": HELLO}, "the real one"),
        ("/v1/messages", {"messages": HELLO, "prompt": "decoy"}, HELLO[0]["content"]),
        ("/v1/chat/completions", {"messages": HELLO, "prompt": "decoy"}, HELLO[0]["content"]),
    ],
)
def test_what_is_recorded_is_what_acts(tmp_path: Path, path: str, body: Any, read: str) -> None:
    with before(tmp_path) as (url, _):
        assert asked(url, path, {"model": "m", **body}, "x-account: a")[0] == 200
    (line,) = record_of(tmp_path)
    assert line["prompt"] == read
    assert "decoy" not in json.dumps(line)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/invocations"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"m","messages":%b,"messages":%b,"prompt":"x"}',
        b'{"model":"m","messages":%b,"Messages":%b,"prompt":"x"}',
        b'{"model":"m","prompt":"x","PROMPT":"y","messages":[]}',
        b'{"model":"m","prompt":"x","messages":[{"role":"user","content":"x","content":"y"}]}',
        b'{"model":"m","prompt":"x","messages":[{"role":"user","content":"x","Content":"y"}]}',
        b'{"model":"m","prompt":"x","messages":[{"role":"user","content":[{"type":"text","text":"x","text":"y"}]}]}',
    ],
)
def test_a_body_that_two_parsers_read_differently_is_refused(tmp_path: Path, path: str, body: bytes) -> None:
    with before(tmp_path) as (url, behind):
        raw = body % ((json.dumps(HELLO).encode(), json.dumps(TURNS).encode()) if b"%b" in body else ())
        status, said = asked(url, path, raw, "x-account: a")
        assert (status, b"ambiguous_json" in said) == (400, True)
        assert not behind.seen


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
def test_another_encoding_hides_nothing(tmp_path: Path, encoding: str) -> None:
    with before(tmp_path) as (url, behind):
        raw = json.dumps({"model": "m", "messages": TURNS}).encode(encoding)
        assert asked(url, "/invocations", raw, "x-account: a")[0] == 403
        assert asked(url, "/v1/chat/completions", raw, "x-account: a")[0] == 400
        nan = b'{"top_p": NaN, "messages": %b}' % json.dumps(TURNS).encode()
        assert asked(url, "/invocations", nan, "x-account: a")[0] == 403
        assert not behind.seen


@pytest.mark.parametrize(
    "named",
    ["x-stillwatch-tags", "X-Stillwatch-Tags, close", "x_stillwatch_tags", "content-length", "content-type"],
)
def test_nothing_of_ours_is_called_hop_by_hop(tmp_path: Path, named: str) -> None:
    tagged = decided(("tag", {"tag": "seen"}), accounts=["a"])
    with guarded(tmp_path, tagged, account_from=("header:x-account",)) as (url, behind):
        headers = ("x-account: a", f"connection: {named}", "connection: x-account, close, x-own", "x-own: 1")
        assert asked(url, "/v1/chat/completions", {"model": "m", "messages": HELLO}, *headers)[0] == 200
        (seen,) = behind.seen
        assert seen.all_of("x-stillwatch-tags") == ["seen"]
        assert seen.all_of("x-account", "content-type") in (["a", "application/json"], ["application/json", "a"])
        assert json.loads(seen.body)["messages"] == HELLO
        assert seen.all_of("x-own") == []


def test_what_is_beyond_the_bounds_is_said(tmp_path: Path) -> None:
    with before(tmp_path) as (url, _):
        many = [{"role": "user", "content": f"{DECOY} {n}"} for n in range(500)]
        assert asked(url, "/v1/chat/completions", {"model": "m", "messages": many}, "x-account: a")[0] == 200
    (line,) = record_of(tmp_path)
    assert line["gateway"]["unmatched"] > 0
