"""A log of any layout is read with a file that says which fields are which columns; `explain` says what was made of it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.core import BadSetting, UnreadableInput
from stillwatch.ingest import MappedFormat, plan, read_mapping, read_slice
from stillwatch.ingest.explaining import explain
from stillwatch.ingest.paths import normal

MAP = """
[columns]
account_id = ["who.id", "who.key"]
time = "at"
prompt = "call.question"
response = "call.answer"
model = "llm.model"
input_tokens = "call.cost[1].tokens"
[time]
unit = "ms"
[match]
keys = ["who", "call"]
"""
RECORD: dict[str, Any] = {
    "at": 1772442000250, "who": {"id": "", "key": "u-1"}, "llm.model": "m",
    "call": {"question": "How far is it?", "answer": "Far.", "cost": [{"tokens": 1}, {"tokens": 7}]},
}  # fmt: skip
ROW = {
    "account_id": "u-1", "time": datetime(2026, 3, 2, 9, 0, 0, 250000, tzinfo=UTC), "prompt": "How far is it?",
    "response": "Far.", "model": "m", "input_tokens": 7,
}  # fmt: skip


def mapped(folder: Path, text: str = MAP) -> MappedFormat:
    path = folder / "map.toml"
    path.write_text(text)
    return read_mapping(path)


def read(path: Path, mapping: MappedFormat) -> tuple[list[dict[str, Any]], list[str]]:
    results = [result for part in plan([path], mapped=mapping) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    dull = ("source_file", "source_line", "exchange_id", "messages")
    kept = [{k: v for k, v in row.items() if v is not None and k not in dull} for row in rows]
    return kept, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


def test_lines_arrays_envelopes_and_tables_are_mapped(tmp_path: Path) -> None:
    mapping = mapped(tmp_path)
    lines, array, shipped, table = (tmp_path / name for name in ("a.jsonl", "b.json", "c.jsonl", "d.parquet"))
    lines.write_text(json.dumps(RECORD) + "\n" + json.dumps({**RECORD, "call": json.dumps(RECORD["call"])}) + "\n")
    array.write_text(json.dumps([RECORD, RECORD], indent=1))
    shipped.write_text(json.dumps({"log": json.dumps(RECORD), "stream": "stdout"}) + "\n" + json.dumps(RECORD) + "\n")
    pq.write_table(pa.Table.from_pylist([RECORD, RECORD]), table)
    for path in (lines, array, shipped, table):
        assert read(path, mapping) == ([ROW, ROW], []), path.name


def test_the_map_is_asked_before_every_format_and_only_while_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"time": 1772442000, "account_id": "gateway", "prompt": "Hm?", "user": "u-1"}) + "\n")
    mapping = mapped(tmp_path, '[columns]\naccount_id = "user"\ntime = "time"\nprompt = "prompt"\n[time]\nunit = "s"')
    assert [row["account_id"] for row in read(path, mapping)[0]] == ["u-1"]
    results = [result for part in plan([path]) for result in read_slice(part)]
    assert [one for result in results for one in result.exchanges.column("account_id").to_pylist()] == ["gateway"]


@pytest.mark.parametrize(
    ("unit", "value", "micros"),
    [
        ("s", 1772442000.25, 250000), ("ms", "1772442000250.5", 250500), ("us", 1772442000250001, 250001),
        ("ns", 1772442000250001999, 250001), ("iso", "2026-03-02T10:00:00.250001+01:00", 250001),
    ],
)  # fmt: skip
def test_units_of_time(tmp_path: Path, unit: str, value: object, micros: int) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({**RECORD, "at": value}) + "\n")
    rows, letters = read(path, mapped(tmp_path, MAP.replace('"ms"', f'"{unit}"')))
    assert letters == []
    assert rows[0]["time"] == datetime(2026, 3, 2, 9, 0, 0, micros, tzinfo=UTC)


def test_a_time_of_another_unit_and_what_is_lacking_are_dead_letters(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    bad = [{**RECORD, "at": 1772442000}, {**RECORD, "at": "soon"}, {**RECORD, "who": {"project": "p"}}]
    bad += [{**RECORD, "at": None}, {**RECORD, "call": {"answer": "Far."}}]
    path.write_text("".join(json.dumps(record) + "\n" for record in [RECORD, *bad]))
    rows, letters = read(path, mapped(tmp_path))
    assert rows == [ROW]
    assert sorted(letters) == [
        "`time`: '1970-01-21T12:20:42+00:00' is no time between the years 2000 and 2100",
        "`time`: expected a number of ms, got 'soon'",
        "neither `prompt` nor `messages`: nothing at `call.question`",
        "no `account_id`: nothing at `who.id` or `who.key`",
        "no `time`: nothing at `at`",
    ]


def test_bodies_are_read_whole(tmp_path: Path) -> None:
    text = '[columns]\naccount_id = "h.x-customer"\ntime = "at"\n[body]\nrequest = "body"\nresponse = "reply"\n'
    body = {
        "model": "claude",
        "max_tokens": 9,
        "system": "Brief.",
        "messages": [{"role": "user", "content": "How far is it?"}],
    }
    reply = {"type": "message", "id": "x", "content": [{"type": "text", "text": "Far."}], "usage": {"input_tokens": 7}}
    path = tmp_path / "a.jsonl"
    path.write_text(
        json.dumps({"at": 1772442000.25, "h": {"x-customer": 5}, "body": json.dumps(body), "reply": reply}) + "\n"
    )
    told = {**ROW, "account_id": "5", "model": "claude", "max_tokens": 9, "system": "Brief.", "operation": "messages"}
    for dialect in ("", 'dialect = "anthropic"'):
        assert read(path, mapped(tmp_path, text + dialect)) == ([told], [])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[columns", "the map is no TOML"),
        ("[colums]\n", "`colums`: unknown"),
        ('[columns]\nacount_id = "x"', "`columns.acount_id`: no column of exchanges"),
        ('[columns]\naccount_id = 7\nprompt = "p"', "`columns.account_id`: expected a dotted path or a list of them"),
        (MAP.replace('"ms"', '"minutes"'), "`time.unit`: expected one of s, ms, us, ns, iso, got 'minutes'"),
        (MAP.replace("keys", "key"), "`match.key`: unknown; there are keys, values"),
        ('[columns]\naccount_id = "x"\n[body]\nrequest = "r"\ndialect = "cohere"', "`body.dialect`: expected one of"),
        ('[columns]\naccount_id = "x"', "neither `prompt` nor `messages`, and no `body.request`"),
        ('[columns]\nprompt = "x"', "`columns.account_id`: lacking"),
    ],
)
def test_a_wrong_map_is_refused_by_its_key(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(BadSetting) as told:
        mapped(tmp_path, text)
    assert problem in str(told.value)


def test_explain_says_what_a_file_is_taken_for(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    long = {"time": 1772442000, "account_id": "u", "prompt": "x" * 300}
    path.write_text("".join(json.dumps(record) + "\n" for record in [long] * 4 + [{"time": 1, "prompt": "y"}]))
    told = explain(path)
    assert (told.wrapped, told.container, told.format, told.complete) == ("plain", "lines", "canonical", True)
    assert told.why == "By `account_id` or `time` beside `prompt` or `messages`."
    assert (told.exchanges, told.dead_letters, told.reasons) == (4, 1, [("no `account_id`", 1)])
    assert [record["prompt"] for record in told.records] == ["x" * 200 + "…"] * 3
    assert told.records[0]["time"] == "2026-03-02 09:00:00+00:00"
    with pytest.raises(UnreadableInput):
        explain(tmp_path)


def test_constants_and_values_that_a_record_must_have(tmp_path: Path) -> None:
    text = MAP.replace('keys = ["who", "call"]', 'values = { "call.kind" = ["ask", 7, true] }')
    mapping = mapped(tmp_path, text + '[constants]\nprovider = "ours"\nmodel = "unknown"\n')
    path = tmp_path / "a.jsonl"
    kinds = ["ask", "7", 7, True, "other", None]
    records = [{**RECORD, "call": {**RECORD["call"], "kind": kind}} for kind in kinds]
    path.write_text("".join(json.dumps(record) + "\n" for record in [*records, {**records[0], "llm.model": None}]))
    rows, letters = read(path, mapping)
    assert rows == [{**ROW, "provider": "ours"}] * 4 + [{**ROW, "provider": "ours", "model": "unknown"}]
    assert len(letters) == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (MAP + '[constants]\nmodle = "m"', "`constants.modle`: no column of exchanges"),
        (MAP + '[constants]\ntime = "now"', "`constants.time`: a record's own"),
        (MAP + "[constants]\nmodel = []", "`constants.model`: expected a value"),
        (MAP.replace('keys = ["who", "call"]', "values = 3"), "`match.values`: expected a table"),
        (MAP.replace('keys = ["who", "call"]', "values = { kind = [] }"), "`match.values.kind`: expected a value"),
    ],
)
def test_wrong_constants_and_values_are_refused_by_their_key(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(BadSetting) as told:
        mapped(tmp_path, text)
    assert problem in str(told.value)


def test_explain_says_who_came_near_and_what_stands_around(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"log": json.dumps({"full_request": {}, "request_id": "1"})}) + "\n")
    told = explain(path)
    assert told.problem is not None
    assert told.format == ""
    assert ("vertex", ["full_request"]) in [(near.format, near.has) for near in told.near]
    assert told.keys == ["full_request", "request_id"]
    good = {"time": 1772442000, "account_id": "u", "prompt": "Why?"}
    path.write_text(json.dumps({"log": json.dumps(good) + "\n", "stream": "stdout"}) + "\n")
    told = explain(path)
    assert told.problem is None
    assert told.envelope == "Docker or Fluent Bit line"
    assert told.has == ["account_id", "time", "prompt"]
    assert "canonical" not in [near.format for near in told.near]


@pytest.mark.parametrize(
    ("path", "followed"),
    [
        ("$.who.id", "who.id"), ("$['who']['id']", "who.id"), ('$["who"].id', "who.id"), ("$.calls[0].model", "calls.0.model"),
        ("calls[-1]['a b']", "calls.-1.a b"), ("$date.x", "$date.x"), ("$['gen_ai.request.model']", "gen_ai.request.model"),
        ("$[0].a", "0.a"), ("a", "a"),
    ],
)  # fmt: skip
def test_a_path_of_jsonpath_is_followed(path: str, followed: str) -> None:
    assert normal(path) == followed


def test_a_map_of_jsonpath_is_read(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(
        '[columns]\naccount_id = "$.who[\'id\']"\nprompt = "$.q[0].text"\ntime = \'$.when\'\n[time]\nunit = "ms"\n'
    )
    (tmp_path / "log.jsonl").write_text('{"when": 1767694830123, "who": {"id": "u-1"}, "q": [{"text": "Why?"}]}\n')
    (row,), reasons = read(tmp_path / "log.jsonl", read_mapping(tmp_path / "map.toml"))
    assert reasons == []
    assert (row["account_id"], row["prompt"], str(row["time"])) == ("u-1", "Why?", "2026-01-06 10:20:30.123000+00:00")
    explained = explain(tmp_path / "log.jsonl", mapped=read_mapping(tmp_path / "map.toml"))
    assert (explained.exchanges, explained.has) == (1, [])


@pytest.mark.parametrize("path", ["$..id", "$.who[*].id", "$.who[?(@.a)].id"])
def test_a_path_that_may_lead_to_several_values_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "map.toml").write_text(f'[columns]\naccount_id = "{path}"\nprompt = "q"\ntime = "when"\n')
    with pytest.raises(BadSetting, match="may lead to several values"):
        read_mapping(tmp_path / "map.toml")
