"""Records of gateways and chat programs, in the layouts that they write, become the exchanges that they tell of."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from read_records import read_records as read

ASKED = {
    "model": "m-1", "temperature": 0.3, "max_tokens": 40,
    "messages": [{"role": "system", "content": "Brief."}, {"role": "user", "content": "Tallest tree?"}],
    "tools": [{"type": "function", "function": {"name": "flora"}}],
}  # fmt: skip
ANSWER = {
    "id": "c-1", "created": 1772442099, "model": "m-1-2026",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Redwood."}}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 4},
}  # fmt: skip
TOLD = {
    "time": datetime(2026, 3, 2, 9, 0, 0, 250000, tzinfo=UTC), "account_id": "u-1", "model": "m-1",
    "operation": "chat.completions", "temperature": 0.3, "max_tokens": 40, "system": "Brief.",
    "prompt": "Tallest tree?", "tools": ["flora"], "response": "Redwood.", "stop_reason": "stop",
    "input_tokens": 12, "output_tokens": 4,
}  # fmt: skip
WHEN = "2026-03-02T09:00:00.250Z"


def test_kong(tmp_path: Path) -> None:
    record: dict[str, Any] = {
        "client_ip": "203.0.113.4", "started_at": 1772442000250, "workspace": "w", "service": {"id": "s"},
        "request": {"id": "q", "uri": "/v1/chat/completions", "headers": {"User-Agent": "agent/1"}},
        "response": {"status": 200, "headers": {}}, "latencies": {"request": 700, "kong": 3},
        "consumer": {"id": "u-1", "username": "shop"}, "authenticated_entity": {"id": "key-1"},
        "ai": {"ai-proxy": {"meta": {"request_model": "x", "provider_name": "openai"},
                            "usage": {"prompt_token": 12, "completion_token": 4},
                            "payload": {"request": json.dumps(ASKED), "response": json.dumps(ANSWER)}}},
    }  # fmt: skip
    nobody = {name: value for name, value in record.items() if name != "consumer"}
    no_bodies = {**record, "ai": {"proxy": {"meta": {"request_model": "m"}}}}
    rows, letters = read(tmp_path, record, nobody, no_bodies, {**record, "ai": {}})
    assert rows == [
        {
            **TOLD, "exchange_id": "c-1", "api_key_id": "key-1", "provider": "openai", "client_address": "203.0.113.4",
            "user_agent": "agent/1", "status": "200", "latency_ms": 700.0,
        }
    ]  # fmt: skip
    assert letters == [
        "no `account_id`: the request had no `consumer`: require authentication on the route",
        "`ai`: no `payload.request`: turn on the AI plugin's `logging.log_payloads`",
        "no `ai` in it: the request was no call of a model, or no AI plugin logs statistics",
    ]


def test_portkey(tmp_path: Path) -> None:
    framed = {
        "id": "p-1", "trace_id": "t", "created_at": WHEN, "ai_org": "openai", "ai_model": "x", "res_units": 4,
        "request": {"url": "https://api/v1/chat/completions", "headers": {"user-agent": "agent/1"}, "body": ASKED},
        "response": {"status": 200, "response_time": 600, "body": ANSWER},
        "metadata": {"_user": "u-1", "session_id": "s-1"},
    }  # fmt: skip
    bare = {
        "id": "p-2", "created_at": WHEN, "ai_org": "openai", "request": json.dumps(ASKED), "response": json.dumps(ANSWER),
        "response_status_code": 200, "response_time": 600, "metadata": [{"key": "_user", "value": "u-1"}],
    }  # fmt: skip
    rows, letters = read(tmp_path, framed, bare, {**framed, "metadata": {"workspace": "w"}})
    told = {**TOLD, "provider": "openai", "status": "200", "latency_ms": 600.0}
    assert rows == [
        {**told, "exchange_id": "p-1", "session_id": "s-1", "user_agent": "agent/1"},
        {**told, "exchange_id": "p-2"},
    ]
    assert letters == ["no `account_id`: `metadata` has no `_user`"]


def test_helicone(tmp_path: Path) -> None:
    record: dict[str, Any] = {
        "request_id": "h-1", "request_created_at": "2026-03-02T10:00:00.250+01:00", "request_user_id": "u-1",
        "request_body": ASKED, "response_body": ANSWER, "response_status": 200, "delay_ms": 500, "provider": "OPENAI",
        "request_properties": {"Helicone-Session-Id": "s-1"}, "country_code": "DE", "request_model": "x",
    }  # fmt: skip
    rows, letters = read(
        tmp_path,
        record,
        {**record, "request_user_id": ""},
        {**record, "request_body": None, "signed_body_url": "https://x"},
    )
    assert rows == [
        {
            **TOLD, "exchange_id": "h-1", "session_id": "s-1", "provider": "OPENAI", "status": "200",
            "latency_ms": 500.0, "country": "DE",
        }
    ]  # fmt: skip
    assert letters == [
        "no `account_id`: `request_user_id` is empty: the `Helicone-User-Id` header sets it",
        "no `request_body`: the body lies at `signed_body_url`: export with bodies",
    ]


def test_cloudflare(tmp_path: Path) -> None:
    api: dict[str, Any] = {
        "id": "f-1", "created_at": WHEN, "provider": "openai", "model": "x", "request": json.dumps(ASKED),
        "response": json.dumps(ANSWER), "tokens_in": 12, "tokens_out": 4, "status_code": 200, "duration": 400,
        "success": True, "metadata": '{"user": "u-1", "session_id": "s-1"}',
    }  # fmt: skip
    pushed = {
        "Gateway": "g", "Provider": "openai", "Model": "x", "Endpoint": "chat", "StatusCode": 200, "CreatedAt": WHEN,
        "Metadata": {"user": "u-1"}, "RequestBody": ASKED, "ResponseBody": ANSWER,
    }  # fmt: skip
    secret = {"type": "encrypted", "key": "k", "iv": "i", "data": "d"}
    rows, letters = read(
        tmp_path, api, pushed, {**pushed, "RequestBody": secret}, {**api, "metadata": {}}, {**api, "request": None}
    )
    told = {**TOLD, "provider": "openai", "status": "200"}
    assert rows == [
        {**told, "exchange_id": "f-1", "session_id": "s-1", "latency_ms": 400.0},
        {**told, "exchange_id": "c-1"},
    ]
    assert letters[0].startswith("its bodies are encrypted: unwrap `RequestBody.key` with the private key")
    assert letters[1:] == [
        "no `account_id`: `metadata` has no `user`: the `cf-aig-metadata` header sets it",
        "no `request`: the list of logs holds none; fetch each log's request and response",
    ]


def test_langsmith(tmp_path: Path) -> None:
    def said(kind: str, text: str) -> dict[str, Any]:
        return {"lc": 1, "type": "constructor", "id": ["langchain", "schema", kind], "kwargs": {"content": text}}

    run: dict[str, Any] = {
        "id": "r-1", "trace_id": "t", "session_id": "project", "run_type": "llm", "start_time": WHEN,
        "end_time": "2026-03-02T09:00:01.250Z", "status": "success", "prompt_tokens": 12, "completion_tokens": 4,
        "inputs": {"messages": [[said("SystemMessage", "Brief."), said("HumanMessage", "Tallest tree?")]]},
        "outputs": {"generations": [[{"text": "Redwood.", "generation_info": {"finish_reason": "stop"},
                                      "message": said("AIMessage", "Redwood.")}]]},
        "extra": {"invocation_params": {"model": "m-1", "temperature": 0.3, "max_tokens": 40, "tools": ASKED["tools"]},
                  "metadata": {"ls_provider": "openai", "thread_id": "s-1"}},
    }  # fmt: skip
    chain = {"id": "r-0", "run_type": "chain", "start_time": WHEN, "inputs": {}, "child_runs": [run],
             "extra": json.dumps({"metadata": {"user_id": "u-1"}})}  # fmt: skip
    rows, letters = read(tmp_path, chain, run, {**chain, "child_runs": []})
    assert rows == [
        {
            **TOLD, "exchange_id": "r-1", "session_id": "s-1", "provider": "openai", "status": "success",
            "latency_ms": 1000.0,
        }
    ]  # fmt: skip
    assert sorted(letters) == [
        "a run of type chain is no call of a model: only llm is",
        "no `account_id`: the run's `extra.metadata` has no `user_id`; its `session_id` is a project",
    ]


def test_weave(tmp_path: Path) -> None:
    call: dict[str, Any] = {
        "id": "w-1", "project_id": "p", "op_name": "weave:///e/p/op/openai.chat.completions.create:x",
        "wb_user_id": "dev", "started_at": WHEN, "ended_at": "2026-03-02T09:00:01.250Z", "inputs": ASKED,
        "output": ANSWER, "attributes": {"user_id": "u-1", "session_id": "s-1"},
    }  # fmt: skip
    rows, letters = read(tmp_path, call, {**call, "attributes": {}}, {**call, "op_name": "score", "inputs": {"x": 1}})
    assert rows == [{**TOLD, "exchange_id": "w-1", "session_id": "s-1", "latency_ms": 1000.0}]
    assert letters == [
        "no `account_id`: `attributes` has no `user_id` (`weave.attributes` sets it); `wb_user_id` is no end user",
        "`op_name`: 'score' is no call of a model: `inputs` has no messages",
    ]


def test_mlflow_counts_a_call_within_a_call_once(tmp_path: Path) -> None:
    def span(number: int, parent: str | None, kind: str) -> dict[str, Any]:
        return {
            "span_id": f"s{number}", "parent_span_id": parent, "start_time_unix_nano": 1772442000250000000,
            "end_time_unix_nano": 1772442001250000000,
            "attributes": {"mlflow.spanType": json.dumps(kind), "mlflow.spanInputs": json.dumps(ASKED),
                           "mlflow.spanOutputs": json.dumps(ANSWER)},
        }  # fmt: skip

    known = {"mlflow.trace.user": "u-1", "mlflow.trace.session": "s-1"}
    spans = [span(1, None, "AGENT"), span(2, "s1", "CHAT_MODEL"), span(3, "s2", "LLM"), span(4, "s1", "TOOL")]
    trace: dict[str, Any] = {"info": {"trace_id": "t", "trace_metadata": known}, "data": {"spans": spans}}
    row = {"trace_id": "t", "trace_metadata": {}, "tags": {}, "spans": spans}
    tools = {**trace, "data": {"spans": spans[3:]}}
    rows, letters = read(tmp_path, trace, row, tools)
    assert rows == [{**TOLD, "exchange_id": "s3", "session_id": "s-1", "latency_ms": 1000.0}]
    assert letters == [
        "no `account_id`: the trace's metadata has no `mlflow.trace.user`",
        "the trace has no span of type CHAT_MODEL or LLM: it holds no call of a model",
    ]


def test_open_webui_answers_follow_their_branch(tmp_path: Path) -> None:
    def said(key: str, above: str | None, role: str, text: str, **more: Any) -> dict[str, Any]:
        return {"id": key, "parentId": above, "role": role, "content": text, "timestamp": 1772442000, **more}

    told = [
        said("1", None, "user", "Hi."), said("2", "1", "assistant", "Hello.", model="m-1"),
        said("3", "1", "assistant", "Hey.", model="m-2"), said("4", "3", "user", "Bye.", timestamp=1772442009),
    ]  # fmt: skip
    chat = {"models": ["m-1"], "history": {"currentId": "4", "messages": {one["id"]: one for one in told}}}
    rows, letters = read(tmp_path, {"id": "c", "user_id": "u-1", "title": "t", "chat": chat}, {"id": "d", "chat": chat})
    nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    whole = {"account_id": "u-1", "session_id": "c", "time": nine, "prompt": "Hi."}
    assert rows == [
        {**whole, "exchange_id": "2", "model": "m-1", "response": "Hello."},
        {**whole, "exchange_id": "3", "model": "m-2", "response": "Hey."},
        {**whole, "exchange_id": "4", "model": "m-1", "prompt": "Bye.", "time": nine.replace(second=9)},
    ]
    assert letters == ["no `account_id`: the chat has no `user_id`: export all chats as an administrator"] * 3


def test_librechat_trees_and_documents(tmp_path: Path) -> None:
    answer = {
        "messageId": "2", "isCreatedByUser": False, "text": "", "model": "m-1",
        "content": [{"type": "think", "think": "Hm."}, {"type": "text", "text": {"value": "Redwood."}}],
    }  # fmt: skip
    asked = {
        "messageId": "1",
        "isCreatedByUser": True,
        "text": "Tallest tree?",
        "createdAt": WHEN,
        "children": [answer],
    }
    export = {"conversationId": "c", "endpoint": "openAI", "options": {"model": "x"}, "messages": [asked]}
    document = {
        "_id": {"$oid": "0"}, "messageId": "3", "conversationId": "d", "user": "u-2", "isCreatedByUser": True,
        "text": "Oldest?", "createdAt": {"$date": WHEN},
    }  # fmt: skip
    rows, letters = read(
        tmp_path, {**export, "user": "u-1"}, export, document, {**document, "isCreatedByUser": False, "messageId": "4"}
    )
    assert rows == [
        {
            "exchange_id": "2", "account_id": "u-1", "session_id": "c", "time": TOLD["time"], "model": "m-1",
            "prompt": "Tallest tree?", "response": "Redwood.", "reasoning": "Hm.", "provider": "openAI",
        },
        {"exchange_id": "3", "account_id": "u-2", "session_id": "d", "time": TOLD["time"], "prompt": "Oldest?"},
    ]  # fmt: skip
    assert letters == [
        "no `account_id`: neither the message nor the conversation has a `user`: give the account (--default-account)",
        "an answer alone: what it answers (None) is not in the log",
    ]
