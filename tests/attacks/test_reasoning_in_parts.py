"""Reasoning that begins in one part of an answer and ends in another, or that writes tags itself; and what else is told of it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gateways import Act, decided
from marked_answers import THOUGHT, marks_in
from stripped_answers import got, stripped

PARTS = ["<think>a", THOUGHT, f"{THOUGHT}</think>four", " apples"]
CUT = ["<thi", f"nk>{THOUGHT}", f"{THOUGHT}</thi", "nk>four apples"]
OPENED_IN_PROMPT = [THOUGHT, THOUGHT, "</think>four", " apples"]


def parts(kind: str, texts: list[str]) -> list[Any]:
    return [{"type": kind, "text": text} for text in texts]


def message(texts: list[str]) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": parts("output_text", texts)}


WHOLE: dict[str, Callable[[list[str]], Any]] = {
    "parts of a message": lambda texts: {"choices": [{"message": {"content": parts("text", texts)}}]},
    "blocks of a message": lambda texts: {"type": "message", "content": parts("text", texts)},
    "blocks around a tool": lambda texts: {
        "type": "message",
        "content": [parts("text", texts)[0], {"type": "tool_use", "id": "t", "name": "f"}, *parts("text", texts)[1:]],
    },
    "parts of an item": lambda texts: {"output": [message(texts)]},
    "items": lambda texts: {"output": [message([text]) for text in texts]},
    "items around a call": lambda texts: {
        "output": [message(texts[:1]), {"type": "function_call", "name": "f"}, *[message([one]) for one in texts[1:]]]
    },
}


@pytest.mark.parametrize(
    "texts", [PARTS, CUT, OPENED_IN_PROMPT], ids=["whole tags", "cut tags", "opened in the prompt"]
)
def test_what_begins_in_one_part_ends_in_another(tmp_path: Path, texts: list[str]) -> None:
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"application/json")]
        for name, made in WHOLE.items():
            upstream.pieces = [json.dumps(made(texts)).encode()]
            status, said = got(url)
            assert (status, marks_in(said)) == (200, []), name
            assert "".join(spoken(json.loads(said))) == "four apples", name


def spoken(body: Any) -> Iterator[str]:
    if isinstance(body, dict):
        for name, value in body.items():
            if name == "text" and isinstance(value, str):
                yield value
            yield from spoken(value)
    elif isinstance(body, list):
        for one in body:
            yield from spoken(one)


def blocks(texts: list[str]) -> Iterator[Any]:
    for index, text in enumerate(texts):
        yield {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}
        yield {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}
        yield {"type": "content_block_stop", "index": index}


def pieces(texts: list[str], *, items: bool = False, deltas: bool = True, done: bool = True) -> Iterator[Any]:
    for index, text in enumerate(texts):
        at = {"output_index": index, "content_index": 0} if items else {"output_index": 0, "content_index": index}
        if deltas:
            yield {"type": "response.output_text.delta", **at, "delta": text}
        if done:
            yield {"type": "response.output_text.done", **at, "text": text}
        yield {"type": "response.content_part.done", **at, "part": {"type": "output_text", "text": text}}
    if not items:
        yield {"type": "response.output_item.done", "output_index": 0, "item": message(texts)}
    yield {"type": "response.completed", "response": {"output": [message([text]) for text in texts]}}


STREAMS: dict[str, list[Any]] = {
    "blocks": list(blocks(PARTS)),
    "pieces": list(pieces(PARTS)),
    "pieces of items": list(pieces(PARTS, items=True)),
    "whole texts alone": list(pieces(PARTS, deltas=False)),
    "whole parts alone": list(pieces(PARTS, deltas=False, done=False)),
    "whole items alone": [{"type": "response.output_item.done", "output_index": 0, "item": message(CUT)}],
    "items one by one": [
        {"type": "response.output_item.done", "output_index": n, "item": message([text])}
        for n, text in enumerate(PARTS)
    ],
    "parts that begin with their text": [
        {"type": "response.content_part.added", "output_index": 0, "content_index": n, "part": part}
        for n, part in enumerate(parts("output_text", PARTS))
    ],
}


def events(*bodies: Any) -> list[bytes]:
    return [b"data: " + json.dumps(one, ensure_ascii=False).encode() + b"\n\n" for one in bodies]


def test_what_a_stream_begins_in_one_part_ends_in_another(tmp_path: Path) -> None:
    with stripped(tmp_path) as (url, upstream):
        for name, bodies in STREAMS.items():
            upstream.pieces = events(*bodies)
            status, said = got(url)
            assert (status, marks_in(said)) == (200, []), name
            assert b"four" in said or "begin" in name, name


@pytest.mark.parametrize("other", ["</reasoning>", "[/THINK]", "<|end|>", "&lt;/think&gt;</reasoning>", "</Thoughts>"])
def test_a_thought_about_tags_is_one_thought(tmp_path: Path, other: str) -> None:
    text = f"<reasoning_content>{THOUGHT}{other}{THOUGHT}</reasoning_content>four"
    with stripped(tmp_path) as (url, upstream):
        for size in (1, 6, len(text)):
            cut = [text[at : at + size] for at in range(0, len(text), size)]
            made = [{"choices": [{"index": 0, "delta": {"content": one}}]} for one in cut]
            upstream.pieces = events(*made, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            status, said = got(url)
            assert (status, marks_in(said)) == (200, [])


def test_arguments_that_say_a_name_twice_are_written_anew(tmp_path: Path) -> None:
    twice = json.dumps({"a": f"<think>{THOUGHT}</think>"}, ensure_ascii=False)[:-1] + ', "a": "ok"}'
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": twice}}
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"application/json")]
        upstream.pieces = [json.dumps({"choices": [{"message": {"tool_calls": [call]}}]}).encode()]
        status, said = got(url)
        assert (status, marks_in(said)) == (200, [])
        (passed,) = json.loads(said)["choices"][0]["message"]["tool_calls"]
        assert json.loads(passed["function"]["arguments"]) == {"a": "ok"}


ODD: list[Any] = [[1], {}, {"a": []}, 1.5, None, True, "x" * 9]


def test_an_event_that_nobody_foresaw_ends_no_stream(tmp_path: Path) -> None:
    shapes = [
        *({"type": "content_block_start", "index": odd, "content_block": {"type": "text", "text": odd}} for odd in ODD),
        *({"type": "content_block_delta", "index": odd, "delta": odd} for odd in ODD),
        *(
            {"type": "response.output_text.delta", "output_index": odd, "content_index": odd, "delta": odd}
            for odd in ODD
        ),
        *({"type": "response.output_item.done", "output_index": odd, "item": odd} for odd in ODD),
        *({"type": "response.output_item.done", "item": {"type": "message", "content": odd}} for odd in ODD),
        *({"choices": [{"index": odd, "delta": {"tool_calls": [{"index": odd}]}}]} for odd in ODD),
        *({"choices": [odd]} for odd in ODD),
        *({"choices": [{"delta": odd, "finish_reason": odd}]} for odd in ODD),
    ]
    last = {"choices": [{"index": 0, "delta": {"content": "four"}, "finish_reason": "stop"}]}
    with stripped(tmp_path) as (url, upstream):
        for shape in shapes:
            upstream.pieces = events(shape, last)
            status, said = got(url)
            assert (status, b"four" in said) == (200, True), shape
        upstream.headers = [(b"content-type", b"application/json")]
        for shape in shapes:
            upstream.pieces = [json.dumps(shape).encode()]
            assert got(url)[0] in (200, 502), shape


def test_arguments_within_arguments_are_looked_into(tmp_path: Path) -> None:
    """A text of a tool's arguments may be JSON itself, whose tags are escaped once more."""
    inner = json.dumps({"b": f"<think>{THOUGHT}</think>four", "thinking": THOUGHT}).replace("<", "\\u003c")
    plain = json.dumps({"a": [1, "x"], "b": "{not JSON"})
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"application/json")]
        for deep in range(8):
            call = {"type": "function", "function": {"name": "f", "arguments": json.dumps({"a": inner, "c": plain})}}
            upstream.pieces = [json.dumps({"choices": [{"message": {"tool_calls": [call]}}]}).encode()]
            status, said = got(url)
            assert (status, marks_in(said.replace(b"\\", b"").replace(b"u0416", b"\\u0416"))) == (200, [])
            (passed,) = json.loads(said)["choices"][0]["message"]["tool_calls"]
            given = json.loads(passed["function"]["arguments"])
            assert given["c"] == plain
            assert deep or json.loads(given["a"]) == {"b": "four"}
            inner = json.dumps({"deeper": inner})


