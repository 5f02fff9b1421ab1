"""What is said in place of an answer that is withheld tells nothing of it: not what its fields are called either."""

import json
from pathlib import Path
from typing import Any

import pytest
from marked_answers import MARK, THOUGHT, marks_in
from stripped_answers import got, stripped

ANSWERS: list[Any] = [
    # As servers answer that give back the JSON that a model wrote, or labels with their probabilities.
    {THOUGHT: 0.9, "four": 0.1},
    {f"<think>{THOUGHT}</think>": "four"},
    {"first": 1, MARK: {"second": 2}},
    {f"{number}{MARK}": number for number in range(9)},
    [THOUGHT],
    THOUGHT,
    {"error": THOUGHT},
    {"detail": [{"loc": [THOUGHT], "input": THOUGHT}]},
    {"choices": {THOUGHT: []}},
    {"data": [{THOUGHT: THOUGHT, "object": THOUGHT}]},
    {"error": {THOUGHT: THOUGHT, "code": THOUGHT, "type": THOUGHT}},
    {"type": "message", "content": {THOUGHT: THOUGHT}},
    {"output": [{"type": THOUGHT}], "status": THOUGHT},
]


@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/event-stream"])
def test_nothing_of_a_withheld_answer_is_told(tmp_path: Path, answer: Any, kind: str) -> None:
    raw = json.dumps(answer, ensure_ascii=False).encode()
    with stripped(tmp_path) as (url, upstream):
        upstream.headers = [(b"content-type", kind.encode())]
        upstream.pieces = [b"data: " + raw + b"\n\n" if "stream" in kind else raw]
        said = got(url)[1]
        assert marks_in(said) == []
        assert b"second" not in said
