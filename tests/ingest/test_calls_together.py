"""Several calls in one record are as many exchanges, of whom the record names."""

from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

ASKED = [{"role": "user", "content": "Why?"}]
ANSWER = {"choices": [{"message": {"role": "assistant", "content": "So."}}]}
FLAT = {"timestamp": "2026-03-02T09:00:00Z", "model": "m", "prompt": "Why?", "response": "So."}
BODIES = {"time": "2026-03-02T09:00:00Z", "request": {"model": "m", "messages": ASKED}, "response": ANSWER}
LATER = "2026-03-02T10:00:00Z"


@pytest.mark.parametrize("key", ["calls", "events", "records", "exchanges", "data", "items", "requests"])
@pytest.mark.parametrize("call", [FLAT, BODIES], ids=["flat", "bodies"])
def test_each_is_an_exchange_of_the_one_account(tmp_path: Path, key: str, call: dict[str, Any]) -> None:
    later = {**call, ("timestamp" if "timestamp" in call else "time"): LATER}
    record = {"session_id": "s-1", "userId": "a-1", "started_at": "2026-03-01T00:00:00Z", key: [call, later]}
    rows, letters = read_records(tmp_path, record)
    told = [(row["account_id"], row["session_id"], row["model"], row["prompt"], row["response"]) for row in rows]
    assert (letters, told) == ([], [("a-1", "s-1", "m", "Why?", "So.")] * 2)
    assert [row["time"].hour for row in rows] == [9, 10]


def test_calls_without_a_time_or_without_anybody_are_refused(tmp_path: Path) -> None:
    untimed = {name: value for name, value in FLAT.items() if name != "timestamp"}
    good = {**FLAT, "user_id": "a-2"}
    for record in (
        {"user_id": "a-1", "started_at": LATER, "calls": [untimed, untimed]},
        {"session_id": "s-1", "calls": [FLAT]},
    ):
        rows, letters = read_records(tmp_path, good, record)
        assert [row["account_id"] for row in rows] == ["a-2"]
        assert len(letters) == 1


def test_a_call_that_names_somebody_is_theirs(tmp_path: Path) -> None:
    rows, letters = read_records(tmp_path, {"user_id": "tenant", "records": [{**FLAT, "user_id": "a-1"}]})
    assert (letters, [row["account_id"] for row in rows]) == ([], ["a-1"])
