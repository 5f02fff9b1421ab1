"""Lines of a program of one's own: what leaves no doubt is read, what could be two things is refused in a sentence."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from read_records import read_records

from stillwatch.core import UnknownFormat
from stillwatch.ingest import plan, read_slice
from stillwatch.ingest.plain_names import ACCOUNTS, ANSWERS, CALLERS, PERSONS, TEXTS, TIMES
from stillwatch.ingest.spelling import in_camel_case

TIME = datetime(2026, 11, 24, 3, 28, 24, 123_000, tzinfo=UTC)
LINE = {"timestamp": "2026-11-24T03:28:24.123Z", "user_id": "u-1", "model": "m", "prompt": "Why?", "response": "So."}
READ = {"time": TIME, "account_id": "u-1", "model": "m", "prompt": "Why?", "response": "So."}


def one(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    (row,), letters = read_records(folder, record)
    assert letters == []
    return {name: value for name, value in row.items() if name != "exchange_id"}


def refused(folder: Path, record: dict[str, Any]) -> str:
    rows, (reason,) = read_records(folder, record)
    assert rows == []
    return reason


@pytest.mark.parametrize(
    "record",
    [
        LINE,
        {"ts": 1795490904.123, "user": "u-1", "model_name": "m", "question": "Why?", "answer": "So."},
        {"createdAt": 1795490904123, "userId": "u-1", "modelName": "m", "prompt": "Why?", "completion": "So."},
        {"requested_at": "1795490904123", "customer_id": "u-1", "model": "m", "input": "Why?", "output": "So."},
        {"start_time": "2026/11/24 03:28:24.123", "created_at": "2026-12-01T00:00:00Z", "uid": "u-1", "model": "m",
         "messages": [{"role": "user", "content": "Why?"}], "reply": "So."},
        {"time": 1795490904123, "user_id": "u-1", "model": "m", "prompt": "Why?", "response": "So."},
        {"account_id": "u-1", "timestamp": 1795490904123, "model": "m", "prompt": "Why?", "response": "So."},
        {"TIMESTAMP": 1795490904123, "USERID": "u-1", "MODEL": "m", "PROMPT": "Why?", "RESPONSE": "So."},
        {**LINE, "customer_id": None, "account": "", "uid": "unknown"},
        {**LINE, "user": "u-1"},
        {**LINE, "account_id": "u-1", "user_id": "somebody"},
        {**LINE, "user_id": " u-1 "},
    ],
)  # fmt: skip
def test_names_that_leave_no_doubt(tmp_path: Path, record: dict[str, Any]) -> None:
    told = one(tmp_path, record)
    told.pop("operation", None)
    assert told == READ


SPELLINGS = [lambda name: name, in_camel_case, str.upper]


@pytest.mark.parametrize("spelt", SPELLINGS)
@pytest.mark.parametrize("time", TIMES)
def test_every_name_of_a_time_meets_every_name_of_an_account(
    tmp_path: Path, spelt: Callable[[str], str], time: str
) -> None:
    """Whatever is Stillwatch's own name among them: one name that is does not make the others unknown."""
    rest = {"model": "m", "prompt": "Why?", "response": "So."}
    made = [{time: TIME.isoformat(), account: "u-1", **rest} for account in (*ACCOUNTS, *PERSONS, *CALLERS)]
    rows, letters = read_records(tmp_path, *({spelt(name): value for name, value in one.items()} for one in made))
    assert letters == []
    assert [{name: row[name] for name in READ} for row in rows] == [READ] * len(made)
    assert one(tmp_path, {spelt(name): value for name, value in made[0].items()}) == READ


@pytest.mark.parametrize("spelt", SPELLINGS)
@pytest.mark.parametrize("asked", TEXTS)
def test_every_name_of_a_text(tmp_path: Path, spelt: Callable[[str], str], asked: str) -> None:
    text: Any = [{"role": "user", "content": "Why?"}] if asked.endswith("messages") else "Why?"
    made = [
        {**given, "model": "m", asked: text, answered: "So."}
        for given in ({"started_at": TIME.isoformat(), "account_id": "u-1"}, {"time": TIME.isoformat(), "email": "u-1"})
        for answered in ANSWERS
    ]
    rows, letters = read_records(tmp_path, *({spelt(name): value for name, value in one.items()} for one in made))
    assert letters == []
    assert [{name: row[name] for name in READ} for row in rows] == [READ] * len(made)


