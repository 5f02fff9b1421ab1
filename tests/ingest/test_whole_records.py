"""Whole records of every format, written by hand, and every column that must come of them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

from stillwatch.ingest import plan, read_slice

TIME = datetime(2026, 11, 24, 3, 28, 24, tzinfo=UTC)
TALK: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "First?"},
    {"role": "assistant", "content": "Yes."},
    {"role": "developer", "content": "Be kind."},
    {"role": "user", "content": [{"type": "text", "text": "Second,"}, {"type": "text", "text": "and last?"}]},
    {"role": "user", "content": ""},
    {"role": "assistant", "content": "Well"},
]
READ = [
    {**message, "content": "Second,\nand last?"} if message["content"] == TALK[4]["content"] else message
    for message in TALK
]
SAID = {"system": "Be brief.", "prompt": "Second,\nand last?", "messages": READ}


def read(folder: Path, *records: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """Every column that is not null, and the reasons of dead letters."""
    return read_records(folder, *records, less=("source_file", "source_line"))


def one(folder: Path, record: Any) -> dict[str, Any]:
    (row,), reasons = read(folder, record)
    assert reasons == []
    return row


CANONICAL = {
    "exchange_id": 17, "time": 1795490904, "provider": "p", "pathway": "direct", "account_id": 5, "org_id": 6,
    "api_key_id": "k", "session_id": 8, "model": "m", "operation": "chat", "messages": TALK,
    "tools": [{"type": "function", "function": {"name": "search"}}, {"name": "draw"}, "count"],
    "temperature": 0.7, "top_p": 1, "top_k": 40.0, "n": 2, "max_tokens": 64.0, "seed": 3, "stop": "END", "stream": False,
    "logprobs": True, "top_logprobs": 5, "response_format": {"type": "json_object"},
    "response": [{"type": "text", "text": "Because."}], "reasoning": "hm", "stop_reason": "stop", "status": 200,
    "input_tokens": 10, "output_tokens": 20, "reasoning_tokens": 1, "latency_ms": 12.5, "client_address": "203.0.113.9",
    "asn": "AS64500", "country": "AT", "user_agent": "ua", "tls_fingerprint": "t", "created": "2026-11-24T03:28:24Z",
    "payment_id": 9, "email_domain": "example.org", "plan": "free", "verified": False, "declared_use": "study",
    "licence_id": 4, "source_file": "elsewhere", "source_line": 99, "unknown": 1,
}  # fmt: skip


def test_a_canonical_record(tmp_path: Path) -> None:
    row = one(tmp_path, CANONICAL)
    gone = {"source_file", "source_line", "unknown"}
    assert row == {
        **{name: value for name, value in CANONICAL.items() if name not in gone}, **SAID,
        "exchange_id": "17", "time": TIME, "account_id": "5", "org_id": "6", "session_id": "8", "top_p": 1.0, "top_k": 40,
        "tools": ["search", "draw", "count"], "max_tokens": 64, "stop": ["END"], "response_format": "json_object",
        "response": "Because.", "status": "200", "asn": 64500, "created": TIME, "payment_id": "9", "licence_id": "4",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"time": None}, "no `time`"),
        ({"time": ""}, "no `time`"),
        ({"account_id": None}, "no `account_id`"),
        ({"account_id": ""}, "no `account_id`"),
        ({"messages": None}, "neither `prompt` nor `messages`"),
        ({"messages": []}, "neither `prompt` nor `messages`"),
        ({"messages": [{"content": "x"}]}, "`messages[0]`: expected {role, content}"),
        (
            {"messages": [{"role": "user", "content": 5}]},
            "`messages[0].content`: expected text or content parts, got 5",
        ),
        ({"account_id": ["a"]}, "`account_id`: expected text, got ['a']"),
        ({"time": [1]}, "`time`: expected seconds since 1970 or ISO 8601 text, got [1]"),
    ],
)
def test_a_canonical_record_that_is_none_says_why(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    rows, (reason,) = read(
        tmp_path, {"account_id": "a", "time": TIME.isoformat(), "prompt": "p"}, {**CANONICAL, **change}
    )
    assert len(rows) == 1
    assert reason.startswith(says)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"temperature": "hot"}, "`temperature`: expected a number, got 'hot'"),
        ({"n": "2,0"}, "`n`: expected a whole number that fits 64 bits, got '2,0'"),
        ({"n": 1.5}, "`n`: expected a whole number that fits 64 bits, got 1.5"),
        ({"n": 2**63}, "`n`: expected a whole number that fits 64 bits"),
        ({"verified": "yes"}, "`verified`: expected true or false, got 'yes'"),
        ({"tools": [{"x": 1}]}, "`tools`: a tool without a name"),
        ({"tools": 7}, "`tools`: expected a list, got 7"),
        ({"stop": [1]}, "`stop`: expected a list of text, got [1]"),
        ({"asn": "ASx"}, "`asn`: expected a whole number that fits 64 bits, got 'ASx'"),
        ({"temperature": float("inf")}, "left out what is no JSON"),
        ({"response": {"x": 1}}, "`response`: expected text, got {'x': 1}"),
    ],
)
def test_what_is_optional_and_cannot_be_read_is_null_and_noted(
    tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    whole, row = read(tmp_path, CANONICAL, {**CANONICAL, **change})[0]
    assert row.pop("note").startswith(says)
    assert row == {name: value for name, value in whole.items() if name not in change}


@pytest.mark.parametrize("name", ["temperature", "top_p", "latency_ms"])
@pytest.mark.parametrize("kept", [{}, {"extra": {}}])
def test_numbers_beyond_all_bounds_are_null(tmp_path: Path, name: str, kept: dict[str, Any]) -> None:
    good = {"account_id": "a", "time": "2026-11-24T03:28:24Z", "prompt": "p", **kept}
    path = tmp_path / "log"
    path.write_text(json.dumps(good) + "\n" + json.dumps({**good, name: 0})[:-2] + "1e999}\n")
    (found,) = [result for part in plan([path]) for result in read_slice(part) if result.lines]
    assert found.exchanges["source_line"].to_pylist() == [1, 2]
    assert found.exchanges[name].to_pylist() == [None, None]
    assert "out of range" in found.exchanges["note"].to_pylist()[1]


@pytest.mark.parametrize(
    ("messages", "prompt", "system"),
    [
        ([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}], "b", None),
        ([{"role": "user", "content": "a"}, {"role": "tool", "content": "b"}], "a", None),
        ([{"role": "user", "content": "a"}, {"role": "user", "content": None}], "a", None),
        ([{"role": "assistant", "content": "a"}], "", None),
        ([{"role": "developer", "content": "d"}, {"role": "system", "content": "s"}], "", "d"),
        ([{"role": "system", "content": None}, {"role": "system", "content": "s"}], "", None),
    ],
)
def test_the_prompt_is_what_the_person_said_last(
    tmp_path: Path, messages: list[Any], prompt: str, system: str | None
) -> None:
    record = {"account_id": "a", "time": "2026-11-24T00:00:00Z", "messages": messages}
    rows, _ = read(tmp_path, record, {**record, "prompt": "own", "system": "mine"}, {**record, "x": None, "n": 1.0})
    assert [(row["prompt"], row.get("system")) for row in rows] == [(prompt, system), ("own", "mine"), (prompt, system)]
    assert [row["messages"] for row in rows] == [messages] * 3


@pytest.mark.parametrize("name", ["exchange_id", "org_id", "api_key_id", "session_id", "payment_id", "licence_id"])
@pytest.mark.parametrize("nobody", ["null", " ", "[REDACTED:ID]"])
def test_an_id_that_names_nothing_links_nobody(tmp_path: Path, name: str, nobody: str) -> None:
    path = tmp_path / "log.jsonl"
    record = {"time": 1_795_490_904, "account_id": "a", "prompt": "Why?", name: nobody}
    path.write_text(json.dumps(record) + "\n" + json.dumps({**record, name: " x-1 "}) + "\n")
    rows = [row for one in plan([path]) for result in read_slice(one) for row in result.exchanges.to_pylist()]
    assert [row[name] for row in rows] == [f"{path.name}:1" if name == "exchange_id" else None, "x-1"]


def test_messages_that_are_absent_are_null_and_not_empty(tmp_path: Path) -> None:
    record = {"account_id": "a", "time": "2026-11-24T00:00:00Z", "prompt": "p"}
    rows, _ = read(tmp_path, record, {**record, "messages": []}, {**record, "messages": TALK})
    assert [row.get("messages") for row in rows] == [None, [], READ]


SPEND = {
    "request_id": 1, "call_type": "acompletion", "api_key": "h", "startTime": "2026-11-24T03:28:24Z",
    "endTime": "2026-11-24T03:28:25.500Z", "model": "openai/m", "custom_llm_provider": "openai", "user": "u-1",
    "end_user": "cust-77", "organization_id": None, "team_id": "team-9", "session_id": "s",
    "requester_ip_address": "203.0.113.9", "prompt_tokens": 10, "completion_tokens": 20,
    "messages": json.dumps(TALK), "status": "success",
    "response": json.dumps({"id": "other", "choices": [{"finish_reason": "stop", "message": {"content": "Because."}},
                                                       {"finish_reason": "length", "message": {"content": "No."}}],
                            "usage": {"prompt_tokens": 99}}),
    "proxy_server_request": {"model": "m", "temperature": 0.7, "messages": [{"role": "user", "content": "old"}]},
    "metadata": {"user_agent": "ua", "user_api_key_user_id": "u-2", "status": "failure"},
}  # fmt: skip
SPENT = {
    **SAID, "exchange_id": "1", "time": TIME, "provider": "openai", "account_id": "u-1", "org_id": "team-9",
    "api_key_id": "h", "session_id": "s", "model": "openai/m", "operation": "acompletion", "temperature": 0.7,
    "response": "Because.", "stop_reason": "stop", "status": "success", "input_tokens": 10, "output_tokens": 20,
    "latency_ms": 1500.0, "client_address": "203.0.113.9", "user_agent": "ua",
}  # fmt: skip


def test_a_row_of_litellm_spend_logs(tmp_path: Path) -> None:
    assert one(tmp_path, SPEND) == SPENT
    second = {**SPEND, "user": "", "organization_id": "o-1", "status": None, "response": "So.", "messages": {}}
    row = one(tmp_path, second)
    assert (row["account_id"], row["org_id"], row["status"]) == ("u-2", "o-1", "failure")
    assert (row["response"], row["prompt"]) == ("So.", "old")
    assert one(tmp_path, {**SPEND, "user": None, "metadata": None})["account_id"] == "h"
    assert one(tmp_path, {**SPEND, "messages": "As text?"})["messages"][0]["content"] == "old"
    anthropic = {"type": "message", "content": [{"type": "text", "text": "As Claude."}], "usage": {}}
    assert one(tmp_path, {**SPEND, "response": anthropic})["response"] == "As Claude."
    (_,), (reason,) = read(tmp_path, SPEND, {**SPEND, "messages": {}, "proxy_server_request": {}})
    assert "store_prompts_in_spend_logs" in reason
    no_id = {name: value for name, value in SPEND.items() if name != "request_id"}
    assert one(tmp_path, no_id)["exchange_id"] == "other"


STANDARD = {
    "id": "chatcmpl-1", "litellm_call_id": "call-1", "call_type": "acompletion", "status": "success", "stream": True,
    "custom_llm_provider": "openai", "startTime": 1795490904.0, "endTime": 1795490904.25, "model": "openai/m",
    "prompt_tokens": 10, "completion_tokens": 20, "end_user": "cust", "session_id": 7, "messages": TALK,
    "response": {"choices": [{"finish_reason": "stop", "message": {"content": "Because.", "reasoning_content": "hm"}}]},
    "model_parameters": {"temperature": 0.7, "max_tokens": 64, "seed": 3, "stream": False},
    "metadata": {"user_api_key_hash": "h", "user_api_key_user_id": "u-1", "user_api_key_org_id": "o", "user_api_key_team_id": "t",
                 "requester_ip_address": "203.0.113.9", "user_agent": "ua"},
}  # fmt: skip


def test_a_payload_of_litellm(tmp_path: Path) -> None:
    assert one(tmp_path, STANDARD) == {
        **SAID, "exchange_id": "chatcmpl-1", "time": TIME, "provider": "openai", "account_id": "u-1", "org_id": "o",
        "api_key_id": "h", "session_id": "7", "model": "openai/m", "operation": "acompletion", "temperature": 0.7,
        "max_tokens": 64, "seed": 3, "stream": True, "response": "Because.", "reasoning": "hm", "stop_reason": "stop",
        "status": "success", "input_tokens": 10, "output_tokens": 20, "latency_ms": 250.0,
        "client_address": "203.0.113.9", "user_agent": "ua",
    }  # fmt: skip
    mine = {"requester_ip_address": "198.51.100.1", "user_agent": "own"}
    row = one(
        tmp_path, {**STANDARD, **mine, "id": None, "metadata": {"user_api_key_hash": "h", "user_api_key_team_id": "t"}}
    )
    assert (row["client_address"], row["user_agent"]) == ("198.51.100.1", "own")
    assert (row["exchange_id"], row["account_id"], row["org_id"]) == ("call-1", "h", "t")
    assert one(tmp_path, {**STANDARD, "messages": "As text?"})["prompt"] == "As text?"


def test_a_span_of_opentelemetry(tmp_path: Path) -> None:
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.system": "old", "gen_ai.request.model": "m",
        "gen_ai.response.model": "m-1", "gen_ai.response.id": "resp", "gen_ai.conversation.id": "s", "user.id": 7,
        "organization.id": "o", "gen_ai.request.temperature": 0.7, "gen_ai.request.top_p": 0.9, "gen_ai.request.top_k": 40.0,
        "gen_ai.request.choice.count": 2, "gen_ai.request.max_tokens": 64.0, "gen_ai.request.seed": 3,
        "gen_ai.request.stop_sequences": ["END"], "gen_ai.response.finish_reasons": ["stop", "length"],
        "gen_ai.usage.input_tokens": 10, "gen_ai.usage.prompt_tokens": 99, "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.reasoning_tokens": 5, "client.address": "203.0.113.9", "user_agent.original": "ua",
        "http.response.status_code": 200, "gen_ai.output.type": "json",
        "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
        "gen_ai.input.messages": json.dumps([
            {"role": "user", "parts": [{"type": "text", "content": "First?"}]},
            {"role": "user", "parts": [{"type": "text", "content": "Why"}, {"type": "image"}, {"type": "text", "content": "so?"}]},
        ]),
        "gen_ai.output.messages": [
            {"role": "assistant", "parts": [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "Because."}]},
            {"role": "assistant", "parts": [{"type": "text", "content": "No."}]},
        ],
    }  # fmt: skip
    span = {
        "spanId": "span", "attributes": attributes,
        "startTimeUnixNano": "1795490904000000000", "endTimeUnixNano": "1795490904250000000",
    }  # fmt: skip
    wanted = {
        "exchange_id": "resp", "time": TIME, "provider": "openai", "account_id": "7", "org_id": "o", "session_id": "s",
        "model": "m", "operation": "chat", "system": "Be brief.", "prompt": "Why\nso?",
        "messages": [{"role": "user", "content": "First?"}, {"role": "user", "content": "Why\nso?"}],
        "temperature": 0.7, "top_p": 0.9, "top_k": 40, "n": 2, "max_tokens": 64, "seed": 3, "stop": ["END"],
        "response_format": "json", "response": "Because.", "reasoning": "hm", "stop_reason": "stop", "status": "200",
        "input_tokens": 10, "output_tokens": 20, "reasoning_tokens": 5, "latency_ms": 250.0,
        "client_address": "203.0.113.9", "user_agent": "ua",
    }  # fmt: skip
    assert one(tmp_path, span) == wanted
    # The same as OTLP writes it, with what all spans share in the resource.
    as_pairs = [{"key": key, "value": _any_value(value)} for key, value in attributes.items() if key != "user.id"]
    resource = {
        "attributes": [
            {"key": "user.id", "value": {"intValue": "7"}},
            {"key": "gen_ai.system", "value": {"stringValue": "r"}},
        ]
    }
    other = {"attributes": [{"key": "http.method", "value": {"stringValue": "GET"}}]}
    scope = {"spans": [{**span, "attributes": as_pairs}, other]}
    assert one(tmp_path, {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}) == wanted
    snake = {"resource_spans": [{"resource": resource, "scope_spans": [scope]}]}
    assert one(tmp_path, snake) == wanted
    _, (reason,) = read(tmp_path, span, {"resourceSpans": [{"scopeSpans": [{"spans": [other]}]}]})
    assert reason == "the export holds no span that calls a model with `gen_ai.` attributes"
    plain = {"gen_ai.prompt": "Why?", "gen_ai.completion": "So.", "enduser.id": "e", "gen_ai.system_instructions": "S"}
    row = one(tmp_path, {"span_id": "x", "start_time": "2026-11-24T03:28:24Z", "attributes": plain})
    assert row == {
        "exchange_id": "x", "time": TIME, "account_id": "e", "prompt": "Why?", "response": "So.", "system": "S",
    }  # fmt: skip
    without = {"gen_ai.input.messages": [{"role": "user", "content": "Plain?"}, {"parts": ["bare"]}], "user.id": "u"}
    row = one(tmp_path, {"startTimeUnixNano": "1795490904000000000", "attributes": without})
    assert [m["content"] for m in row["messages"]] == ["Plain?", "bare"]
    assert row["messages"][1]["role"] == "user"


def test_what_a_tool_answered_is_text_of_a_span(tmp_path: Path) -> None:
    parts = [{"type": "tool_call_response", "response": "42"}, {"type": "tool_call", "name": "f"}]
    asked = [{"role": "user", "parts": ["Why?"]}, {"role": "tool", "parts": parts}]
    thought = [{"parts": [{"type": "reasoning", "content": "hm"}, {"type": "tool_call_response", "result": "no"}]}]
    attributes = {"gen_ai.input.messages": asked, "gen_ai.output.messages": thought, "user.id": "u"}
    row = one(tmp_path, {"startTimeUnixNano": "1795490904000000000", "attributes": attributes})
    assert row["messages"] == [{"role": "user", "content": "Why?"}, {"role": "tool", "content": "42"}]
    assert (row["prompt"], row["response"], row["reasoning"]) == ("Why?", "no", "hm")


def test_the_largest_whole_number_fits(tmp_path: Path) -> None:
    record = {"account_id": "a", "time": "2026-11-24T00:00:00Z", "prompt": "p"}
    rows, reasons = read(tmp_path, *({**record, "seed": seed} for seed in (2**63 - 1, -(2**63), 2**63, -(2**63) - 1)))
    assert [row.get("seed") for row in rows] == [2**63 - 1, -(2**63), None, None]
    assert not reasons
    assert all("64 bits" in row["note"] for row in rows[2:])


def _any_value(value: Any) -> dict[str, Any]:
    """A value as OTLP's JSON writes it."""
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any_value(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": k, "value": _any_value(v)} for k, v in value.items()]}}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


ENVELOPE = {
    "request_id": 5, "timestamp": "2026-11-24T03:28:24Z", "user_id": 7, "organization": "o", "key_id": "k",
    "conversation_id": "s", "remote_addr": "203.0.113.9", "duration_ms": 12.5, "pathway": "direct", "asn": 64500,
    "country": "AT", "plan": "free", "user_agent": "own",
}  # fmt: skip
AROUND = {
    "exchange_id": "5", "time": TIME, "account_id": "7", "org_id": "o", "api_key_id": "k", "session_id": "s",
    "client_address": "203.0.113.9", "latency_ms": 12.5, "pathway": "direct", "asn": 64500, "country": "AT",
    "plan": "free", "user_agent": "own",
}  # fmt: skip


def test_a_pair_of_openai_bodies(tmp_path: Path) -> None:
    request = {"model": "m", "messages": TALK, "temperature": 0.7, "user": "cust"}
    response = {"id": "r", "created": 1, "choices": [{"finish_reason": "stop", "message": {"content": "Because."}}]}
    said = {
        **SAID, "model": "m", "operation": "chat.completions", "temperature": 0.7, "response": "Because.",
        "stop_reason": "stop",
    }  # fmt: skip
    assert one(tmp_path, {**ENVELOPE, "request": request, "response": response}) == {**AROUND, **said}
    framed = {
        "request": {"headers": {"User-Agent": "framed"}, "url": "/v1/chat/completions", "body": json.dumps(request)},
        "response": {"status": 200, "body": {**response, "created": 1795490904}},
    }
    row = one(tmp_path, framed)
    assert row == {
        **said,
        "exchange_id": "r",
        "time": TIME,
        "account_id": "cust",
        "user_agent": "framed",
        "status": "200",
    }
    keyed = {"request": {"model": "m", "prompt": "Why?"}, "response": {"created": 1795490904}, "api_key_hash": 12}
    row = one(tmp_path, keyed)
    assert (row["account_id"], row["api_key_id"], row["prompt"]) == ("12", "12", "Why?")
    half = {**ENVELOPE, "request": request, "response": '{"id": "cut'}
    rows, reasons = read(tmp_path, {**ENVELOPE, "request": request}, half)
    assert not reasons
    # What has no answer is laid aside, for its id may bring one.
    cut, unanswered = rows
    assert cut.pop("note").startswith("`response`: JSON text that cannot be parsed")
    assert cut == unanswered


@pytest.mark.parametrize(
    ("body", "prompt"),
    [
        ({"messages": [{"role": "user", "content": "Why?"}]}, "Why?"),
        ({"prompt": "Why?"}, "Why?"),
        ({"input": "Why?"}, "Why?"),
        ({"input": [{"role": "user", "content": [{"type": "input_text", "text": "Why?"}]}]}, "Why?"),
    ],
)
def test_a_request_without_its_response_is_an_exchange(tmp_path: Path, body: dict[str, Any], prompt: str) -> None:
    row = one(tmp_path, {**ENVELOPE, "request": body})
    assert (row["prompt"], row.get("response")) == (prompt, None)


def test_a_pair_of_anthropic_bodies(tmp_path: Path) -> None:
    request = {
        "model": "m", "system": "Be brief.", "max_tokens": 64, "stop_sequences": ["END"], "metadata": {"user_id": "cust"},
        "messages": [{"role": "user", "content": "First?"}, {"role": "user", "content": "Why?"}],
    }  # fmt: skip
    response = {
        "id": "msg", "type": "message", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "So."}],
        "stop_reason": "end_turn", "usage": {"input_tokens": 10, "output_tokens": 20},
    }  # fmt: skip
    said = {
        "model": "m", "operation": "messages", "system": "Be brief.", "prompt": "Why?", "messages": request["messages"],
        "max_tokens": 64, "stop": ["END"], "response": "So.", "reasoning": "hm", "stop_reason": "end_turn",
        "input_tokens": 10, "output_tokens": 20,
    }  # fmt: skip
    assert one(tmp_path, {**ENVELOPE, "request": request, "response": response}) == {**AROUND, **said}
    row = one(tmp_path, {"time": 1795490904, "request": request, "response": response, "key_id": "k"})
    assert row == {**said, "exchange_id": "msg", "time": TIME, "account_id": "cust", "api_key_id": "k"}
    plain = {"model": "m", "messages": request["messages"]}
    row = one(tmp_path, {"time": 1795490904, "request": plain, "response": response, "key_id": "k"})
    assert row["account_id"] == "k"
    # Neither body tells: the path does.
    framed = {"request": {"path": "/v1/messages", "body": plain}, "time": 1795490904, "user_id": "u"}
    assert one(tmp_path, framed)["operation"] == "messages"
    framed["request"]["path"] = "/v1/chat/completions"  # type: ignore[index]
    assert one(tmp_path, framed)["operation"] == "chat.completions"


