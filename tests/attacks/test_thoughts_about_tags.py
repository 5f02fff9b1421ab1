"""A thought that writes other tags, as whoever asks can have it do, is one thought: nothing of it comes out, cut off or not, in any text of an answer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, asked
from marked_answers import THOUGHT, marks_in
from stripped_answers import got, stripped

OPENED_IN_PROMPT = [
    f"{THOUGHT}<think>x</think>{THOUGHT}</think>4",
    f"{THOUGHT}<reasoning>x</reasoning>{THOUGHT}</think>4",
    f"<reasoning>x</reasoning>{THOUGHT}</think>4",
    f"{THOUGHT}</reasoning>{THOUGHT}</think>4",
    f"{THOUGHT}<|end|>{THOUGHT}</think>4",
    f"{THOUGHT}</thinking>{THOUGHT}[/THINK]{THOUGHT}</think>4",
]
CUT_OFF = [
    f"<think></reasoning>{THOUGHT}",
    f"<think>{THOUGHT}</reasoning></thought>{THOUGHT}",
    f"<think>{THOUGHT}[/THINK]{THOUGHT}",
    f"<reasoning></think>{THOUGHT}",
]


def events(*bodies: Any) -> list[bytes]:
    return [b"data: " + json.dumps(one, ensure_ascii=False).encode() + b"\n\n" for one in bodies]


def said_in(api: str, pieces: list[str]) -> list[bytes]:
    """A stream of one text."""
    if api == "messages":
        block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        delta = {"type": "content_block_delta", "index": 0}
        said = [{**delta, "delta": {"type": "text_delta", "text": one}} for one in pieces]
        return events(block, *said, {"type": "content_block_stop", "index": 0})
    if api == "responses":
        at = {"output_index": 0, "content_index": 0}
        said = [{"type": "response.output_text.delta", **at, "delta": one} for one in pieces]
        return events(*said, {"type": "response.output_text.done", **at, "text": "".join(pieces)})
    said = [{"choices": [{"index": 0, "delta": {"content": one}}]} for one in pieces]
    return events(*said, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})


def answers(text: str) -> Iterator[tuple[bytes, list[bytes]]]:
    """The same text in every API, whole and in pieces."""
    for api in ("chat", "messages", "responses"):
        for size in (1, 7, len(text)):
            yield b"text/event-stream", said_in(api, [text[at : at + size] for at in range(0, len(text), size)])
    parts = [{"type": "output_text", "text": text}]
    for whole in (
        {"choices": [{"message": {"content": text}, "finish_reason": "length"}]},
        {"type": "message", "content": [{"type": "text", "text": text}]},
        {"output": [{"type": "message", "content": parts}]},
    ):
        yield b"application/json", [json.dumps(whole, ensure_ascii=False).encode()]


@pytest.mark.parametrize("opened", [(), ("*",)], ids=["not known", "known"])
def test_what_is_opened_in_the_prompt_ends_with_its_own_tag(tmp_path: Path, opened: tuple[str, ...]) -> None:
    with stripped(tmp_path, opened_in_prompt=opened) as (url, upstream):
        for text in OPENED_IN_PROMPT:
            for kind, upstream.pieces in answers(text):
                upstream.headers = [(b"content-type", kind)]
                status, said = got(url)
                assert (text, status, marks_in(said)) == (text, 200, [])
                assert b"4" in said, text


def test_what_a_model_opens_ends_with_its_own_tag_or_not_at_all(tmp_path: Path) -> None:
    with stripped(tmp_path) as (url, upstream):
        for text in CUT_OFF:
            for kind, upstream.pieces in answers(text):
                upstream.headers = [(b"content-type", kind)]
                status, said = got(url)
                assert (text, status, marks_in(said)) == (text, 200, [])


def test_what_a_request_opens_is_open_whatever_else_it_closes(tmp_path: Path) -> None:
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"application/json")]
        upstream.pieces = [json.dumps({"choices": [{"message": {"content": THOUGHT}}]}).encode()]
        for begun in ("<think></reasoning>", "<think>\nOkay [/THINK]\n", "<think><think></think></thought>"):
            turns = [*HELLO, {"role": "assistant", "content": begun}]
            status, said = asked(url, "/v1/chat/completions", {"model": "m", "messages": turns}, "x-account: a")
            assert (begun, status, marks_in(said)) == (begun, 200, [])


def test_a_request_of_a_million_tags_is_read_in_time(tmp_path: Path) -> None:
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"application/json")]
        upstream.pieces = [json.dumps({"choices": [{"message": {"content": THOUGHT}}]}).encode()]
        turns = [*HELLO, {"role": "assistant", "content": "<think>" * 300_000 + "</reasoning>" * 300_000}]
        status, said = asked(url, "/v1/chat/completions", {"model": "m", "messages": turns}, "x-account: a")
        assert (status, marks_in(said)) == (200, [])


def delta(name: str, piece: str) -> dict[str, Any]:
    call = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "f", "input": piece}}
    deltas: dict[str, dict[str, Any]] = {
        "refusal": {"refusal": piece},
        "transcript": {"audio": {"id": "a", "transcript": piece}},
        "custom": {"tool_calls": [call]},
    }
    return deltas[name]


@pytest.mark.parametrize("name", ["refusal", "transcript", "custom"])
def test_other_texts_of_a_stream_are_held_as_well(tmp_path: Path, name: str) -> None:
    with stripped(tmp_path) as (url, upstream):
        for text in (f"{THOUGHT}</think>4 <", f"<think>{THOUGHT}</think>4 <"):
            pieces = [text[at : at + 5] for at in range(0, len(text), 5)]
            said = [{"choices": [{"index": 0, "delta": delta(name, one)}]} for one in pieces]
            upstream.pieces = events(*said, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            status, shown = got(url)
            assert (status, marks_in(shown)) == (200, [])
            assert b"4" in shown
            assert b"<" in shown


def test_arguments_that_are_nested_deeply_end_no_answer(tmp_path: Path) -> None:
    with stripped(tmp_path) as (url, upstream):
        for deep in (400, 600, 900, 3000):
            call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "[" * deep + "]" * deep}}
            upstream.headers = [(b"content-type", b"application/json")]
            upstream.pieces = [
                json.dumps({"choices": [{"message": {"content": "four", "tool_calls": [call]}}]}).encode()
            ]
            status, said = got(url)
            assert (status, b"four" in said) == (200, True)
