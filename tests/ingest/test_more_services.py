"""Logs of services and tracers that have no format alone to be told by: each is read as a person would read it."""

import json
from pathlib import Path
from typing import Any

import pytest

from stillwatch.ingest import cut, plan, read_slice

TIME = "2026-01-05T10:00:00Z"
SPAN = {
    "start_timestamp": "2026-01-05T10:00:00.000Z",
    "end_timestamp": "2026-01-05T10:00:01.000Z",
    "span_name": "chat m",
    "trace_id": "t",
    "span_id": "s",
    "attributes": {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "user.id": "a-1",
        "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Why?"}]}]),
        "gen_ai.output.messages": [{"role": "assistant", "parts": [{"type": "text", "content": "Because."}]}],
    },
}


def tensor(name: str, *texts: Any, kind: str = "BYTES") -> dict[str, Any]:
    return {"name": name, "shape": [len(texts)], "datatype": kind, "data": list(texts)}


def inferred(*inputs: dict[str, Any]) -> dict[str, Any]:
    answer = {"model_name": "m", "outputs": [tensor("text_output", "Because.")]}
    return {"time": TIME, "user_id": "a-1", "request": {"id": "1", "inputs": list(inputs)}, "response": answer}


NEW_RELIC: list[dict[str, Any]] = [
    {
        "eventType": "LlmChatCompletionMessage",
        "completion_id": "c",
        "sequence": 1,
        "role": "assistant",
        "content": "Because.",
        "is_response": True,
    },
    {
        "eventType": "LlmChatCompletionSummary",
        "timestamp": 1767607200000,
        "id": "c",
        "request.model": "m",
        "duration": 1000,
        "llm.user_id": "a-1",
    },
    {"completion_id": "c", "sequence": 0, "role": "user", "content": "Why?", "timestamp": 1767607200500},
]
LOGS: dict[str, list[dict[str, Any]]] = {
    "Logfire": [SPAN],
    "New Relic": NEW_RELIC,
    "New Relic, a reply of NRQL": [{"results": [{"events": NEW_RELIC}]}],
    "KServe": [inferred(tensor("text_input", "Why?"), tensor("stream", False, kind="BOOL"))],
    "KServe, in rows": [inferred({**tensor("prompt"), "data": [["Why?"]]}, tensor("stop_words", "END"))],
}


def scanned(folder: Path, records: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    results = [one for part in cut(plan([path])) for one in read_slice(part)]
    exchanges = [row for one in results for row in one.exchanges.to_pylist()]
    return exchanges, [row["reason"] for one in results for row in one.dead_letters.to_pylist()]


@pytest.mark.parametrize("name", LOGS)
def test_it_is_one_exchange(tmp_path: Path, name: str) -> None:
    (exchange,), dead = scanned(tmp_path, LOGS[name])
    assert dead == []
    told = (exchange["account_id"], exchange["model"], exchange["prompt"], exchange["response"])
    assert told == ("a-1", "m", "Why?", "Because.")
    assert exchange["time"].isoformat() == "2026-01-05T10:00:00+00:00"


def test_several_prompts_in_one_request_and_a_call_without_messages_are_refused(tmp_path: Path) -> None:
    exchanges, dead = scanned(tmp_path, [inferred(tensor("text_input", "Why?", "How?"))])
    assert (len(exchanges), len(dead)) == (0, 1)
    exchanges, dead = scanned(tmp_path, NEW_RELIC[1:2])
    assert (len(exchanges), len(dead)) == (0, 1)
    assert "LlmChatCompletionMessage" in dead[0]


ANSWERS: dict[str, Any] = {
    "outputs": ["Because."],
    "responses": [{"text": "Because."}],
    "generations": [[{"text": "Because."}]],
    "response_body": json.dumps({"choices": [{"message": {"role": "assistant", "content": "Because."}}]}),
    "response_message": {"role": "assistant", "content": "Because."},
    "result": {"text": "Because."},
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_found_under_less_usual_names_where_it_can_be_nothing_else(tmp_path: Path, name: str) -> None:
    own = {"ts": TIME, "user": "a-1", "model": "m", "prompt": "Why?"}
    (exchange,), dead = scanned(tmp_path, [{**own, name: ANSWERS[name]}])
    assert (exchange["response"], exchange["note"], dead) == ("Because.", None, [])
    # A word says how it went, an object may say anything; and a usual name counts before.
    others: list[Any] = ["success", "{cut", {"score": 1}, [], None]
    for told in others:
        (exchange,), _ = scanned(tmp_path, [{**own, name: told}])
        assert (exchange["response"], exchange["prompt"]) == (None, "Why?")
    (exchange,), _ = scanned(tmp_path, [{**own, name: ANSWERS[name], "response": "So."}])
    assert exchange["response"] == "So."


def test_an_empty_list_of_messages_is_none(tmp_path: Path) -> None:
    (exchange,), dead = scanned(
        tmp_path, [{"ts": TIME, "user": "a-1", "model": "m", "messages": [], "input": "Why?", "output": "Because."}]
    )
    assert (exchange["prompt"], exchange["response"], dead) == ("Why?", "Because.", [])
