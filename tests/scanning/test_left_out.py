"""What of logs and side files no column has is said on the command line and in the run, and nothing where all is read."""

import json
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from stillwatch.cli import main

ACCOUNTS = 12
Told = tuple[str, list[str]]
Command = Callable[..., Told]


@pytest.fixture
def stillwatch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command on ``tmp_path/run``: what it prints, white space made even, and the run's notes."""

    def run(*words: Any) -> Told:
        main([str(word) for word in words])
        notes: list[str] = msgspec.json.decode((tmp_path / "run" / "run.json").read_bytes())["notes"]
        return " ".join(capsys.readouterr().out.split()), notes

    return run


def log(path: Path, first: int = 0, **more: Any) -> Path:
    records = [
        {
            "time": 1772442000 + 97 * n, "account_id": f"a-{n % ACCOUNTS}", "response": "Like this.",
            "prompt": f"How do I {('sort', 'join', 'split')[n % 3]} {n * 7919 % 1000} things in step {n}?", **more,
        }
        for n in range(first, first + 60)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def customers(path: Path, header: str, row: str) -> Path:
    path.write_text(f"{header}\n" + "".join(row.format(n=n, day=n + 1) + "\n" for n in range(ACCOUNTS)))
    return path


def test_what_is_not_read_is_said(tmp_path: Path, stillwatch: Command) -> None:
    logs = log(tmp_path / "log.jsonl", payment_fingerprint="c-1", ip="192.0.2.7")
    side = customers(
        tmp_path / "accounts.csv", "account_id,signup_date,card,ip", "a-{n},2026-01-{day:02},visa,192.0.2.{n}"
    )
    printed, notes = stillwatch("scan", logs, "--accounts", side, "--out", tmp_path / "run", "--workers", 1)
    assert notes == [
        "Not read of accounts.csv: `card` (`payment_id`?) and `ip` (`client_address` of the log?). Its columns may be "
        "`account_id`, `org_id`, `created`, `payment_id`, `email_domain`, `plan`, `verified`, `declared_use`, "
        "`licence_id`.",
        "Not read of the log's records, for no column has such a key: `payment_fingerprint` (`payment_id`?) in 60 of "
        "60 records looked at. Under its column's name a key is read, or where a map names it (--map).",
    ]
    # The page sets what stands in backticks as code.
    page = re.sub("</?code>", "`", (tmp_path / "run" / "report.html").read_text())
    for note in notes:
        assert note in printed
        assert note.replace("'", "&#39;") in page
    missing = msgspec.json.decode((tmp_path / "run" / "run.json").read_bytes())["columns_missing"]
    assert "payment_id" in missing
    assert not {"client_address", "created"} & {*missing}


def test_nothing_is_said_where_everything_is_read(tmp_path: Path, stillwatch: Command) -> None:
    logs = log(tmp_path / "log.jsonl", remote_addr="192.0.2.7", session_id=None)
    header = "user_id,signup_date,payment_method_id,email,licence"
    side = customers(tmp_path / "accounts.csv", header, "a-{n},2026-01-{day:02},pm_{n},x{n}@Mail.example,l-{n}")
    printed, notes = stillwatch("scan", logs, "--accounts", side, "--out", tmp_path / "run", "--workers", 1)
    assert notes == []
    assert "ot read" not in printed
    assert not (tmp_path / "run" / "kept" / "left_out.json").exists()
    (first, *_) = pq.read_table(tmp_path / "run" / "profiles.parquet").sort_by("account_id").to_pylist()
    told = {name: first[name] for name in ("account_id", "payment_id", "email_domain", "licence_id")}
    assert told == {"account_id": "a-0", "payment_id": "pm_0", "email_domain": "mail.example", "licence_id": "l-0"}
    assert f"{first['created']:%Y-%m-%d}" == "2026-01-01"
    exchanges = pq.read_table(tmp_path / "run" / "exchanges.parquet")
    assert {*exchanges["client_address"].to_pylist()} == {"192.0.2.7"}


def test_every_step_says_it_until_it_is_put_right(tmp_path: Path, stillwatch: Command) -> None:
    run = tmp_path / "run"
    wrong = customers(tmp_path / "wrong.csv", "account_id,card", "a-{n},c-{n}")
    right = customers(tmp_path / "right.csv", "account_id,payment_id", "a-{n},c-{n}")
    calls = tmp_path / "calls.csv"
    calls.write_text("request_id,account_id,severity\nx,a-1,info\n")
    stillwatch("scan", log(tmp_path / "a.jsonl", team="x"), "--accounts", wrong, "--out", run, "--workers", 1)
    more = log(tmp_path / "b.jsonl", 60, team="x", shift="late")
    printed, notes = stillwatch("scan", more, "--callers", calls, "--into", run, "--workers", 1)
    records = (
        "Not read of the log's records, for no column has such a key: `team` in 120 and `shift` in 60 of 120 records "
        "looked at."
    )
    assert [note.split(":")[0] for note in notes[:2]] == ["Not read of wrong.csv", "Not read of calls.csv"]
    assert notes[2].startswith("Nothing of --callers is used")
    assert notes[3].startswith(records)
    assert records in printed
    printed, notes = stillwatch("rescan", run, "--accounts", right, "--workers", 1)
    assert [note.split(":")[0] for note in notes] == [
        "Not read of calls.csv", "Nothing of --callers is used, for of its 1 exchange none is in the log",
        "Not read of the log's records, for no column has such a key",
    ]  # fmt: skip
    assert "wrong.csv" not in printed


@pytest.mark.parametrize("workers", [1, 2])
def test_parts_of_a_log_are_added_up(
    tmp_path: Path, stillwatch: Command, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setattr(import_module("stillwatch.scanning.scan"), "_BYTES_A_WORKER", 1)
    (tmp_path / "logs").mkdir()
    for n in range(3):
        log(tmp_path / "logs" / f"{n}.jsonl", 60 * n, team="x", filler="y" * 40_000 * n)
    _, notes = stillwatch("scan", tmp_path / "logs", "--out", tmp_path / "run", "--workers", workers)
    assert "`team` in " in notes[0]
    counted = json.loads((tmp_path / "run" / "kept" / "left_out.json").read_text())["records"]
    assert counted["looked"] == counted["keys"]["team"] > counted["keys"]["filler"] > 0


def test_a_file_that_says_nothing_of_the_log_is_told_with_names_of_both(tmp_path: Path, stillwatch: Command) -> None:
    logs, run = log(tmp_path / "log.jsonl", model="m-1"), tmp_path / "run"
    side = customers(tmp_path / "accounts.csv", "account_id,plan", "cust_{n},free")
    callers, releases = tmp_path / "callers.csv", tmp_path / "releases.csv"
    callers.write_text("exchange_id,account_id\nother,a-1\n")
    releases.write_text("model,time\nM-1,2026-01-01\n")
    told = ("--accounts", side, "--callers", callers, "--releases", releases)
    printed, notes = stillwatch("scan", logs, *told, "--out", run, "--workers", 1)
    assert sorted(notes) == [
        "Nothing of --accounts is used, for of its 12 accounts none is in the log: it has `cust_0`, `cust_1` and "
        "`cust_2`, the log has `a-0`, `a-1` and `a-2`. Names must be the same letter for letter.",
        "Nothing of --callers is used, for of its 1 exchange none is in the log: it has `other`, the log has "
        "`log.jsonl:1`, `log.jsonl:2` and `log.jsonl:3`. Names must be the same letter for letter.",
        "Nothing of --releases is used, for of its 1 model none is in the log: it has `M-1`, the log has `m-1`. "
        "Names must be the same letter for letter.",
    ]
    assert all(note in printed for note in notes)
    # One account of the log is enough, and what was said of an option before is not said again.
    side.write_text("account_id,plan\na-3,free\n")
    printed, notes = stillwatch("rescan", run, "--accounts", side, "--workers", 1)
    assert ["--accounts" in note for note in notes] == [False, False]
    assert "Nothing of --accounts" not in printed


NOBODIES = ("-", "none", "N/A", "null", "Unknown", " unknown ", "undefined", "[REDACTED]", "nan", "xxxx")


def test_what_stands_for_nobody_links_nobody(tmp_path: Path, stillwatch: Command) -> None:
    rows = [
        f"a-{n},{NOBODIES[n % 10]},{NOBODIES[(n + 3) % 10]},{NOBODIES[(n + 5) % 10]},lic-{n},free" for n in range(11)
    ]
    side = tmp_path / "accounts.csv"
    header = "account_id,organizationId,paymentMethodId,email_domain,licence_id,plan"
    side.write_text("\n".join([header, *rows, "unknown,o-1,p-1,x.example,l-1,pro"]) + "\n")
    logs, run = log(tmp_path / "log.jsonl"), tmp_path / "run"
    printed, notes = stillwatch("scan", logs, "--accounts", side, "--out", run, "--workers", 1)
    (note,) = notes
    assert note in printed
    assert note == (
        "Of accounts.csv what stands for nobody counts as absent: `unknown` and its like in `account_id` of 1 row, `-` "
        "and its like in `org_id` of 8 rows, `Unknown` and its like in `payment_id` of 7 rows and `unknown` and its "
        "like in `email_domain` of 8 rows."
    )
    found = pq.read_table(run / "profiles.parquet").to_pylist()
    assert {(row["org_id"], row["payment_id"], row["email_domain"]) for row in found} == {(None, None, None)}
    assert {row["licence_id"] for row in found} == {None, *(f"lic-{n}" for n in range(11))}
