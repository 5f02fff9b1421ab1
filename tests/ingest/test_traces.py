"""Spans of a trace are read together, whoever wrote them down and wherever: who asked, what counts once, what is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from stillwatch.ingest import plan, read_slice, without

SECOND = 1_795_490_904
ASKED = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Why?"}]}])
CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.input.messages": ASKED}
AGENT = {**CALL, "gen_ai.operation.name": "invoke_agent", "user.id": "u-1"}


def otlp(number: int, attributes: dict[str, str], parent: str = "", trace: str = "t1") -> dict[str, Any]:
    pairs = [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]
    times = {"startTimeUnixNano": f"{SECOND}{number:09d}", "endTimeUnixNano": f"{SECOND + 1}{number:09d}"}
    span = {"traceId": trace, "spanId": f"s{number}", "parentSpanId": parent, "attributes": pairs, **times}
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [span]}]}]}


def flat(number: int, attributes: dict[str, str], parent: str = "", trace: str = "t1") -> dict[str, Any]:
    """As Python's console exporter writes it."""
    return {
        "context": {"trace_id": trace, "span_id": f"s{number}"}, "parent_id": parent or None,
        "start_time": f"2026-11-24T03:28:24.{number:06d}Z", "attributes": attributes, "name": "x",
    }  # fmt: skip


def jaeger(number: int, attributes: dict[str, str], parent: str = "", trace: str = "t1") -> dict[str, Any]:
    return {
        "traceID": trace, "spanID": f"s{number}", "operationName": "x", "startTime": SECOND * 10**6 + number,
        "references": [{"refType": "CHILD_OF", "traceID": trace, "spanID": parent}] if parent else [],
        "duration": 10, "tags": [{"key": key, "type": "string", "value": value} for key, value in attributes.items()],
    }  # fmt: skip


def stored(number: int, attributes: dict[str, str], parent: str = "", trace: str = "t1") -> dict[str, Any]:
    """As Jaeger's store keeps it."""
    span = jaeger(number, {}, parent, trace)
    return {"_source": {**span, "tag": {key.replace(".", "@"): value for key, value in attributes.items()}}}


def zipkin(number: int, attributes: dict[str, str], parent: str = "", trace: str = "t1") -> dict[str, Any]:
    return {
        "traceId": trace, "id": f"s{number}", "parentId": parent or None, "timestamp": SECOND * 10**6 + number,
        "duration": 10, "tags": attributes,
    }  # fmt: skip


WRITERS = [otlp, flat, jaeger, stored, zipkin]


