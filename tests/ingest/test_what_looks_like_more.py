"""Files whose first look misleads: an id that is none, a row that is half, a trace that is no call, a log of much else."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from read_records import read_records

from stillwatch.core import UnknownFormat
from stillwatch.ingest import all_formats, plan, read_slice

TIME = "2026-11-24T09:00:00.123Z"
FLAT = {"timestamp": TIME, "user_id": "a-1", "model": "m", "prompt": "Why?", "response": "So."}
ASKED = [{"role": "system", "content": "Brief."}, {"role": "user", "content": "Why?"}]


def read(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    results = [result for part in plan([path]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    return rows, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


def span(number: int, trace: str, **attributes: Any) -> dict[str, Any]:
    call = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.prompt": "Why?", **attributes}
    pairs = [{"key": key.replace("__", "."), "value": {"stringValue": value}} for key, value in call.items()]
    return {
        "traceId": trace, "spanId": f"{number:016x}", "startTimeUnixNano": f"{1_795_510_800 + number}000000000",
        "attributes": pairs,
    }  # fmt: skip


@pytest.mark.parametrize(
    "trace", ["0" * 32, "", "00000000-0000-0000-0000-000000000000", "AAAAAAAAAAAAAAAAAAAAAA==", "0"]
)
def test_spans_of_no_trace_are_strangers(tmp_path: Path, trace: str) -> None:
    spans = [span(1, trace, user__id="u-1"), span(2, trace)]
    for records in (
        [{"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}],
        [{"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]} for one in spans],
    ):
        rows, reasons = read_records(tmp_path, *records)
        assert [row["account_id"] for row in rows] == ["u-1"]
        assert len(reasons) == 1
        assert reasons[0].startswith("no `account_id`")


def test_events_of_no_trace_belong_to_no_span(tmp_path: Path) -> None:
    events = [
        {"traceId": "0" * 32, "spanId": "0" * 16, "timeUnixNano": "1795510800000000000", "eventName": name,
         "body": {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": text}}]}},
         "attributes": [{"key": "user.id", "value": {"stringValue": user}}]}
        for name, text, user in (("gen_ai.user.message", "Why?", "u-1"), ("gen_ai.user.message", "What?", "u-2"))
    ]  # fmt: skip
    rows, reasons = read_records(tmp_path, {"resourceLogs": [{"scopeLogs": [{"logRecords": events}]}]})
    assert rows == []
    assert "name no span" in reasons[0]


def test_langfuse_attributes_of_spans_are_read_whole(tmp_path: Path) -> None:
    told = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "m",
        "langfuse.observation.input": json.dumps(ASKED),
        "langfuse.observation.output": json.dumps({"role": "assistant", "content": "So."}),
        "langfuse.observation.usage_details": json.dumps({"input": 11, "output": 4, "total": 15}),
        "langfuse.observation.model.parameters": json.dumps({"temperature": 0.5, "max_tokens": 9}),
        "langfuse.user.id": "u-1",
    }
    one = span(1, "5b8efff798038103d269b633813fc60c")
    for usage, counts in ((told["langfuse.observation.usage_details"], (11, 4)), ("{cut", (None, None))):
        told["langfuse.observation.usage_details"] = usage
        pairs = [{"key": name, "value": {"stringValue": value}} for name, value in told.items()]
        record = {"resourceSpans": [{"scopeSpans": [{"spans": [{**one, "attributes": pairs}]}]}]}
        (row,), reasons = read_records(tmp_path, record)
        assert reasons == []
        assert (row.get("input_tokens"), row.get("output_tokens")) == counts
        assert (row["temperature"], row["max_tokens"], row["prompt"], row["system"]) == (0.5, 9, "Why?", "Brief.")


@pytest.mark.parametrize("camel", [False, True])
def test_a_trace_of_langfuse_without_its_flags_is_no_call(tmp_path: Path, camel: bool) -> None:
    call = {
        "id": "o-1", "trace_id": "t-1", "type": "GENERATION", "start_time": TIME, "provided_model_name": "m",
        "input": json.dumps(ASKED), "output": "So.",
    }  # fmt: skip
    names = ("userId", "sessionId", "projectId") if camel else ("user_id", "session_id", "project_id")
    trace = {"id": "t-1", "timestamp": TIME, "name": "chat", "input": "in", "output": "out", "metadata": "{}"}
    trace |= dict(zip(names, ("u-1", "s-1", "p"), strict=True))
    for kind, record in (("observations", call), ("traces", trace)):
        (tmp_path / kind).mkdir()
        pq.write_table(pa.Table.from_pylist([record]), tmp_path / kind / "0.parquet")
    (row,), reasons = read(tmp_path)
    assert reasons == []
    assert (row["account_id"], row["session_id"], row["prompt"], row["response"]) == ("u-1", "s-1", "Why?", "So.")


def test_an_answer_of_gemini_goes_on_from_part_to_part(tmp_path: Path) -> None:
    parts = [{"text": "hm", "thought": True}, {"text": "The "}, {"text": "Oder."}]
    whole = {"candidates": [{"content": {"role": "model", "parts": parts}}]}
    pieces = [{"candidates": [{"content": {"role": "model", "parts": [part]}}]} for part in parts]
    for answer in (whole, pieces):
        request = {"contents": [{"role": "user", "parts": [{"text": "Which"}, {"text": "river?"}]}]}
        record = {"timestamp": TIME, "user_id": "a-1", "request": request, "response": answer}
        (row,), _ = read_records(tmp_path, record)
        assert (row["prompt"], row["response"], row["reasoning"]) == ("Which\nriver?", "The Oder.", "hm")


def test_a_row_that_the_end_of_the_file_cuts_is_refused(tmp_path: Path) -> None:
    header = "timestamp,user_id,model,prompt,response\n"
    whole = f"{TIME},a-1,m,Why?,So."
    for cut in (f"{TIME},a-1,m,Wh", f"{TIME},a-1", TIME):
        (tmp_path / "log.csv").write_text(f"{header}{whole}\n{cut}")
        rows, reasons = read(tmp_path / "log.csv")
        assert [row["prompt"] for row in rows] == ["Why?"]
        assert reasons == ["the row breaks off at the end of the file"]
    (tmp_path / "log.csv").write_text(header + whole)
    assert [row["response"] for row in read(tmp_path / "log.csv")[0]] == ["So."]
    # Spreadsheets leave out what is empty behind the last cell.
    (tmp_path / "log.csv").write_text(f"{header}{TIME},a-1,m,Why?\n{whole}\n")
    assert [row["response"] for row in read(tmp_path / "log.csv")[0]] == [None, "So."]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_header_that_gives_a_name_twice_is_told_as_that(tmp_path: Path, delimiter: str) -> None:
    header = delimiter.join(("timestamp", "user_id", "prompt", "user_id", "response"))
    row = delimiter.join((TIME, "a-1", "Why?", "a-2", "So."))
    (tmp_path / "log.csv").write_text(f"{header}\n{row}\n")
    with pytest.raises(UnknownFormat, match="its header names `user_id` twice"):
        plan([tmp_path / "log.csv"])


@pytest.mark.parametrize("shape", ["lines", "array", "indented"])
def test_a_log_of_much_else_is_read_for_the_calls_in_it(tmp_path: Path, shape: str) -> None:
    records = [*({"level": "info", "msg": f"tick {number}"} for number in range(1500)), FLAT]
    text = "".join(json.dumps(record) + "\n" for record in records)
    if shape != "lines":
        text = json.dumps(records, indent=2 if shape == "indented" else None)
    (tmp_path / "app.log").write_text(text)
    rows, reasons = read(tmp_path / "app.log")
    assert [row["account_id"] for row in rows] == ["a-1"]
    assert len(reasons) == 1500


UNREADABLE: list[Any] = ["text", 5, ["x"], "{cut", True, [{"key": "a"}]]
# What a record can do without, and all that it says in it.
OPTIONAL = [
    ("bedrock", "identity"), ("bedrock", "output"), ("kong", "ai.proxy.usage"), ("kong", "ai.proxy.meta"),
    ("kong", "response"), ("kong", "request"), ("kong", "authenticated_entity"),
    ("litellm-standard", "model_parameters"), ("litellm-spend", "metadata"), ("databricks", "request_metadata"),
    ("helicone", "request_properties"), ("datadog-llm", "metrics"), ("datadog-llm", "meta.metadata"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path"), OPTIONAL)
def test_an_unreadable_part_that_is_optional_costs_itself(tmp_path: Path, name: str, path: str) -> None:
    whole = json.loads(json.dumps(all_formats()[name].example))
    (row,), _ = read_records(tmp_path, whole)
    for value in UNREADABLE:
        record = json.loads(json.dumps(whole))
        *above, last = path.split(".")
        place = record
        for step in above:
            place = place[step]
        place[last] = value
        (found,), reasons = read_records(tmp_path, record)
        assert reasons == []
        for column in ("account_id", "time", "prompt"):
            assert found[column] == row[column], value
        if name != "datadog-llm":
            assert f"`{last}`" in found["note"] or f"`{path}`" in found["note"], value


def test_metadata_that_may_name_the_holder_of_a_key_is_not_done_without(tmp_path: Path) -> None:
    whole = {**all_formats()["litellm-spend"].example, "user": "", "metadata": "{cut"}
    rows, (reason,) = read_records(tmp_path, whole)
    assert rows == []
    assert "`metadata`" in reason


@pytest.mark.parametrize("trimmed", [True, False])
def test_a_row_that_is_cut_amid_a_csv_is_refused_and_one_that_leaves_out_what_is_empty_is_read(
    trimmed: bool, tmp_path: Path
) -> None:
    """Tools that trim empty cells leave out what others of their rows leave out or empty as well."""
    header = "account_id,time,prompt,model,error"
    whole = [f"a{n},2026-03-02T09:00:0{n % 10}Z,What is {n}?,m-1,{'late' if n % 3 else ''}" for n in range(12)]
    short = "a12,2026-03-02T09:00:00Z,What is it?,m-1" if trimmed else "a12,2026-03-02T09:00:00Z,What is"
    (tmp_path / "log.csv").write_text("\n".join([header, *whole, short, *whole[:1]]) + "\n")
    exchanges, reasons = read(tmp_path / "log.csv")
    assert len(exchanges) == (14 if trimmed else 13)
    told = "the row has 3 of the header's 5 cells, and `model` in every row before it: it is cut"
    assert reasons == ([] if trimmed else [told])
