"""Whose an exchange is, where a person says which place of a record names its account."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import stillwatch
from stillwatch.core import BadSetting, EmptyInput
from stillwatch.ingest import plan, read_slice

TIME = "2026-03-02T09:00:00.250Z"
HASHED = "user_0123abcd_account_5e1c-77_session_11111111-2222"
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Why?"}], "max_tokens": 5}
PAIR: dict[str, Any] = {
    "time": TIME, "account_id": "gateway", "organization": "o-1", "api_key_hash": "k-1",
    "request": {
        "headers": {"X-Customer-Id": ["c-1"], "User-Agent": "curl"},
        "body": {**ASKED, "system": "Brief.", "metadata": {"user_id": HASHED}},
    },
    "response": {"type": "message", "content": [{"type": "text", "text": "So."}]},
    "tags": '{"customer": {"name": "t-1", "number": 7}}',
}  # fmt: skip
CANONICAL = {"time": TIME, "account_id": "a", "org_id": "o-1", "prompt": "Why?", "customer": "c-1"}


def read(path: Path, *places: str) -> tuple[list[dict[str, Any]], list[str]]:
    results = [result for part in plan([path], account_from=places) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    return rows, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


def lines(folder: Path, *records: Any, name: str = "log") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


@pytest.mark.parametrize(
    ("place", "account"),
    [
        ("account_id", "gateway"),
        ("org_id", "o-1"),
        ("api_key_id", "k-1"),
        ("organization", "o-1"),
        ("request.headers.x-customer-id[0]", "c-1"),
        ("tags.customer.name", "t-1"),
        ("tags.customer.number", "7"),
        ("request.body.metadata.user_id", "5e1c-77"),
        ("request.body.metadata.user_id.user", "user_0123abcd"),
        ("request.body.metadata.user_id.account", "5e1c-77"),
    ],
)
def test_a_place_names_the_account(tmp_path: Path, place: str, account: str) -> None:
    (row,), letters = read(lines(tmp_path / "in", PAIR), place)
    assert letters == []
    assert (row["account_id"], row["org_id"], row["api_key_id"]) == (account, "o-1", "k-1")
    assert row["prompt"] == "Why?"


def test_the_first_place_with_a_value_counts_and_no_other_stands_in(tmp_path: Path) -> None:
    bare = {**PAIR, "tags": {"customer": None, "team": "x"}}
    nobody = {**PAIR, "tags": {"customer": "None"}, "organization": ""}
    folder = lines(tmp_path / "in", PAIR, bare, nobody)
    rows, letters = read(folder, "tags.customer.name", "org_id")
    assert [row["account_id"] for row in rows] == ["t-1", "o-1"]
    assert letters == [
        "no `account_id`: nothing at `tags.customer.name` or `org_id`, where --account-from says it lies; `tags` has "
        "`customer`"
    ]
    rows, letters = read(folder, "tags.customer")
    assert rows == []
    assert letters[0].startswith("`account_id`: expected a name at `tags.customer`, got {")
    assert letters[1].endswith("`tags` has `customer`, `team`")


def test_a_session_that_an_id_holds_is_one(tmp_path: Path) -> None:
    (row,), _ = read(lines(tmp_path / "in", {**CANONICAL, "who": HASHED}), "who")
    assert (row["account_id"], row["session_id"]) == ("5e1c-77", "11111111-2222")


def test_in_rows_and_lines_of_our_own_layout(tmp_path: Path) -> None:
    other = {**CANONICAL, "customer": None}
    folder = lines(tmp_path / "in", CANONICAL, other)
    pq.write_table(pa.Table.from_pylist([CANONICAL, other]), folder / "rows")
    with (folder / "cells").open("w") as sink:
        writer = csv.DictWriter(sink, list(CANONICAL))
        writer.writeheader()
        writer.writerows([CANONICAL, other])
    rows, letters = read(folder, "customer")
    assert [row["account_id"] for row in rows] == ["c-1"] * 3
    assert len(letters) == 3
    rows, letters = read(folder, "org_id")
    assert ([row["account_id"] for row in rows], letters) == (["o-1"] * 6, [])


def test_in_halves_and_parts(tmp_path: Path) -> None:
    asked = {"custom_id": "r", "url": "/v1/chat/completions", "body": {**ASKED, "metadata": {"team": "t-1"}}}
    got = {"custom_id": "r", "response": {"status_code": 200, "body": {"created": 1795490904, "choices": []}}}
    lines(tmp_path / "in", asked, name="1")
    (row,), _ = read(lines(tmp_path / "in", got, name="2"), "body.metadata.team")
    assert row["account_id"] == "t-1"
    message = {
        "messageId": "1", "conversationId": "c", "user": "u-1", "tenant": "t-2", "isCreatedByUser": True,
        "text": "Why?", "createdAt": TIME, "parentMessageId": None,
    }  # fmt: skip
    (row,), _ = read(lines(tmp_path / "parts", message), "tenant")
    assert row["account_id"] == "t-2"


def attributes(**values: Any) -> list[dict[str, Any]]:
    return [{"key": name.replace("__", "."), "value": {"stringValue": value}} for name, value in values.items()]


def test_a_spans_attribute_or_that_of_the_span_above(tmp_path: Path) -> None:
    def span(number: int, above: int | None, **values: Any) -> dict[str, Any]:
        return {
            "traceId": "t", "spanId": str(number), "parentSpanId": str(above or ""),
            "startTimeUnixNano": "1795490904000000000", "attributes": attributes(**values),
        }  # fmt: skip

    calls = {"gen_ai__operation__name": "chat", "gen_ai__prompt": "Why?", "user__id": "u"}
    spans = [
        span(1, None, tenant__id="t-1", gen_ai__operation__name="invoke_agent"), span(2, 1, **calls),
        span(3, 1, **calls, tenant__id="t-2"), span(4, 1, **calls, metadata='{"customer": {"id": "c-1"}}'),
    ]  # fmt: skip
    resource = {"attributes": attributes(service__owner="o-1")}
    folder = lines(tmp_path / "in", {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]})

    def named(*places: str) -> list[str]:
        return [row["account_id"] for row in read(folder, *places)[0]]

    assert named("tenant.id") == ["t-1", "t-2", "t-1"]
    assert named("attributes.tenant.id") == ["t-1", "t-2", "t-1"]
    assert named("metadata.customer.id", "tenant.id")[-1] == "c-1"
    assert named("service.owner") == ["o-1"] * 3
    assert named() == ["u"] * 3
    assert (
        read(folder, "tenant.name")[1]
        == ["no `account_id`: nothing at `tenant.name`, where --account-from says it lies"] * 3
    )


def test_a_column_that_names_no_account_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="`session_id` names no account"):
        read(lines(tmp_path / "in", PAIR), "session_id")


def test_a_scan_takes_places_and_says_where_to_look_when_nobody_is_named(tmp_path: Path) -> None:
    folder = lines(tmp_path / "in", *[{**PAIR, "tags": {"customer": f"c-{n}"}} for n in range(4)])
    run = stillwatch.scan(folder, out=tmp_path / "run", account_from=("tags.customer",))
    assert sorted(run.table("exchanges")["account_id"].to_pylist()) == ["c-0", "c-1", "c-2", "c-3"]
    with pytest.raises(EmptyInput, match=r"no `account_id`: nothing at `tags\.team`") as told:
        stillwatch.scan(folder, out=tmp_path / "none", account_from=("tags.team",))
    assert "--account-from" in str(told.value.hint)
