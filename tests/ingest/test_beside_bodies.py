"""What a program keeps in objects of its own beside a text or a body, and loggers and gateways around one."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from read_records import deepest_lake, read_records

WHEN, SECOND = "2026-03-02T09:00:00Z", 1772442000
TALK = [{"role": "user", "content": "Deepest lake?"}]
BEFORE = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
SAID = {"role": "assistant", "content": "Baikal."}
ASKED = {"model": "m", "messages": TALK, "user": "u-1"}
USAGE = {"prompt_tokens": 14, "completion_tokens": 3}
GOT = {"model": "m", "choices": [{"index": 0, "message": SAID, "finish_reason": "stop"}], "usage": USAGE}
LINE = {"timestamp": WHEN, "user_id": "u-1", "model": "m", "prompt": "Deepest lake?", "response": "Baikal."}
COUNTED = {**LINE, **USAGE}


def less(*names: str) -> dict[str, Any]:
    return {name: value for name, value in COUNTED.items() if name not in names}


def message(first: str, body: dict[str, Any]) -> str:
    return base64.b64encode(f"{first}\r\nHost: x\r\n\r\n{json.dumps(body)}".encode()).decode()


RECORDS: dict[str, dict[str, Any]] = {
    "usage": {**LINE, "usage": USAGE},
    "usage of Anthropic": {**LINE, "usage": {"input_tokens": 14, "output_tokens": 3}},
    "tokens": {**LINE, "tokens": {"input": 14, "output": 3}},
    "a user's object": {**less("user_id"), "user": {"id": "u-1", "email": "a@b"}},
    "groups": {"timestamp": WHEN, "user": {"id": "u-1"}, "llm": {"model": "m", "prompt": "Deepest lake?", "response": "Baikal.", "usage": USAGE}},
    "Segment": {"type": "track", "event": "Completion", "userId": "u-1", "timestamp": WHEN, "properties": less("timestamp", "user_id")},
    "own names in bodies": {**less("prompt", "response"), "request": {"prompt": "Deepest lake?"}, "response": {"text": "Baikal."}},
    "a text under request": {**less("prompt"), "request": "Deepest lake?"},
    "a talk with its answer": {**less("prompt", "response"), "messages": [*TALK, SAID]},
    "a talk under another name": {**less("prompt", "response"), "conversation": [*TALK, SAID]},
    "what was said before": {**less("prompt"), "history": BEFORE, "question": "Deepest lake?"},
    "Serilog": {"@t": WHEN, "@mt": "call", "UserId": "u-1", "Model": "m", "Prompt": "Deepest lake?", "Response": "Baikal.",
                "PromptTokens": 14, "CompletionTokens": 3},
    "pino": {"time": SECOND * 1000, "user": "u-1", "reqId": "r", "req": {"method": "POST", "url": "/v1", "body": ASKED},
             "res": {"statusCode": 200, "body": GOT}, "msg": "request completed"},
    "httpx": {"timestamp": WHEN, "request": {"method": "POST", "url": "/v1", "content": json.dumps(ASKED)},
              "response": {"status_code": 200, "content": json.dumps(GOT)}},
    "Amazon API Gateway": {
        "requestContext": {"requestTimeEpoch": SECOND * 1000, "identity": {"sourceIp": "203.0.113.9", "apiKeyId": "u-1"}},
        "httpMethod": "POST", "path": "/v1/chat/completions", "body": json.dumps({**ASKED, "user": None}),
        "response": {"statusCode": 200, "body": json.dumps(GOT)}},
    "Tyk": {"timestamp": WHEN, "api_key": "k", "path": "/v1", "method": "POST", "response_code": 200, "oauth_id": "u-1",
            "raw_request": message("POST /v1 HTTP/1.1", ASKED), "raw_response": message("HTTP/1.1 200 OK", GOT)},
    "Sentry": {"op": "gen_ai.chat", "span_id": "a", "trace_id": "b", "start_timestamp": float(SECOND), "timestamp": SECOND + 1.5,
               "data": {"gen_ai.request.model": "m", "gen_ai.request.messages": json.dumps(TALK), "user.id": "u-1",
                        "gen_ai.response.text": "Baikal.", "gen_ai.usage.input_tokens": 14, "gen_ai.usage.output_tokens": 3}},
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_what_stands_around_a_text(tmp_path: Path, name: str) -> None:
    row = deepest_lake(tmp_path, RECORDS[name], SECOND)
    if name == "what was said before":
        assert [one["content"] for one in row["messages"]] == ["Hi", "Yes?", "Deepest lake?"]
    assert "note" not in row


def test_an_answer_beside_a_talk_counts_and_the_talk_stays_whole(tmp_path: Path) -> None:
    (row,), _ = read_records(tmp_path, {**less("prompt"), "messages": [*TALK, SAID]}, less=())
    assert (row["response"], len(row["messages"])) == ("Baikal.", 2)


@pytest.mark.parametrize("path", ["/v1/messages/count_tokens", "/tokenize", "/v1/models"])
def test_calls_that_hold_no_conversation(tmp_path: Path, path: str) -> None:
    body = {"model": "m", "max_tokens": 9, "system": "s", "messages": TALK}
    record = {"time": WHEN, "account_id": "u-1", "path": path, "request": body, "response": {"input_tokens": 14}}
    rows, (letter,) = read_records(tmp_path, record)
    assert rows == []
    assert "holds no conversation" in letter


def test_names_that_would_meet_are_left_in_their_objects(tmp_path: Path) -> None:
    record = {"timestamp": WHEN, "llm": {"user_id": "a", "prompt": "x", "model": "m"}, "event": {"user_id": "b"}}
    with pytest.raises(Exception, match="no format recognises"):
        read_records(tmp_path, record)
