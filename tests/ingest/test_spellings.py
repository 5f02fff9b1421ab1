"""Records as other programs spell them: names in capitals, JSON in text, numbers in text, envelopes nobody listed."""

import bz2
import gzip
import json
import lzma
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

from stillwatch.core.bodies.nobody import NOBODY
from stillwatch.ingest import plan, read_slice

WHEN = "2026-03-02T09:00:00.250001Z"
MOMENT = datetime(2026, 3, 2, 9, 0, 0, 250001, tzinfo=UTC)
OURS = {"time": WHEN, "account_id": "u-1", "prompt": "Deepest lake?", "model": "m", "input_tokens": 14}
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Deepest lake?"}], "user": "u-1"}
GOT = {
    "model": "m", "choices": [{"message": {"content": "Baikal."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 14},
}  # fmt: skip
PAIR = {"timestamp": WHEN, "request": ASKED, "response": GOT}


def rows(folder: Path, content: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    (folder / "log").write_bytes(content)
    results = [result for part in plan([folder / "log"]) for result in read_slice(part)]
    found = [row for result in results for row in result.exchanges.to_pylist()]
    return found, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


def one(folder: Path, record: Any) -> dict[str, Any]:
    (row,), letters = read_records(folder, record)
    assert letters == []
    assert (row["account_id"], row["prompt"]) == ("u-1", "Deepest lake?")
    return row


@pytest.mark.parametrize(
    "spell",
    [
        str.upper,
        str.title,
        lambda name: "".join(map(str.title, name.split("_"))),
        lambda name: name.title().replace("_", " "),
    ],
    ids=["capitals", "Title_Case", "PascalCase", "with blanks"],
)
def test_names_in_another_spelling(tmp_path: Path, spell: Any) -> None:
    row = one(tmp_path, {spell(name): value for name, value in OURS.items()})
    assert (row["time"], row["input_tokens"]) == (MOMENT, 14)
    row = one(tmp_path, {spell(name): value for name, value in {**PAIR, "user_id": "u-1"}.items()})
    assert (row["time"], row["response"]) == (MOMENT, "Baikal.")


def test_two_names_that_one_spelling_would_join_are_left_alone(tmp_path: Path) -> None:
    both = {"TIME": WHEN, "Time": "2026-01-01", "ACCOUNT_ID": "u-1", "PROMPT": "Why?"}
    _, letters = read_records(tmp_path, OURS, both)
    assert len(letters) == 1


@pytest.mark.parametrize("header", ["TIME,ACCOUNT_ID,PROMPT", "Time, Account ID, Prompt", "Time;Account Id;Prompt"])
def test_headers_in_another_spelling(tmp_path: Path, header: str) -> None:
    between = ", " if ", " in header else ";" if ";" in header else ","
    (row,), letters = rows(tmp_path, f"{header}\n{between.join([WHEN, 'u-1', 'Deepest lake?'])}\n".encode())
    assert letters == []
    assert (row["time"], row["account_id"], row["prompt"]) == (MOMENT, "u-1", "Deepest lake?")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda record: {"topic": "t", "partition": 0, "offset": 3, "key": None, "value": record},
        lambda record: {"topic": "t", "partition": 0, "offset": 3, "value": json.dumps(record)},
        lambda record: {"schema": {}, "payload": {"before": None, "after": record, "op": "c", "ts_ms": 1}},
        lambda record: {"operationType": "insert", "fullDocument": record},
        lambda record: {"data": {"logs": {"edges": [{"node": record}]}}},
        lambda record: {"6f1c": record},
        lambda record: {"kind": "x", "detail": {"entry": {"item": record}}},
    ],
)
def test_envelopes(tmp_path: Path, wrap: Any) -> None:
    for record in (OURS, PAIR):
        one(tmp_path, wrap(record))


def test_objects_by_their_keys(tmp_path: Path) -> None:
    found, letters = rows(tmp_path, json.dumps({"a1": PAIR, "b2": {**PAIR, "user_id": "u-2"}}).encode())
    assert [row["account_id"] for row in found] == ["u-1", "u-2"]
    assert letters == []


def test_documents_of_a_collection(tmp_path: Path) -> None:
    for moment in ({"$date": WHEN}, {"$date": {"$numberLong": "1772442000250"}}, {"$date": 1772442000250}):
        typed = {"_id": {"$oid": "65e2"}, **OURS, "time": moment, "input_tokens": {"$numberInt": "14"}}
        row = one(tmp_path, {**typed, "temperature": {"$numberDouble": "0.5"}})
        assert (row["time"].microsecond // 1000, row["input_tokens"], row["temperature"]) == (250, 14, 0.5)


@pytest.mark.parametrize(
    ("written", "microsecond"),
    [
        ("2026-03-02t09:00:00.250001z", 250001),
        ("02/Mar/2026:10:00:00 +0100", 0),
        ("Mon, 02 Mar 2026 09:00:00 GMT", 0),
        ("1772442000250001", 250001),
        (1772442000250001000, 250001),
    ],
)
def test_times(tmp_path: Path, written: Any, microsecond: int) -> None:
    assert one(tmp_path, {**OURS, "time": written})["time"] == MOMENT.replace(microsecond=microsecond)


def test_a_day_and_a_month_that_are_one_number_are_a_time(tmp_path: Path) -> None:
    given = {"time": "3/3/2026, 9:00:00.000 AM"}
    assert one(tmp_path, {**OURS, **given})["time"] == MOMENT.replace(day=3, microsecond=0)


def test_a_time_of_two_days_is_refused_by_what_cannot_be_told(tmp_path: Path) -> None:
    found, letters = read_records(tmp_path, {**OURS, "time": "3/2/2026, 9:00:00.000 AM"})
    assert found == []
    assert "whether the day or the month comes first cannot be told: export times as ISO 8601" in letters[0]


@pytest.mark.parametrize("written", ["02.03.2026 09:00", "09:00:00", "yesterday"])
def test_times_that_could_be_others_are_refused(tmp_path: Path, written: str) -> None:
    found, letters = read_records(tmp_path, {**OURS, "time": written})
    assert found == []
    assert letters[0].startswith("`time`: expected seconds since 1970 or ISO 8601 text")


def test_numbers_in_text_and_with_a_point(tmp_path: Path) -> None:
    row = one(tmp_path, {**OURS, "input_tokens": "14", "output_tokens": 7.0, "temperature": "0.7"})
    assert (row["input_tokens"], row["output_tokens"], row["temperature"]) == (14, 7, 0.7)
    assert "note" not in row
    assert read_records(tmp_path, {**OURS, "account_id": 42.0})[0][0]["account_id"] == "42"


@pytest.mark.parametrize("word", ["null", "None", "-", "UNKNOWN", "anonymous", "undefined", "default_user_id"])
def test_who_stands_for_nobody_is_no_account(tmp_path: Path, word: str) -> None:
    assert word in NOBODY
    named = {**PAIR, "request": {**ASKED, "user": word}}
    found, letters = read_records(tmp_path, OURS, {**OURS, "account_id": word}, named, {**named, "user_id": "u-3"})
    assert [row["account_id"] for row in found] == ["u-1", "u-3"]
    assert letters[0] == f"no `account_id`: {word!r} stands for nobody"
    assert letters[1].startswith("no `account_id`")
    # What is known beside a name for nobody still counts.
    (row,), _ = read_records(tmp_path, {**named, "api_key_hash": "k-1"})
    assert row["account_id"] == "k-1"


def test_bodies_that_were_written_as_text_twice(tmp_path: Path) -> None:
    for dump in (json.dumps, lambda body: json.dumps(json.dumps(body))):
        row = one(tmp_path, {**PAIR, "request": dump(ASKED), "response": dump(GOT)})
        assert (row["response"], row["input_tokens"]) == ("Baikal.", 14)


def test_parts_that_were_written_as_text(tmp_path: Path) -> None:
    parts = json.dumps([{"type": "image_url", "image_url": {}}, {"type": "text", "text": "Deepest lake?"}])
    asked = {**ASKED, "messages": [{"role": "user", "content": parts}]}
    one(tmp_path, {**PAIR, "request": asked})
    # What somebody said stays, though it be JSON.
    said = json.dumps([{"type": "lake", "text": "Baikal"}])
    (row,), _ = read_records(tmp_path, {**PAIR, "request": {**ASKED, "messages": [{"role": "user", "content": said}]}})
    assert row["prompt"] == said
    contents = [{"role": "user", "parts": [{"text": "Deepest lake?"}]}]
    row = one(
        tmp_path,
        {
            **PAIR, "user_id": "u-1", "response": None,
            "request": {"contents": json.dumps(contents), "systemInstruction": json.dumps({"parts": [{"text": "Brief."}]})},
        },
    )  # fmt: skip
    assert row["system"] == "Brief."


def test_an_account_that_lost_bytes_in_an_envelope_is_nobodys(tmp_path: Path) -> None:
    damaged = json.dumps({**OURS, "account_id": "m?ller"}).replace("?", "\\ud800")
    latin = json.dumps({**OURS, "account_id": "müller"}, ensure_ascii=False)
    lines = [json.dumps({"log": damaged}), json.dumps({"log": latin}, ensure_ascii=False), f"INFO {latin}", latin]
    content = "\n".join([*lines, json.dumps({**OURS, "account_id": "m\ufffdller"})]).encode("latin-1", "replace")
    found, letters = rows(tmp_path, json.dumps(OURS).encode() + b"\n" + content)
    assert [row["account_id"] for row in found] == ["u-1"]
    assert len(letters) == 5
    assert all("lost bytes" in reason for reason in letters)


def test_names_beside_bodies_in_either_spelling(tmp_path: Path) -> None:
    line = {"userId": "u-1", "createdAt": WHEN, "sessionId": "s", "requestId": "r", "apiKeyId": "k", "durationMs": 5}
    (row,), _ = read_records(tmp_path, {**line, "request": {**ASKED, "user": "end-user"}, "response": GOT})
    known = [row[name] for name in ("account_id", "time", "session_id", "exchange_id", "api_key_id", "latency_ms")]
    assert known == ["u-1", MOMENT, "s", "r", "k", 5.0]


@pytest.mark.parametrize(
    ("asked", "got", "kind"),
    [
        ({"model": "e", "input": ["a", "b"]}, {"object": "list", "data": [{"embedding": [0.5]}]}, "embeddings"),
        ({"model": "e", "input": "a"}, {"object": "list", "data": [{"embedding": [0.5]}]}, "embeddings"),
        ({"input": "a"}, {"id": "m", "results": [{"flagged": False}]}, "moderation"),
        ({"prompt": "a cat"}, {"created": 1, "data": [{"b64_json": "AAAA"}]}, "images"),
        ({"url": "/v1/embeddings", "body": {"model": "e", "input": "a"}}, None, "embeddings"),
    ],
)
def test_calls_that_hold_no_conversation(tmp_path: Path, asked: Any, got: Any, kind: str) -> None:
    found, letters = read_records(tmp_path, {**PAIR, "user_id": "u", "request": asked, "response": got})
    assert (found, letters) == ([], [f"a call for {kind} holds no conversation"])


def test_blanks_around_an_account_are_none_of_it(tmp_path: Path) -> None:
    found, _ = read_records(tmp_path, OURS, {**OURS, "account_id": " u-1\t"}, {**PAIR, "user_id": "\xa0u-1 "})
    assert [row["account_id"] for row in found] == ["u-1"] * 3
    table = f" time | account_id | prompt\n {WHEN} | u-1 | Deepest lake?\n"
    ((row,), letters) = rows(tmp_path, table.encode())
    assert (row["account_id"], letters) == ("u-1", [])


@pytest.mark.parametrize("said", ["sep=;", '"sep=;"'])
def test_a_csv_that_says_what_parts_its_cells(tmp_path: Path, said: str) -> None:
    (row,), letters = rows(tmp_path, f"{said}\r\ntime;account_id;prompt\r\n{WHEN};u-1;Deepest, lake?\r\n".encode())
    assert (row["account_id"], row["prompt"], letters) == ("u-1", "Deepest, lake?", [])


def test_control_characters_in_a_text(tmp_path: Path) -> None:
    ((row,), letters) = rows(tmp_path, json.dumps(OURS).encode().replace(b"Deepest ", b"Deepest\t"))
    assert (row["prompt"], letters) == ("Deepest\tlake?", [])
    assert row["note"].startswith("read what is no JSON: JSON is malformed: invalid character (byte")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_what_lies_before_a_break_is_read(tmp_path: Path, pack: Any) -> None:
    line = json.dumps(OURS).encode() + b"\n"
    found, letters = rows(tmp_path, pack(line * 40) + b"what is no stream")
    assert len(found) == 40
    assert len(letters) <= 1
    noise = b"".join(json.dumps({**OURS, "exchange_id": str(n * 7919 % 104729)}).encode() + b"\n" for n in range(9000))
    found, letters = rows(tmp_path, pack(noise)[:-60])
    assert len(found) > 1000
    assert "breaks off here" in letters[-1]


def test_embeddings_of_batches_and_of_litellm_are_no_conversations(tmp_path: Path) -> None:
    asked = {"custom_id": "r", "url": "/v1/embeddings", "body": {"model": "e", "input": ["a", "b"], "user": "u"}}
    got = {"custom_id": "r", "response": {"status_code": 200, "body": {"object": "list", "data": [{"embedding": [1]}]}}}
    payload = {
        "call_type": "aembedding", "model_parameters": {}, "messages": ["a", "b"], "startTime": 1772442000.5,
        "metadata": {"user_api_key_user_id": "u"}, "response": {"data": []},
    }  # fmt: skip
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1").write_text(json.dumps(asked))
    (tmp_path / "in" / "2").write_text(json.dumps(got))
    results = [result for part in plan([tmp_path / "in"]) for result in read_slice(part)]
    reasons = [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]
    assert reasons == ["a call for embeddings holds no conversation"]
    assert read_records(tmp_path, payload) == ([], ["a call of `aembedding` holds no conversation"])


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("userID", "account_id", "u-1"),
        ("userid", "account_id", "u-1"),
        ("User ID", "account_id", "u-1"),
        ("user.id", "account_id", "u-1"),
        ("USER_ID", "account_id", "u-1"),
        ("clientIP", "client_address", "203.0.113.4"),
        ("client.ip", "client_address", "203.0.113.4"),
        ("Session ID", "session_id", "s-1"),
        ("sessionID", "session_id", "s-1"),
        ("Model Name", "model", "m"),
        ("PromptTokens", "input_tokens", 12),
        ("System Prompt", "system", "Brief."),
    ],
)
def test_one_name_in_another_spelling_is_read_beside_the_usual_ones(
    tmp_path: Path, name: str, column: str, value: Any
) -> None:
    usual = {"timestamp": "2026-03-02T09:00:00Z", "email": "x@y.example", "prompt": "Why?", "response": "So."}
    rows, letters = read_records(tmp_path, {**usual, name: value}, {**usual, name: value})
    assert letters == []
    assert [row[column] for row in rows] == [value, value]


