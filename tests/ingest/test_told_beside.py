"""What a record tells of a call beside its texts: parameters in an object, when the call ended, how it failed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from read_records import read_records

from stillwatch.ingest.told_beside import FAILURES, HOLDERS, failure_beside, parameters_beside, time_taken

FLAT = {"timestamp": "2026-03-02T09:00:00Z", "user_id": "a-1", "model": "m", "prompt": "Why?", "response": "So."}
ASKED = [{"role": "user", "content": "Why?"}]
ANSWER = {"choices": [{"message": {"role": "assistant", "content": "So."}}]}
LINES: list[dict[str, Any]] = [
    FLAT,
    {**FLAT, "prompt": None, "messages": ASKED},
    {"time": FLAT["timestamp"], "user_id": "a-1", "request": {"model": "m", "messages": ASKED}, "response": ANSWER},
    {"time": FLAT["timestamp"], "user_id": "a-1", "request": {"model": "m", "max_tokens": 5, "system": "B.",
     "messages": ASKED}, "response": {"type": "message", "content": [{"type": "text", "text": "So."}]}},
    {"time": FLAT["timestamp"], "user_id": "a-1", "model": "m",
     "request": {"contents": [{"role": "user", "parts": [{"text": "Why?"}]}]},
     "response": {"candidates": [{"content": {"parts": [{"text": "So."}]}}]}},
]  # fmt: skip


def one(tmp_path: Path, record: dict[str, Any]) -> dict[str, Any]:
    (row,), letters = read_records(tmp_path, record)
    assert (letters, row["account_id"], row["prompt"], row["model"]) == ([], "a-1", "Why?", "m")
    return row


@pytest.mark.parametrize("name", HOLDERS)
def test_parameters_in_an_object_are_the_call_s(tmp_path: Path, name: str) -> None:
    held = {"temperature": 0.7, "topP": 0.9, "stop": ["END"], "seed": 3, "unknown": {"a": 1}}
    for line, written in ((line, one) for line in LINES for one in (held, json.dumps(held))):
        row = one(tmp_path, {**line, name: written})
        assert (row["temperature"], row["top_p"], row["stop"], row["seed"]) == (0.7, 0.9, ["END"], 3)
        assert (row["response"], row.get("note")) == ("So.", None)


def test_what_the_record_itself_says_goes_before(tmp_path: Path) -> None:
    row = one(tmp_path, {**FLAT, "temperature": 0.1, "params": {"temperature": 0.7, "model": "other", "max_tokens": 9}})
    assert (row["temperature"], row["max_tokens"]) == (0.1, 9)
    row = one(tmp_path, {**FLAT, "model": None, "config": {"model": "m"}})
    assert row["response"] == "So."


@given(st.sampled_from(HOLDERS), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["model", "temperature", "stop", "messages", "tools", "text", "logprobs", "options"]), inner)))  # fmt: skip
def test_no_object_costs_a_record(name: str, held: Any) -> None:
    assert None not in parameters_beside({name: held}).values()


@pytest.mark.parametrize(
    ("name", "end"),
    [("end_time", "2026-03-02T09:00:00.812Z"), ("endTime", 1772442000.812), ("completed_at", 1772442000812),
     ("finished_at", "2026-03-02 10:00:00.812+01:00")],
)  # fmt: skip
def test_from_its_start_to_its_end_a_call_took_that_long(tmp_path: Path, name: str, end: Any) -> None:
    for line in LINES:
        assert one(tmp_path, {**line, name: end})["latency_ms"] == pytest.approx(812.0, abs=0.01)
    assert one(tmp_path, {**FLAT, "latency_ms": 5.0, name: end})["latency_ms"] == 5.0
    odd: list[Any] = ["2026-03-02T08:00:00Z", "soon", [], {}]
    for bad in odd:
        assert "latency_ms" not in one(tmp_path, {**FLAT, name: bad})
    assert time_taken({name: end}, None) is None


@pytest.mark.parametrize(
    ("failed", "status"),
    [
        ({"error": {"code": 429, "message": "slow down"}}, "429"),
        ({"error": {"type": "overloaded_error"}}, "error"),
        ({"error": "upstream timed out"}, "error"),
        ({"error": True}, "error"),
        ({"error_code": 503}, "503"),
        ({"errorCode": "ThrottlingException"}, "ThrottlingException"),
        ({"exception": "TimeoutError: after 30 s"}, "error"),
        ({"error": None}, None),
        ({"error": ""}, None),
        ({"error": False}, None),
        ({"error_code": 0}, None),
        ({"error": {}}, None),
        ({"error": "None"}, None),
    ],
)
def test_a_call_that_failed_has_a_status(tmp_path: Path, failed: dict[str, Any], status: str | None) -> None:
    for line in LINES:
        row = one(tmp_path, {**line, "response": None, **failed})
        assert (row.get("status"), row.get("response")) == (status, None)
        # What was answered did not fail, and a status of its own counts.
        assert one(tmp_path, {**line, **failed}).get("status") is None
        assert one(tmp_path, {**line, "response": None, "status": 418, **failed})["status"] == "418"


@given(
    st.sampled_from(FAILURES), st.text() | st.integers() | st.dictionaries(st.text(), st.text()) | st.lists(st.text())
)
def test_a_failure_is_told_in_words_of_a_status(name: str, told: Any) -> None:
    status = failure_beside({name: told})
    assert status is None or (status and " " not in status)
