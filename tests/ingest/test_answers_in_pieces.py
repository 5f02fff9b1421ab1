"""Streams of other APIs than OpenAI's, kept as the list of their pieces, are the answer that they make; and answers of
APIs that say it in a place of their own."""

from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

ASKED = {"model": "m", "messages": [{"role": "user", "content": "Deepest lake?"}]}
BLOCKS = {"modelId": "m", "messages": [{"role": "user", "content": [{"text": "Deepest lake?"}]}]}
INPUT = {"model": "m", "input": {"messages": ASKED["messages"]}, "parameters": {}}
COUNTED = {"input_tokens": 14, "output_tokens": 3}


def said(text: str) -> dict[str, Any]:
    return {"output": {"choices": [{"message": {"role": "assistant", "content": text}}]}, "usage": COUNTED}


PAIRS: dict[str, tuple[Any, Any]] = {
    "Cohere's second chat API": (ASKED, [
        {"type": "message-start", "id": "x", "delta": {"message": {"role": "assistant"}}},
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Bai"}}}},
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "kal."}}}},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": COUNTED}}},
    ]),
    "Converse": (BLOCKS, [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"delta": {"text": "Bai"}, "contentBlockIndex": 0}},
        {"contentBlockDelta": {"delta": {"text": "kal."}, "contentBlockIndex": 0}},
        {"messageStop": {"stopReason": "end_turn"}},
        {"metadata": {"usage": {"inputTokens": 14, "outputTokens": 3}}},
    ]),
    "DashScope, what is new": (INPUT, [said("Bai"), said("kal.")]),
    "DashScope, what came so far": (INPUT, [said("Bai"), said("Baikal.")]),
    "Gemini's interactions": (
        {"model": "m", "input": "Deepest lake?"},
        {"id": "x", "model": "m", "status": "completed", "outputs": [{"type": "text", "text": "Baikal."}],
         "usage": {"total_input_tokens": 14, "total_output_tokens": 3}},
    ),
    "LangServe": ({"model": "m", "input": {"question": "Deepest lake?"}}, {"output": "Baikal.", "usage": COUNTED}),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_it_is_one_exchange(tmp_path: Path, name: str) -> None:
    asked, answered = PAIRS[name]
    record = {"timestamp": "2026-03-02T09:00:00Z", "user_id": "a-1", "request": asked, "response": answered}
    (row,), letters = read_records(tmp_path, record)
    assert letters == []
    told = (row["account_id"], row["model"], row["prompt"], row["response"], row["input_tokens"], row["output_tokens"])
    assert told == ("a-1", "m", "Deepest lake?", "Baikal.", 14, 3)


@pytest.mark.parametrize(
    "held",
    [
        lambda one: {"2026-03-02": [one], "2026-03-03": [one]},
        lambda one: {"users": [{"user_id": "a-1", "calls": [{k: v for k, v in one.items() if k != "user_id"}] * 2}]},
    ],
)
def test_lists_by_their_keys_and_by_whoever_asks(tmp_path: Path, held: Any) -> None:
    line = {"timestamp": "2026-03-02T09:00:00Z", "user_id": "a-1", "request": ASKED, "response": {"output": "Baikal."}}
    rows, letters = read_records(tmp_path, held(line))
    assert letters == []
    assert [(row["account_id"], row["prompt"], row["response"]) for row in rows] == [
        ("a-1", "Deepest lake?", "Baikal.")
    ] * 2


def test_messages_that_say_from_whom_they_are(tmp_path: Path) -> None:
    talk = [
        {"from": "user", "content": "Deepest lake?", "createdAt": "2026-03-02T09:00:00Z"},
        {"from": "assistant", "content": "Baikal.", "createdAt": "2026-03-02T09:00:02Z"},
    ]
    (row,), letters = read_records(tmp_path, {"sessionId": "s", "userId": "a-1", "model": "m", "messages": talk})
    assert (row["account_id"], row["prompt"], row["response"], letters) == ("a-1", "Deepest lake?", "Baikal.", [])
