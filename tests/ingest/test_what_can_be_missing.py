"""A request is one without its answer: what can be missing costs nothing but itself, in every format."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from stillwatch.core.bodies.end_user import composite_id
from stillwatch.ingest import BatchFormat, all_formats, plan, read_slice
from stillwatch.ingest.placeholders import PLACEHOLDERS
from stillwatch.tables import DEAD_LETTERS, EXCHANGES

TIME = "2026-11-24T00:00:00.250Z"
GARBAGE: list[Any] = [
    "<html><body>502 Bad Gateway</body></html>",
    '{"id": "cut in its mid',
    'data: {"choices": [{"delta": {"content": "half',
    "[DONE]",
    ["[DONE]"],
    [7, None, "x"],
    {"choices": 7, "content": 7, "output": {"message": 7}, "candidates": 7},
    12.5,
]
ANSWERS = {
    "anthropic-batch": ("result", "message"),
    "anthropic-log": ("response",),
    "bedrock": ("output", "outputBodyJson"),
    "litellm-spend": ("response",),
    "litellm-standard": ("response",),
    "openai-batch": ("response", "body"),
    "openai-log": ("response",),
}


def read(folder: Path, *records: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What is read of records, nulls left out, and the dead letters."""
    path = folder / "log"
    lines = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in records)
    path.write_bytes(b"\n".join(lines) + b"\n")
    results = [result for part in plan([path]) for result in read_slice(part)]
    rows = pa.Table.from_batches([r.exchanges for r in results], EXCHANGES).to_pylist()
    letters = pa.Table.from_batches([r.dead_letters for r in results], DEAD_LETTERS).to_pylist()
    return [{name: value for name, value in row.items() if value is not None} for row in rows], letters


def put(record: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    changed: dict[str, Any] = copy.deepcopy(dict(record))
    inner: Any = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize("garbage", GARBAGE, ids=str)
@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_an_answer_that_cannot_be_read_leaves_the_request(tmp_path: Path, name: str, garbage: Any) -> None:
    one = all_formats()[name]
    made = [dict(one.example)]
    if isinstance(one, BatchFormat):
        made.append(dict(one.example_result))
    made[-1] = put(made[-1], ANSWERS[name], garbage)
    if name.startswith(("openai", "anthropic")):
        made = [{**record, "created_at": TIME} for record in made]
    rows, letters = read(tmp_path, *made)
    if name == "openai-batch":
        # Its only time is in the answer.
        assert [letter["reason"] for letter in letters] == ["no `time`"]
        return
    (row,) = rows
    assert (row["prompt"], letters) == ("Why?", [])
    assert row["account_id"]
    # LiteLLM keeps bare text where it redacts, so that words are an answer there.
    bare = name.startswith("litellm") and isinstance(garbage, str) and not garbage.startswith(("{", "data:", "["))
    assert "response" not in row or bare
    assert "note" in row or bare or garbage in GARBAGE[4::2]


def test_what_a_stream_sent_is_put_together(tmp_path: Path) -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}
    said = [{"choices": [{"index": 0, "delta": {"content": part}}]} for part in ("Be", "cause.")]
    text = "".join(f"data: {json.dumps(one)}\n\n" for one in said) + "data: [DONE]\n\n"
    claude: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "x", "usage": {"input_tokens": 7}}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Because."}},
        {"type": "message_stop"},
    ]
    events = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in claude)
    line = {"time": TIME, "account_id": "a"}
    rows, letters = read(
        tmp_path,
        {**line, "request": asked, "response": text},
        {**line, "request": asked, "response": [*map(json.dumps, said), "[DONE]"]},
        {**line, "request": {**asked, "system": "S"}, "response": events},
        {**line, "request": {**asked, "system": "S"}, "response": [*claude, "[DONE]"]},
    )
    assert (letters, [row["response"] for row in rows]) == ([], ["Because."] * 4)
    assert not any("note" in row for row in rows)


