"""Records of tracers, in the layouts that they export, become the exchanges that they tell of."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from read_records import read_records as read


def at(second: int = 0, micro: int = 0) -> datetime:
    return datetime(2026, 3, 2, 9, 0, second, micro, tzinfo=UTC)


def pairs(**given: Any) -> list[dict[str, Any]]:
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    return [{"key": key, "value": {kinds[type(value)]: value}} for key, value in given.items()]


def otlp(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": list(spans)}]}]}


def span(number: int, parent: str = "", **attributes: Any) -> dict[str, Any]:
    return {
        "traceId": "t", "spanId": f"s{number}", "parentSpanId": parent, "name": "call",
        "startTimeUnixNano": "1772442000250001000", "endTimeUnixNano": "1772442001250001000",
        "attributes": pairs(**attributes),
    }  # fmt: skip


INFERENCE: dict[str, Any] = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "m-1",
    "llm.system": "openai",
    "llm.invocation_parameters": '{"temperature": 0.5, "max_tokens": 90, "stop": ["END"]}',
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": "Be kind.",
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.contents.0.message_content.type": "text",
    "llm.input_messages.1.message.contents.0.message_content.text": "Name a river.",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "Elbe.",
    "llm.tools.0.tool.json_schema": '{"type": "function", "function": {"name": "atlas"}}',
    "llm.token_count.prompt": 9,
    "llm.token_count.completion": 2,
    "session.id": "s",
    "user.id": "u-1",
}
TOLD = {
    "account_id": "u-1", "session_id": "s", "model": "m-1", "provider": "openai", "operation": "chat",
    "temperature": 0.5, "max_tokens": 90, "stop": ["END"], "system": "Be kind.", "prompt": "Name a river.",
    "response": "Elbe.", "tools": ["atlas"], "input_tokens": 9, "output_tokens": 2, "latency_ms": 1000.0,
}  # fmt: skip


def test_openinference_in_otlp(tmp_path: Path) -> None:
    chain = span(1, **{"openinference.span.kind": "CHAIN", "input.value": "Name a river.", "user.id": "u-1"})
    own = {name: value for name, value in INFERENCE.items() if name != "user.id"}
    rows, letters = read(tmp_path, otlp(chain, span(2, "s1", **own)))
    assert letters == []
    assert rows == [{**TOLD, "exchange_id": "s2", "time": at(0, 250001)}]


def test_openinference_spans_and_data_frames(tmp_path: Path) -> None:
    frame = {"name": "call", "span_kind": "LLM", "start_time": "2026-03-02T09:00:00", "end_time": "2026-03-02T09:00:01"}
    flat = {**frame, "context": {"trace_id": "t", "span_id": "s3"}, "attributes": INFERENCE}
    nested = {
        **frame,
        "context.span_id": "s4",
        "attributes.openinference.span.kind": "LLM",
        "attributes.llm.model_name": "m-1",
        "attributes.llm.system": "openai",
        "attributes.llm.invocation_parameters": INFERENCE["llm.invocation_parameters"],
        "attributes.llm.input_messages": [
            {"message.role": "system", "message.content": "Be kind."},
            {"message.role": "user", "message.contents": [{"message_content.type": "text", "message_content.text": "Name a river."}]},
        ],
        "attributes.llm.output_messages": [{"message.role": "assistant", "message.content": "Elbe."}],
        "attributes.llm.tools": [{"tool.json_schema": INFERENCE["llm.tools.0.tool.json_schema"]}],
        "attributes.llm.token_count.prompt": 9.0,
        "attributes.llm.token_count.completion": 2.0,
        "attributes.session.id": "s",
        "attributes.user.id": "u-1",
    }  # fmt: skip
    rows, letters = read(tmp_path, flat, nested)
    assert letters == []
    rows.sort(key=lambda row: row["exchange_id"])
    assert rows == [{**TOLD, "exchange_id": one, "time": at()} for one in ("s3", "s4")]


def test_openinference_values_stand_for_messages_and_other_kinds_are_refused(tmp_path: Path) -> None:
    frame = {"start_time": "2026-03-02T09:00:00Z", "context": {"span_id": "s5"}}
    values = {"openinference.span.kind": "LLM", "llm.model_name": "m", "user.id": "u"}
    asked = {"input.value": '{"messages": [{"role": "user", "content": "Who?"}]}', "output.value": "Me."}
    tool = {**frame, "attributes": {"openinference.span.kind": "TOOL", "input.value": "x", "user.id": "u"}}
    nobody = {**frame, "attributes": {**INFERENCE, "user.id": None}}
    cut = {**frame, "attributes": {**values, "input.value": '{"messages": [{"ro'}}
    rows, letters = read(tmp_path, {**frame, "attributes": {**values, **asked}}, tool, nobody, cut)
    assert [(row["prompt"], row["response"], row["account_id"]) for row in rows] == [("Who?", "Me.", "u")]
    assert letters == [
        "a span of kind TOOL is no call of a model: only those of kind LLM are exchanges",
        "no `account_id`: neither the span nor one around it, in the files that were read, has `user.id` or `enduser.id`",
        """`input.value`: JSON text that cannot be parsed: '{"messages": [{"ro'""",
    ]


def test_openllmetry_in_otlp_beside_other_styles(tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "llm.request.type": "chat", "gen_ai.system": "OpenAI", "gen_ai.request.model": "m-1",
        "gen_ai.request.temperature": 0.5, "gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "Be kind.",
        "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": '[{"type": "text", "text": "Name a lake."}]',
        "llm.request.functions.0.name": "atlas", "llm.request.functions.1.name": "gauge",
        "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": "Müritz.",
        "gen_ai.completion.0.finish_reason": "stop", "gen_ai.usage.prompt_tokens": 8,
        "gen_ai.usage.completion_tokens": 3, "llm.is_streaming": True,
        "traceloop.association.properties.user_id": "u-2", "traceloop.association.properties.session_id": "s-2",
    }  # fmt: skip
    embedding = {"llm.request.type": "embedding", "gen_ai.request.model": "e", "gen_ai.prompt.0.content": "x"}
    workflow = {"traceloop.span.kind": "workflow", "traceloop.entity.input": "{}"}
    rows, letters = read(
        tmp_path, otlp(span(0, **workflow), span(1, **given), span(2, **embedding), span(3, **INFERENCE))
    )
    assert letters == ["an embeddings span holds no conversation"]
    assert rows == [
        {
            "exchange_id": "s1", "time": at(0, 250001), "latency_ms": 1000.0, "account_id": "u-2", "session_id": "s-2",
            "provider": "OpenAI", "model": "m-1", "operation": "chat", "system": "Be kind.", "prompt": "Name a lake.",
            "response": "Müritz.", "stop_reason": "stop", "tools": ["atlas", "gauge"], "temperature": 0.5,
            "stream": True, "input_tokens": 8, "output_tokens": 3,
        },
        {**TOLD, "exchange_id": "s3", "time": at(0, 250001)},
    ]  # fmt: skip


def test_langfuse_observations_of_api_and_exports(tmp_path: Path) -> None:
    api = {
        "id": "o1", "traceId": "t", "type": "GENERATION", "startTime": "2026-03-02T09:00:00.123Z",
        "endTime": "2026-03-02T09:00:02.123Z", "model": "m-1", "projectId": "p", "userId": "u-3", "sessionId": "s-3",
        "modelParameters": {"temperature": "0.2", "max_tokens": 50, "top_p": 1},
        "input": {"messages": [{"role": "system", "content": "Short."}, {"role": "user", "content": "Best tea?"}],
                  "tools": [{"type": "function", "function": {"name": "shop"}}]},
        "output": {"role": "assistant", "content": "Assam."}, "usageDetails": {"input": 5, "output": 3, "total": 8},
    }  # fmt: skip
    blob = {
        "id": "o2", "trace_id": "t", "project_id": "p", "type": "GENERATION", "start_time": "2026-03-02 09:00:00.123000",
        "end_time": "2026-03-02 09:00:02.123000", "provided_model_name": "m-1", "user_id": "u-3", "session_id": "s-3",
        "model_parameters": '{"temperature": 0.2, "max_tokens": 50, "top_p": 1}', "input": json.dumps(api["input"]),
        "output": '{"role": "assistant", "content": "Assam."}', "usage_details": {"input": "5", "output": "3"},
    }  # fmt: skip
    rows, letters = read(tmp_path, api, blob)
    assert letters == []
    told = {
        "time": at(0, 123000), "latency_ms": 2000.0, "account_id": "u-3", "session_id": "s-3", "model": "m-1",
        "operation": "chat.completions", "temperature": 0.2, "max_tokens": 50, "top_p": 1.0, "system": "Short.",
        "prompt": "Best tea?", "tools": ["shop"], "response": "Assam.", "input_tokens": 5, "output_tokens": 3,
    }  # fmt: skip
    assert rows == [{**told, "exchange_id": "o1"}, {**told, "exchange_id": "o2"}]


def test_langfuse_traces_hold_observations_and_what_is_no_call_is_refused(tmp_path: Path) -> None:
    call = {
        "id": "o4",
        "traceId": "t4",
        "type": "GENERATION",
        "startTime": "2026-03-02T09:00:05Z",
        "input": "Why rain?",
    }
    answer = {"output": '{"wet": true}', "model": "m"}
    other = {**call, "id": "o5", "type": "SPAN"}
    trace = {
        "id": "t4", "timestamp": "2026-03-02T09:00:00Z", "userId": "u-4", "sessionId": "s-4",
        "observations": [{**call, **answer}, other, {**call, "id": "o6", "input": None}],
    }  # fmt: skip
    ids = {**trace, "observations": ["o4"]}
    alone: list[dict[str, Any]] = [other, ids, call]
    lone = [{**one, "traceId": f"t{number}", "id": f"t{number}"} for number, one in enumerate(alone, 7)]
    rows, letters = read(tmp_path, trace, *lone)
    assert rows == [
        {
            "exchange_id": "o4", "time": at(5), "account_id": "u-4", "session_id": "s-4", "model": "m",
            "prompt": "Why rain?", "response": '{"wet": true}',
        }
    ]  # fmt: skip
    assert letters == [
        "`input`: no text in it: None",
        "an observation of type SPAN is no call of a model: only GENERATION is",
        "a trace whose `observations` are ids alone: export the observations themselves",
        "no `account_id`: neither the observation nor its trace has a `userId`; export observations with their trace's"
        " fields",
    ]


def test_langfuse_exports_of_traces_and_of_observations_meet(tmp_path: Path) -> None:
    trace = {"id": "t1", "timestamp": "2026-03-02T09:00:00Z", "user_id": "u-1", "session_id": "s", "bookmarked": False,
             "public": False, "project_id": "p", "input": "x"}  # fmt: skip
    call = {"id": "o1", "trace_id": "t1", "type": "GENERATION", "start_time": "2026-03-02T09:00:05Z", "input": "Why?",
            "output": "So.", "provided_model_name": "m"}  # fmt: skip
    inner = {**call, "id": "o2", "parent_observation_id": "o1"}
    span = {**call, "id": "o3", "type": "SPAN"}
    for records in ([call, inner, span, trace], [trace, inner, call, span]):
        rows, letters = read(tmp_path, *records)
        assert letters == []
        assert rows == [
            {"exchange_id": "o2", "time": at(5), "account_id": "u-1", "session_id": "s", "model": "m", "prompt": "Why?",
             "response": "So."},
        ]  # fmt: skip


def test_langsmith_runs_of_a_trace_meet(tmp_path: Path) -> None:
    run = {"trace_id": "t1", "start_time": "2026-03-02T09:00:05Z", "inputs": {"messages": [["human", "Why?"]]},
           "outputs": {"text": "So."}}  # fmt: skip
    root = {**run, "id": "r1", "run_type": "chain", "extra": '{"metadata": {"user_id": "u-1", "thread_id": "s"}}'}
    around = {**run, "id": "r2", "parent_run_id": "r1", "run_type": "llm"}
    inner = {**run, "id": "r3", "parent_run_id": "r2", "run_type": "llm"}
    rows, letters = read(tmp_path, inner, around, root)
    assert letters == []
    assert [(row["exchange_id"], row["account_id"], row["session_id"], row["prompt"]) for row in rows] == [
        ("r3", "u-1", "s", "Why?")
    ]
    _, letters = read(tmp_path, root)
    assert letters == ["a run of type chain is no call of a model: only llm is"]


def test_phoenix_spans_of_a_trace_meet(tmp_path: Path) -> None:
    frame = {"start_time": "2026-03-02T09:00:00Z", "span_kind": "LLM", "parent_id": "s1"}
    call = {**frame, "context": {"trace_id": "t", "span_id": "s2"},
            "attributes": {**INFERENCE, "user.id": None, "session.id": None}}  # fmt: skip
    root = {**frame, "parent_id": None, "context": {"trace_id": "t", "span_id": "s1"},
            "attributes": {"openinference.span.kind": "CHAIN", "user.id": "u-9", "input.value": "x"}}  # fmt: skip
    rows, letters = read(tmp_path, call, root)
    assert letters == []
    assert [(row["exchange_id"], row["account_id"]) for row in rows] == [("s2", "u-9")]
