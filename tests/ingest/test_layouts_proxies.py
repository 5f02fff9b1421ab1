"""What proxies, older gateways and agents log becomes the exchanges that it tells of."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stillwatch.ingest import plan, read_slice

WHEN = datetime(2026, 3, 2, 9, 0, 0, 250001, tzinfo=UTC)
ISO = "2026-03-02T09:00:00.250001Z"
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Deepest lake?"}]}
ANSWER = {"id": "c-1", "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Baikal."}}]}


def read(folder: Path, *records: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """What a file of these records is read as: exchanges less what is null, and dead letters' reasons."""
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    results = [result for part in plan([path]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    dull = ("source_file", "source_line", "messages")
    kept = [{k: v for k, v in row.items() if v is not None and k not in dull} for row in rows]
    return kept, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


def test_a_proxys_requests(tmp_path: Path) -> None:
    body = {"model": "m", "max_tokens": 50, "system": "Brief.", "messages": ASKED["messages"]}
    line: dict[str, Any] = {
        "timestamp": ISO, "method": "POST", "path": "/v1/messages?beta=true", "status": 200, "duration_ms": 812,
        "headers": {"User-Agent": "cli/2", "x-api-key": "sk-secret", "X-Forwarded-For": "203.0.113.9, 10.0.0.1"},
        "body": {**body, "metadata": {"user_id": "u-1"}},
    }  # fmt: skip
    rows, letters = read(
        tmp_path, line, {**line, "body": json.dumps(body)}, {**line, "api_key_hash": "k", "body": body}
    )
    told = {
        "time": WHEN, "account_id": "u-1", "model": "m", "operation": "messages", "system": "Brief.", "max_tokens": 50,
        "prompt": "Deepest lake?", "status": "200", "latency_ms": 812.0, "client_address": "203.0.113.9",
        "user_agent": "cli/2",
    }  # fmt: skip
    assert [{k: v for k, v in row.items() if k != "exchange_id"} for row in rows] == [
        told,
        {**told, "account_id": "k", "api_key_id": "k"},
    ]
    assert [reason[:40] for reason in letters] == ["no `account_id`: the line names nobody, "]
    assert not any("sk-secret" in str(row) for row in rows)


def test_openpipe(tmp_path: Path) -> None:
    line: dict[str, Any] = {
        "input": ASKED, "output": {**ANSWER, "created": 1772442000}, "tags": {"user_id": "u-1", "prompt_id": "p"},
    }  # fmt: skip
    rows, letters = read(
        tmp_path, line, {**line, "tags": {}}, {**line, "output": {**ANSWER, "created": 17724420000}},
        {**line, "requestedAt": ISO, "output": "<html>"},
    )  # fmt: skip
    told = {
        "account_id": "u-1", "model": "m", "operation": "chat.completions", "prompt": "Deepest lake?", "time": WHEN,
    }  # fmt: skip
    answered = {"exchange_id": "c-1", "response": "Baikal.", "stop_reason": "stop"}
    assert rows[0] == {**told, **answered, "time": WHEN.replace(microsecond=0)}
    assert rows[1].pop("note").startswith("`response`")
    assert {k: v for k, v in rows[1].items() if k != "exchange_id"} == told
    assert sorted(letters) == [
        "`time`: 17724420000 is no time between the years 2000 and 2100",
        "no `account_id`: OpenPipe names no caller but in tags: have clients send the tag `user_id`",
    ]


def test_bodies_of_the_gemini_api_on_a_line(tmp_path: Path) -> None:
    request = {
        "contents": [
            {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, {"text": "What is it?"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"x": 1}}}]},
            {"role": "user", "parts": [{"text": "Deepest lake?"}]},
        ],
        "systemInstruction": {"parts": [{"text": "Brief."}]},
        "tools": [{"functionDeclarations": [{"name": "look"}]}, {"googleSearch": {}}],
        "generationConfig": {"temperature": 0.5, "maxOutputTokens": 9, "topK": 3},
    }  # fmt: skip
    pieces = [
        {"candidates": [{"content": {"parts": [{"text": "Hm.", "thought": True}, {"text": "Bai"}]}}]},
        {
            "candidates": [{"content": {"parts": [{"text": "kal."}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 6, "candidatesTokenCount": 2, "thoughtsTokenCount": 1},
        },
    ]
    line: dict[str, Any] = {"ts": ISO, "user_id": "u-1", "request": request, "response": pieces}
    rows, letters = read(tmp_path, line, {**line, "user_id": None})
    (row,) = rows
    del row["exchange_id"]
    assert row == {
        "time": WHEN, "account_id": "u-1", "operation": "generateContent", "system": "Brief.",
        "prompt": "Deepest lake?", "tools": ["look", "googleSearch"], "temperature": 0.5, "max_tokens": 9, "top_k": 3,
        "response": "Baikal.", "reasoning": "Hm.", "stop_reason": "STOP", "input_tokens": 6, "output_tokens": 2,
        "reasoning_tokens": 1,
    }  # fmt: skip
    assert letters == ["no `account_id`: bodies of this API name no caller: log `account_id` beside them"]


def test_kongs_older_layout(tmp_path: Path) -> None:
    record: dict[str, Any] = {
        "client_ip": "203.0.113.9", "started_at": 1772442000250, "latencies": {"request": 90},
        "consumer": {"username": "u-1"},
        "ai": {
            "payload": {"request": json.dumps(ASKED)},
            "proxy": {
                "payload": {"response": json.dumps(ANSWER)}, "usage": {"prompt_token": 28, "completion_token": 20},
                "meta": {"request_model": "m", "provider_name": "p"},
            },
        },
    }  # fmt: skip
    rows, letters = read(tmp_path, record)
    assert letters == []
    (row,) = rows
    assert row["time"] == WHEN.replace(microsecond=250000)
    told = {
        "account_id": "u-1", "model": "m", "provider": "p", "prompt": "Deepest lake?", "response": "Baikal.",
        "input_tokens": 28, "output_tokens": 20, "client_address": "203.0.113.9",
    }  # fmt: skip
    assert {name: row.get(name) for name in told} == told


def test_steps_of_a_cortex_agent(tmp_path: Path) -> None:
    step = "snow.ai.observability.agent.planning."
    row: dict[str, Any] = {
        "TIMESTAMP": "2026-03-02 09:00:01.250001 +0000", "START_TIMESTAMP": "2026-03-02 10:00:00.250001 +0100",
        "TRACE": {"trace_id": "t", "span_id": "s-1"}, "RECORD_TYPE": "SPAN",
        "RECORD": {"name": "ReasoningAgentStepPlanning-0"}, "RESOURCE_ATTRIBUTES": {"snow.user.name": "U1"},
        "RECORD_ATTRIBUTES": json.dumps({
            "snow.ai.observability.agent.thread_id": 7, f"{step}query": "Deepest lake?", f"{step}response": "Baikal.",
            f"{step}model": "m", f"{step}token_count.input": 6, f"{step}token_count.output": 2,
        }),
    }  # fmt: skip
    tool = {**row, "RECORD_ATTRIBUTES": {"snow.ai.observability.agent.tool.sql_execution.query": "SELECT 1"}}
    rows, letters = read(tmp_path, row, tool)
    assert rows == [
        {
            "exchange_id": "s-1", "time": WHEN, "provider": "snowflake.cortex", "account_id": "U1", "session_id": "7",
            "model": "m", "operation": "agent.planning", "prompt": "Deepest lake?", "response": "Baikal.",
            "input_tokens": 6, "output_tokens": 2, "latency_ms": 1000.0,
        }
    ]  # fmt: skip
    assert letters == ["no span with `gen_ai.` attributes: it holds no call of a model"]


def test_an_account_that_lost_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    line = json.dumps({"time": ISO, "account_id": "u-1", "request": ASKED}).encode()
    path.write_bytes(line + b"\n" + line.replace(b"u-1", b"u-\xff1") + b"\n")
    results = [result for part in plan([path]) for result in read_slice(part)]
    assert [account for result in results for account in result.exchanges.column("account_id").to_pylist()] == ["u-1"]
    (reason,) = [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]
    assert reason.startswith("`account_id`: 'u-�1' lost bytes: it may be any other's; left out what is no JSON")


def test_openrouters_broadcast_counts_a_request_once(tmp_path: Path) -> None:
    call = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.provider.name": "p",
        "gen_ai.response.id": "gen-1", "gen_ai.usage.input_tokens": 15, "gen_ai.usage.output_tokens": 7,
        "user.id": "u-1", "session.id": "s-1", "trace.metadata.openrouter.api_key_name": "key",
        "trace.metadata.openrouter.entity_id": "org",
    }  # fmt: skip
    said = {
        "gen_ai.prompt": json.dumps({"messages": [{"role": "system", "content": "Brief."}, *ASKED["messages"]]}),
        "gen_ai.completion": json.dumps({"completion": "Baikal.", "reasoning": "Hm."}),
    }  # fmt: skip

    def span(name: str, above: str, attributes: dict[str, Any]) -> dict[str, Any]:
        pairs = [
            {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
            for key, value in attributes.items()
        ]
        return {
            "traceId": "t", "spanId": name, "parentSpanId": above, "startTimeUnixNano": "1772442000250001999",
            "attributes": pairs,
        }  # fmt: skip

    spans = [span("a", "", {**call, **said}), span("b", "a", call)]
    rows, letters = read(tmp_path, {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
    assert letters == []
    assert rows == [
        {
            "exchange_id": "gen-1", "time": WHEN, "provider": "p", "account_id": "u-1", "session_id": "s-1",
            "model": "m", "operation": "chat", "system": "Brief.", "prompt": "Deepest lake?", "response": "Baikal.",
            "reasoning": "Hm.", "input_tokens": 15, "output_tokens": 7,
        }
    ]  # fmt: skip
