"""What is held back until an answer ends comes out at its end, and neither at a word that says no end nor in a look at what is under way."""

import json
from pathlib import Path
from typing import Any

import pytest
from marked_answers import THOUGHT, marks_in
from stripped_answers import got, stripped

NO_ENDS = ["", " ", "null", "None", "not_finished", "IN_PROGRESS", "FINISH_REASON_UNSPECIFIED", {"type": "running"}]
UNTAGGED = (THOUGHT[:3], THOUGHT[3:], "</thi", "nk>four")
CUT = ("<thi", f"nk>{THOUGHT}", "</th", "ink>four")
DONE = b"data: [DONE]\n\n"


def events(*bodies: Any) -> list[bytes]:
    return [b"data: " + json.dumps(one, ensure_ascii=False).encode() + b"\n\n" for one in bodies]


def chunk(**choice: Any) -> dict[str, Any]:
    return {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]}


def spoken(said: bytes) -> str:
    """The text of a stream of chunks."""
    lines = [json.loads(line[6:]) for line in said.decode().splitlines() if line.startswith("data: {")]
    choices = [choice for line in lines for choice in line.get("choices", ())]
    return "".join(one.get("text") or (one.get("delta") or {}).get("content") or "" for one in choices)


@pytest.mark.parametrize("reason", NO_ENDS, ids=str)
def test_a_word_that_says_no_end_lets_nothing_out(tmp_path: Path, reason: Any) -> None:
    """Servers that send a reason with each piece had all of it shown, between whole tags too."""
    with stripped(tmp_path) as (url, upstream):
        for pieces in (UNTAGGED, CUT):
            chat = [chunk(delta={"content": one}, finish_reason=reason) for one in pieces]
            old = [chunk(text=one, finish_reason=reason) for one in pieces]
            for made, last in (
                (chat, chunk(delta={}, finish_reason="stop")),
                (old, chunk(text="", finish_reason="stop")),
            ):
                upstream.pieces = [*events(*made, last), DONE]
                status, said = got(url)
                assert (status, marks_in(said), spoken(said)) == (200, [], "four")
            legacy = [{"type": "completion", "completion": one, "stop_reason": reason} for one in pieces]
            upstream.pieces = events(*legacy, {"type": "completion", "completion": "", "stop_reason": "stop_sequence"})
            status, said = got(url)
            assert (status, marks_in(said), b"four" in said) == (200, [], True)


def test_a_tools_arguments_wait_for_their_end(tmp_path: Path) -> None:
    given = json.dumps({"a": f"<think>{THOUGHT}</think>4"}, ensure_ascii=False)
    cut = [given[at : at + 5] for at in range(0, len(given), 5)]
    calls = [{"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": one}}]} for one in cut]
    made = [chunk(delta=one, finish_reason="") for one in calls]
    with stripped(tmp_path) as (url, upstream):
        upstream.pieces = [*events(*made, chunk(delta={}, finish_reason="tool_calls")), DONE]
        status, said = got(url)
        assert (status, marks_in(said), b'{\\"a\\":\\"4\\"}' in said) == (200, [], True)


@pytest.mark.parametrize("reason", ["a new word", {"type": "stop"}])
def test_an_end_for_a_reason_that_nobody_knows_is_one_when_the_stream_is_over(tmp_path: Path, reason: Any) -> None:
    with stripped(tmp_path) as (url, upstream):
        for piece in ({"delta": {"content": "four"}}, {"text": "four"}):
            upstream.pieces = [*events(chunk(**piece), chunk(**{**piece, "finish_reason": reason})), DONE]
            status, said = got(url)
            assert (status, spoken(said), said.endswith(DONE)) == (200, "fourfour", True)


def test_what_follows_an_end_is_looked_at_anew(tmp_path: Path) -> None:
    with stripped(tmp_path) as (url, upstream):
        for thought in (f"<think>{THOUGHT}</think>", f"{THOUGHT}</think>"):
            first = chunk(delta={"content": "one "}, finish_reason="tool_calls")
            then = [chunk(delta={"content": one}) for one in (thought[:5], thought[5:], "four")]
            upstream.pieces = [*events(first, *then, chunk(delta={}, finish_reason="stop")), DONE]
            status, said = got(url)
            assert (status, marks_in(said), spoken(said)) == (200, [], "one four")


def response(status: str, text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text}
    item = {"id": "m", "type": "message", "status": "in_progress", "role": "assistant", "content": [part]}
    return {"id": "r", "object": "response", "status": status, "model": "m", "output": [item]}


@pytest.mark.parametrize("status", ["in_progress", "queued", "cancelled", "cancelling", "another"])
def test_an_answer_that_is_fetched_while_it_is_made_shows_no_thought(tmp_path: Path, status: str) -> None:
    """Asked for in the background and fetched before its reasoning is closed, or given up by then, it had shown it."""
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"application/json")]
        for text in (THOUGHT, f"{THOUGHT}</reasoning>{THOUGHT}", f"<think>{THOUGHT}"):
            upstream.pieces = [json.dumps(response(status, text), ensure_ascii=False).encode()]
            told, said = got(url, "/v1/responses/resp_1")
            assert (told, marks_in(said)) == (200, [])
        for state, text in ((status, f"{THOUGHT}</think>four"), ("completed", "four"), ("incomplete", "four")):
            upstream.pieces = [json.dumps(response(state, text), ensure_ascii=False).encode()]
            told, said = got(url, "/v1/responses/resp_1")
            assert (told, marks_in(said), b"four" in said) == (200, [], True)


def growing(text: str) -> dict[str, Any]:
    return chunk(delta={"role": "assistant", "content": ""}, message={"role": "assistant", "content": text})


SNAPSHOTS: dict[str, list[Any]] = {
    "a response in a stream": [
        {"type": f"response.{kind}", "response": response("in_progress", THOUGHT)}
        for kind in ("created", "queued", "in_progress")
    ],
    "a message that grows": [growing(THOUGHT), growing(THOUGHT * 2), growing(f"{THOUGHT * 2}</think>four")],
    "a message that begins": [
        {"type": "message_start", "message": {"type": "message", "content": [{"type": "text", "text": THOUGHT}]}}
    ],
}


@pytest.mark.parametrize("kind", SNAPSHOTS)
def test_what_a_stream_shows_of_itself_under_way_is_no_answer_yet(tmp_path: Path, kind: str) -> None:
    with stripped(tmp_path) as (url, upstream):
        upstream.pieces = [*events(*SNAPSHOTS[kind]), DONE]
        status, said = got(url)
        assert (status, marks_in(said)) == (200, [])
