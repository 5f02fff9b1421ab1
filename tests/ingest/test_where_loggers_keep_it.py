"""Lines of a program of one's own in what its logger and its cloud make of them: what a call says is found, all of it."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

TIME = "2026-03-02T09:00:00Z"
WHO = {"user_id": "a-1"}
SAID = {"model": "m", "prompt": "Why?", "response": "So."}
FLAT = {"timestamp": TIME, **WHO, **SAID}
LINE = json.dumps(FLAT)
SHIPPED = "2026-03-05T00:00:00Z"
RECORDS: dict[str, dict[str, Any]] = {
    **{f"a line under `{name}`": {"TimeGenerated": SHIPPED, name: LINE} for name in (
        "LogMessage", "LogEntry", "Log_s", "RawData", "content", "Content", "__CONTENT__", "raw")},
    "a line under `LogMessage`, parsed": {"TimeGenerated": SHIPPED, "LogMessage": FLAT},
    "in base64 under `content`": {"__time__": "1772999999", "content": base64.b64encode(LINE.encode()).decode()},
    "Serilog's properties": {
        "Timestamp": "2026-03-02T09:00:00.0000000+00:00", "Level": "Information",
        "Properties": {"UserId": "a-1", "Model": "m", "Prompt": "Why?", "Response": "So."},
    },
    "structlog's data": {"event": "llm_call", "timestamp": TIME, "data": {**WHO, **SAID}},
    "an account beside what was said": {"timestamp": TIME, **WHO, "data": SAID},
    **{f"an account in `{name}`": {"@timestamp": TIME, **SAID, name: {"userId": "a-1", "request": "r"}} for name in (
        "mdc", "context", "extra", "meta", "labels", "auth", "contextMap", "properties")},
    "a time under `dt`": {"dt": TIME, **WHO, **SAID},
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_a_call_is_found_whole(tmp_path: Path, name: str) -> None:
    (row,), letters = read_records(tmp_path, RECORDS[name])
    told = (row["account_id"], row["model"], row["prompt"], row["response"], row["time"].isoformat())
    assert (letters, told) == ([], ("a-1", "m", "Why?", "So.", "2026-03-02T09:00:00+00:00"))


def test_two_that_could_each_be_the_account_are_none(tmp_path: Path) -> None:
    record = {"timestamp": TIME, **SAID, "context": {"user_id": "a-1"}, "labels": {"user_id": "a-2"}}
    rows, letters = read_records(tmp_path, record, {**record, "labels": {"user_id": "a-1"}})
    assert [row["account_id"] for row in rows] == ["a-1"]
    assert len(letters) == 1


def test_what_somebody_said_is_no_envelope(tmp_path: Path) -> None:
    said = json.dumps({**FLAT, "user_id": "a-2", "prompt": "How?"})
    (row,), letters = read_records(tmp_path, {**FLAT, "content": said})
    assert (letters, row["account_id"], row["prompt"]) == ([], "a-1", "Why?")
    asked = {"time": TIME, "user_id": "a-1", "request": {"model": "m", "messages": [{"role": "user", "content": said}]}}
    (row,), letters = read_records(tmp_path, asked)
    assert (letters, row["account_id"], row["prompt"]) == ([], "a-1", said)
