"""Calls that lie in several records: events of Langfuse, completions that OpenAI stores, one row a message."""

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

from stillwatch.ingest import plan, read_slice

NOTHING = "none of its events is of a call of a model: only generations are"
DAY = "2026-11-24T00:00:"


def read_files(folder: Path, files: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """Exchanges and reasons of a folder of files, each a list of lines or one value."""
    for name, value in files.items():
        lines = value if isinstance(value, list) else [value]
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    results = [result for part in plan([folder]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    return rows, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


def told(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted((row["account_id"], row["prompt"], row["response"] or "") for row in rows)


def events(trace: str, user: str, text: str) -> list[dict[str, Any]]:
    body = {"id": f"o-{trace}", "traceId": trace}
    asked = {**body, "startTime": DAY + "01Z", "input": [{"role": "user", "content": text}], "model": "m"}
    return [
        {"id": "1", "timestamp": DAY + "00Z", "type": "trace-create", "body": {"id": trace, "userId": user}},
        {"id": "2", "timestamp": DAY + "01Z", "type": "generation-create", "body": asked},
        {"id": "3", "timestamp": DAY + "02Z", "type": "generation-update", "body": {**body, "output": text[::-1]}},
        {"id": "4", "timestamp": DAY + "03Z", "type": "score-create", "body": {"traceId": trace, "value": 1}},
        {"id": "5", "timestamp": DAY + "03Z", "type": "tool-create", "body": {"id": "x", "traceId": trace, "input": 1}},
    ]


TWO = [*events("t-1", "a-1", "Why?"), *events("t-2", "a-2", "How?")]
READ_TWO = [("a-1", "Why?", "?yhW"), ("a-2", "How?", "?woH")]


@pytest.mark.parametrize("seed", range(6))
def test_events_meet_by_their_trace_in_whatever_batches_and_order(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    mixed = rng.sample(TWO, len(TWO))
    cut = rng.randrange(1, len(mixed))
    batches = [{"batch": part, "metadata": {"sdk": "x"}} for part in (mixed[:cut], mixed[cut:])]
    rows, _ = read_files(tmp_path, {"a.json": batches[0], "b.json": batches[1]})
    assert told(rows) == READ_TWO
    assert {str(row["time"].second) for row in rows} == {"1"}
    (tmp_path / "lines").mkdir()
    rows, reasons = read_files(tmp_path / "lines", {"single.jsonl": mixed})
    assert told(rows) == READ_TWO
    assert reasons == [NOTHING] * 2, "a score alone is of no call"


def test_an_update_without_its_trace_and_events_of_no_call(tmp_path: Path) -> None:
    made = events("t-1", "a-1", "Why?")
    made[2]["body"].pop("traceId")
    rows, reasons = read_records(tmp_path, {"batch": made})
    assert [(row["account_id"], row["response"]) for row in rows] == [("a-1", "?yhW")]
    assert reasons == []
    rows, reasons = read_records(tmp_path, {"batch": [made[3]]}, made[3], {"batch": [made[0], made[4]]})
    assert rows == []
    assert reasons == [NOTHING] * 3


def test_a_generation_of_an_unknown_trace_is_nobodys(tmp_path: Path) -> None:
    rows, (reason,) = read_records(tmp_path, {"batch": events("t-1", "a-1", "Why?")[1:3]})
    assert rows == []
    assert "`userId`" in reason


def completion(name: str, user: str | None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": f"So {name}."}}
    metadata = {} if user is None else {"user_id": user}
    return {
        "object": "chat.completion", "id": name, "created": 1795490904, "model": "m", "choices": [choice],
        "metadata": metadata, "input_user": None, **more,
    }  # fmt: skip


def said(name: str, *texts: str) -> dict[str, Any]:
    roles = itertools.cycle(["user", "assistant"])
    items = [
        {"id": f"{name}-{place}", "role": role, "content": text, "name": None, "content_parts": None}
        for place, (text, role) in enumerate(zip(texts, roles, strict=False))
    ]
    return {"object": "list", "data": items[::-1], "has_more": False}


def test_stored_completions_meet_their_messages(tmp_path: Path) -> None:
    stored = {"object": "list", "data": [completion("chatcmpl-A-1", "a-1"), completion("chatcmpl-A-10", "a-2")]}
    asked = {"m1.json": said("chatcmpl-A-1", "Why?"), "m2.json": said("chatcmpl-A-10", *"abcdefghijk", "now?", "How?")}
    rows, reasons = read_files(tmp_path, {"list.json": stored, **asked})
    assert told(rows) == [("a-1", "Why?", "So chatcmpl-A-1."), ("a-2", "How?", "So chatcmpl-A-10.")]
    assert reasons == []
    assert len(next(row for row in rows if row["account_id"] == "a-2")["messages"]) == 13


def test_what_a_stored_completion_lacks_is_told(tmp_path: Path) -> None:
    asked = [{"role": "user", "content": "Why?"}]
    rows, reasons = read_records(
        tmp_path, completion("chatcmpl-1", "a"), completion("chatcmpl-2", None, messages=asked),
        {"object": "response", "id": "resp_1", "created_at": 1795490904, "output": [], "user": "a"},
        *said("chatcmpl-9", "Who?")["data"],
    )  # fmt: skip
    assert rows == []
    assert sorted(reasons) == sorted([
        "completion 'chatcmpl-1' says no messages: fetch /v1/chat/completions/{id}/messages into the same folder",
        "no `account_id`: it names no end user: send `metadata.user_id` or `safety_identifier` with calls that are stored",
        "response 'resp_1' says no `input`: fetch /v1/responses/{id}/input_items and put them in it as `input`",
        "messages of a stored completion, and not the completion: it must lie in the same folder",
    ])  # fmt: skip


def test_a_response_with_its_input(tmp_path: Path) -> None:
    answer = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "So."}]}]
    record = {
        "object": "response", "id": "resp_1", "created_at": 1795490904, "model": "m", "output": answer,
        "instructions": "Brief.", "safety_identifier": "a-1", "input": [{"role": "user", "content": "Why?"}],
        "conversation": {"id": "conv_1"},
    }  # fmt: skip
    (row,), reasons = read_records(tmp_path, record)
    assert reasons == []
    assert (row["account_id"], row["prompt"], row["response"]) == ("a-1", "Why?", "So.")
    assert (row["system"], row["session_id"], row["exchange_id"]) == ("Brief.", "conv_1", "resp_1")


def test_an_answer_in_a_programs_own_record_is_that_programs(tmp_path: Path) -> None:
    own = {"user_id": "a-1", "prompt": "Why?", "timestamp": DAY + "05Z"}
    (row,), reasons = read_records(tmp_path, {**completion("chatcmpl-1", None), **own, "response": "So."})
    assert reasons == []
    assert (row["account_id"], row["prompt"], row["time"].second) == ("a-1", "Why?", 5)


def message(number: int, role: str, text: Any, second: int, *, of: str = "c-1", **more: Any) -> dict[str, Any]:
    row = {"id": number, "conversation_id": of, "role": role, "content": text, "created_at": f"{DAY}{second:02d}Z"}
    return {**row, **more}


CHAT = [
    message(1, "system", "Brief.", 0),
    message(2, "user", "Why?", 1, user_id="a-1"),
    message(3, "assistant", "Because.", 2, model="m", completion_tokens=7),
    message(4, "user", "Look it up.", 3, user_id="a-1"),
    message(5, "assistant", None, 4, tool_calls=[{"id": "c"}]),
    message(6, "tool", "42", 5),
    message(7, "assistant", "It is 42.", 6, model="m"),
    message(8, "user", "Are you there?", 7, user_id="a-1"),
]
READ_CHAT = [("a-1", "Are you there?", ""), ("a-1", "Look it up.", "It is 42."), ("a-1", "Why?", "Because.")]


@pytest.mark.parametrize("seed", range(6))
def test_rows_of_messages_in_any_order_and_files(tmp_path: Path, seed: int) -> None:
    mixed = random.Random(seed).sample(CHAT, len(CHAT))
    rows, reasons = read_files(tmp_path, {"a.jsonl": mixed[:3], "b.jsonl": mixed[3:]})
    assert told(rows) == READ_CHAT
    assert reasons == []
    assert {row["session_id"] for row in rows} == {"c-1"}
    assert {row["system"] for row in rows} == {"Brief."}
    assert sorted(len(row["messages"]) for row in rows) == [2, 4, 8]


def test_latest_first_with_times_to_the_second(tmp_path: Path) -> None:
    """Question and answer of one second: the order of the file tells them apart, and which way it runs."""
    chat = [{**row, "created_at": f"{DAY}{row['id'] // 2:02d}Z"} for row in CHAT]
    for order in (chat, chat[::-1]):
        rows, reasons = read_records(tmp_path, *order)
        assert sorted((row["prompt"], row.get("response", "")) for row in rows) == [one[1:] for one in READ_CHAT]
        assert reasons == []


def test_one_conversations_id_for_several_accounts(tmp_path: Path) -> None:
    """A number that begins anew with each account, or a room: nobody gets another's answer."""
    mine = [message(1, "user", "Why?", 1, user_id="a"), message(2, "assistant", "So.", 4, user_id="a")]
    yours = [message(3, "user", "How?", 2, user_id="b"), message(4, "assistant", "Thus.", 3, user_id="b")]
    rows, reasons = read_files(tmp_path, {"a.jsonl": [*mine, *yours]})
    assert told(rows) == [("a", "Why?", "So."), ("b", "How?", "Thus.")]
    assert [len(row["messages"]) for row in rows] == [1, 1]
    nameless = [{name: value for name, value in row.items() if name != "user_id"} for row in (mine[1], yours[1])]
    rows, reasons = read_files(tmp_path, {"a.jsonl": [mine[0], yours[0], *nameless]})
    assert told(rows) == [("a", "Why?", ""), ("b", "How?", "")]
    assert all("of 2 accounts" in row["note"] for row in rows)
    assert reasons == []


def test_a_question_that_cannot_be_read_leaves_its_answer_to_nobody(tmp_path: Path) -> None:
    chat = [*CHAT[1:3], message(9, "user", 7, 10, user_id="a-1"), message(10, "assistant", "Seven.", 11)]
    rows, reasons = read_records(tmp_path, *chat)
    assert [(row["prompt"], row["response"]) for row in rows] == [("Why?", "Because.")]
    assert len(reasons) == 2
    rows, (reason,) = read_records(tmp_path, *CHAT[2:3])
    assert rows == []
    assert "question is not in the log" in reason


def test_rows_without_a_conversation_or_an_account_are_refused(tmp_path: Path) -> None:
    bare = [{name: value for name, value in row.items() if name != "conversation_id"} for row in CHAT[1:3]]
    rows, reasons = read_records(tmp_path, *bare)
    assert rows == []
    assert len(reasons) == 2
    assert all("names no conversation" in reason for reason in reasons)
    rows, (reason,) = read_records(tmp_path, message(1, "user", "Why?", 1), message(2, "assistant", "So.", 2))
    assert rows == []
    assert "put `user_id` beside `role`" in reason


def test_branches_by_what_a_message_follows(tmp_path: Path) -> None:
    chat = [
        message(1, "user", "Why?", 1, user_id="a"),
        message(2, "assistant", "So.", 2, parent_id=1),
        message(3, "user", "How?", 3, user_id="a", parent_id=2),
        message(4, "user", "Who?", 4, user_id="a", parent_id=2),
        message(5, "assistant", "She.", 5, parent_id=4),
        message(6, "assistant", "Thus.", 6, parent_id=3),
    ]
    rows, reasons = read_files(tmp_path, {"a.jsonl": chat})
    assert told(rows) == [("a", "How?", "Thus."), ("a", "Who?", "She."), ("a", "Why?", "So.")]
    assert reasons == []


def test_messages_of_a_thread(tmp_path: Path) -> None:
    def part(text: str) -> list[dict[str, Any]]:
        return [{"type": "text", "text": {"value": text, "annotations": []}}]

    shared = {"object": "thread.message", "thread_id": "thread_1"}
    asked = {**shared, "id": "msg_1", "role": "user", "content": part("Why?"), "created_at": 1795490904}
    answer = {**shared, "id": "msg_2", "role": "assistant", "content": part("So."), "created_at": 1795490906}
    (row,), reasons = read_records(
        tmp_path, {"object": "list", "data": [answer, {**asked, "metadata": {"user_id": "a"}}]}
    )
    assert reasons == []
    assert (row["account_id"], row["prompt"], row["response"], row["session_id"]) == ("a", "Why?", "So.", "thread_1")
