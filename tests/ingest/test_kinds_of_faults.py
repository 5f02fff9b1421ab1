"""Files that nobody has sent yet, of kinds that were read wrong: a value is right, missing with a reason, or refused."""

import csv
import io
import itertools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from read_records import read_records

from stillwatch.core import UnknownFormat
from stillwatch.core.bodies.nobody import is_nobody, may_be_nobody
from stillwatch.ingest import plan, read_slice

TIME = "2026-11-24T09:00:00.123Z"
MOMENT = datetime(2026, 11, 24, 9, 0, 0, 123_000, tzinfo=UTC)
FLAT = {"timestamp": TIME, "user_id": "a-1", "model": "m", "prompt": "Why?", "response": "So."}
CANONICAL = {"time": TIME, "account_id": "a-1", "model": "m", "prompt": "Why?", "response": "So."}
ANSWER = {"choices": [{"message": {"role": "assistant", "content": "So."}}]}
ASKED = [{"role": "user", "content": "Why?"}]


def read(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    results = [result for part in plan([path]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    return rows, [letter for result in results for letter in result.dead_letters.to_pylist()]


ODD: list[Any] = [
    None,
    "",
    "none",
    5,
    -1,
    1.5,
    10**30,
    True,
    [],
    ["x"],
    [None],
    [[]],
    {},
    {"a": None},
    {"type": 5},
    "[",
    "{}",
]
PARAMETERS = {
    "openai": [
        "model", "temperature", "top_p", "n", "seed", "stream", "stop", "max_tokens", "max_completion_tokens", "logprobs",
        "top_logprobs", "include", "response_format", "text", "tools", "functions", "user", "safety_identifier",
        "metadata", "options", "reasoning", "logit_bias", "parameters",
    ],
    "anthropic": ["model", "max_tokens", "temperature", "stop_sequences", "tools", "thinking", "metadata", "stream", "top_k"],
    "gemini": ["generationConfig", "systemInstruction", "tools", "safetySettings", "model"],
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "openai": {"model": "m", "messages": ASKED},
    "anthropic": {"model": "claude-x", "system": "Brief.", "max_tokens": 5, "messages": ASKED},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "Why?"}]}]},
}


@pytest.mark.parametrize(("side", "name"), [(side, name) for side, names in PARAMETERS.items() for name in names])
def test_no_parameter_costs_a_request(tmp_path: Path, side: str, name: str) -> None:
    line = {"time": TIME, "account_id": "a-1"}
    made = [{**line, "request": {**BODIES[side], name: odd}, "response": ANSWER} for odd in ODD]
    rows, reasons = read_records(tmp_path, *made)
    assert reasons == []
    assert [(row["account_id"], row["prompt"], row["time"]) for row in rows] == [("a-1", "Why?", MOMENT)] * len(ODD)


@pytest.mark.parametrize("record", [FLAT, CANONICAL, {"time": TIME, "account_id": "a-1", "request": BODIES["openai"]}])
def test_nothing_beside_a_request_costs_it(tmp_path: Path, record: dict[str, Any]) -> None:
    names = (
        "latency_ms", "duration_ms", "status", "status_code", "asn", "created", "client_ip", "client_address", "verified",
        "session_id", "exchange_id", "request_id", "id", "org_id", "api_key_id", "country", "plan", "tools", "stop", "seed",
        "input_tokens", "prompt_tokens", "payment_id", "user_agent", "reasoning", "response_format", "temperature",
    )  # fmt: skip
    for name in names:
        made = [{**record, name: odd} for odd in ODD]
        rows, reasons = read_records(tmp_path, *made)
        assert reasons == [], name
        assert [(row["account_id"], row["prompt"], row["time"]) for row in rows] == [("a-1", "Why?", MOMENT)] * len(ODD)


@pytest.mark.parametrize("answer", [*ODD, "[DONE]", "<html>502</html>", "data: {}\n\ndata: [DONE]\n", {"error": "x"}, *(
    {"choices": odd} for odd in ODD), *({"choices": [{"message": odd}]} for odd in ODD), *(
    {**ANSWER, "usage": odd} for odd in ODD), *({"choices": [{"message": {"content": odd}}]} for odd in ODD)])  # fmt: skip
def test_no_answer_costs_a_request(tmp_path: Path, answer: Any) -> None:
    for body in BODIES.values():
        record = {"time": TIME, "account_id": "a-1", "request": body, "response": answer}
        (row,), reasons = read_records(tmp_path, record)
        assert reasons == []
        assert (row["account_id"], row["prompt"], row["time"]) == ("a-1", "Why?", MOMENT)


