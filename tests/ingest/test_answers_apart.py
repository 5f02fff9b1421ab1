"""Requests and answers of a program of one's own, as records apart."""

import json
from pathlib import Path
from typing import Any

import pytest

from stillwatch.ingest import plan, read_slice

WHEN, LATER = "2026-03-02T09:00:00Z", "2026-03-02T09:00:01Z"
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Deepest lake?"}], "user": "u-1"}
GOT = {
    "object": "chat.completion", "choices": [{"index": 0, "message": {"content": "Baikal."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 14, "completion_tokens": 3},
}  # fmt: skip
FLAT = {"ts": WHEN, "event": "request", "request_id": "r", "user_id": "u-1", "model": "m", "prompt": "Deepest lake?"}
FLAT_GOT = {"ts": LATER, "event": "response", "request_id": "r", "completion": "Baikal.", "prompt_tokens": 14}


def read(folder: Path, *files: list[Any]) -> tuple[list[dict[str, Any]], list[str]]:
    for number, records in enumerate(files):
        (folder / f"log-{number}").write_text("".join(json.dumps(record) + "\n" for record in records))
    results = [result for part in plan([folder]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    return rows, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


PAIRS: dict[str, list[dict[str, Any]]] = {
    "flat": [FLAT, FLAT_GOT],
    "bodies": [
        {"timestamp": WHEN, "type": "request", "id": "r", "user_id": "u-1", "body": ASKED},
        {"timestamp": LATER, "type": "response", "id": "r", "status": 200, "body": GOT},
    ],
    "JSON text": [
        {"time": WHEN, "direction": "in", "trace_id": "r", "user": "u-1", "body": json.dumps(ASKED)},
        {"time": LATER, "direction": "out", "trace_id": "r", "body": json.dumps(GOT)},
    ],
    "own names": [
        {"time": WHEN, "requestId": "r", "userId": "u-1", "request": ASKED},
        {"time": LATER, "requestId": "r", "response": GOT},
    ],
    "CloudEvents": [
        {
            "specversion": "1.0",
            "id": "r",
            "type": "org.kubeflow.serving.inference.request",
            "time": WHEN,
            "data": ASKED,
        },
        {"specversion": "1.0", "id": "r", "type": "org.kubeflow.serving.inference.response", "time": WHEN, "data": GOT},
    ],
    "Azure Machine Learning": [
        {"type": "azureml.inference.inputs", "time": WHEN, "data": ASKED, "correlationid": "r"},
        {"type": "azureml.inference.outputs", "time": LATER, "data": GOT, "correlationid": "r"},
    ],
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("how", ["in order", "the other way", "in two files"])
def test_both_are_one_exchange(tmp_path: Path, name: str, how: str) -> None:
    asked, got = PAIRS[name]
    files = {"in order": [[asked, got]], "the other way": [[got, asked]], "in two files": [[asked], [got]]}[how]
    (row,), letters = read(tmp_path, *files)
    assert letters == []
    text = row["prompt"] or row["messages"][-1]["content"]
    assert (row["account_id"], row["model"], text, row["response"]) == ("u-1", "m", "Deepest lake?", "Baikal.")
    assert (row["input_tokens"], row["time"].second) == (14, 0)
    if name == "bodies":
        assert row["status"] == "200"


def test_a_request_without_its_answer_stands_and_an_answer_alone_is_refused(tmp_path: Path) -> None:
    (row,), letters = read(tmp_path, [FLAT, {**FLAT_GOT, "request_id": "other"}])
    assert (row["prompt"], row["response"], row["note"]) == ("Deepest lake?", None, None)
    assert letters == ["an answer, and no request in the log has `request_id` 'other'"]


def test_an_id_that_comes_again_joins_each_answer_to_the_request_before_it(tmp_path: Path) -> None:
    again = [{**FLAT, "prompt": "Highest peak?"}, {**FLAT_GOT, "completion": "Everest."}]
    rows, letters = read(tmp_path, [FLAT, FLAT_GOT, *again])
    assert letters == []
    assert [(row["prompt"], row["response"]) for row in rows] == [
        ("Deepest lake?", "Baikal."), ("Highest peak?", "Everest."),
    ]  # fmt: skip


def test_answers_that_could_be_of_either_request_are_of_none(tmp_path: Path) -> None:
    rows, letters = read(tmp_path, [FLAT, {**FLAT, "prompt": "Highest peak?"}, FLAT_GOT])
    assert letters == []
    assert [row["response"] for row in rows] == [None, None]
    assert all("whose the answers are cannot be told" in row["note"] for row in rows)


def test_the_pieces_of_a_stream_are_one_answer(tmp_path: Path) -> None:
    pieces = [
        {"request_id": "r", "ts": LATER, "data": {
            "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}],
        }}
        for text in ("Bai", "kal.")
    ]  # fmt: skip
    (row,), letters = read(tmp_path, [{"request_id": "r", "ts": WHEN, "user_id": "u-1", "data": ASKED}, *pieces])
    assert (row["response"], letters) == ("Baikal.", [])


def test_a_whole_exchange_with_an_id_is_read_where_it_stands(tmp_path: Path) -> None:
    whole = {"ts": WHEN, "request_id": "r", "user_id": "u-1", "prompt": "Deepest lake?", "response": None}
    rows, letters = read(tmp_path, [whole, whole])
    assert (len(rows), letters) == (2, [])