def test_a_bedrock_invocation(tmp_path: Path) -> None:
    record = {
        "schemaType": "ModelInvocationLog", "timestamp": "2026-11-24T03:28:24Z", "accountId": 111111111111,
        "identity": {"arn": "arn:x"}, "region": "us-east-1", "requestId": "6f9e", "operation": "InvokeModel",
        "modelId": "anthropic.claude", "errorCode": "Throttled",
        "input": {"inputTokenCount": 571, "inputBodyJson": {
            "anthropic_version": "b", "max_tokens": 2000, "system": "Be brief.",
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Why?"}]}]}},
        "output": {"outputTokenCount": 20, "outputBodyJson": {
            "id": "m", "content": [{"type": "text", "text": "So."}], "usage": {"input_tokens": 1, "output_tokens": 2}}},
    }  # fmt: skip
    wanted = {
        "exchange_id": "6f9e", "time": TIME, "provider": "aws.bedrock", "pathway": "bedrock/us-east-1",
        "account_id": "111111111111", "api_key_id": "arn:x", "model": "anthropic.claude", "operation": "InvokeModel",
        "system": "Be brief.", "prompt": "Why?", "messages": [{"role": "user", "content": "Why?"}], "max_tokens": 2000,
        "response": "So.", "status": "Throttled", "input_tokens": 1, "output_tokens": 2,
    }  # fmt: skip
    assert one(tmp_path, record) == wanted
    record["output"]["outputBodyJson"].pop("usage")  # type: ignore[index]
    named = {name: value for name, value in record.items() if name != "schemaType"}
    assert one(tmp_path, named) == {**wanted, "input_tokens": 571, "output_tokens": 20}
    # Nothing but the version says whose body this is, and then nothing at all.
    assert one(tmp_path, {**record, "modelId": "arn:profile"})["system"] == "Be brief."
    openai = {
        **record, "modelId": "openai.gpt-oss", "input": {"inputBodyJson": {"messages": TALK}},
        "output": {"outputBodyJson": {"choices": [{"message": {"content": "Yes."}}]}},
    }  # fmt: skip
    assert one(tmp_path, openai)["response"] == "Yes."
    converse = {
        **record, "operation": "ConverseStream",
        "input": {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "Why?"}]}],
                                    "inferenceConfig": {"maxTokens": 9}}},
        "output": {"outputBodyJson": {"output": {"message": {"content": [{"text": "So."}]}}, "stopReason": "end_turn"}},
    }  # fmt: skip
    row = one(tmp_path, converse)
    assert (row["prompt"], row["response"], row["max_tokens"], row["operation"]) == ("Why?", "So.", 9, "ConverseStream")


