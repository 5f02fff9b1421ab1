"""What programs, shippers and warehouses keep of a call in places of their own."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from read_records import deepest_lake, read_records

from stillwatch.core import UnknownFormat
from stillwatch.ingest import cut, plan, read_slice

SECOND = 1772442000
WHEN = "2026-03-02T09:00:00Z"
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Deepest lake?"}]}
PIECES: Sequence[dict[str, Any]] = (
    {
        "id": "c",
        "object": "chat.completion.chunk",
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": "Bai"}}],
    },
    {
        "id": "c",
        "object": "chat.completion.chunk",
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": "kal."}}],
    },
    {
        "id": "c",
        "object": "chat.completion.chunk",
        "model": "m",
        "choices": [],
        "usage": {"prompt_tokens": 14, "completion_tokens": 3},
    },
)
ANSWERED = {
    "object": "chat.completion",
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Baikal."}}],
    "usage": {"prompt_tokens": 14, "completion_tokens": 3},
}
CALL = {"timestamp": WHEN, "user_id": "u-1", "request": ASKED}
WHOLE = {**CALL, "response": ANSWERED}
FLAT = {
    "timestamp": WHEN,
    "user_id": "u-1",
    "model": "m",
    "prompt": "Deepest lake?",
    "response": "Baikal.",
    "prompt_tokens": 14,
    "completion_tokens": 3,
}


def rows_of(folder: Path, files: Mapping[str, str], **told: Any) -> list[dict[str, Any]]:
    """The exchanges of a folder of these files, in which nothing is a dead letter."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    results = [result for part in cut(plan([folder], **told)) for result in read_slice(part)]
    assert [one for result in results for one in result.dead_letters.to_pylist()] == []
    return [one for result in results for one in result.exchanges.to_pylist()]


def is_deepest_lake(row: Mapping[str, Any]) -> bool:
    text = row["prompt"] or row["messages"][-1]["content"]
    told = (row["account_id"], row["model"], text, row["response"], row["input_tokens"], row["output_tokens"])
    return told == ("u-1", "m", "Deepest lake?", "Baikal.", 14, 3)


def lines_of(*records: Any) -> str:
    return "".join(json.dumps(one) + "\n" for one in records)