SAID_BY = [
    {"role": "USER", "content": "Why?"},
    {"role": "Human", "content": "Why?"},
    {"role": "human", "content": [{"type": "text", "text": "Why?"}]},
    {"role": "User", "message": "Why?"},
    {"role": "user", "parts": [{"text": "Why?"}]},
    {"role": "user", "content": {"parts": ["Why?"]}},
    {"role": "user", "content": {"type": "text", "text": "Why?"}},
    {"role": " user ", "text": "Why?"},
    {"from": "human", "value": "Why?"},
]


@pytest.mark.parametrize("message", SAID_BY)
def test_a_question_is_one_whoever_spells_who_asked(tmp_path: Path, message: dict[str, Any]) -> None:
    before = [{"role": "System", "content": "Brief."}, {"role": "CHATBOT", "content": "Good day."}]
    own = {name: value for name, value in CANONICAL.items() if name != "prompt"}
    records = [
        {**own, "messages": [*before, message]},
        {"time": TIME, "account_id": "a-1", "request": {"messages": [*before, message]}, "response": ANSWER},
        {**{name: value for name, value in FLAT.items() if name != "prompt"}, "messages": [*before, message]},
    ]
    for record in records:
        (row,), reasons = read_records(tmp_path, record, less=("exchange_id",))
        assert reasons == []
        assert (row["prompt"], row["system"]) == ("Why?", "Brief.")
        assert [one["role"] for one in row["messages"]] == ["system", "assistant", "user"]
    table = pa.Table.from_pylist([{**own, "messages": [{"role": "User", "content": "Why?"}]}])
    pq.write_table(table, tmp_path / "log.parquet")
    (row,), letters = read(tmp_path / "log.parquet")
    assert letters == []
    assert row["prompt"] == "Why?"


MASKS = [
    "[REDACTED]", "[REDACTED:EMAIL]", "<REDACTED>", "__REDACTED__", "{{redacted}}", "[redacted-by-proxy]", "REDACTED_BY_POLICY",
    "Content redacted", "prompt has been redacted", "redacted by policy", "[content removed]", "<encrypted>", "[DELETED]",
    "(withheld)", "********", "xxxxxx", "[PII]", "<PII:NAME>", "•••••", "[Filtered]", "***masked***", "[anonymized]",
    "_masked_", "-removed-", "redacted",
]  # fmt: skip


@pytest.mark.parametrize("mask", MASKS)
def test_what_redaction_writes_is_no_text_and_nobody(tmp_path: Path, mask: str) -> None:
    for record in (FLAT, CANONICAL):
        (row,), reasons = read_records(tmp_path, {**record, "prompt": mask})
        assert (row["prompt"], reasons) == ("", [])
        assert "placeholder" in row["note"]
    for record, name in ((FLAT, "user_id"), (CANONICAL, "account_id")):
        rows, reasons = read_records(tmp_path, {**record, name: mask}, record)
        assert [row["account_id"] for row in rows] == ["a-1"]
        assert len(reasons) == 1
    pq.write_table(pa.Table.from_pylist([{**CANONICAL, "account_id": mask}, CANONICAL]), tmp_path / "log.parquet")
    rows, letters = read(tmp_path / "log.parquet")
    assert [row["account_id"] for row in rows] == ["a-1"]
    assert len(letters) == 1


@pytest.mark.parametrize("text", [
    "[Remove the background]", "(delete this line)", "<script>hide()</script>", "Explain how redaction works", "xxx", "**", "#1",
    "redacted documents: where are they kept in the archive of the ministry of foreign affairs", "{name}", "[INST]", "redactor",
    "redacted versions of both files",
])  # fmt: skip
def test_what_a_person_may_write_is_text(tmp_path: Path, text: str) -> None:
    (row,), reasons = read_records(tmp_path, {**FLAT, "prompt": text})
    assert (row["prompt"], reasons) == (text, [])


def test_what_may_be_nobody_is_told_by_its_signs() -> None:
    assert all(is_nobody(mask) and may_be_nobody(f"a\n{mask}\nb") for mask in MASKS)
    assert not any(
        map(is_nobody, ("a-1", "acct_00", "user[7]", "x-ray", "0", "redfern", "(anna)", "user--7", "_" * 100_000))
    )


@pytest.mark.parametrize("record", [FLAT, CANONICAL])
def test_a_name_that_stands_twice_with_two_values_is_refused(tmp_path: Path, record: dict[str, Any]) -> None:
    text = json.dumps(record)
    for name in [one for one in record if one not in ("model", "response")]:
        for gap in ("", " ", "  ", "\t"):
            other = TIME.replace("09", "10") if name.startswith("time") else "other"
            twice = f'{text[:-1]}, "{name}"{gap}: "{other}"}}\n'
            same = f'{text[:-1]}, "{name}": {json.dumps(record[name])}}}\n'
            (tmp_path / "log.jsonl").write_text(text + "\n" + twice + same)
            rows, (letter,) = read(tmp_path / "log.jsonl")
            assert [row["account_id"] for row in rows] == ["a-1", "a-1"]
            assert letter["reason"].startswith(f"`{name}` stands twice")
            assert letter["line"] == 2


