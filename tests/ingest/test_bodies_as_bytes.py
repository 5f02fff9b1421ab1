"""Bodies that a logger took for bytes, and answers in pieces as they came over the wire, are read as what they are."""

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

ASKED = {"model": "m", "messages": [{"role": "user", "content": "Tallest tree?"}]}
ANSWER = {
    "id": "c-1", "model": "m", "usage": {"prompt_tokens": 12, "completion_tokens": 4},
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Redwood."}}],
}  # fmt: skip
CHUNKS: list[dict[str, Any]] = [
    {"id": "c-1", "choices": [{"index": 0, "delta": {"content": "Red"}}]},
    {"id": "c-1", "choices": [{"index": 0, "delta": {"content": "wood."}, "finish_reason": "stop"}]},
    {"id": "c-1", "choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 4}},
]
EVENTS = [*(f"data: {json.dumps(chunk)}" for chunk in CHUNKS), "data: [DONE]"]
STREAM = "\n\n".join(EVENTS) + "\n\n"
TOLD = {
    "prompt": "Tallest tree?",
    "response": "Redwood.",
    "stop_reason": "stop",
    "input_tokens": 12,
    "output_tokens": 4,
}

PACKED: dict[str, Callable[[str], str]] = {
    "text": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "gzip in base64": lambda text: base64.b64encode(gzip.compress(text.encode())).decode(),
    "bytes of Python": lambda text: repr(text.encode()),
}


def line(request: Any, response: Any) -> dict[str, Any]:
    return {"timestamp": "2026-03-02T09:00:00Z", "user_id": "u-1", "request": request, "response": response}


def proxied(request: Any, response: Any) -> dict[str, Any]:
    head = {"timestamp": "2026-03-02T09:00:00Z", "user_id": "u-1", "method": "POST", "path": "/v1/chat/completions"}
    return {**head, "body": request, "response_body": response}


def read(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    (row,), letters = read_records(folder, record)
    assert letters == []
    return {name: row.get(name) for name in (*TOLD, "note")}


@pytest.mark.parametrize("written", [line, proxied])
@pytest.mark.parametrize("packed", sorted(PACKED))
@pytest.mark.parametrize("answer", [json.dumps(ANSWER), STREAM, STREAM.replace("\n", "\r\n")])
def test_bodies_as_bytes(
    tmp_path: Path, written: Callable[[Any, Any], dict[str, Any]], packed: str, answer: str
) -> None:
    record = written(PACKED[packed](json.dumps(ASKED)), PACKED[packed](answer))
    assert read(tmp_path, record) == {**TOLD, "note": None}


@pytest.mark.parametrize("written", [line, proxied])
@pytest.mark.parametrize(
    "pieces",
    [
        CHUNKS,
        [*map(json.dumps, CHUNKS), "[DONE]"],
        EVENTS,
        [f"{event}\n\n" for event in EVENTS],
        [STREAM[at : at + 50] for at in range(0, len(STREAM), 50)],
    ],
    ids=["objects", "texts", "events", "events with their ends", "blocks"],
)
def test_answers_in_pieces(tmp_path: Path, written: Callable[[Any, Any], dict[str, Any]], pieces: list[Any]) -> None:
    assert read(tmp_path, written(ASKED, pieces)) == {**TOLD, "note": None}


@pytest.mark.parametrize("text", ["eyJhIjogMX0=", "ewogIA==", "b'{}'", "H4sI", "WW91", "eat", 'b"'])
def test_what_somebody_said_is_not_opened(tmp_path: Path, text: str) -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": text}]}
    answer = {**ANSWER, "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}
    row = read(tmp_path, line(asked, answer))
    assert (row["prompt"], row["response"]) == (text, text)


@pytest.mark.parametrize("bad", ["e30", "H4sIAAAA", "b'\\xff'", "W10=", "[DONE]", "b'"])
def test_what_is_no_body_is_noted(tmp_path: Path, bad: str) -> None:
    row = read(tmp_path, line(ASKED, bad))
    assert row["response"] is None
    assert "`response`" in row["note"]


OLLAMA = [
    {"model": "m", "response": "Red", "done": False},
    {"model": "m", "response": "wood.", "done": False},
    {"model": "m", "response": "", "done": True, "done_reason": "stop", "prompt_eval_count": 12, "eval_count": 4},
]


@pytest.mark.parametrize("answer", [OLLAMA, "\n".join(map(json.dumps, OLLAMA)), {**OLLAMA[2], "response": "Redwood."}])
def test_an_ollama_answer_is_told_from_its_lines(tmp_path: Path, answer: Any) -> None:
    asked = {"model": "m", "prompt": "Tallest tree?", "system": "Brief."}
    assert read(tmp_path, line(asked, answer)) == {**TOLD, "note": None}


def test_text_generation_inference_and_cohere(tmp_path: Path) -> None:
    details = {"finish_reason": "stop", "generated_tokens": 4, "prefill": [{"id": n} for n in range(12)]}
    generated = {"generated_text": "Redwood.", "details": details}
    asked = {"inputs": "Tallest tree?", "parameters": {"max_new_tokens": 40}}
    for answer in (generated, [generated], json.dumps([generated])):
        assert read(tmp_path, line(asked, answer)) == {**TOLD, "note": None}
    counts = {"input_tokens": 12, "output_tokens": 4}
    first = {"text": "Redwood.", "generation_id": "g", "finish_reason": "stop", "meta": {"tokens": counts}}
    assert read(tmp_path, line({"model": "c", "message": "Tallest tree?"}, first)) == {**TOLD, "note": None}
    said = {"role": "assistant", "content": [{"type": "text", "text": "Redwood."}]}
    second = {"id": "x", "finish_reason": "stop", "message": said, "usage": {"billed_units": {}, "tokens": counts}}
    assert read(tmp_path, line(ASKED, second)) == {**TOLD, "note": None}
