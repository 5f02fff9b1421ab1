"""What is asked counts under whatever name, in whatever spelling and object, and wherever it stands: how much, of which model, and what would leave reasoning open."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from attacked import HELLO, asked, guarded, spoken
from gateways import Act, decided, known
from marked_answers import THOUGHT, marks_in
from stripped_answers import got, stripped

CHAT = "/v1/chat/completions"
SLOW: Act = ("rate-limit", {"requests_per_minute": 40, "burst": 20})
TOKENS: Act = ("rate-limit", {"requests_per_minute": 1000, "burst": 1000, "tokens_per_minute": 10_000})
BY_HEADER: Any = {"account_from": ("header:x-account",)}
TEXT = (
    "Work through every step of the following task before you give the final answer to the examiner. "
    "Explain each intermediate result in full sentences and never leave out a calculation."
)

MANY: list[tuple[str, dict[str, Any]]] = [
    ("/generate", {"text": ["x"] * 41}),
    ("/generate", {"input_ids": [[1, 2]] * 41}),
    ("/generate", {"text": "x", "sampling_params": [{"n": 41}]}),
    ("/v2/models/m/infer", {"inputs": [{"name": "t", "shape": [41], "datatype": "BYTES", "data": ["x"] * 41}]}),
    ("/inference/v1/generate", {"token_ids": [[1]] * 41}),
    ("/predict", {"queries": ["x"] * 41}),
    ("/predict", {"inputs": {"prompts": ["x"] * 41}}),
    ("/generate?n=41", {"text": "x"}),
    ("/generate?n=41&n=1", {"text": "x"}),
    ("/generate?n=1&n=41", {"text": "x"}),
    (CHAT, {"messages": HELLO, "extra_body": {"N": "41"}}),
]
ONE: list[tuple[str, dict[str, Any]]] = [
    ("/generate", {"input_ids": [5] * 500}),
    ("/v1beta/models/m:generateContent", {"contents": [{"parts": [{"text": "x"}]}] * 60}),
    ("/rerank", {"query": "x", "documents": ["x"] * 60}),
    ("/chat", {"message": "x", "chat_history": [{"role": "USER", "message": "x"}] * 60}),
]


def test_amounts_count_under_any_name(tmp_path: Path) -> None:
    with guarded(tmp_path, decided(SLOW, accounts=["a"]), **BY_HEADER) as (url, behind):
        for path, body in MANY:
            status, said = asked(url, path, {"model": "m", **body}, "x-account: a")
            assert (path, status, b"too_much_at_once" in said) == (path, 429, True)
        line = "GET /generate?n=41&prompt=how%20many%20apples HTTP/1.1"
        assert spoken(url, [line, "x-account: a"])[0] == 429
        assert not behind.seen
        for path, body in ONE:
            assert (path, asked(url, path, {"model": "m", **body}, "x-account: a")[0]) == (path, 200)


def test_token_ids_count_under_any_name(tmp_path: Path) -> None:
    body = {"input_ids": [5] * 12_000, "sampling_params": {"max_new_tokens": 1}}
    with guarded(tmp_path, decided(TOKENS, accounts=["a"]), **BY_HEADER) as (url, _):
        assert asked(url, "/generate", body, "x-account: a")[0] == 429
        assert asked(url, "/generate", body, "x-account: b")[0] == 200


def test_a_known_text_is_found_beside_a_body(tmp_path: Path) -> None:
    blocked = decided("block", templates=["T1"])
    with guarded(tmp_path, blocked, texts=known(("T1", "C001", TEXT)), **BY_HEADER) as (url, behind):
        for method, target, body in (
            ("POST", f"/api/generate?prompt={quote(TEXT)}", b'{"model": "m"}'),
            ("POST", f"/api/generate?prompt={quote(TEXT)}", b""),
            ("GET", f"/prompt/{quote(TEXT)}", b""),
            ("GET", f"/prompt/{quote(TEXT).replace('%20', '+')}", b""),
        ):
            head = [f"{method} {target} HTTP/1.1", "x-account: a", "content-type: application/json"]
            assert (target, spoken(url, head, body)[0]) == (target, 403)
        assert not behind.seen


OPENING: list[dict[str, Any]] = [
    {"stop": ["</think>"]},
    {"Stop": ["</think>"]},
    {"extra_body": {"stop": ["</think>"]}},
    {"options": {"stop": "</think>"}},
    {"generationConfig": {"stopSequences": ["</think>"]}},
    {"sampling_params": [{"stop_strings": ["</think>"]}]},
    {"stop_regex": "</th.*"},
    {"until": ["</think>"]},
    {"guided_regex": "[a-z ]{9,</think>"},
    {"structured_outputs": {"regex": "[a-z ]{9,</think>"}},
    {"response_format": {"type": "grammar", "grammar": "root ::= </think>"}},
    {"chat_template": "{{ messages }}</think>"},
    {"nvext": {"custom_logit_processor": "</think>"}},
]
UNPARSED: list[dict[str, Any]] = [
    {"separate_reasoning": False},
    {"extra_body": {"Separate_Reasoning": 0}},
    {"reasoning_format": "none"},
    {"reasoning_format": "raw"},
]
LOGPROBS: list[dict[str, Any]] = [
    {"Logprobs": True, "topLogprobs": 5},
    {"extra_body": {"prompt_logprobs": 5}},
    {"parameters": {"top_logprobs": "5"}},
]
TOKENS_BY_NUMBER: list[dict[str, Any]] = [
    {"return_token_ids": True},
    {"return_tokens_as_token_ids": True},
    {"extra_body": {"n_probs": 5, "post_sampling_probs": True}},
    {"parameters": {"top_n_tokens": 5, "decoder_input_details": True}},
]


def test_what_leaves_reasoning_open_is_not_asked_for_in_any_spelling(tmp_path: Path) -> None:
    decisions = decided("hide-reasoning", accounts=["a"]), decided("strip-logprobs", accounts=["b"], decision_id="D2")
    with guarded(tmp_path, *decisions, **BY_HEADER) as (url, behind):
        for body in OPENING:
            assert asked(url, CHAT, {"model": "m", "messages": HELLO, **body}, "x-account: a")[0] == 200
            assert b"</th" not in behind.seen[-1].body, body
        for account in ("a", "b"):
            for body in LOGPROBS:
                assert asked(url, CHAT, {"messages": HELLO, **body}, f"x-account: {account}")[0] == 200
                assert b"logprobs" not in behind.seen[-1].body.lower(), body
            for body in TOKENS_BY_NUMBER:
                assert asked(url, CHAT, {"messages": HELLO, **body}, f"x-account: {account}")[0] == 200
                assert json.loads(behind.seen[-1].body).get("parameters", {}) == {}, body
                assert (
                    not {name for name in body if name.startswith("return")} & json.loads(behind.seen[-1].body).keys()
                )
        for body in UNPARSED:
            assert asked(url, CHAT, {"messages": HELLO, **body}, "x-account: a")[0] == 200
            assert b"reasoning" not in behind.seen[-1].body, body
        assert asked(url, CHAT, {"messages": HELLO, "reasoning_format": "hidden"}, "x-account: a")[0] == 200
        assert b"hidden" in behind.seen[-1].body
        # What only looks like it, in what a tool or a form is to be, stays.
        schema = {"type": "json_schema", "json_schema": {"schema": {"properties": {"stop": {"type": "string"}}}}}
        tools = [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"grammar": {}}}}}]
        body = {"messages": HELLO, "response_format": schema, "tools": tools, "stop": ["END"]}
        assert asked(url, CHAT, body, "x-account: a")[0] == 200
        assert json.loads(behind.seen[-1].body) == body


OPENED: list[tuple[str, dict[str, Any], str | None]] = [
    (CHAT, {"model": "DeepSeek-R1"}, None),
    (CHAT, {"model": " deepseek-r1 "}, None),
    (CHAT, {"model": "\uff44eepseek-r1"}, None),
    (CHAT, {"model": "a,deepseek-r1"}, None),
    (CHAT, {"model": "x", "models": ["x", "deepseek-r1"]}, "x"),
    (CHAT, {"model": "x", "fallbacks": [{"model": "deepseek-r1"}]}, None),
    (CHAT, {"model": "x", "extra_body": {"model": "deepseek-r1"}}, None),
    ("/openai/deployments/deepseek-r1/chat/completions", {"model": "x"}, None),
    (f"{CHAT}?deployment=deepseek-r1", {"model": "x"}, None),
    (CHAT, {"model": "alias"}, "DeepSeek-R1"),
    (CHAT, {}, None),
]


def test_a_model_that_begins_within_reasoning_is_known_by_any_name(tmp_path: Path) -> None:
    with stripped(tmp_path, opened_in_prompt=("deepseek-r1",)) as (url, upstream):
        for path, body, said in OPENED:
            told = {"model": said} if said else {}
            message = {"message": {"role": "assistant", "content": THOUGHT}}
            upstream.headers = [(b"content-type", b"application/json")]
            upstream.pieces = [json.dumps({**told, "choices": [message]}, ensure_ascii=False).encode()]
            status, answer = asked(url, path, {"messages": HELLO, **body}, "x-account: a")
            assert (body, status, marks_in(answer)) == (body, 200, [])
            chunks: list[dict[str, Any]] = [{"delta": {"content": THOUGHT}}, {"delta": {}, "finish_reason": "length"}]
            upstream.headers = [(b"content-type", b"text/event-stream")]
            upstream.pieces = [
                b"data: "
                + json.dumps({**told, "choices": [{"index": 0, **one}]}, ensure_ascii=False).encode()
                + b"\n\n"
                for one in chunks
            ]
            status, answer = asked(url, path, {"messages": HELLO, **body, "stream": True}, "x-account: a")
            assert (body, status, marks_in(answer)) == (body, 200, [])
        # Another, which says so, is not held to it.
        upstream.pieces = [b'data: {"model": "other", "choices": [{"index": 0, "delta": {"content": "four"}}]}\n\n']
        upstream.pieces.append(b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n')
        assert b"four" in got(url)[1]


def test_whoever_is_degraded_gets_no_other_model(tmp_path: Path) -> None:
    with guarded(tmp_path, decided("block", accounts=["a"]), degrade_to="small", **BY_HEADER) as (url, behind):
        for body in (
            {"models": ["big", "small"], "route": "fallback"},
            {"fallbacks": ["big"]},
            {"extra_body": {"model": "big", "top_k": 1}},
            {"context_window_fallbacks": [{"small": ["big"]}]},
            {"deployment_id": "big"},
        ):
            given = {"model": "big", "messages": HELLO, **body}
            assert asked(url, CHAT, given, "x-account: a")[0] == 200
            sent = behind.seen[-1].body
            assert (b"big" in sent, json.loads(sent)["model"]) == (False, "small")
        served = len(behind.seen)
        for path in ("/openai/deployments/big/chat/completions", "/v1/engines/big/completions", f"{CHAT}?model=big"):
            given = {"messages": HELLO, "prompt": "Why?"}
            assert (path, asked(url, path, given, "x-account: a")[0]) == (path, 403)
        assert len(behind.seen) == served


def test_a_part_of_an_answer_is_withheld_and_not_asked_for(tmp_path: Path) -> None:
    with guarded(tmp_path, decided("hide-reasoning", accounts=["a"]), **BY_HEADER) as (url, behind):
        ranged = ["GET /v1/files/f/content HTTP/1.1", "x-account: a", "range: bytes=7-99", "if-range: x"]
        spoken(url, ranged)
        assert behind.seen[-1].all_of("range", "if-range") == []
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", b"application/json"), (b"content-range", b"bytes 7-99/300")]
        upstream.pieces = [json.dumps({"error": {"message": THOUGHT}}, ensure_ascii=False).encode()]
        status, said = spoken(url, ranged)
        assert (status, marks_in(said)) == (502, [])


def test_a_stream_taken_up_in_the_middle_is_held_until_its_tag_is_closed(tmp_path: Path) -> None:
    at = {"output_index": 1, "content_index": 0}
    events = [
        {"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": THOUGHT},
        {"type": "response.output_item.done", "output_index": 0, "item": {"type": "reasoning", "id": "r"}},
        {"type": "response.output_text.delta", **at, "delta": f"{THOUGHT}</think>four"},
        {"type": "response.output_text.done", **at, "text": f"<think>{THOUGHT}</think>four"},
    ]
    with stripped(tmp_path) as (url, upstream):
        upstream.pieces = [b"data: " + json.dumps(one, ensure_ascii=False).encode() + b"\n\n" for one in events]
        line = "GET /v1/responses/r?stream=true&starting_after=6 HTTP/1.1"
        status, said = spoken(url, [line, "x-account: a"])
        assert (status, marks_in(said), b"four" in said) == (200, [], True)


TAKEN_UP = [
    ("GET /v1/responses/r?stream=true&starting_after=6 HTTP/1.1", "accept: text/event-stream"),
    ("GET /v1/responses/r?stream=true&Starting%5FAfter=6&include=x HTTP/1.1", "accept: text/event-stream"),
    ("GET /v1/streams/r HTTP/1.1", "Last-Event-ID: 6"),
    ("GET /v1/streams/r HTTP/1.1", "last_event_id: 6"),
    ("GET /v1/streams/r?lastEventId=6 HTTP/1.1", "accept: text/event-stream"),
]


@pytest.mark.parametrize("words", TAKEN_UP)
def test_a_stream_is_asked_for_from_its_beginning(tmp_path: Path, words: tuple[str, str]) -> None:
    """Where the answer was cut before its tag was closed, nothing in its middle tells that it is a thought."""
    with guarded(tmp_path, decided("hide-reasoning", accounts=["a"]), **BY_HEADER) as (url, behind):
        for account, kept in (("a", False), ("b", True)):
            spoken(url, [*words, f"x-account: {account}"])
            seen = behind.seen[-1]
            said = b"=6" in seen.query or bool(seen.all_of("last-event-id", "last_event_id"))
            assert (said, b"include" in seen.query or b"stream=true" in seen.query) == (kept, "stream=true" in words[0])
