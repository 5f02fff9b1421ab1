"""Columns of side files under other names than their own: read where one thing alone can be meant, said where not."""

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core import BadTable
from stillwatch.ingest import SideFile, meant, read_accounts, read_callers, read_releases
from stillwatch.ingest.column_names import EMAILS, SPELLINGS
from stillwatch.ingest.spelling import in_camel_case, squashed
from stillwatch.tables import ACCOUNT_FILE, CALLERS_FILE, RELEASES_FILE

READERS: dict[str, tuple[Callable[[Path], SideFile], pa.Schema]] = {
    "accounts": (read_accounts, ACCOUNT_FILE),
    "callers": (read_callers, CALLERS_FILE),
    "releases": (read_releases, RELEASES_FILE),
}
TIMES = ("2026-01-01", "2025-12-31T10:00:00Z", None)
HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "join-side-files.md"


def spelt(name: str) -> list[str]:
    return [name, in_camel_case(name), name.upper(), name.replace("_", " ").title()]


def value(column: str, row: int, pick: int) -> Any:
    if column in ("account_id", "exchange_id", "model"):
        return f"{column}-{row}"
    if column in ("created", "time"):
        return TIMES[pick % (2 if column == "time" else 3)]
    if column == "verified":
        return (True, False, None)[pick % 3]
    if column == "payment_id":
        # Under `payment` ids alone are read.
        return (f"pay-{pick}", f"pm_1Nx{pick}", None)[pick % 3]
    return (f"{column}-{pick}", f"other-{pick}.example", None)[pick % 3]


def written(path: Path, kind: str, rows: list[dict[str, Any]]) -> Path:
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif kind == "csv":
        cells = [["" if one is None else str(one) for one in row.values()] for row in rows]
        path.write_text("".join(",".join(line) + "\n" for line in [[*rows[0]], *cells]))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_column_under_any_of_its_names_is_the_same(data: st.DataObject) -> None:
    read, schema = READERS[data.draw(st.sampled_from(sorted(READERS)))]
    required = {"account_id", "exchange_id", "model", "time"}
    held = [name for name in schema.names if name in required or data.draw(st.booleans())]
    names = {}
    for column in held:
        known = [column, *(name for group in SPELLINGS.get(column, ()) for name in group)]
        names[column] = data.draw(st.sampled_from([one for name in known for one in spelt(name)]))
    picks = data.draw(st.lists(st.lists(st.integers(0, 8), min_size=9, max_size=9), min_size=1, max_size=4))
    own = [
        {column: value(column, row, pick[place]) for place, column in enumerate(held)} for row, pick in enumerate(picks)
    ]
    others = [{names[column]: one for column, one in row.items()} for row in own]
    domains = names.get("email_domain", "")
    if squashed(domains) in map(squashed, EMAILS):
        for row in others:
            row[domains] = row[domains] and f"Someone <x.y@{row[domains].upper()}>"
    kind = data.draw(st.sampled_from(["jsonl", "csv", "parquet"]))
    with tempfile.TemporaryDirectory() as folder:
        plain = read(written(Path(folder) / f"a.{kind}", kind, own))
        found = read(written(Path(folder) / f"b.{kind}", kind, others))
    assert found.table.equals(plain.table)
    assert found.table.schema.equals(schema)
    assert (found.unread, plain.unread) == ("", "")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), min_size=1, max_size=12, unique=True))