LIKELY: Any = [{"token": "a", "logprob": -1, "top_logprobs": [{"token": t, "logprob": -2} for t in ("b", "SECRET")]}]
BESIDE_REASONING: list[Any] = [
    {"output": [{"type": "reasoning", "content": [{"type": "reasoning_text", "text": "x", "logprobs": LIKELY}]}]},
    {"choices": [{"message": {"content": "x", "reasoning_details": [{"text": "x", "logprobs": LIKELY}]}}]},
    {"choices": [{"message": {"content": "x", "reasoning": {"top_logprobs": LIKELY}}}]},
    {"type": "message", "content": [{"type": "thinking", "thinking": "x", "token_logprobs": LIKELY}]},
    *(
        {"choices": [{"message": {"content": "x", "reasoning_details": [{"text": "x", name: LIKELY}]}}]}
        for name in ("probs", "top_tokens", "completion_probabilities", "logits", "tokens", "token_ids", "TopProbs")
    ),
]
STREAMED_BESIDE: list[Any] = [
    {"type": "response.reasoning_text.delta", "delta": "x", "logprobs": LIKELY},
    {"type": "response.output_item.done", "output_index": 0, "item": {"type": "reasoning", "content": LIKELY}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "logprobs": LIKELY}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "logprobs": LIKELY}},
]