def csv_of(*rows: dict[str, Any]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("name", ["chunks", "response_chunks", "streamChunks", "sse_events", "streamed_response"])
@pytest.mark.parametrize("written", [False, True])
def test_a_stream_under_a_name_of_its_own_is_the_answer(name: str, written: bool, tmp_path: Path) -> None:
    pieces = [json.dumps(one) if written else one for one in PIECES]
    deepest_lake(tmp_path, {**CALL, name: pieces}, SECOND)


HELICONE = {
    "request_id": "h",
    "request_created_at": WHEN,
    "request_user_id": "u-1",
    "request_body": ASKED,
    "response_status": 200,
}


def test_an_answer_that_helicone_did_not_put_together_is_read_of_its_stream(tmp_path: Path) -> None:
    stream = "".join(f"data: {json.dumps(one)}\n\n" for one in PIECES) + "data: [DONE]\n\n"
    deepest_lake(tmp_path, {**HELICONE, "response_body": {"error": "parsing", "streamed_data": stream}}, SECOND)
    deepest_lake(tmp_path, {**HELICONE, "response_body": {"streamed_data": list(PIECES)}}, SECOND)
    deepest_lake(tmp_path, {**HELICONE, "response_body": {**ANSWERED, "streamed_data": ["data: {}"]}}, SECOND)


def test_an_answer_with_its_sources_and_metrics_is_its_text(tmp_path: Path) -> None:
    answer = json.dumps({"text": "Baikal.", "sources": [], "type": "chat", "attachments": [], "metrics": {"x": 1}})
    deepest_lake(tmp_path, {**FLAT, "response": answer}, SECOND)


def test_what_gemini_asks_and_answers_in_batches_meets_by_its_key(tmp_path: Path) -> None:
    asked = [{"key": f"k-{n}", "request": {"contents": [{"role": "user", "parts": [{"text": f"{n}?"}]}]}} for n in "12"]
    given = [
        {"key": f"k-{n}", "response": {"candidates": [{"content": {"role": "model", "parts": [{"text": f"{n}."}]}}]}}
        for n in "21"
    ]
    told = {"defaults": {"time": WHEN, "account_id": "u-1"}}
    rows = rows_of(tmp_path, {"asked.jsonl": lines_of(*asked), "results": lines_of(*given)}, **told)
    assert {(row["prompt"], row["response"]) for row in rows} == {("1?", "1."), ("2?", "2.")}


def test_a_result_of_a_batch_of_vertex_is_dated_by_when_it_was_made(tmp_path: Path) -> None:
    result = {
        "status": "",
        "processed_time": WHEN,
        "request": {"contents": [{"role": "user", "parts": [{"text": "Deepest lake?"}]}]},
        "response": {
            "candidates": [{"content": {"role": "model", "parts": [{"text": "Baikal."}]}}],
            "modelVersion": "m",
            "usageMetadata": {"promptTokenCount": 14, "candidatesTokenCount": 3},
        },
    }
    (row,) = rows_of(tmp_path, {"predictions": lines_of(result)}, defaults={"account_id": "u-1"})
    assert is_deepest_lake(row)
    assert row["time"].timestamp() == SECOND


def test_tools_that_the_ai_sdk_writes_as_texts_are_named(tmp_path: Path) -> None:
    span = {
        "name": "ai.generateText.doGenerate",
        "traceId": "t",
        "spanId": "s",
        "startTimeUnixNano": str(SECOND * 10**9),
        "attributes": {
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.model.id": "m",
            "ai.prompt.messages": json.dumps(ASKED["messages"]),
            "ai.prompt.tools": [json.dumps({"type": "function", "name": "look"})],
            "ai.response.text": "Baikal.",
            "ai.usage.promptTokens": 14,
            "ai.usage.completionTokens": 3,
            "ai.usage.reasoningTokens": 2,
            "ai.telemetry.metadata.userId": "u-1",
        },
    }
    row = deepest_lake(tmp_path, span, SECOND)
    assert (row["tools"], row["reasoning_tokens"]) == (["look"], 2)


ENVELOPES: dict[str, Any] = {
    "Filebeat": {
        "@timestamp": "2026-03-02T09:00:05Z",
        "json": FLAT,
        "log": {"offset": 1},
        "agent": {"type": "filebeat"},
    },
    "Filebeat, with bodies": {"@timestamp": "2026-03-02T09:00:05Z", "json": WHOLE, "log": {"offset": 1, "file": {}}},
    ".NET's console": {
        "Timestamp": WHEN,
        "LogLevel": "Information",
        "Message": "asked",
        "State": {**{name: one for name, one in FLAT.items() if name != "timestamp"}, "Message": "asked"},
        "Scopes": [{"Message": "SpanId:1"}],
    },
    "whoever called, by type and id": {
        "timestamp": WHEN,
        "principal": {"type": "user", "id": "u-1"},
        "request_body": ASKED,
        "response_body": ANSWERED,
    },
}


@pytest.mark.parametrize("kind", ENVELOPES)
def test_what_loggers_put_around_a_record_is_opened(kind: str, tmp_path: Path) -> None:
    deepest_lake(tmp_path, ENVELOPES[kind], SECOND)


def test_names_that_differ_within_and_without_keep_a_record_apart(tmp_path: Path) -> None:
    inner = {**{name: one for name, one in FLAT.items() if name != "timestamp"}, "Message": "another"}
    (tmp_path / "log").write_text(lines_of({"Timestamp": WHEN, "Message": "asked", "State": inner}, FLAT))
    results = [one for part in plan([tmp_path]) for one in read_slice(part)]
    assert [sum(one.exchanges.num_rows for one in results), sum(one.dead_letters.num_rows for one in results)] == [1, 1]


def test_files_of_fluent_bit_are_read_behind_their_tag(tmp_path: Path) -> None:
    lines = [f"app.0: [1772442005.123, {json.dumps(one)}]\n" for one in ({"log": json.dumps(WHOLE)}, FLAT)]
    rows = rows_of(tmp_path, {"app.log": "".join(lines)})
    assert len(rows) == 2
    assert all(map(is_deepest_lake, rows))


def test_a_csv_of_one_column_of_json_needs_no_header(tmp_path: Path) -> None:
    cells = [json.dumps(one).replace('"', '""') for one in (WHOLE, FLAT)]
    rows = rows_of(tmp_path, {"data_0_0_0.csv": "".join(f'"{cell}"\r\n' for cell in cells)})
    assert len(rows) == 2
    assert all(map(is_deepest_lake, rows))


MONITOR = {
    "TimeGenerated [UTC]": "3/22/2026, 9:00:00.000 AM",
    "CorrelationId": "c-1",
    "ModelName": "m",
    "PromptTokens": 14,
    "CompletionTokens": 3,
    "SequenceNumber": 0,
    "RequestMessages": json.dumps(ASKED["messages"]),
    "ResponseMessages": json.dumps([{"role": "assistant", "content": "Baikal."}]),
    "ApimSubscriptionId": "u-1",
}
INSIGHTS = {
    "timestamp [UTC]": WHEN,
    "id": "s",
    "name": "chat m",
    "operation_Id": "t",
    "customDimensions": json.dumps(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m",
            "gen_ai.usage.input_tokens": 14,
            "gen_ai.usage.output_tokens": 3,
            "user.id": "u-1",
            "gen_ai.input.messages": json.dumps(
                [{"role": "user", "parts": [{"type": "text", "content": "Deepest lake?"}]}]
            ),
            "gen_ai.output.messages": json.dumps(
                [{"role": "assistant", "parts": [{"type": "text", "content": "Baikal."}]}]
            ),
        }
    ),
}


