"""A file that says who made which exchange names those whom a log does not name."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stillwatch.core import BadTable
from stillwatch.ingest import plan, read_callers, read_slice, write_callers


def vertex(name: str) -> dict[str, Any]:
    return {
        "logging_time": "2026-03-02 09:00:00.250001 UTC", "request_id": name, "model": "m",
        "full_request": {"contents": [{"role": "user", "parts": [{"text": f"Why {name}?"}]}]}, "full_response": None,
    }  # fmt: skip


def read(folder: Path, callers: str, *records: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    side, table, log = folder / "callers.csv", folder / "callers.sqlite", folder / "logs"
    side.write_text(callers)
    write_callers(read_callers(side).table, table)
    log.mkdir()
    (log / "a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    parts = [replace(part, callers=table) for part in plan([log])]
    results = [result for part in parts for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    return rows, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


def test_callers_are_joined_by_the_exchanges_id(tmp_path: Path) -> None:
    callers = (
        "exchange_id,account_id,client_address,extra\n17,a@example.org,203.0.113.9,x\n18,b@example.org,,\n"
        "18,b@example.org,,\n"
    )
    rows, letters = read(tmp_path, callers, vertex("17"), vertex("18"), vertex("19"))
    assert [(row["exchange_id"], row["account_id"], row["client_address"]) for row in rows] == [
        ("17", "a@example.org", "203.0.113.9"),
        ("18", "b@example.org", None),
    ]
    assert letters == [
        "no `account_id`: Vertex rows name none: join `account_id` from Cloud Audit Logs by request id, or give it by "
        "--callers"
    ]


def test_what_the_file_says_beats_the_log(tmp_path: Path) -> None:
    record = {"time": 1772442000, "account_id": "gateway", "exchange_id": "e", "prompt": "Why?"}
    rows, letters = read(tmp_path, "exchange_id,account_id\ne,a\n", record, {**record, "exchange_id": "f"})
    assert [row["account_id"] for row in rows] == ["a", "gateway"]
    assert letters == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("exchange_id,account_id\ne,a\ne,b\n", "exchange 'e' has two accounts"),
        ("exchange_id,account_id\n,a\n", "row 1 has no `exchange_id`"),
        ("exchange_id,account_id\ne,\n", "row 1 has no `account_id`"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "callers.csv"
    path.write_text(text)
    with pytest.raises(BadTable, match=why):
        read_callers(path)