def test_a_quote_that_does_not_end_costs_its_row_alone(tmp_path: Path) -> None:
    """It would take the rows behind it into its cell, and make one account's prompt of strangers' questions."""
    made = [{**FLAT, "user_id": f"a-{number}", "prompt": f'Why "{number}",\nand how?'} for number in range(6)]
    for place, quotes_all in itertools.product(range(6), (False, True)):
        text = io.StringIO()
        table = csv.DictWriter(text, [*FLAT], quoting=csv.QUOTE_ALL if quotes_all else csv.QUOTE_MINIMAL)
        table.writeheader()
        for number, row in enumerate(made):
            if number == place:
                text.write(f'{TIME},a-9,m,"Never ended,So.\r\n')
            table.writerow(row)
        (tmp_path / "log.csv").write_text(text.getvalue(), newline="")
        rows, letters = read(tmp_path / "log.csv")
        assert [(row["account_id"], row["prompt"]) for row in rows] == [(row["user_id"], row["prompt"]) for row in made]
        assert [letter["excerpt"] for letter in letters] == [f'{TIME},a-9,m,"Never ended,So.']
        assert letters[0]["line"] == 2 + 2 * place
        assert letters[0]["reason"].startswith("not CSV")


@pytest.mark.parametrize("written", [
    "Tue Nov 24 2026 10:00:00 GMT+0100 (Central European Standard Time)", "Tue Nov 24 09:00:00 2026",
    "Tue Nov 24 09:00:00 UTC 2026", "2026-11-24T10:00:00+01:00[Europe/Paris]", "2026-11-24T09:00:00Z[UTC]",
])  # fmt: skip
def test_times_that_programs_print(tmp_path: Path, written: str) -> None:
    (row,), reasons = read_records(tmp_path, {**FLAT, "timestamp": written})
    assert (row["time"], reasons) == (MOMENT.replace(microsecond=0), [])


@pytest.mark.parametrize(
    "written", ["2026-11-24T09:00:00[Europe/Paris]", "Tue Nov 24 09:00:00 CET 2026", "11/12/2026 09:00:00"]
)
def test_a_time_whose_zone_or_day_is_not_known_is_refused(tmp_path: Path, written: str) -> None:
    rows, (reason,) = read_records(tmp_path, {**FLAT, "timestamp": written})
    assert rows == []
    assert written in reason


def test_requests_of_older_apis_and_what_is_none(tmp_path: Path) -> None:
    line = {"time": TIME, "account_id": "a-1", "response": ANSWER}
    known = [
        {"message": "Why?", "chat_history": [{"role": "CHATBOT", "message": "Good day."}], "preamble": "Brief."},
        {"inputText": "Why?"}, {"prompt": "\n\nHuman: Why?\n\nAssistant:"}, {"prompt": ["Why?"]},
    ]  # fmt: skip
    rows, reasons = read_records(tmp_path, *({**line, "request": body} for body in known))
    assert ([row["prompt"] for row in rows], reasons) == (["Why?"] * len(known), [])
    none = [{"prompt": ["Why?", "How?"]}, {"instances": [{"features": [1]}]}]
    rows, reasons = read_records(tmp_path, *({**line, "request": body} for body in none))
    assert rows == []
    assert "a batch of 2 prompts" in reasons[0]
    assert "but `instances`" in reasons[1]


def test_why_a_file_is_none_is_true_of_it(tmp_path: Path) -> None:
    table = {"index": [0], "data": [[*FLAT.values()]]}
    (tmp_path / "table.json").write_text(json.dumps(table))
    with pytest.raises(UnknownFormat, match=r"one JSON object, and no records in it .* `index`, `data`"):
        plan([tmp_path / "table.json"])


def test_a_user_that_is_an_object_of_two_ids_is_asked_about(tmp_path: Path) -> None:
    line = {"time": TIME, "request": BODIES["openai"], "response": ANSWER}
    (row,), letters = read_records(tmp_path, {**line, "user": {"id": "a-1", "name": "Anna"}})
    assert (row["account_id"], letters) == ("a-1", [])
    rows, (reason,) = read_records(tmp_path, {**line, "user": {"id": "7", "external_id": "a-1"}})
    assert rows == []
    assert "`user.id`, `user.external_id`" in reason