@pytest.mark.parametrize("row", [MONITOR, INSIGHTS])
def test_a_zone_behind_a_name_is_no_part_of_it_whatever_the_format(row: dict[str, Any], tmp_path: Path) -> None:
    (found,) = rows_of(tmp_path, {"query_data.csv": csv_of(row)})
    assert is_deepest_lake(found)


def test_types_below_a_header_are_no_row(tmp_path: Path) -> None:
    kinds = ["DateTime64(3)", "LowCardinality(String)", "String", "Nullable(String)", "String", "UInt64", "UInt64"]
    lines = ["\t".join(FLAT), "\t".join(kinds), "\t".join(map(str, FLAT.values()))]
    (row,) = rows_of(tmp_path, {"export.tsv": "\n".join(lines) + "\n"})
    assert is_deepest_lake(row)


def test_tools_that_langfuse_keeps_beside_an_observation_are_named(tmp_path: Path) -> None:
    observation = {
        "id": "o",
        "traceId": "t",
        "type": "GENERATION",
        "startTime": WHEN,
        "userId": "u-1",
        "model": "m",
        "input": ASKED["messages"],
        "output": "Baikal.",
        "usageDetails": {"input": 14, "output": 3},
        "toolDefinitions": {"look": "{}"},
    }
    assert deepest_lake(tmp_path, observation, SECOND)["tools"] == ["look"]


