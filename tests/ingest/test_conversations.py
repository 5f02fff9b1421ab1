"""Whole conversations, one a record: each question is an exchange at its own time, and a call's record is one call."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from read_records import read_records

from stillwatch.ingest.formats.conversations import FORMAT

SAID = [
    ("user", "Why?", "09:00:00"),
    ("assistant", "So.", "09:00:01"),
    ("user", "How?", "10:00:00"),
    ("assistant", "Thus.", "10:00:02"),
]
TOLD = [("a-1", "c-1", "Why?", "So.", "2026-03-02T09:00:00"), ("a-1", "c-1", "How?", "Thus.", "2026-03-02T10:00:00")]
AROUND = {"id": "c-1", "user_id": "a-1", "model": "m", "created_at": "2026-03-01T00:00:00Z"}


def message(role: str, text: str, clock: str) -> dict[str, Any]:
    return {"role": role, "content": text, "timestamp": f"2026-03-02T{clock}Z"}


MESSAGES = [message(*one) for one in SAID]
DOCUMENTS: dict[str, dict[str, Any]] = {
    "an object": {**AROUND, "messages": MESSAGES},
    "latest first": {**AROUND, "messages": MESSAGES[::-1]},
    "a document of MongoDB": {
        "_id": {"$oid": "c-1"}, "userId": "a-1", "createdAt": {"$date": "2026-03-01T00:00:00Z"},
        "messages": [{**one, "timestamp": {"$date": one["timestamp"]}} for one in MESSAGES],
    },
    "other spellings": {
        "conversationId": "c-1", "userId": "a-1",
        "turns": [{"speaker": role, "text": text, "createdAt": f"2026-03-02T{at}Z"} for role, text, at in SAID],
    },
    "a user as an object": {"id": "c-1", "user": {"id": "a-1", "name": "Bob"}, "messages": MESSAGES},
    "Claude's export": {
        "uuid": "c-1", "name": "x", "created_at": "2026-03-01T00:00:00Z", "account": {"uuid": "a-1"},
        "chat_messages": [
            {"uuid": at, "text": text, "content": [{"type": "text", "text": text}], "created_at": f"2026-03-02T{at}Z",
             "sender": "human" if role == "user" else role, "attachments": []} for role, text, at in SAID],
    },
    "a list in an object": {
        "id": "c-1", "user_id": "a-1", "user_email": "bob@example.org", "messages": {"data": [
            {"id": at, "author": {"role": role}, "content": {"value": text}, "created_at": f"2026-03-02T{at}Z"}
            for role, text, at in SAID]},
    },
    "whose messages say whose they are": {"id": "c-1", "messages": [{**one, "user_id": "a-1"} for one in MESSAGES]},
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_question_is_an_exchange(tmp_path: Path, name: str) -> None:
    rows, letters = read_records(tmp_path, DOCUMENTS[name])
    told = [
        (r["account_id"], r["session_id"], r["prompt"], r["response"], f"{r['time']:%Y-%m-%dT%H:%M:%S}") for r in rows
    ]
    assert (letters, told) == ([], TOLD)


ROWS: dict[str, list[dict[str, Any]]] = {
    "a sender": [
        {"conversation_id": "c-1", "user_id": "a-1", "sender": "bot" if role == "assistant" else role, "text": text,
         "created_at": f"2026-03-02T{at}Z"} for role, text, at in SAID],
    "FastGPT": [
        {"_id": {"$oid": at}, "userId": "a-1", "chatId": "c-1", "time": {"$date": f"2026-03-02T{at}Z"},
         "obj": "AI" if role == "assistant" else "Human", "value": [{"type": "text", "text": {"content": text}}]}
        for role, text, at in SAID],
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_rows_of_messages_by_other_names_of_who_says_them(tmp_path: Path, name: str) -> None:
    rows, letters = read_records(tmp_path, *ROWS[name])
    told = [
        (r["account_id"], r["session_id"], r["prompt"], r["response"], f"{r['time']:%Y-%m-%dT%H:%M:%S}") for r in rows
    ]
    assert (letters, told) == ([], TOLD)


def test_a_call_whose_messages_have_times_is_one_call(tmp_path: Path) -> None:
    at = {"timestamp": "2026-03-02T10:00:00Z", "user_id": "a-1", "model": "m"}
    for record in (
        {**at, "messages": MESSAGES[:3], "response": "Thus."},
        {"time": at["timestamp"], "account_id": "a-1", "messages": MESSAGES[:3], "response": "Thus."},
        {
            "time": at["timestamp"],
            "user_id": "a-1",
            "request": {"model": "m", "messages": MESSAGES[:3]},
            "response": "Thus.",
        },
    ):
        (row,), letters = read_records(tmp_path, record)
        assert (letters, row["prompt"], row["response"], row["time"].hour) == ([], "How?", "Thus.", 10)


def test_nobody_s_conversation_is_refused(tmp_path: Path) -> None:
    rows, letters = read_records(tmp_path, {"id": "c-1", "messages": MESSAGES})
    assert rows == []
    assert all("account_id" in one for one in letters)


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["user", "assistant", "system", "tool"]), min_size=1, max_size=8))
def test_there_are_as_many_exchanges_as_questions(roles: list[str]) -> None:
    talk = [message(role, f"{place}", f"09:00:{place:02}") for place, role in enumerate(roles)]
    found = [one for one in FORMAT.read({**AROUND, "messages": json.loads(json.dumps(talk))}) if isinstance(one, dict)]
    assert len(found) == roles.count("user")
