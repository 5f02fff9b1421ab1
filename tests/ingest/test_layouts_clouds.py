"""Rows of cloud services' tables become the exchanges that they tell of, or are refused by name."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from read_records import read_records as read

WHEN = datetime(2026, 3, 2, 9, 0, 0, 250001, tzinfo=UTC)


def test_vertex(tmp_path: Path) -> None:
    request = {
        "contents": [{"role": "user", "parts": [{"text": "Deepest lake?"}]}],
        "system_instruction": {"parts": [{"text": "Brief."}]},
        "generation_config": {"temperature": 0.2, "max_output_tokens": 30},
    }
    response = {
        "candidates": [{"content": {"parts": [{"text": "Baikal."}]}, "finish_reason": "STOP"}],
        "usage_metadata": {"prompt_token_count": 6, "candidates_token_count": 2},
    }
    row: dict[str, Any] = {
        "endpoint": "e", "deployed_model_id": "3", "logging_time": "2026-03-02 09:00:00.250001 UTC", "request_id": 17,
        "model": "publishers/google/models/m", "api_method": "generateContent", "full_request": request,
        "full_response": response, "account_id": "u-1",
    }  # fmt: skip
    payload = {
        **row, "full_request": None, "full_response": None, "request_payload": [json.dumps(request)],
        "response_payload": [json.dumps(response)],
    }  # fmt: skip
    nobody = {name: value for name, value in row.items() if name != "account_id"}
    rows, letters = read(tmp_path, row, payload, nobody, {**payload, "request_payload": []})
    told = {
        "exchange_id": "17", "time": WHEN, "account_id": "u-1", "model": "publishers/google/models/m",
        "operation": "generateContent", "system": "Brief.", "prompt": "Deepest lake?", "temperature": 0.2,
        "max_tokens": 30, "response": "Baikal.", "stop_reason": "STOP", "input_tokens": 6, "output_tokens": 2,
    }  # fmt: skip
    # Both deliveries have one id: one counts as the other's repetition downstream.
    assert rows == [told, told]
    assert letters == [
        "no `account_id`: Vertex rows name none: join `account_id` from Cloud Audit Logs by request id",
        "neither `full_request` nor `request_payload`: the row was logged without bodies",
    ]


def test_databricks(tmp_path: Path) -> None:
    asked = {"messages": [{"role": "user", "content": "Deepest lake?"}], "max_tokens": 30}
    answer = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Baikal."}}]}
    row: dict[str, Any] = {
        "request_date": "2026-03-02", "databricks_request_id": "d-1", "client_request_id": "c",
        "request_time": "2026-03-02T09:00:00.250001Z", "status_code": 200, "execution_duration_ms": 80,
        "request": json.dumps(asked), "response": json.dumps(answer), "served_entity_name": "m", "requester": "u-1",
    }  # fmt: skip
    older = {
        "databricks_request_id": "d-2", "date": "2026-03-02", "timestamp_ms": 1772442000250, "status_code": 200,
        "execution_time_ms": 80, "request": json.dumps({**asked, "user": "u-1"}), "response": json.dumps(answer),
        "request_metadata": {"model_name": "m", "endpoint_name": "e"},
    }  # fmt: skip
    rows, letters = read(tmp_path, row, older, {**row, "requester": None}, {**row, "request": '{"mess'})
    told = {
        "account_id": "u-1", "model": "m", "operation": "chat.completions", "prompt": "Deepest lake?",
        "max_tokens": 30, "response": "Baikal.", "stop_reason": "stop", "status": "200", "latency_ms": 80.0,
    }  # fmt: skip
    assert rows == [
        {**told, "exchange_id": "d-1", "time": WHEN},
        {**told, "exchange_id": "d-2", "time": WHEN.replace(microsecond=250000)},
    ]
    assert letters == [
        "no `account_id`: the row has no `requester`: inference tables of AI Gateway have one",
        """`request`: JSON text that cannot be parsed: '{"mess'""",
    ]


def test_azure_api_management(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "TimeGenerated": "2026-03-02T09:00:00.250001Z", "CorrelationId": "z-1", "ApimSubscriptionId": "u-1",
        "ModelName": "m", "RequestMessages": '[{"role": "user", "content": "Deepest lake?"}]',
        "ResponseMessages": '[{"role": "assistant", "content": "Baikal."}]', "PromptTokens": 6, "CompletionTokens": 2,
        "SequenceNumber": 0, "IsStreamCompletion": False,
    }  # fmt: skip
    record = {
        "time": "2026-03-02T09:00:00.250001Z", "category": "GatewayLlmLogs", "ApimSubscriptionId": "u-1",
        "properties": {name[0].lower() + name[1:]: row[name] for name in row if name != "TimeGenerated"},
    }  # fmt: skip
    first = {**row, "RequestMessages": '[{"role": "user", "cont'}
    rows, letters = read(
        tmp_path, row, record, {**row, "SequenceNumber": 1}, {**row, "RequestMessages": ""}, first,
        {**row, "ApimSubscriptionId": None},
    )  # fmt: skip
    told = {
        "exchange_id": "z-1", "time": WHEN, "account_id": "u-1", "model": "m", "operation": "chat.completions",
        "prompt": "Deepest lake?", "response": "Baikal.", "input_tokens": 6, "output_tokens": 2, "stream": False,
    }  # fmt: skip
    assert rows == [told, told]
    assert letters[0].startswith("part 1 of a request: put the rows of a `CorrelationId` together first")
    assert letters[1].startswith("a row of an answer alone: put the rows")
    assert "JSON text that cannot be parsed" in letters[2]
    assert "ordered by SequenceNumber" in letters[2]
    assert letters[3] == ("no `account_id`: join `ApimSubscriptionId` from ApiManagementGatewayLogs by `CorrelationId`")


def test_snowflake(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "START_TIMESTAMP": "2026-03-02 09:00:00.250001", "TIMESTAMP": "2026-03-02 09:00:01.250001",
        "TRACE": '{"trace_id": "t", "span_id": "s-1"}', "RECORD_TYPE": "SPAN",
        "RESOURCE_ATTRIBUTES": {"db.user": "U1", "snow.session.id": 5},
        "RECORD_ATTRIBUTES": json.dumps({
            "gen_ai.operation.name": "chat", "gen_ai.request.model": "m",
            "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Deepest lake?"}]}],
        }),
    }  # fmt: skip
    rows, letters = read(tmp_path, row, {**row, "RECORD_ATTRIBUTES": {}}, {**row, "RESOURCE_ATTRIBUTES": {}})
    assert rows == [
        {
            "exchange_id": "s-1", "time": WHEN, "account_id": "U1", "model": "m", "operation": "chat",
            "prompt": "Deepest lake?", "latency_ms": 1000.0,
        }
    ]  # fmt: skip
    assert letters == [
        "no span with `gen_ai.` attributes: it holds no call of a model",
        "no `account_id`: neither `user.id` among the span's attributes nor `db.user` among the resource's",
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"time": "2026-03-02T09:00:00Z", "category": "RequestResponse", "properties": '{"modelName": "m"}'}, "Azure"),
        ({"start_time": "2026-03-02T09:00:00Z", "response_code": 200, "gen_ai.usage.input_tokens": 4}, "Envoy"),
        ({"id": "g", "created_at": "2026-03-02", "native_tokens_prompt": 4, "model": "m"}, "OpenRouter"),
        ({"id": "x", "conversations": [{"from": "human", "value": "Hi"}]}, "ShareGPT"),
        ({"input": {"messages": []}, "output": {}, "tags": {}}, "OpenPipe"),
        ({"type": "user", "uuid": "1", "sessionId": "s", "message": {"role": "user", "content": "Hi"}}, "Claude Code"),
        ({"method": "POST", "path": "/v1/messages", "body": {"messages": []}, "headers": {}}, "--map"),
    ],
)
def test_known_kinds_without_text_or_account_are_refused_by_name(
    tmp_path: Path, record: dict[str, Any], reason: str
) -> None:
    rows, letters = read(tmp_path, record)
    assert rows == []
    (told,) = letters
    assert reason in told