@pytest.mark.parametrize("act", ["strip-logprobs", ("cap-logprobs", {"top_logprobs": 1})], ids=["none", "one"])
def test_log_probabilities_of_reasoning_are_none(tmp_path: Path, act: Act) -> None:
    with stripped(tmp_path, decided(act, accounts=["a"])) as (url, upstream):
        upstream.pieces = events(*STREAMED_BESIDE)
        status, said = got(url)
        assert (status, b"SECRET" in said, b"reasoning_text.delta" in said) == (200, False, True)
        upstream.headers = [(b"content-type", b"application/json")]
        for body in BESIDE_REASONING:
            upstream.pieces = [json.dumps(body).encode()]
            status, said = got(url)
            assert (status, b"SECRET" in said) == (200, False)


def test_a_field_that_is_called_reasoning_in_more_words_is_reasoning(tmp_path: Path) -> None:
    names = ("reasoning_steps", "internalThoughts", "THINKING_LOG", "chain-of-thought-summary", "x.scratchpad", "cot_1")
    given = {"reason": "four", "steps": [{name: THOUGHT} for name in names], **dict.fromkeys(names, THOUGHT)}
    call = {"type": "function", "function": {"name": "f", "arguments": json.dumps(given, ensure_ascii=False)}}
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"application/json")]
        upstream.pieces = [json.dumps({"choices": [{"message": {"tool_calls": [call]}}]}, ensure_ascii=False).encode()]
        status, said = got(url)
        assert (status, marks_in(said)) == (200, [])
        (passed,) = json.loads(said)["choices"][0]["message"]["tool_calls"]
        assert json.loads(passed["function"]["arguments"]) == {"reason": "four", "steps": [{}] * len(names)}


def test_what_is_a_code_holds_no_words(tmp_path: Path) -> None:
    body: dict[str, Any] = {
        "id": THOUGHT,
        "model": THOUGHT,
        "system_fingerprint": THOUGHT,
        "service_tier": THOUGHT,
        "choices": [],
    }
    body["choices"] = [{"index": 0, "finish_reason": THOUGHT, "message": {"role": THOUGHT, "content": "four"}}]
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"application/json")]
        upstream.pieces = [json.dumps(body, ensure_ascii=False).encode()]
        status, said = got(url)
        assert (status, marks_in(said), b"four" in said) == (200, [], True)