def test_every_name_is_read_or_said(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_text(json.dumps({**dict.fromkeys(names, "x"), "account_id": "a"}) + "\n")
        found = read_accounts(path)
    left = [name for name in names if not any(squashed(name) == squashed(column) for column in ACCOUNT_FILE.names)]
    known = {squashed(name) for groups in SPELLINGS.values() for group in groups for name in group}
    unknown = [name for name in left if squashed(name) not in known]
    for name in unknown[:8]:
        assert f"`{name}`" in found.unread or "more" in found.unread
    assert bool(found.unread) or not unknown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("account_id,card\na,visa\n", "`card` (`payment_id`?)"),
        ("account_id,ip\na,192.0.2.1\n", "`ip` (`client_address` of the log?)"),
        ("account_id,emial_domain\na,x.example\n", "`emial_domain` (`email_domain`?)"),
        ("account_id,colour\na,red\n", "`colour`."),
        ("account_id,created,signup_date\na,2026-01-01,2025-01-01\n", "`signup_date` (`created` is there)"),
        ("user_id,signupDate,card\na,2025-01-01,x\n", "`card` (`payment_id`?)."),
        ("account_id,licence,license_key\na,l-1,k\n", "`license_key` (`licence_id` is `licence`)"),
        (
            "account_id,payment_method_id,card_fingerprint\na,p1,c1\n",
            "`payment_method_id` (`payment_id`, or is that `card_fingerprint`?) and `card_fingerprint` "
            "(`payment_id`, or is that `payment_method_id`?)",
        ),
        ("account_id,signup_date\na,2026-01-01\nb,soon\n", "`signup_date` (row 2 holds no `created`)"),
        ("account_id,email\na,5f2d\n", "`email` (its values are no addresses)"),
        ("account_id,payment\na,card\nb,invoice\n", "`payment` (its values look like kinds or sums, not like"),
        ("account_id,payment\na,20.00\nb,5\n", "`payment` (its values look like kinds or sums, not like"),
    ],
)
def test_what_is_left_is_said_with_what_it_may_mean(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "customers.csv"
    path.write_text(text)
    found = read_accounts(path)
    assert found.unread.startswith("Not read of customers.csv: `")
    assert said in found.unread
    assert found.unread.endswith(f"Its columns may be {', '.join(f'`{name}`' for name in ACCOUNT_FILE.names)}.")
    for column in ("payment_id", "email_domain"):
        assert found.table[column].null_count == found.table.num_rows


def test_values_that_are_left_are_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("account_id,signup_date,email\na,secret-1,secret-2\n")
    assert "secret" not in read_accounts(path).unread


def test_of_many_names_the_ones_that_may_mean_something_stand_first(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    names = ["account_id", *(f"x{n}" for n in range(30)), "card"]
    path.write_text(",".join(names) + "\n" + ",".join("v" * len(names)) + "\n")
    assert "csv: `card` (`payment_id`?), `x0`," in read_accounts(path).unread
    assert "`x6` and 23 more. Its" in read_accounts(path).unread


def test_ids_and_fingerprints_are_payments(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    values = ["pay-17", "pm_1Nx", "Xt5EWLLDS7FJjR1c", "4242424242424242", ""]
    path.write_text("account_id,payment\n" + "".join(f"{n},{one}\n" for n, one in enumerate(values)))
    assert read_accounts(path).table["payment_id"].to_pylist() == [*values[:-1], None]


@pytest.mark.parametrize("name", ["payment", "email", "plan_name", "is_verified", "signup_date"])
@pytest.mark.parametrize("held", [{"id": "pay-1"}, ["pay-1"]])
def test_objects_under_another_name_are_left_and_said(tmp_path: Path, name: str, held: object) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"account_id": "a", name: held}) + "\n")
    found = read_accounts(path)
    assert f"`{name}` (its values are objects or lists" in found.unread
    assert all(found.table[one].null_count == 1 for one in ACCOUNT_FILE.names if one != "account_id")


def test_who_an_account_is_must_be_sure(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("user_id,customer_id\na,b\n")
    with pytest.raises(BadTable, match="`user_id` and `customer_id` could each be `account_id`"):
        read_accounts(path)
    path.write_text("acount_id,plan\na,free\n")
    with pytest.raises(BadTable, match="row 1 has no `account_id`") as told:
        read_accounts(path)
    assert "`acount_id` (`account_id`?)" in str(told.value.hint)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_that_stands_twice_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "csv":
        path.write_text("account_id,plan,plan\na,free,plus\n")
    else:
        pq.write_table(pa.Table.from_arrays([["a"], ["free"], ["plus"]], ["account_id", "plan", "plan"]), path)
    with pytest.raises(BadTable, match="the column `plan` stands twice"):
        read_accounts(path)


def test_no_name_means_two_columns() -> None:
    spellings = [(squashed(name), column) for column, groups in SPELLINGS.items() for group in groups for name in group]
    for _, schema in READERS.values():
        here = {pair for pair in spellings if pair[1] in schema.names}
        assert len({name for name, _ in here}) == len(here)


def test_the_page_has_every_name() -> None:
    page = HOWTO.read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+)`", page))
    names = {name for groups in SPELLINGS.values() for group in groups for name in group}
    assert names <= told


def test_what_may_be_anything_is_asked_about_nobody() -> None:
    assert [meant(name) for name in ("created_at", "user_id", "team", "prompt_id", "stream_id", "metadata")] == [
        None
    ] * 6


@pytest.mark.parametrize(
    "name", ["clientAddress", "clientIp", "ipAddress", "remoteAddr", "callerIpAddress", "sourceIPAddress"]
)
def test_an_address_is_read_in_whatever_spelling_of_audit_logs(tmp_path: Path, name: str) -> None:
    path = tmp_path / "callers.csv"
    path.write_text(f"exchangeId,accountId,{name}\nx,a,192.0.2.7\n")
    read = read_callers(path)
    assert (read.table["client_address"].to_pylist(), read.unread) == (["192.0.2.7"], "")