def test_a_person_of_several_names_is_one_and_callers_of_two_are_asked_about(tmp_path: Path) -> None:
    bare = {name: value for name, value in LINE.items() if name != "user_id"}
    assert one(tmp_path, {**bare, "email": "u-1@x", "username": "u-1"}) == READ
    assert one(tmp_path, {**LINE, "email": "u-1@x", "caller": "batch"}) == READ
    assert "could each be the account" in refused(tmp_path, {**bare, "caller": "a", "principal": "b"})
    told = one(tmp_path, {**bare, "user_id": "anonymous", "api_key_id": "k-1"})
    assert (told["account_id"], told["api_key_id"]) == ("k-1", "k-1")
    assert "--account-from" in refused(tmp_path, {**bare, "client_id": "a", "tenant": "b"})


def test_bodies_and_counts_beside_them(tmp_path: Path) -> None:
    choice = {"message": {"content": "So."}, "finish_reason": "stop"}
    record = {
        **LINE, "id": "x-1", "sessionId": "s", "system_prompt": "Brief.", "promptTokens": 5, "tokens_out": 6.0,
        "duration_ms": 70, "temperature": 0.5, "ip": "203.0.113.9", "status_code": 200, "country": "PT", "shoe_size": 44,
        "response": {"id": "c", "created": 1, "choices": [choice], "usage": {"prompt_tokens": 99}},
    }  # fmt: skip
    (row,), letters = read_records(tmp_path, record)
    assert letters == []
    assert row == {
        **READ, "exchange_id": "x-1", "session_id": "s", "system": "Brief.", "input_tokens": 5, "output_tokens": 6,
        "latency_ms": 70.0, "temperature": 0.5, "client_address": "203.0.113.9", "status": "200", "country": "PT",
        "stop_reason": "stop",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["[1] what?", "{{name}} asks", '{"a": 1}', '{"a": 1} explain', "{'a': 1} what?", "["])
def test_a_prompt_that_begins_like_json_is_a_prompt(tmp_path: Path, text: str) -> None:
    if text == "[":
        assert "cannot be parsed" in refused(tmp_path, {**LINE, "prompt": text})
        return
    assert one(tmp_path, {**LINE, "prompt": text})["prompt"] == text


def test_what_could_be_two_things_is_refused(tmp_path: Path) -> None:
    both = refused(tmp_path, {**LINE, "customer_id": "c-1"})
    assert both == (
        "no `account_id`: `user_id` 'u-1', `customer_id` 'c-1' could each be the account: say which is (--account-from)"
    )
    day = refused(tmp_path, {**LINE, "timestamp": "2026-11-24"})
    assert day == "`time`: '2026-11-24' is a day, and no time: log when each request came, to the second"
    nobody = {name: value for name, value in LINE.items() if name != "user_id"}
    assert "no key of the record is known to name its account" in refused(tmp_path, {**nobody, "tenant": "t"})
    assert "cannot be parsed" in refused(tmp_path, {**LINE, "prompt": '[{"role": "user", "content": "Wh'})


