"""Times that a record says by more than one name, and what else of it a closer reading tells right."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

from stillwatch.ingest import plan, read_slice

LINE: dict[str, Any] = {"user_id": "u-1", "model": "m", "prompt": "Deepest lake?", "response": "Baikal."}
MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
WHEN = "2026-03-02T09:00:00Z"
TALK = {"contents": [{"parts": [{"text": "Deepest lake?"}]}]}


def one(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    (row,), letters = read_records(folder, record, less=())
    assert letters == []
    assert (row["account_id"], row["response"], row["time"]) == ("u-1", "Baikal.", MOMENT)
    return row


@pytest.mark.parametrize(
    "told",
    [
        {"timestamp": "2026-03-02 10:00:00", "timezone": "Europe/Berlin"},
        {"timestamp": "2026-03-02T01:00:00.000", "tz": "America/Los_Angeles"},
        {"timestamp": "2026-03-02 14:30:00", "utc_offset": "+05:30"},
        {"timestamp": "2026-03-02 07:00:00", "time_zone": "UTC-2"},
        {"timestamp": "2026-03-02 09:00:00", "timezone": "UTC"},
        {"timestamp": "2026-03-02T10:00:00+01:00", "timezone": "Asia/Tokyo"},
        {"timestamp": 1772442000, "timezone": "Asia/Tokyo"},
        {"date": "2026-03-02", "time": "09:00:00"},
        {"date": "2026-03-02", "time": "10:00:00", "timezone": "Europe/Berlin"},
        {"date": "2026-03-02", "time": "9:00:00Z"},
    ],
    ids=repr,
)
def test_a_zone_or_a_day_apart(tmp_path: Path, told: dict[str, Any]) -> None:
    one(tmp_path, {**told, **LINE})


def test_a_zone_that_is_not_known_is_no_time(tmp_path: Path) -> None:
    _, (letter,) = read_records(tmp_path, {**LINE, "timestamp": "2026-03-02 10:00:00", "timezone": "Middle-earth"})
    assert letter == "`time`: '2026-03-02 10:00:00' is in a zone that is not known: 'Middle-earth'"


@pytest.mark.parametrize("text", ['{"title": "Lake", "text": "Baikal"}', '{"lake": "Baikal"}', '["Baikal"]'])
def test_an_answer_that_is_json_stays_whole(tmp_path: Path, text: str) -> None:
    (row,), _ = read_records(tmp_path, {**LINE, "timestamp": WHEN, "response": text})
    assert row["response"] == text


def test_an_answers_body_as_text_is_opened(tmp_path: Path) -> None:
    one(tmp_path, {**LINE, "timestamp": WHEN, "response": json.dumps({"text": "Baikal.", "model": "m"})})
    one(
        tmp_path,
        {**LINE, "timestamp": WHEN, "response": json.dumps({"text": "Baikal.", "usage": {"prompt_tokens": 1}})},
    )


def test_truths_as_text(tmp_path: Path) -> None:
    assert one(tmp_path, {**LINE, "timestamp": WHEN, "stream": "true", "verified": "False"})["stream"] is True


def test_parts_beside_a_prompt_are_the_answer(tmp_path: Path) -> None:
    record = {name: value for name, value in LINE.items() if name != "response"}
    one(tmp_path, {**record, "createdAt": WHEN, "content": [{"type": "text", "text": "Baikal."}]})


def test_batches_of_gemini_and_bedrock(tmp_path: Path) -> None:
    said = {"candidates": [{"content": {"parts": [{"text": "Baikal."}]}}], "createTime": WHEN}
    one(tmp_path, {"key": "r", "user_id": "u-1", "request": TALK, "response": said})
    answer = {"output": {"message": {"role": "assistant", "content": [{"text": "Baikal."}]}}, "stopReason": "end_turn"}
    asked = {"messages": [{"role": "user", "content": [{"text": "Deepest lake?"}]}]}
    row = one(
        tmp_path, {"recordId": "r", "timestamp": WHEN, "user_id": "u-1", "modelInput": asked, "modelOutput": answer}
    )
    assert row["stop_reason"] == "end_turn"


@pytest.mark.parametrize("within", ["body", "attributes"])
def test_log_records_of_otlp_with_names_of_ones_own(tmp_path: Path, within: str) -> None:
    pairs = [{"key": name, "value": {"stringValue": value}} for name, value in LINE.items()]
    body = {"kvlistValue": {"values": [*pairs, {"key": "timestamp", "value": {"stringValue": WHEN}}]}}
    record: dict[str, Any] = (
        {"body": body} if within == "body" else {"body": {"stringValue": "call"}, "attributes": pairs}
    )
    record["timeUnixNano"] = "1772442000000000000"
    one(tmp_path, {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (LINE, "no key is known to name when a request was made"),
        ({"timestamp": WHEN, "user_id": "u-1", "kysymys": "Deepest lake?"}, "no key is known to name what was asked"),
    ],
)
def test_what_is_not_known_of_a_record_is_said(tmp_path: Path, record: dict[str, Any], told: str) -> None:
    with pytest.raises(Exception, match=told):
        read_records(tmp_path, record)


def test_a_csv_with_a_zone(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("date,time,timezone,user_id,prompt\n2026-03-02,10:00:00,Europe/Berlin,u-1,Why?\n")
    (row,) = [row for part in plan([tmp_path]) for one in read_slice(part) for row in one.exchanges.to_pylist()]
    assert row["time"] == MOMENT
