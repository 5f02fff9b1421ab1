"""Names that programs give to what they log of a call, one after the other."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

from stillwatch.ingest.plain_names import ANSWERS, CALLERS, DOUBTFUL, ENDS, OTHERS, SECONDS, TEXTS, TIMES

WHEN = "2026-03-02T09:00:00Z"
LINE: dict[str, Any] = {
    "timestamp": WHEN,
    "user_id": "u-1",
    "model": "m",
    "prompt": "Deepest lake?",
    "response": "Baikal.",
}
MEANT = {"timestamp": TIMES, "prompt": TEXTS, "response": ANSWERS, "model": OTHERS["model"]}
WHOM = (*CALLERS, *ENDS, *OTHERS["api_key_id"])
VALUES: dict[str, tuple[Any, Any]] = {
    "session_id": ("s-1", "s-1"), "exchange_id": ("x-1", "x-1"), "api_key_id": ("k-1", "k-1"), "org_id": ("o-1", "o-1"),
    "user_agent": ("curl/8", "curl/8"), "input_tokens": (14, 14), "output_tokens": ("1,400", 1400),
    "latency_ms": (70, 70.0), "client_address": ("203.0.113.9", "203.0.113.9"), "status": (429, "429"),
    "system": ("Be brief.", "Be brief."), "temperature": (0.5, 0.5), "reasoning": ("Hm.", "Hm."),
    "stop_reason": ("length", "length"), "stream": (True, True), "country": ("DE", "DE"), "tls_fingerprint": ("t", "t"),
    "top_p": (0.9, 0.9), "max_tokens": (64, 64),
}  # fmt: skip


def one(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    (row,), letters = read_records(folder, record)
    assert letters == []
    told = (row["account_id"], row["model"], row["prompt"], row["response"], row["time"])
    assert told == ("u-1", "m", "Deepest lake?", "Baikal.", datetime(2026, 3, 2, 9, tzinfo=UTC))
    return row


@pytest.mark.parametrize(("usual", "other"), [(usual, other) for usual, of in MEANT.items() for other in of])
def test_under_another_name(tmp_path: Path, usual: str, other: str) -> None:
    assert one(tmp_path, {other if name == usual else name: value for name, value in LINE.items()})


@pytest.mark.parametrize("name", WHOM)
def test_whoever_called(tmp_path: Path, name: str) -> None:
    assert one(tmp_path, {name if key == "user_id" else key: value for key, value in LINE.items()})


@pytest.mark.parametrize(("column", "name"), [(column, name) for column, names in OTHERS.items() for name in names])
def test_other_columns(tmp_path: Path, column: str, name: str) -> None:
    if column == "model":
        return
    given, told = VALUES[column]
    assert one(tmp_path, {**LINE, name: given})[column] == told


@pytest.mark.parametrize("name", SECONDS)
def test_seconds_are_milliseconds(tmp_path: Path, name: str) -> None:
    assert one(tmp_path, {**LINE, name: "0.5"})["latency_ms"] == 500.0


@pytest.mark.parametrize("name", DOUBTFUL)
def test_any_programs_words_are_a_question_beside_an_answer_and_a_model(tmp_path: Path, name: str) -> None:
    record = {name if key == "prompt" else key: value for key, value in LINE.items()}
    assert one(tmp_path, record)
    del record["model"]
    with pytest.raises(Exception, match="no format recognises"):
        read_records(tmp_path, record)


@pytest.mark.parametrize(
    "held", [{"metadata": {"user_id": "u-1"}}, {"metadata": '{"userId": "u-1"}'}, {"metadata.user": "u-1"}]
)
def test_whom_metadata_names(tmp_path: Path, held: dict[str, Any]) -> None:
    assert one(tmp_path, {**{name: value for name, value in LINE.items() if name != "user_id"}, **held})


def test_who_is_not_known_is_asked_about_with_the_keys_that_there_are(tmp_path: Path) -> None:
    record = {"tenant" if name == "user_id" else name: value for name, value in LINE.items()}
    _, (letter,) = read_records(tmp_path, record)
    assert "--account-from" in letter
    assert "its keys are `timestamp`, `model`" in letter


@pytest.mark.parametrize(
    "when", ["2026-03-02 9:00:00 AM", "Mar 2, 2026 9:00:00 AM", "March 2, 2026 9:00:00 AM UTC", "2026.03.02 09:00:00"]
)
def test_other_clocks(tmp_path: Path, when: str) -> None:
    assert one(tmp_path, {**LINE, "timestamp": when})