def test_of_several_choices_that_of_index_0_is_kept(tmp_path: Path) -> None:
    choices = [{"index": n, "message": {"content": f"{n}"}} for n in (2, 0, 1)]
    asked = {
        "model": "m",
        "n": 3,
        "logprobs": True,
        "top_logprobs": 5,
        "messages": [{"role": "user", "content": "Why?"}],
    }
    record = {"time": TIME, "account_id": "a", "request": asked, "response": {"choices": choices}}
    ((row,), _) = read(tmp_path, record)
    assert (row["response"], row["logprobs"], row["top_logprobs"]) == ("0", True, 5)


def test_numbers_and_halves_of_characters_that_json_has_not(tmp_path: Path) -> None:
    good = {"time": TIME, "account_id": "a", "request": {"model": "m", "prompt": "Why?", "logprobs": 5}}
    for answer in (b'{"logprobs": [-Infinity, NaN]}', b'{"choices": [{"text": "\\ud83d"}]}', b'"\xff"'):
        odd = json.dumps({**good, "response": 1}).encode().replace(b": 1}", b": " + answer + b"}")
        rows, letters = read(tmp_path, good, odd)
        assert letters == []
        assert (rows[1]["prompt"], rows[1]["top_logprobs"]) == ("Why?", 5)
        assert rows[1]["note"].startswith("left out what is no JSON")
    whole = json.dumps({**good, "request": {"prompt": "\U0001f600 \\ud83d"}})
    assert read(tmp_path, whole.encode())[0][0]["prompt"] == "\U0001f600 \\ud83d"


@pytest.mark.parametrize("placeholder", sorted(PLACEHOLDERS))
def test_a_placeholder_is_missing_text(tmp_path: Path, placeholder: str) -> None:
    given = {"time": TIME, "account_id": "a", "response": placeholder, "system": f" {placeholder.upper()} "}
    talk = [{"role": "user", "content": placeholder}]
    rows, letters = read(tmp_path, {**given, "prompt": placeholder}, {**given, "messages": talk})
    assert letters == []
    for row in rows:
        assert (row["prompt"], row["note"]) == ("", "no text: `prompt` is a placeholder")
        assert not {"response", "system"} & row.keys()


def test_words_that_hold_a_placeholder_are_text(tmp_path: Path) -> None:
    rows, _ = read(
        tmp_path, {"time": TIME, "account_id": "a", "prompt": "What does [REDACTED] mean?", "response": "None of it"}
    )
    assert (rows[0]["prompt"], rows[0]["response"]) == ("What does [REDACTED] mean?", "None of it")


@pytest.mark.parametrize(
    ("given", "account", "session"),
    [
        ("user_ab12_account_6e1f-aa_session_0f3c9d1e-2a4b", "6e1f-aa", "0f3c9d1e-2a4b"),
        ("user_ab12_account__session_0f3c9d1e-2a4b", "user_ab12", "0f3c9d1e-2a4b"),
        ("bob_session_0f3c9d1e", "bob", "0f3c9d1e"),
        ('{"device_id": "d", "account_uuid": "a", "session_id": "s"}', "a", "s"),
        ('{"device_id": "d", "account_uuid": "", "session_id": "s"}', "d", "s"),
        ({"device_id": "d", "session_id": "s"}, "d", "s"),
        ("u-1", "u-1", None),
        ("my_session_7", "my_session_7", None),
        ("{cut", "{cut", None),
        (17, "17", None),
        (None, None, None),
        ("", None, None),
    ],
)
def test_ids_put_together_of_account_and_session_are_taken_apart(given: Any, account: str, session: str) -> None:
    assert composite_id(given) == (account, session)


def test_sessions_of_one_account_are_no_accounts(tmp_path: Path) -> None:
    def record(session: str) -> dict[str, Any]:
        named = {"user_id": f"user_{'a' * 64}_account_11111111-2222_session_{session}"}
        return {"time": TIME, "request": {"model": "claude", "max_tokens": 9, "system": "S", "metadata": named,
                                          "messages": [{"role": "user", "content": "Why?"}]}}  # fmt: skip

    rows, _ = read(tmp_path, record("aaaaaaaa-1"), record("bbbbbbbb-2"))
    assert [(row["account_id"], row["session_id"]) for row in rows] == [
        ("11111111-2222", "aaaaaaaa-1"),
        ("11111111-2222", "bbbbbbbb-2"),
    ]
