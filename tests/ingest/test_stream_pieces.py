"""An answer's stream of which each piece is a record of its own is one exchange, or refused, and never many."""

from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

TIME = "2026-03-02T09:00:00Z"
WHO = {"timestamp": TIME, "user_id": "a-1"}
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Deepest lake?"}]}
DELTAS: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, {"content": "Bai"}, {"content": "kal."}, {}]
SHARED = [{**WHO, "request_id": "r", "request": ASKED}]


def chunks(ident: str = "chatcmpl-1") -> list[dict[str, Any]]:
    return [
        {
            "id": ident, "object": "chat.completion.chunk", "created": 1772442000, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}],
        }
        for delta in DELTAS
    ]  # fmt: skip


EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"type": "message", "role": "assistant", "model": "m", "content": []}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Baikal."}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
]
JOINED: dict[str, list[dict[str, Any]]] = {
    "the request with each": [{**WHO, "request": ASKED, "response": one} for one in chunks()],
    "the request with the first": [
        {**WHO, "response": one, **({} if place else {"request": ASKED})} for place, one in enumerate(chunks())
    ],
    "canonical names with each": [
        {"time": TIME, "account_id": "a-1", "messages": ASKED["messages"], **one} for one in chunks()
    ],
    "messages with each": [{**WHO, "messages": ASKED["messages"], **one} for one in chunks()],
    "an id that the request shares": [*SHARED, *({**WHO, "request_id": "r", "chunk": one} for one in chunks())],
    "another API's events": [*SHARED, *({**WHO, "request_id": "r", "response": one} for one in EVENTS)],
    "as lines of the wire": [{**WHO, "request": ASKED, "chunk": f"data: {one}".replace("'", '"').replace("None", "null")}
                             for one in chunks()],
}  # fmt: skip
REFUSED: dict[str, list[dict[str, Any]]] = {
    "nothing says what was asked": chunks(),
    "no id": [{**WHO, "request": ASKED, "response": one} for one in EVENTS],
    "pieces of Ollama": [{**WHO, "model": "m", "prompt": "Deepest lake?", "response": "Bai", "done": False}],
    "text under a chunk's name": [
        {**WHO, "model": "m", "prompt": "Deepest lake?", "response": "Bai", "object": "chat.completion.chunk"}
    ],
    "pieces of two accounts, each in an object": [
        {"timestamp": TIME, "metadata": {"user_id": f"a-{place}"}, "request": ASKED, "response": one}
        for place, one in enumerate(chunks())
    ],
    "a piece in a canonical record": [
        {"time": TIME, "account_id": "a-1", "messages": ASKED["messages"], "response": chunks()[1]}
    ],
    "pieces of two accounts under one id": [
        {**WHO, "user_id": f"a-{place}", "request": ASKED, "response": one} for place, one in enumerate(chunks())
    ],
}


@pytest.mark.parametrize("name", JOINED)
def test_it_is_one_exchange(tmp_path: Path, name: str) -> None:
    (row,), letters = read_records(tmp_path, *JOINED[name])
    assert letters == []
    told = (row["account_id"], row["model"], row["prompt"], row["response"], row["time"].isoformat())
    assert told == ("a-1", "m", "Deepest lake?", "Baikal.", "2026-03-02T09:00:00+00:00")


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_joined_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    rows, letters = read_records(tmp_path, *REFUSED[name])
    assert rows == []
    assert all("of a stream" in letter or "of one stream" in letter for letter in letters), letters


def test_streams_at_once_are_exchanges_of_their_own(tmp_path: Path) -> None:
    first, second = chunks("c-1"), chunks("c-2")
    mixed = [
        {**WHO, "user_id": user, "request": ASKED, "response": one}
        for pair in zip(first, second, strict=True)
        for user, one in zip(("a-1", "a-2"), pair, strict=True)
    ]
    rows, letters = read_records(tmp_path, *mixed)
    assert letters == []
    assert sorted((row["account_id"], row["response"]) for row in rows) == [("a-1", "Baikal."), ("a-2", "Baikal.")]


def test_a_whole_answer_that_is_called_a_chunk_is_one(tmp_path: Path) -> None:
    whole = {"object": "chat.completion.chunk", "id": "c", "choices": [{"message": {"content": "Baikal."}}]}
    (row,), letters = read_records(tmp_path, {**WHO, "request": ASKED, "response": whole})
    assert (row["response"], letters) == ("Baikal.", [])