def test_an_openai_batch(tmp_path: Path) -> None:
    asked = {
        "custom_id": "r", "method": "POST", "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": TALK, "user": 7, "temperature": 0.7},
    }  # fmt: skip
    body = {"id": "c", "created": 1795490904, "choices": [{"finish_reason": "stop", "message": {"content": "So."}}]}
    got = {"id": "b", "custom_id": "r", "response": {"status_code": 200, "body": body}, "error": None}
    wanted = {
        **SAID, "exchange_id": "c", "time": TIME, "account_id": "7", "model": "m", "operation": "/v1/chat/completions",
        "temperature": 0.7, "response": "So.", "stop_reason": "stop", "status": "200",
    }  # fmt: skip
    assert read(tmp_path, asked, got) == ([wanted], [])
    failed = {"id": "b", "custom_id": "r", "response": {"body": {"created": 1795490904}}, "error": {"code": "expired"}}
    (row,), _ = read(tmp_path, {**asked, "url": None}, failed)
    assert (row["exchange_id"], row["operation"], row["status"]) == ("b", "chat.completions", "expired")
    gone = {"id": "b", "custom_id": "r", "error": {"code": "expired"}}
    assert read(tmp_path, asked, gone) == ([], ["no `time`"])


def test_an_anthropic_batch(tmp_path: Path) -> None:
    params = {"model": "m", "max_tokens": 64, "messages": TALK[1:3] + TALK[4:5], "metadata": {"user_id": "cust"}}
    asked = {"custom_id": "r", "created_at": "2026-11-23T00:00:00Z", "params": params}
    message = {
        "id": "msg",
        "content": [{"type": "text", "text": "So."}],
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    got = {"custom_id": "r", "timestamp": "2026-11-24T03:28:24Z", "result": {"type": "succeeded", "message": message}}
    wanted = {
        "exchange_id": "msg", "time": TIME, "account_id": "cust", "model": "m", "operation": "messages",
        "prompt": "Second,\nand last?", "messages": READ[1:3] + READ[4:5], "max_tokens": 64, "response": "So.",
        "status": "succeeded", "input_tokens": 1, "output_tokens": 2,
    }  # fmt: skip
    assert read(tmp_path, asked, got) == ([wanted], [])
    (row,), _ = read(tmp_path, asked, {**got, "timestamp": None})
    assert row["time"] == datetime(2026, 11, 23, tzinfo=UTC)


def test_a_record_nobody_knows_says_its_keys_and_what_the_files_own_format_lacks(tmp_path: Path) -> None:
    _, reasons = read(tmp_path, CANONICAL, {"x": 1}, {}, [1], 5, {"time": 1, "prompt": "p"})
    assert reasons == [
        "no format recognises its keys `x`; as canonical: no `time`",
        "the object is empty",
        "expected a JSON object, got list",
        "expected a JSON object, got int",
        "no `account_id`",
    ]


@pytest.mark.parametrize("name", ["clientAddress", "clientIp", "ipAddress", "remoteAddr", "client_ip", "remote_addr"])
def test_a_canonical_record_has_its_address_in_either_spelling(tmp_path: Path, name: str) -> None:
    record = {"time": "2026-11-24T00:00:00Z", "account_id": "a", "prompt": "Why?"}
    rows, _ = read(tmp_path, {**record, name: "192.0.2.7"}, {**record, name: "192.0.2.7", "tags": [1]}, record)
    assert [row.get("client_address") for row in rows] == ["192.0.2.7", "192.0.2.7", None]
