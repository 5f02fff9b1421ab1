"""Tracers say one call more than once, and whose it is elsewhere: each call is one exchange, of the right account."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stillwatch.ingest import plan, read_slice

DULL = ("source_file", "source_line", "messages")


def read(folder: Path, *records: Any) -> tuple[list[dict[str, Any]], list[str]]:
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    results = [result for part in plan([path]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    kept = [{k: v for k, v in row.items() if v is not None and k not in DULL} for row in rows]
    return kept, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


def at(second: int = 0, micro: int = 0) -> datetime:
    return datetime(2026, 3, 2, 9, 0, second, micro, tzinfo=UTC)


def litellm(number: int, parent: str = "", **given: Any) -> dict[str, Any]:
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in given.items()]
    return {
        "traceId": "t", "spanId": f"s{number}", "parentSpanId": parent, "name": "litellm_request",
        "startTimeUnixNano": "1772442000250001000", "endTimeUnixNano": "1772442001250001000", "attributes": attributes,
    }  # fmt: skip


def otlp(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": list(spans)}]}]}


CALL = {
    "gen_ai.request.model": "m", "gen_ai.system": "openai", "llm.is_streaming": "False", "llm.user": "customer-9",
    "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "Which bee?", "gen_ai.completion.0.content": "Mason.",
    "metadata.requester_ip_address": "203.0.113.9", "metadata.user_api_key_team_id": "team",
}  # fmt: skip


@pytest.mark.parametrize(
    ("named", "account"),
    [
        ({"metadata.user_api_key_user_id": "u-1", "metadata.user_api_key_hash": "h"}, "u-1"),
        ({"litellm.metadata.user_api_key_user_id": "u-1", "litellm.metadata.user_api_key_hash": "h"}, "u-1"),
        ({"metadata.user_api_key_user_id": "None", "metadata.user_api_key_hash": "h"}, "h"),
        ({"metadata.user_api_key_user_id": "", "metadata.user_api_key_hash": "None"}, "customer-9"),
    ],
)
def test_litellms_spans_are_the_key_holders(tmp_path: Path, named: dict[str, str], account: str) -> None:
    proxy = litellm(0, **{"metadata.user_api_key_team_id": "team"})
    raw = litellm(2, "s1", **{"llm.openai.messages": "[{'role': 'user', 'content': 'Which bee?'}]"})
    rows, letters = read(tmp_path, otlp(proxy, litellm(1, "s0", **CALL, **named), raw))
    assert letters == []
    key = {"api_key_id": "h"} if "h" in named.values() else {}
    assert rows == [
        {
            "exchange_id": "s1", "time": at(0, 250001), "latency_ms": 1000.0, "account_id": account, "org_id": "team",
            "provider": "openai", "model": "m", "prompt": "Which bee?", "response": "Mason.",
            "client_address": "203.0.113.9", "stream": False, **key,
        }
    ]  # fmt: skip


def generation(number: int, parent: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"o{number}", "traceId": "t1", "parentObservationId": parent, "type": "GENERATION", "model": "m",
        "startTime": f"2026-03-02T09:00:0{number}.250Z", "input": f"Why {number}?", "output": "So.", **more,
    }  # fmt: skip


def test_of_langfuse_generations_in_one_another_the_inner_one_counts(tmp_path: Path) -> None:
    given = [
        generation(1),
        {**generation(2, "o1"), "type": "SPAN"},
        generation(3, "o2", usageDetails={"input": 10, "input_cached_tokens": 90, "output": "5", "output_reasoning": 7, "total": 112}),
        generation(4, "elsewhere", usageDetails={"prompt_tokens": 4, "completion_tokens": 2}),
        generation(5, "o5", usageDetails={}, promptTokens=6, completionTokens=3),
    ]  # fmt: skip
    trace = {"id": "t1", "timestamp": "2026-03-02T09:00:00Z", "userId": "u-2", "sessionId": "s-2"}
    other = {**trace, "id": "t2", "userId": "u-3"}
    for record in ({**trace, "observations": given}, {"traces": [other, trace], "observations": given}):
        rows, letters = read(tmp_path, record)
        assert letters == []
        assert [
            (row["exchange_id"], row["time"], row["account_id"], row["session_id"], row["prompt"]) for row in rows
        ] == [(f"o{number}", at(number, 250000), "u-2", "s-2", f"Why {number}?") for number in (3, 4)]
        assert [(row["input_tokens"], row["output_tokens"]) for row in rows] == [(100, 12), (4, 2)]
        assert rows[0]["reasoning_tokens"] == 7


def test_a_langfuse_export_of_traces_whose_observations_have_none(tmp_path: Path) -> None:
    record = {"traces": [{"id": "t2", "userId": "u-3"}], "observations": [generation(1), generation(2, traceId="t2")]}
    rows, letters = read(tmp_path, record)
    assert [(row["exchange_id"], row["account_id"]) for row in rows] == [("o2", "u-3")]
    assert len(letters) == 1
    assert letters[0].startswith("no `account_id`")


def test_mlflows_tools_and_calls_around_calls(tmp_path: Path) -> None:
    def span(number: int, parent: int | None, kind: str, **more: str) -> dict[str, Any]:
        asked = json.dumps({"model": "m", "messages": [{"role": "user", "content": f"Why {number}?"}]})
        return {
            "span_id": f"s{number}", "parent_span_id": parent and f"s{parent}",
            "start_time_unix_nano": 1772442000250001000 + number, "end_time_unix_nano": 1772442001250001000,
            "attributes": {"mlflow.spanType": json.dumps(kind), "mlflow.spanInputs": asked, **more},
        }  # fmt: skip

    tools = json.dumps([{"type": "function", "function": {"name": "atlas"}}])
    trace = {
        "info": {"trace_id": "tr", "trace_metadata": {"mlflow.trace.user": "u-4", "mlflow.trace.session": "s-4"}},
        "data": {"spans": [
            span(1, None, "LLM"), span(2, 1, "CHAIN"), span(3, 2, "CHAT_MODEL", **{"mlflow.chat.tools": tools}),
            span(4, 2, "CHAT_MODEL", **{"mlflow.chat.tools": "[{"}), span(5, None, "EMBEDDING"),
        ]},
    }  # fmt: skip
    rows, letters = read(tmp_path, trace)
    assert letters == []
    assert [(row["exchange_id"], row["time"], row["account_id"], row["prompt"], row.get("tools")) for row in rows] == [
        ("s3", at(0, 250001), "u-4", "Why 3?", ["atlas"]),
        ("s4", at(0, 250001), "u-4", "Why 4?", None),
    ]
    assert "note" in rows[1]


def test_weaves_counts(tmp_path: Path) -> None:
    call = {
        "id": "w", "op_name": "weave:///t/p/op/openai.chat.completions.create:h", "started_at": "2026-03-02T09:00:00.250001Z",
        "attributes": {"user_id": "u-5"}, "inputs": {"model": "m", "messages": [{"role": "user", "content": "Why?"}]},
        "output": "So.", "wb_user_id": "w-1",
    }  # fmt: skip
    one = {"usage": {"m": {"requests": 1, "prompt_tokens": 9, "completion_tokens": 2.0}}}
    two = {"usage": {**one["usage"], "n": {"prompt_tokens": 1}}}
    rows, letters = read(
        tmp_path, {**call, "summary": one}, {**call, "summary": two}, {**call, "summary": {"usage": 7}}
    )
    assert letters == []
    assert [(row.get("input_tokens"), row.get("output_tokens")) for row in rows] == [(9, 2), (None, None), (None, None)]
    assert {(row["account_id"], row["time"], row["response"]) for row in rows} == {("u-5", at(0, 250001), "So.")}
