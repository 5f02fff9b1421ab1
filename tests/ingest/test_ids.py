"""An id that names nothing is none, whatever a format makes of it: who have an empty key have none in common."""

from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

from stillwatch.ingest import all_formats

BEDROCK = all_formats()["bedrock"].example
SPEND = all_formats()["litellm-spend"].example
STANDARD = all_formats()["litellm-standard"].example
EVENTS = {"timestamp": "2026-03-02T09:00:00Z", "user_id": "u-1", "prompt": "Why?", "response": "So."}
RECORDS: dict[str, Any] = {
    "api_key_id of bedrock": lambda word: {**BEDROCK, "identity": {"arn": word}},
    "session_id of litellm-spend": lambda word: {**SPEND, "session_id": word},
    "session_id of litellm-standard": lambda word: {**STANDARD, "session_id": word},
    "session_id of flat": lambda word: {**EVENTS, "session_id": word},
    "org_id of flat": lambda word: {**EVENTS, "org_id": word},
    "payment_id of flat": lambda word: {**EVENTS, "payment_id": word},
}


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_ids_that_name_nothing(tmp_path: Path, name: str) -> None:
    column = name.split()[0]
    words = ["", " ", "-", "unknown", "None", "<nil>", "[REDACTED]", " x-1 ", "x-1"]
    rows, letters = read_records(tmp_path, *({**RECORDS[name](word), "odd": {}} for word in words))
    assert letters == []
    assert [row.get(column) for row in rows] == [*[None] * 7, "x-1", "x-1"]