def read(folder: Path, *files: list[Any]) -> tuple[list[dict[str, Any]], list[tuple[str, int, str]]]:
    for number, records in enumerate(files):
        path = folder / f"{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
    results = [result for part in plan([folder]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    letters = [letter for result in results for letter in result.dead_letters.to_pylist()]
    told = sorted((letter["file"], letter["line"], letter["reason"]) for letter in letters)
    return sorted(rows, key=lambda row: (row["source_file"], row["source_line"])), told


def said(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["source_file"], row["source_line"], row["account_id"], row["prompt"]) for row in rows]


@pytest.mark.parametrize("write", WRITERS)
def test_the_user_of_a_later_span_is_the_calls_user(tmp_path: Path, write: Any) -> None:
    call, root = write(2, CALL, "s1"), write(1, {"user.id": "u-1", "http.route": "/"})
    for name, files in {"lines": [[call, root]], "turned": [[root, call]], "files": [[call], [root]]}.items():
        rows, letters = read(tmp_path / name, *files)
        assert letters == []
        ((file, _, account, prompt),) = said(rows)
        assert (file, account, prompt) == ("0.json", "u-1", "Why?")


@pytest.mark.parametrize("write", WRITERS)
def test_an_agent_and_its_call_are_one_exchange_wherever_they_stand(tmp_path: Path, write: Any) -> None:
    call, agent = write(2, CALL, "s1"), write(1, AGENT)
    for name, files in {"lines": [[call, agent]], "files": [[agent], [call]]}.items():
        rows, letters = read(tmp_path / name, *files)
        assert letters == []
        assert [row["operation"] for row in rows] == ["chat"]
        assert [row["account_id"] for row in rows] == ["u-1"]
    # An agent of whose calls nothing is known speaks for itself.
    rows, _ = read(tmp_path / "alone", [agent])
    assert [row["operation"] for row in rows] == ["invoke_agent"]


def test_spans_of_two_formats_meet(tmp_path: Path) -> None:
    rows, letters = read(tmp_path, [otlp(2, CALL, "s1")], [jaeger(1, {"user.id": "u-7"})])
    # Each format's files are one slice where they are joined as one.
    assert letters == []
    assert said(rows) == [("0.json", 1, "u-7", "Why?")]


def test_of_several_users_in_a_trace_none_is_taken_for_another(tmp_path: Path) -> None:
    rows, letters = read(
        tmp_path,
        [otlp(1, {**CALL, "user.id": "u-1"}), otlp(2, {"user.id": "u-2"}), otlp(3, CALL), otlp(4, CALL, "s2")],
    )
    assert [row["account_id"] for row in rows] == ["u-1", "u-2"]
    assert [(line, reason.split(":")[0]) for _, line, reason in letters] == [(3, "no `account_id`")]
    assert letters[0][2].endswith("in the files that were read, has `user.id` or `enduser.id`")


def test_a_line_of_which_nothing_comes_is_told_once(tmp_path: Path) -> None:
    nothing = "the export holds no span that calls a model with `gen_ai.` attributes"
    plain = otlp(5, {"http.route": "/"}, trace="t5")
    beside = otlp(6, {"http.route": "/"}, trace="t6")
    beside["resourceSpans"] += otlp(7, {**CALL, "user.id": "u-1"}, trace="t7")["resourceSpans"]
    two = otlp(8, {"http.route": "/"}, trace="t8")
    two["resourceSpans"] += otlp(9, {"http.route": "/"}, trace="t9")["resourceSpans"]
    rows, letters = read(tmp_path, [plain, beside, two])
    assert said(rows) == [("0.json", 2, "u-1", "Why?")]
    assert letters == [("0.json", 1, nothing), ("0.json", 3, nothing)]


def test_a_span_without_ids_is_read_where_it_stands(tmp_path: Path) -> None:
    both = otlp(1, {**CALL, "user.id": "u-1"})
    lone = dict(both["resourceSpans"][0]["scopeSpans"][0]["spans"][0], traceId="", spanId="")
    both["resourceSpans"][0]["scopeSpans"][0]["spans"].append(lone)
    rows, letters = read(tmp_path, [both, otlp(2, {"http.route": "/"}, trace="t2")])
    assert [row["account_id"] for row in rows] == ["u-1", "u-1"]
    assert len({row["exchange_id"] for row in rows}) == 2
    assert [line for _, line, _ in letters] == [2]


def test_a_trace_of_jaegers_api(tmp_path: Path) -> None:
    event = {"timestamp": 1, "fields": [
        {"key": "event", "value": "gen_ai.user.message"}, {"key": "content", "value": "How so?"},
    ]}  # fmt: skip
    call = {**jaeger(2, {"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": "7"}, "s1"), "logs": [event]}
    spans = [{**jaeger(1, {}), "processID": "p1"}, {**call, "processID": "p2"}]
    processes = {
        "p1": {"serviceName": "web", "tags": [{"key": "user.id", "type": "string", "value": "u-3"}]},
        "p2": {"serviceName": "model", "tags": []},
    }
    rows, letters = read(
        tmp_path, [{"data": [{"traceID": "t1", "spans": spans, "processes": processes}], "errors": None}]
    )
    assert letters == []
    (row,) = rows
    assert (row["account_id"], row["prompt"], row["input_tokens"], row["latency_ms"]) == ("u-3", "How so?", 7, 0.01)


def test_zipkins_traces_and_their_text_values(tmp_path: Path) -> None:
    tags = {
        **CALL, "user.id": "u-1", "gen_ai.request.stop_sequences": '["END", "."]', "gen_ai.request.temperature": "0.5",
        "gen_ai.response.finish_reasons": '["stop"]', "gen_ai.request.logprobs": "true",
        "gen_ai.usage.output_tokens": "9",
    }  # fmt: skip
    path = tmp_path / "traces.json"
    path.write_text(json.dumps([[zipkin(1, tags)], [zipkin(1, {**tags, "user.id": "u-2"}, trace="t2")]]))
    results = [result for part in plan([path]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    assert [row["account_id"] for row in rows] == ["u-1", "u-2"]
    told = {"stop": ["END", "."], "temperature": 0.5, "stop_reason": "stop", "logprobs": True, "output_tokens": 9}
    assert {name: rows[0][name] for name in told} == told
    assert rows[0]["note"] is None


def test_payloads_and_exports_of_datadog(tmp_path: Path) -> None:
    answer = {"messages": [{"role": "assistant", "content": "So."}]}
    asked = {"messages": [{"role": "system", "content": "Brief."}, {"content": "Why?"}]}
    nanoseconds = SECOND * 10**9
    agent = {
        "parent_id": "undefined", "trace_id": "T", "span_id": "A", "start_ns": nanoseconds, "duration": 10**10,
        "meta": {"kind": "agent", "input": {"value": "Why?"}, "output": {"value": "So."}},
    }  # fmt: skip
    call = {
        "parent_id": "A", "trace_id": "T", "span_id": "L", "start_ns": nanoseconds + 5000, "duration": 10**9,
        "meta": {"kind": "llm", "model_name": "m", "input": asked, "output": answer}, "metrics": {"input_tokens": 4},
    }  # fmt: skip
    sent = {"ml_app": "w", "session_id": "z", "tags": ["env:x", "user_id:u-1"], "spans": [agent, call]}
    found = {
        "id": "1", "type": "span", "attributes": {
            "span_id": "1", "trace_id": "q", "parent_id": "undefined", "span_kind": "llm", "ml_app": "w",
            "start_ns": SECOND * 1000, "duration": 83, "model_name": "m", "input": asked, "output": answer,
            "metrics": {"output_tokens": 3}, "tags": ["user_id:u-2", "session_id:y"],
            "tool_definitions": [{"name": "search"}],
        },
    }  # fmt: skip
    rows, letters = read(
        tmp_path, [{"data": {"type": "span", "attributes": sent}}, {"data": [found], "meta": {"elapsed": 3}}]
    )
    assert letters == []
    told = [
        (row["account_id"], row["session_id"], row["system"], row["prompt"], row["response"], row["model"])
        for row in rows
    ]
    assert told == [("u-1", "z", "Brief.", "Why?", "So.", "m"), ("u-2", "y", "Brief.", "Why?", "So.", "m")]
    assert [row["latency_ms"] for row in rows] == [1000.0, None]
    assert (rows[0]["input_tokens"], rows[1]["output_tokens"], rows[1]["tools"]) == (4, 3, ["search"])


def test_a_program_of_vercels_sdk_is_told_once(tmp_path: Path) -> None:
    whole = {
        "ai.operationId": "ai.generateText", "ai.model.id": "m", "ai.response.text": "So.",
        "ai.prompt": json.dumps({"system": "Brief.", "messages": [{"role": "user", "content": "Why?"}]}),
        "ai.telemetry.metadata.userId": "u-1",
    }  # fmt: skip
    parts = [{"type": "text", "text": "Why?"}]
    inner = {
        "ai.operationId": "ai.generateText.doGenerate", "gen_ai.request.model": "m", "ai.response.text": "So.",
        "ai.prompt.messages": json.dumps([{"role": "system", "content": "Brief."}, {"role": "user", "content": parts}]),
    }  # fmt: skip
    tool = {"ai.operationId": "ai.toolCall", "gen_ai.request.model": "m"}
    rows, letters = read(tmp_path, [otlp(2, inner, "s1"), otlp(3, tool, "s1"), otlp(1, whole)])
    assert letters == []
    assert [(row["account_id"], row["system"], row["prompt"], row["response"]) for row in rows] == [
        ("u-1", "Brief.", "Why?", "So.")
    ]


def test_a_generation_of_langfuse_and_a_request_of_logfire_among_spans(tmp_path: Path) -> None:
    generation = {
        "langfuse.observation.type": "generation", "langfuse.observation.model.name": "m",
        "langfuse.observation.input": ASKED.replace("parts", "content"), "langfuse.observation.output": '"So."',
    }  # fmt: skip
    root = {"langfuse.user.id": "u-1", "langfuse.observation.type": "span", "langfuse.observation.input": "Why?"}
    request = {
        "gen_ai.request.model": "m", "user.id": "u-2", "request_data": json.dumps({"messages": [{"role": "user", "content": "Why?"}]}),
        "response_data": json.dumps({"message": {"role": "assistant", "content": "So."}}),
    }  # fmt: skip
    rows, letters = read(tmp_path, [otlp(2, generation, "s1"), otlp(1, root), otlp(3, request, trace="t2")])
    assert letters == []
    assert [(row["account_id"], row["prompt"]) for row in rows] == [("u-1", "Why?"), ("u-2", "Why?")]
    assert rows[1]["response"] == "So."


def test_files_of_spans_that_were_read_are_not_read_again(tmp_path: Path) -> None:
    for number, name in enumerate(("a.json", "b.json")):
        (tmp_path / name).write_text(json.dumps(otlp(number, {**CALL, "user.id": "u-1"}, trace=f"t{number}")) + "\n")
    (part,) = plan([tmp_path])
    left = without(part, lambda one: one.label == "a.json")
    assert left is not None
    assert [row["source_file"] for result in read_slice(left) for row in result.exchanges.to_pylist()] == ["b.json"]
    assert without(part, lambda one: True) is None
    (tmp_path / "c").mkdir()
    halves = {"custom_id": "r", "url": "/v1/chat/completions", "body": {"model": "m", "messages": []}}
    for name in ("in.jsonl", "out.jsonl"):
        (tmp_path / "c" / name).write_text(json.dumps(halves) + "\n")
    (batch,) = plan([tmp_path / "c"])
    # An answer may come days later: whoever has a new file reads all.
    assert without(batch, lambda one: not one.together) is batch
    assert without(batch, lambda one: bool(one.together)) is None
