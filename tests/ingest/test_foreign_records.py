"""Records in layouts of their own: bodies under other names, tracers' spans and rows, other servers' bodies."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from read_records import deepest_lake, read_records

from stillwatch.ingest import plan

WHEN, SECOND = "2026-03-02T09:00:00Z", 1772442000
TALK = [{"role": "user", "content": "Deepest lake?"}]
ASKED = {"model": "m", "messages": TALK, "user": "u-1", "temperature": 0.2}
GOT = {
    "id": "c1", "object": "chat.completion", "created": SECOND, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Baikal."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 14, "completion_tokens": 3},
}  # fmt: skip
AROUND = {"timestamp": WHEN, "user_id": "u-1"}
SPAN = {
    "gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "user.id": "u-1", "gen_ai.usage.input_tokens": 14,
    "gen_ai.usage.output_tokens": 3,
    "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Deepest lake?"}]}]),
    "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "Baikal."}]}]),
}  # fmt: skip


def capture(data: str, encoding: str) -> dict[str, Any]:
    sides = {"endpointInput": json.dumps(ASKED), "endpointOutput": json.dumps(GOT)}
    kept = {
        side: {"mode": side[8:].upper(), "encoding": encoding, "data": text if data == "text" else packed(text)}
        for side, text in sides.items()
    }
    return {"captureData": kept, "eventMetadata": {"eventId": "e", "inferenceTime": WHEN}, "eventVersion": "0"}


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


RECORDS: dict[str, dict[str, Any]] = {
    "request_body": {**AROUND, "request_body": ASKED, "response_body": GOT},
    "REQUEST_BODY": {"TIMESTAMP": WHEN, "USER_ID": "u-1", "REQUEST_BODY": json.dumps(ASKED), "RESPONSE_BODY": json.dumps(GOT)},
    "requestBody as text": {"timestamp": WHEN, "userId": "u-1", "requestBody": json.dumps(ASKED), "responseBody": json.dumps(GOT)},
    "req, res": {**AROUND, "req": ASKED, "res": GOT},
    "input, output": {**AROUND, "input": ASKED, "output": GOT},
    "request_payload": {**AROUND, "request_payload": ASKED, "response_payload": GOT},
    "kwargs, result": {**AROUND, "kwargs": ASKED, "result": GOT},
    "payload, completion": {**AROUND, "payload": ASKED, "completion": GOT},
    "PromptLayer": {"function_kwargs": ASKED, "request_response": GOT, "request_start_time": WHEN, "tags": []},
    "beside its answer": {**AROUND, **ASKED, "choices": GOT["choices"], "usage": GOT["usage"]},
    "SageMaker": capture("text", "JSON"),
    "SageMaker, base64": capture("base64", "BASE64"),
    "PostHog": {"event": "$ai_generation", "distinct_id": "u-1", "timestamp": WHEN, "properties": {
        "$ai_model": "m", "$ai_input": TALK, "$ai_output_choices": [{"role": "assistant", "content": "Baikal."}],
        "$ai_input_tokens": 14, "$ai_output_tokens": 3, "$ai_latency": 1.5, "$ip": "203.0.113.9"}},
    "PostHog, text": {"event": "$ai_generation", "distinct_id": "u-1", "timestamp": WHEN, "properties": json.dumps({
        "$ai_model": "m", "$ai_input": json.dumps(TALK), "$ai_input_tokens": 14, "$ai_output_tokens": 3,
        "$ai_output_choices": json.dumps([{"role": "assistant", "content": [{"type": "text", "text": "Baikal."}]}])})},
    "Braintrust": {
        "id": "b", "span_id": "b", "root_span_id": "b", "created": WHEN, "input": TALK,
        "output": [{"index": 0, "message": {"role": "assistant", "content": "Baikal."}, "finish_reason": "stop"}],
        "metadata": {"model": "m", "user_id": "u-1"}, "span_attributes": {"name": "chat", "type": "llm"},
        "metrics": {"start": SECOND, "end": SECOND + 1, "prompt_tokens": 14, "completion_tokens": 3}},
    "Opik": {
        "id": "o", "trace_id": "t", "parent_span_id": None, "type": "llm", "start_time": WHEN, "end_time": WHEN,
        "input": {"messages": TALK}, "output": {"choices": GOT["choices"]}, "metadata": {"user_id": "u-1"},
        "model": "m", "usage": {"prompt_tokens": 14, "completion_tokens": 3}},
    "the Collector's table": {
        "Timestamp": "2026-03-02 09:00:00.000000000", "TraceId": "5b", "SpanId": "ee", "SpanName": "chat m",
        "ResourceAttributes": {}, "SpanAttributes": {name: str(value) for name, value in SPAN.items()},
        "Duration": "1000000000", "Events.Name": [], "Events.Attributes": []},
    "Application Insights": {
        "timestamp": WHEN, "id": "ee", "operation_Id": "5b", "itemType": "dependency", "duration": 1000.0,
        "customDimensions": json.dumps(SPAN)},
    "Log Analytics": {"TimeGenerated": WHEN, "Id": "ee", "OperationId": "5b", "DurationMs": 1000.0, "Properties": SPAN},
    "Elastic": {"@timestamp": WHEN, "trace": {"id": "5b"}, "span": {"id": "ee"}, "attributes": SPAN},
    "Elastic, flat": {"@timestamp": WHEN, "trace_id": "5b", **{f"attributes.{name}": one for name, one in SPAN.items()}},
    "a pseudonym": {
        "startTimeUnixNano": SECOND * 10**9,
        "attributes": {**{name: one for name, one in SPAN.items() if name != "user.id"}, "enduser.pseudo.id": "u-1"}},
    "llama.cpp": {**AROUND, "request": {"prompt": "Deepest lake?", "n_predict": 64}, "response": {
        "content": "Baikal.", "stop": True, "model": "m", "tokens_predicted": 3, "tokens_evaluated": 14}},
    "SGLang": {**AROUND, "model": "m", "request": {"text": "Deepest lake?", "sampling_params": {"max_new_tokens": 64}},
        "response": {"text": "Baikal.", "meta_info": {
            "id": "x", "finish_reason": {"type": "stop"}, "prompt_tokens": 14, "completion_tokens": 3}}},
    "Azure's path": {**AROUND, "url": "https://x/openai/deployments/m/chat/completions?api-version=1",
        "request": {"messages": TALK}, "response": {name: one for name, one in GOT.items() if name != "model"}},
    "Gemini's path": {**AROUND, "path": "/v1beta/models/m:generateContent?alt=sse",
        "request": {"contents": [{"parts": [{"text": "Deepest lake?"}]}]}, "response": {
            "candidates": [{"content": {"parts": [{"text": "Baikal."}]}}],
            "usageMetadata": {"promptTokenCount": 14, "candidatesTokenCount": 3}}},
    "Bedrock's path": {**AROUND, "path": "/model/m/invoke", "request": {
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": TALK}, "response": {
        "type": "message", "content": [{"type": "text", "text": "Baikal."}],
        "usage": {"input_tokens": 14, "output_tokens": 3}}},
    "the journal's bytes": {
        "__REALTIME_TIMESTAMP": "1", "MESSAGE": [*json.dumps({**AROUND, "request": ASKED, "response": GOT}).encode()]},
    "Loki's CSV": {"Time": 1, "Line": json.dumps({**AROUND, "request": ASKED, "response": GOT}), "ts": "1"},
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_in_a_layout_of_its_own(tmp_path: Path, name: str) -> None:
    deepest_lake(tmp_path, RECORDS[name], SECOND)


def test_what_a_span_of_another_kind_is(tmp_path: Path) -> None:
    took = read_records(tmp_path, RECORDS["Application Insights"])[0][0]["latency_ms"]
    assert took == read_records(tmp_path, RECORDS["the Collector's table"])[0][0]["latency_ms"] == 1000.0


def test_two_bodies_that_could_each_be_the_request_are_neither(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no format recognises"):
        read_records(tmp_path, {**AROUND, "req": ASKED, "payload": {**ASKED, "messages": TALK[:1]}, "kind": "x"})


def test_an_object_of_an_account_is_asked_about(tmp_path: Path) -> None:
    record = {"timestamp": WHEN, "user": {"id": 1, "externalId": "x"}, "prompt": "Deepest lake?", "response": "Baikal."}
    _, (letter,) = read_records(tmp_path, record)
    assert "say which of `user.id`, `user.externalId` is the account (--account-from)" in letter


def test_a_row_that_was_deleted_is_no_request(tmp_path: Path) -> None:
    row = {**AROUND, "prompt": "Deepest lake?", "response": "Baikal."}
    rows, letters = read_records(
        tmp_path, {"before": None, "after": row, "op": "c"}, {"before": row, "after": None, "op": "d"}
    )
    assert (len(rows), letters) == (1, [])


NO_REQUESTS: dict[str, tuple[str, str]] = {
    "access log": ('203.0.113.9 - - [02/Mar/2026:09:00:00 +0000] "POST /v1/chat/completions HTTP/1.1" 200 5\n' * 3000,
                   "a web server's access log, which holds no bodies"),
    "uvicorn": ('INFO:     203.0.113.9:51034 - "POST /v1/chat/completions HTTP/1.1" 200 OK\n', "a model server's access log"),
    "vLLM": ("INFO 03-02 09:00:00 logger.py:39] Received request c-1: prompt: 'x', params: P(n=1)\n", "vLLM's own log"),
    "metrics": ('# HELP vllm:x y\n# TYPE vllm:x counter\nvllm:x{model="m"} 3\n', "metrics"),
    "XML": ("<?xml version='1.0'?><rows><row/></rows>", "it is XML"),
    "data set": (json.dumps({"messages": TALK}) + "\n", "a data set for training"),
    "tokens": ("created_at,tokens_prompt,tokens_completion,model\n2026-03-02 09:00:00,1,2,m\n", "how many tokens"),
    "costs": ("start_time,amount_value,amount_currency,line_item\n1,1.2,usd,x\n", "what calls cost"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_REQUESTS)
def test_a_file_without_requests_is_called_what_it_is(tmp_path: Path, name: str) -> None:
    text, told = NO_REQUESTS[name]
    (tmp_path / "log").write_text(text)
    with pytest.raises(Exception, match=told):
        plan([tmp_path / "log"])


def test_records_that_say_who_called_are_refused_by_name(tmp_path: Path) -> None:
    trail = {"eventSource": "bedrock.amazonaws.com", "eventName": "InvokeModel", "userIdentity": {}, "eventTime": WHEN}
    audit = {"protoPayload": {"methodName": "GenerateContent"}, "timestamp": WHEN}
    used = {"object": "organization.usage.completions.result", "input_tokens": 1, "num_model_requests": 5}
    _, letters = read_records(tmp_path, {"Records": [trail]}, audit, used, {"resourceMetrics": []})
    assert [
        "CloudTrail" in letters[0],
        "Cloud Audit" in letters[1],
        "usage" in letters[2],
        "metrics" in letters[3],
    ] == [True] * 4
