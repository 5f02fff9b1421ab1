"""A record that holds an API's answer beside what was asked is one exchange: nothing beside the answer is lost, and its time is the answer's where it has none."""

import json
from pathlib import Path
from typing import Any

import pytest

from stillwatch.ingest import cut, plan, read_slice

ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1767607200,
    "model": "gpt-4o",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Because."}, "finish_reason": "stop"}],
}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1767607200,
    "model": "gpt-4o",
    "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Because."}]}],
}


def scanned(folder: Path, *records: Any) -> tuple[list[dict[str, Any]], list[str]]:
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    results = [one for part in cut(plan([path])) for one in read_slice(part)]
    exchanges = [row for one in results for row in one.exchanges.to_pylist()]
    return exchanges, [row["reason"] for one in results for row in one.dead_letters.to_pylist()]


RECORDS: list[dict[str, Any]] = [
    {"input": "Why?", "output": ANSWER, "user": "a-1"},
    {"prompt": "Why?", "completion": ANSWER, "user_id": "a-1"},
    {"question": "Why?", "response": ANSWER, "customerId": "a-1"},
    {"input": [{"role": "user", "content": "Why?"}], "output": ANSWER, "user": "a-1"},
    {"input": "Why?", "output": RESPONSE, "user": "a-1"},
    {"input": "Why?", "output": ANSWER, "metadata": {"user_id": "a-1"}},
]


@pytest.mark.parametrize("record", RECORDS)
def test_what_was_asked_beside_an_answer_is_read_with_it(tmp_path: Path, record: dict[str, Any]) -> None:
    (exchange,), dead = scanned(tmp_path, record)
    assert dead == []
    assert (exchange["account_id"], exchange["model"], exchange["response"]) == ("a-1", "gpt-4o", "Because.")
    assert exchange["prompt"] == "Why?"
    assert exchange["time"].isoformat() == "2026-01-05T10:00:00+00:00"


def test_without_an_account_each_is_a_dead_letter_of_its_own(tmp_path: Path) -> None:
    records = [{"input": f"Why {number}?", "output": ANSWER} for number in range(3)]
    exchanges, dead = scanned(tmp_path, *records)
    assert (len(exchanges), len(dead)) == (0, 3)
    assert all("name its account" in why for why in dead)


def test_an_own_time_stands_and_what_is_whole_in_an_envelope_is_still_opened(tmp_path: Path) -> None:
    own = {"input": "Why?", "output": ANSWER, "user": "a-1", "timestamp": "2026-01-06T00:00:00Z"}
    stored = {**ANSWER, "id": "chatcmpl-2", "metadata": {"user_id": "a-2"}}
    told = {"message": "a call was stored", "data": stored | {"messages": [{"role": "user", "content": "How?"}]}}
    exchanges, dead = scanned(tmp_path, own, told)
    assert dead == []
    assert {(one["account_id"], one["time"].day) for one in exchanges} == {("a-1", 6), ("a-2", 5)}