def test_a_place_that_is_named_settles_it(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(
        json.dumps({**LINE, "customer_id": "c-1"}) + "\n" + json.dumps({**LINE, "customer_id": "c-2"}) + "\n"
    )
    (part,) = plan([path], account_from=["customer_id"])
    rows = [row for result in read_slice(part) for row in result.exchanges.to_pylist()]
    assert [row["account_id"] for row in rows] == ["c-1", "c-2"]


@pytest.mark.parametrize(
    "record",
    [
        {**LINE, "parent_id": "p"},
        {**LINE, "span_id": "p"},
        {"timestamp": 1795490904, "user": "u", "message": "Why?"},
        {"timestamp": 1795490904, "prompt": "Why?"},
        {"user": "u", "prompt": "Why?", "response": "So."},
        {"timestamp": 1795490904, "user": "u", "input": {"a": 1}, "output": {"b": 2}},
        {**LINE, "userId": "u-2"} | {"user_id": "u-1", "userID": "u-3", "timeStamp": 3, "timestamp": 4, "Timestamp": 5},
    ],
)
def test_what_is_not_known_to_be_a_call_is_none(tmp_path: Path, record: dict[str, Any]) -> None:
    path = tmp_path / "log"
    path.write_text(json.dumps(record))
    if "userID" in record:
        # Two spellings of one name: which is meant nobody can tell.
        with pytest.raises(UnknownFormat):
            plan([path])
        return
    with pytest.raises(UnknownFormat, match="no format recognises its records"):
        plan([path])


def test_rows_of_tables(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        'timestamp;user_id;prompt;response\n2026-11-24 03:28:24.123;u-1;"[1] Why; so?";So.\n'
    )
    held = io.BytesIO()
    pq.write_table(
        pa.table({
            "timestamp": pa.array([1795490904123456789], pa.timestamp("ns")), "user_id": [7.0], "prompt": ["Why?"],
            "completion": ["So."],
        }), held
    )  # fmt: skip
    (tmp_path / "b.parquet").write_bytes(held.getvalue())
    results = [result for part in plan([tmp_path]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    assert sum(result.dead_letters.num_rows for result in results) == 0
    assert [(row["account_id"], row["prompt"], row["time"].microsecond) for row in rows] == [
        ("u-1", "[1] Why; so?", 123_000), ("7", "Why?", 123_456),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("record", "format_name", "told"),
    [
        ({"ID": "o", "TRACEID": "t", "TYPE": "GENERATION", "STARTTIME": "2026-11-24T03:28:24.123Z", "USERID": "u-1",
          "MODEL": "m", "INPUT": '[{"role": "user", "content": "Why?"}]', "OUTPUT": "So.", "SESSIONID": "s"},
         "langfuse", {**READ, "session_id": "s", "exchange_id": "o", "operation": "chat.completions"}),
        ({"id": "o", "traceid": "t", "type": "GENERATION", "starttime": "2026-11-24T03:28:24.123Z", "userid": "u-1",
          "model": "m", "input": "Why?", "output": "So."}, "langfuse", {**READ, "exchange_id": "o"}),
        ({"TIME": "2026-11-24T03:28:24.123Z", "ACCOUNTID": "u-1", "PROMPT": "Why?", "RESPONSE": "So.", "MODEL": "m",
          "INPUTTOKENS": 4}, "canonical", {**READ, "input_tokens": 4}),
        ({"REQUEST_ID": "r", "CALL_TYPE": "acompletion", "API_KEY": "h", "STARTTIME": "2026-11-24T03:28:24.123Z",
          "ENDTIME": "2026-11-24T03:28:25Z", "MODEL": "m", "USER": "u-1", "MESSAGES": "{}", "METADATA": "{}",
          "RESPONSE": '{"choices": [{"message": {"content": "So."}}]}',
          "PROXY_SERVER_REQUEST": '{"model": "m", "messages": [{"role": "user", "content": "Why?"}]}'},
         "litellm-spend", {**READ, "exchange_id": "r", "api_key_id": "h", "operation": "acompletion", "latency_ms": 877.0}),
        ({"TIMESTAMP": "2026-11-24T03:28:24.123Z", "ACCOUNTID": "u-1", "REGION": "r", "REQUESTID": "x", "MODELID": "m",
          "OPERATION": "InvokeModel", "INPUT": '{"inputBodyJson": {"prompt": "Why?"}}',
          "OUTPUT": '{"outputBodyJson": {"generation": "So."}}'},
         "bedrock", {**READ, "exchange_id": "x", "operation": "InvokeModel", "provider": "aws.bedrock",
                     "pathway": "bedrock/r"}),
    ],
)  # fmt: skip
def test_names_that_a_warehouse_wrote_in_one_case(
    tmp_path: Path, record: dict[str, Any], format_name: str, told: dict[str, Any]
) -> None:
    (row,), letters = read_records(tmp_path, record)
    assert letters == []
    assert (row | {"exchange_id": told.get("exchange_id")}) == {"exchange_id": None, **told}
    assert [part.format for part in plan([tmp_path / "log.jsonl"])] == [format_name]


def test_a_span_of_a_warehouse_is_no_call(tmp_path: Path) -> None:
    span = {"ID": "o", "TRACEID": "t", "TYPE": "SPAN", "STARTTIME": "2026-11-24T03:28:24Z", "USERID": "u-1",
            "INPUT": "Why?", "OUTPUT": "So."}  # fmt: skip
    assert "an observation of type SPAN is no call of a model" in refused(tmp_path, span)
