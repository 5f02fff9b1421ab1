"""Whoever a program's own line names in an object is its account; two who could each be it, and ids of no person, are
not taken for one."""

from pathlib import Path
from typing import Any

import pytest
from read_records import read_records

LINE = {"timestamp": "2026-03-02T09:00:00Z", "model": "m", "prompt": "Deepest lake?", "response": "Baikal."}
NAMED: list[dict[str, Any]] = [
    {"account": {"id": "u-1", "plan": "pro"}},
    {"customer": {"id": "u-1"}},
    {"principal": {"id": "u-1"}},
    {"actor": {"id": "u-1", "type": "user"}},
    {"usr": {"id": "u-1", "name": "N."}},
    {"usr.id": "u-1"},
    {"userInfo": {"userId": "u-1"}},
    {"jwt": {"sub": "u-1", "iss": "x"}},
    {"claims": {"sub": "u-1"}},
    {"session": {"user": {"id": "u-1"}}},
    {"context": {"user": {"id": "u-1"}}},
    {"metadata": {"user": {"id": "u-1"}}},
    {"acct": "u-1"},
    {"hashed_user_id": "u-1"},
    {"accountNumber": "u-1"},
    {"user_id": "u-1", "customer": {"name": "N."}},
]
UNNAMED: list[dict[str, Any]] = [
    {"trace_id": "u-1"},
    {"service": {"id": "u-1"}},
    {"client": {"id": "u-1"}},
    {"session": {"id": "u-1"}},
    {"account": {"plan": "pro"}},
    {"user": {"id": "u-1", "account_id": "u-2"}},
    {"account": {"id": "u-1"}, "customer": {"id": "u-2"}},
    {"apiKey": "u-1"},
]
AMAZON_Q = {
    "resource_arn": "arn:aws:qbusiness:us-east-1:1:application/x", "event_timestamp": 1772442000000, "account_id": "1",
    "conversation_id": "c", "user_message": "Deepest lake?", "user_id": "u-1", "system_message": "Baikal.",
}  # fmt: skip


@pytest.mark.parametrize("held", NAMED, ids=str)
def test_it_is_the_account(tmp_path: Path, held: dict[str, Any]) -> None:
    (row,), letters = read_records(tmp_path, {**LINE, **held})
    assert (row["account_id"], row["prompt"], row["response"], letters) == ("u-1", "Deepest lake?", "Baikal.", [])


@pytest.mark.parametrize("held", UNNAMED, ids=str)
def test_it_is_nobody(tmp_path: Path, held: dict[str, Any]) -> None:
    rows, (letter,) = read_records(tmp_path, {**LINE, **held})
    assert rows == []
    assert "account" in letter


def test_the_customer_of_a_cloud_is_not_whoever_asks(tmp_path: Path) -> None:
    (row,), letters = read_records(tmp_path, AMAZON_Q)
    told = (row["account_id"], row["org_id"], row["prompt"], row["response"], row.get("system"))
    assert told == ("u-1", "1", "Deepest lake?", "Baikal.", None)
    assert letters == []