def test_of_two_spellings_the_usual_one_counts(tmp_path: Path) -> None:
    usual = {"timestamp": "2026-03-02T09:00:00Z", "prompt": "Why?", "response": "So.", "user_id": "u-1"}
    rows, letters = read_records(tmp_path, {**usual, "User ID": "u-2"}, {"User ID": "u-2", **usual})
    assert letters == []
    assert [row["account_id"] for row in rows] == ["u-1", "u-1"]


def test_objects_that_were_laid_flat(tmp_path: Path) -> None:
    message = {"role": "assistant", "content": "Lake Baikal."}
    flat = {
        "timestamp": WHEN, "user_id": "u-1", "request.model": "m", "request.messages": ASKED["messages"],
        "response.choices": [{"index": 0, "message": message}], "response.usage.prompt_tokens": 12,
    }  # fmt: skip
    texts = {name: json.dumps(one) if isinstance(one, list) else one for name, one in flat.items()}
    rows, letters = read_records(tmp_path, flat, texts, {**flat, "request": {"model": "m"}})
    assert [(row["prompt"], row["response"], row["input_tokens"], row["account_id"]) for row in rows[:2]] == [
        ("Deepest lake?", "Lake Baikal.", 12, "u-1")
    ] * 2
    assert len(rows) + len(letters) == 3
    assert len(letters) == 1
