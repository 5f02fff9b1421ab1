"""Bytes that are no text: a clear refusal, or passed on untouched and recorded as such; never a fault of ours."""

import json
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, asked, guarded, record_of, spoken
from gateways import decided
from marked_answers import THOUGHT, marks_in

BAD = b"\xff\xfe\xc3\x28\xed\xa0\x80"
BY_HEADER: Any = {"account_from": ("header:x-account",)}
HIDDEN = decided("hide-reasoning", accounts=["bad"])


def pending(folder: Path) -> bytes:
    """What is written down as begun, and is not in the record."""
    return b"".join(file.read_bytes() for file in (folder / "record").glob(".pending-*"))


def of_all(folder: Path) -> list[dict[str, Any]]:
    """The record once the gateway has stopped: whatever had stayed pending is in it as unfinished."""
    lines = record_of(folder)
    assert "unfinished" not in {line["status"] for line in lines}
    assert pending(folder) == b""
    return lines


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"m","messages":[{"role":"user","content":"%b"}],"prompt":"%b"}' % (BAD, BAD),
        b'{"model":"%b","messages":[],"prompt":"x"}' % BAD,
        b'{"%b":1,"messages":[],"prompt":"x"}' % BAD,
        b'{"messages":[{"role":"user","content":"\xc3"}]}',
        BAD,
    ],
)
def test_a_request_that_is_no_text_gets_a_clear_answer(tmp_path: Path, path: str, body: bytes) -> None:
    with guarded(tmp_path, HIDDEN, **BY_HEADER) as (url, behind):
        status, said = asked(url, path, body, "x-account: a")
        assert status == 400
        assert json.loads(said)["error"]["code"] in ("invalid_text", "invalid_json")
        assert not behind.seen
    assert of_all(tmp_path) == []


@pytest.mark.parametrize("half", [b"\\ud800", b"\\uDFFF x", b"x \\ud83d", b"\\udc00\\ud800"])
def test_half_a_letter_is_no_fault_either(tmp_path: Path, half: bytes) -> None:
    body = b'{"model":"%b","messages":[{"role":"user","content":"%b"}],"user":"%b"}' % (half, half, half)
    with guarded(tmp_path, HIDDEN, account_from=("body",)) as (url, behind):
        assert asked(url, "/v1/chat/completions", body)[0] == 400
        assert asked(url, "/invocations", body)[0] == 200
        assert behind.seen[-1].body == body
    (line,) = of_all(tmp_path)
    assert "\ufffd" in line["messages"][0]["content"]


def test_other_paths_pass_it_on_untouched_and_say_so(tmp_path: Path) -> None:
    with guarded(tmp_path, HIDDEN, **BY_HEADER) as (url, behind):
        for body in (BAD, b'{"prompt":"%b"}' % BAD, b'["%b"]' % BAD):
            assert asked(url, "/invocations", body, "x-account: a")[0] == 200
            assert behind.seen[-1].body == body
        # In the head too.
        assert (
            spoken(
                url,
                ["POST /v1/chat/completions?prompt=%FF%FE HTTP/1.1", "x-account: \xff", "user-agent: \xfe"],
                json.dumps({"messages": HELLO}).encode(),
            )[0]
            == 200
        )
        assert spoken(url, ["GET /v1/%FF%C3?q=%FF%FE+words+in+it HTTP/1.1", "x-account: a"])[0] == 200
    lines = of_all(tmp_path)
    assert [line["unread"] for line in lines[:3]] == ["it is no UTF-8"] * 3
    assert len(lines) == 5


@pytest.mark.parametrize("kind", [b"application/json", b"text/event-stream"])
@pytest.mark.parametrize(
    "answer",
    [
        b'{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"%b"}}]}' % BAD,
        b'{"id":"%b","choices":[]}' % BAD,
        BAD,
    ],
)
def test_an_answer_that_is_no_text_passes_or_is_withheld(tmp_path: Path, kind: bytes, answer: bytes) -> None:
    with guarded(tmp_path, HIDDEN, **BY_HEADER) as (url, behind):
        behind.kind = kind
        behind.answer = b"data: " + answer + b"\n\ndata: [DONE]\n\n" if kind == b"text/event-stream" else answer
        for path in ("/v1/chat/completions", "/v1/messages", "/invocations"):
            assert asked(url, path, {"messages": HELLO}, "x-account: a") == (200, behind.answer)
            hidden = behind.answer.replace(BAD, BAD + THOUGHT.encode())
            behind.answer, plain = hidden, behind.answer
            status, said = asked(url, path, {"messages": HELLO}, "x-account: bad")
            assert status == (502 if kind == b"application/json" else 200)
            assert marks_in(said) == []
            behind.answer = plain
    lines = of_all(tmp_path)
    assert len(lines) == 6
    assert {line.get("unread_answer") for line in lines} <= {"it is no UTF-8", None}
    if answer != BAD:
        assert {line["unread_answer"] for line in lines} == {"it is no UTF-8"}
