"""Reasoning that a request opens itself, or keeps from being closed, is no answer: nothing of it comes out."""

import json
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, asked, guarded
from gateways import decided
from marked_answers import THOUGHT, marks_in
from stripped_answers import stripped

OPENED = {"role": "assistant", "content": "<think>\n"}
BEGUN = {"role": "assistant", "content": [{"type": "text", "text": "Sure. <thinking>First"}]}
ASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "a prompt": ("/v1/completions", {"prompt": "Q: how many?\nA: <think>"}),
    "prompts": ("/v1/completions", {"prompt": ["How many?", "Q: how many?\nA: <think>\nOkay"]}),
    "a turn": ("/v1/chat/completions", {"messages": [*HELLO, OPENED], "continue_final_message": True}),
    "a turn of another API": ("/v1/messages", {"messages": [*HELLO, BEGUN], "max_tokens": 9}),
    "an item": ("/v1/responses", {"input": [*HELLO, OPENED]}),
}


def whole(text: str) -> dict[str, Any]:
    """An answer of this text, by path."""
    return {
        "/v1/completions": {"choices": [{"index": 0, "text": text}, {"index": 1, "text": text}]},
        "/v1/chat/completions": {"choices": [{"message": {"role": "assistant", "content": text}}]},
        "/v1/messages": {"type": "message", "content": [{"type": "text", "text": text}]},
        "/v1/responses": {"output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}]},
    }


def streamed(text: str) -> dict[str, list[Any]]:
    at = {"output_index": 0, "content_index": 0}
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
    return {
        "/v1/completions": [{"choices": [{"index": 0, "text": text, "finish_reason": "stop"}]}],
        "/v1/chat/completions": [{"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "length"}]}],
        "/v1/messages": [block, delta, {"type": "content_block_stop", "index": 0}],
        "/v1/responses": [
            {"type": "response.output_text.delta", **at, "delta": text},
            {"type": "response.output_text.done", **at, "text": text},
        ],
    }


def answered(url: str, upstream: Any, path: str, body: dict[str, Any], text: str) -> list[bytes]:
    """What comes of an answer with this text, whole and streamed."""
    upstream.headers = [(b"content-type", b"application/json")]
    upstream.pieces = [json.dumps(whole(text)[path], ensure_ascii=False).encode()]
    first = asked(url, path, {"model": "m", **body}, "x-account: a")
    upstream.headers = [(b"content-type", b"text/event-stream")]
    upstream.pieces = [
        b"data: " + json.dumps(one, ensure_ascii=False).encode() + b"\n\n" for one in streamed(text)[path]
    ]
    second = asked(url, path, {"model": "m", "stream": True, **body}, "x-account: a")
    assert (first[0], second[0]) == (200, 200)
    return [first[1], second[1]]


@pytest.mark.parametrize("name", ASKS)
def test_what_a_request_opens_is_reasoning_until_it_is_closed(tmp_path: Path, name: str) -> None:
    path, body = ASKS[name]
    with stripped(tmp_path) as (url, upstream):
        for said in answered(url, upstream, path, body, THOUGHT):
            assert marks_in(said) == []
        for tag in ("</think>", "</thinking>", "<|end_of_thought|>"):
            for said in answered(url, upstream, path, body, f"{THOUGHT}{tag}four"):
                assert (marks_in(said), b"four" in said) == ([], True)
        for said in answered(url, upstream, path, body, f"<think>{THOUGHT}</think>four"):
            assert (marks_in(said), b"four" in said) == ([], True)


def test_a_model_that_is_known_to_open_it_in_its_template_is_held_to_closing_it(tmp_path: Path) -> None:
    path, body = "/v1/chat/completions", {"messages": HELLO}
    with stripped(tmp_path, opened_in_prompt=("m*",)) as (url, upstream):
        for said in answered(url, upstream, path, body, THOUGHT):
            assert marks_in(said) == []
        for said in answered(url, upstream, path, body, f"{THOUGHT}</think>four"):
            assert (marks_in(said), b"four" in said) == ([], True)
        for said in answered(url, upstream, path, {**body, "model": "other"}, "four"):
            assert b"four" in said
        # A server that tells reasoning apart has closed it.
        upstream.headers = [(b"content-type", b"application/json")]
        apart = {"role": "assistant", "content": "four", "reasoning_content": THOUGHT}
        upstream.pieces = [json.dumps({"choices": [{"message": apart}]}, ensure_ascii=False).encode()]
        status, said = asked(url, path, {"model": "m", **body}, "x-account: a")
        assert (status, marks_in(said), b"four" in said) == (200, [], True)


KEPT = {"stop": ["END", "\n\n", "Question:"]}


@pytest.mark.parametrize(
    "given",
    [
        {"stop": "</think>"},
        {"stop": "</thi"},
        {"stop": "nk>"},
        {"stop": ["END", "</think>\n", "\n\n", "\n</th", "ink>\n\n", "Question:"]},
        {"stop": ["END", "<|end|>", "\n\n", "[/THINK]", "Question:"]},
        {"stop_token_ids": [151668]},
        {"bad_words": ["</think>"]},
        {"logit_bias": {"151668": -100}},
        {"stop": ["END", "\n\n", "Question:"]},
    ],
)
def test_nothing_is_asked_for_that_ends_an_answer_before_its_reasoning(tmp_path: Path, given: dict[str, Any]) -> None:
    with guarded(tmp_path, decided("hide-reasoning", accounts=["a"]), account_from=("header:x-account",)) as (
        url,
        behind,
    ):
        for account in ("a", "other"):
            body = {"model": "m", "messages": HELLO, **given}
            assert asked(url, "/v1/chat/completions", body, f"x-account: {account}")[0] == 200
        hidden, plain = (json.loads(one.body) for one in behind.seen)
        assert {name: plain[name] for name in given} == given
        kept = {name: value for name, value in hidden.items() if name in given and value != []}
        assert kept == (KEPT if "END" in str(given) else {})