@pytest.mark.parametrize(
    "record",
    [
        {"ClientHost": "203.0.113.9", "RequestMethod": "POST", "RequestPath": "/v1/chat", "DownstreamStatus": 200},
        {"ts": 1.5, "msg": "handled request", "request": {"method": "POST", "uri": "/v1/chat"}, "status": 200},
        {"time": WHEN, "http_user_agent": "a browser of some kind", "request_method": "POST", "status": "200"},
    ],
)
def test_an_access_log_without_bodies_is_called_one(record: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(lines_of(record))
    with pytest.raises(UnknownFormat, match="an access log"):
        plan([tmp_path])


def test_a_record_that_names_what_was_said_is_no_access_log(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(lines_of({"method": "POST", "status": 200, "theirQuestion": "Deepest lake?"}))
    with pytest.raises(UnknownFormat, match="the first has the keys `method`, `status`, `theirQuestion`"):
        plan([tmp_path])


def test_what_open_webui_shows_of_reasoning_and_tools_is_no_answer(tmp_path: Path) -> None:
    shown = (
        '<details type="reasoning" done="true" duration="2">\n<summary>Thought for 2 seconds</summary>\n'
        "&gt; Is it &lt;deep&gt;?\n&gt; \n&gt; Yes.\n</details>\n"
        '<details type="tool_calls" done="true" id="c" name="look" arguments="&quot;{}&quot;">\n'
        "<summary>Tool Executed</summary>\n&quot;1642 m&quot;\n</details>\nBaikal."
    )
    items = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Baikal."}]},
    ]
    usage = {"input_tokens": 14, "output_tokens": 3}
    asked = {"id": "a", "parentId": None, "role": "user", "content": "Deepest lake?", "timestamp": SECOND}
    given = {"parentId": "a", "role": "assistant", "model": "m", "timestamp": SECOND + 1, "usage": usage}
    chat = {"id": "c", "user_id": "u-1", "title": "t"}
    for answer, thought in (
        ({"id": "b", "content": shown}, "Is it <deep>?\n\nYes."),
        ({"id": "b", "content": "", "output": items}, "Hm."),
    ):
        history = {"messages": {"a": asked, "b": {**given, **answer}}}
        row = deepest_lake(tmp_path, {**chat, "chat": {"history": history}}, SECOND)
        assert row["reasoning"] == thought


def test_rows_of_open_webuis_messages_meet_by_the_ids_that_they_have_in_their_chat(tmp_path: Path) -> None:
    usage = {"input_tokens": 14, "output_tokens": 3}
    rows: list[dict[str, Any]] = [
        {"id": "c-a", "chat_id": "c", "user_id": "u-1", "role": "user", "content": json.dumps("Deepest lake?")},
        {"id": "c-b", "chat_id": "c", "user_id": "u-1", "role": "assistant", "content": json.dumps("Baikal.")},
    ]
    rows[0] |= {"parent_id": None, "created_at": SECOND}
    rows[1] |= {"parent_id": "a", "created_at": SECOND + 1, "model_id": "m", "usage": json.dumps(usage)}
    row = deepest_lake_of(tmp_path, rows)
    assert (row["exchange_id"], row["session_id"]) == ("b", "c")
    items = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Baikal."}]}]
    assert deepest_lake_of(tmp_path, [rows[0], {**rows[1], "content": None, "output": items}])["response"] == "Baikal."


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("duration_ns", 1500000000, 1500),
        ("latencyUs", 1500000, 1500),
        ("elapsed_seconds", 1.5, 1500),
        ("latency", "1.5s", 1500),
        ("duration", "1500 ms", 1500),
        ("took", "1m0.5s", 60500),
        ("latency", "250µs", 0.25),
        ("duration", "PT1M1.5S", 61500),
        ("Elapsed", "00:00:01.500", 1500),
        ("latency", 1.5, None),
        ("duration", "1500", None),
        ("duration", "soon", None),
        ("latency", "9" * 100_000 + "s", None),
    ],
)
@pytest.mark.parametrize("record", [FLAT, WHOLE])
def test_how_long_a_call_took_is_told_by_its_unit(
    record: dict[str, Any], name: str, value: Any, taken: float | None, tmp_path: Path
) -> None:
    row = deepest_lake(tmp_path, {**record, name: value}, SECOND)
    assert row.get("latency_ms") == taken


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("success", False, "error"),
        ("ok", "false", "error"),
        ("isError", True, "error"),
        ("failed", 1, "error"),
        ("blocked", True, "refused"),
        ("rate_limited", "True", "rate_limited"),
        ("success", True, None),
        ("success", None, None),
        ("blocked", "FALSE", None),
        ("rejected", "by whom?", None),
    ],
)
@pytest.mark.parametrize("record", [FLAT, WHOLE])
def test_a_truth_that_a_call_did_not_go_well_is_its_status(
    record: dict[str, Any], name: str, value: Any, status: str | None, tmp_path: Path
) -> None:
    refused = {given: one for given, one in record.items() if given not in ("response", "completion_tokens")}
    for given in (record, refused):
        (row,), letters = read_records(tmp_path, {**given, name: value})
        assert (row.get("status"), letters) == (status, [])
        (row,), letters = read_records(tmp_path, {**given, "status": 200, name: value})
        assert (row["status"], letters) == ("200", [])


def deepest_lake_of(folder: Path, records: Sequence[Any]) -> dict[str, Any]:
    (row,), letters = read_records(folder, *records, less=())
    assert letters == []
    assert is_deepest_lake({"prompt": None, **row})
    assert row["time"].timestamp() == SECOND
    return row


def test_a_quoted_word_is_what_somebody_wrote_where_other_rows_are_no_json(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "chat_id": "c", "user_id": "u", "role": "user", "content": '"Why"', "created_at": SECOND},
        {"id": "b", "chat_id": "c", "role": "assistant", "content": "Because.", "created_at": SECOND + 1},
    ]
    (row,), _ = read_records(tmp_path, *rows)
    assert row["prompt"] == '"Why"'
