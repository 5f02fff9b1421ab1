"""A request's body under `request`, and its answer anywhere but as a body under `response`."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from read_records import read_records

from stillwatch.ingest.bodies_apart import text_of_answer

AROUND = {"time": "2026-03-02T09:00:00Z", "user_id": "a-1"}
ASKED = [{"role": "user", "content": "Why?"}]
OPENAI = (
    {"model": "m", "messages": ASKED},
    {"model": "m", "choices": [{"message": {"role": "assistant", "content": "So."}}], "usage": {"prompt_tokens": 3}},
)
ANTHROPIC = (
    {"model": "m", "max_tokens": 5, "system": "Brief.", "messages": ASKED},
    {"type": "message", "content": [{"type": "text", "text": "So."}], "usage": {"input_tokens": 3}},
)
GEMINI = (
    {"contents": [{"role": "user", "parts": [{"text": "Why?"}]}]},
    {"candidates": [{"content": {"parts": [{"text": "So."}]}}], "usageMetadata": {"promptTokenCount": 3}},
)
NAMES = (
    "response_body", "responseBody", "resp_body", "resp", "output", "result", "completion", "reply", "answer",
    "response_json", "raw_response", "llm_response", "response_payload", "Response Body",
)  # fmt: skip


def told(tmp_path: Path, **beside: Any) -> tuple[Any, ...]:
    (row,), letters = read_records(tmp_path, {**AROUND, **beside})
    assert (letters, row["account_id"], row["prompt"], row.get("note")) == ([], "a-1", "Why?", None)
    return row.get("response"), row.get("input_tokens"), row.get("status")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bodies", [OPENAI, ANTHROPIC, GEMINI], ids=["openai", "anthropic", "gemini"])
def test_an_answer_has_any_name_of_one(tmp_path: Path, bodies: tuple[Any, Any], name: str) -> None:
    request, answer = bodies
    for written in (answer, json.dumps(answer)):
        assert told(tmp_path, request=request, **{name: written}) == ("So.", 3, None)
        assert told(tmp_path, request=json.dumps(request), response=None, **{name: written}) == ("So.", 3, None)


@pytest.mark.parametrize("bodies", [OPENAI, ANTHROPIC, GEMINI], ids=["openai", "anthropic", "gemini"])
def test_an_answer_stands_beside_its_frame(tmp_path: Path, bodies: tuple[Any, Any]) -> None:
    framed = {"method": "POST", "uri": "/v1/chat", "headers": {"User-Agent": ["py"]}, "body": json.dumps(bodies[0])}
    frame = {"status": 200, "headers": {"Content-Type": ["application/json"]}}
    assert told(tmp_path, request=framed, response=frame, resp_body=json.dumps(bodies[1])) == ("So.", 3, "200")


@pytest.mark.parametrize(
    "name", ["response", "response_text", "output_text", "answer", "completion", "reply", "output"]
)
@pytest.mark.parametrize("bodies", [OPENAI, ANTHROPIC, GEMINI], ids=["openai", "anthropic", "gemini"])
def test_an_answer_is_its_text(tmp_path: Path, bodies: tuple[Any, Any], name: str) -> None:
    assert told(tmp_path, request=bodies[0], **{name: "So."})[0] == "So."
    assert told(tmp_path, request=bodies[0], status="200 OK", **{name: "So it is."})[0] == "So it is."
    assert told(tmp_path, request_body=bodies[0], **{name: "So."})[0] == "So."


@pytest.mark.parametrize(
    "beside",
    [
        {"response": "Internal Server Error", "status": 500},
        {"response": "upstream timed out", "error": "timeout"},
        {"response": "<html><body>502 Bad Gateway</body></html>"},
        {"response": "[DONE]"},
        {"output": '{"choices": [{"message": {"content": "So'},
        {"result": "success"},
        {"answer": "   "},
    ],
)
def test_what_is_no_answer_is_none(tmp_path: Path, beside: dict[str, Any]) -> None:
    (row,), letters = read_records(tmp_path, {**AROUND, "request": OPENAI[0], **beside})
    assert (letters, row["prompt"], (row.get("response") or "").strip()) == ([], "Why?", "")


@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text.strip()[:1].isalpha()))
def test_a_text_is_whole_or_none(text: str) -> None:
    assert text_of_answer({"request": {}, "response": text}) in (text, None)
    assert text_of_answer({"request": {}, "response": text, "status": 429}) is None


FRAME = {"method": "POST", "uri": "/v1/chat/completions", "headers": {"User-Agent": ["py"]}}
GATEWAYS: dict[str, dict[str, Any]] = {
    "APISIX with summaries and payloads": {
        "start_time": 1772442000000, "client_ip": "203.0.113.9", "consumer": {"username": "a-1"}, "apisix_latency": 2,
        "latency": 812.0, "request": FRAME, "response": {"status": 200, "headers": {}, "size": 3},
        "llm_summary": {"model": "m", "prompt_tokens": 3, "completion_tokens": 1},
        "llm_request": {"messages": ASKED, "stream": False}, "llm_response_text": {"content": "So."},
    },
    "Higress": {
        "ai_log": json.dumps({"consumer": "a-1", "model": "m", "input_token": "3", "question": "Why?", "answer": "So."}),
        "start_time": "2026-03-02T09:00:00.000Z", "duration": "812", "response_code": "200", "method": "POST",
        "x_forwarded_for": "203.0.113.9", "user_agent": "py", "latency_ms": 812,
    },
    "Caddy": {
        "ts": 1772442000.0, "status": 200, "duration": 0.812, "latency_ms": 812, "user_id": "a-1",
        "request": {**FRAME, "remote_ip": "203.0.113.9", "body": json.dumps(OPENAI[0])},
        "resp_body": json.dumps(OPENAI[1]),
    },
    "nginx with an authenticated user": {
        "time_local": "02/Mar/2026:09:00:00 +0000", "remote_addr": "203.0.113.9", "remote_user": "a-1",
        "request": "POST /v1/chat/completions HTTP/1.1", "status": "200", "request_time": "0.812",
        "http_user_agent": "py", "request_body": json.dumps(OPENAI[0]), "resp_body": json.dumps(OPENAI[1]),
    },
    "HAR": {
        "startedDateTime": "2026-03-02T09:00:00.000Z", "time": 812, "ip": "203.0.113.9",
        "request": {**FRAME, "url": "https://x/v1/chat/completions", "headers": [["User-Agent", "py"]],
                    "postData": {"text": json.dumps({**OPENAI[0], "user": "a-1"})}},
        "response": {"status": 200, "headers": [], "content": {"text": json.dumps(OPENAI[1])}},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_gateway_tells_all_of_a_call(tmp_path: Path, name: str) -> None:
    (row,), letters = read_records(tmp_path, GATEWAYS[name])
    told = (row["account_id"], row["model"], row["prompt"], row["response"], row["input_tokens"])
    assert (letters, told) == ([], ("a-1", "m", "Why?", "So.", 3))
    assert (row["time"].timestamp(), row["latency_ms"], row["client_address"]) == (1772442000, 812.0, "203.0.113.9")
    assert row["user_agent"] == "py"
