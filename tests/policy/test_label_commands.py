"""Labels at the command line: given, listed, written out, brought in; in the log that the console and calibrate read."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from console_world import make_places, open_console

from stillwatch.core import AuditLog
from stillwatch.policy import labels

Command = Callable[..., str]
PASSWORD = "correct horse battery"


def held(log: Path) -> dict[str, str]:
    return {one.account_id: one.label for one in labels(AuditLog(log), datetime.now(UTC))}


def test_given_listed_and_taken_back(say: Command, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    say("labels", "list", log, fails="there is no decision log")
    told = say("labels", "give", "a1", "confirmed", "--log", log, "--by", "Ada", "--reason", "one hand")
    assert told.startswith("a1  confirmed by Ada, ")
    say("labels", "give", "a2", "cleared", "--log", log, "--by", "Ben", "--reason", "a class", "--days", "30")
    say("labels", "give", "a2", "cleared", "--log", log, "--by", "Ben", "--reason", " ", fails="who says it, and why")
    say(
        "labels",
        "give",
        "a2",
        "cleared",
        "--log",
        log,
        "--by",
        "Ben",
        "--reason",
        "x",
        "--days",
        "0",
        fails="a later day",
    )
    assert held(log) == {"a1": "confirmed", "a2": "cleared"}
    listed = say("labels", "list", log)
    assert "a1  confirmed by Ada" in listed
    assert "a2  cleared by Ben" in listed
    assert ", until " in listed
    assert "a1" not in say("labels", "list", log, "--label", "cleared")
    (row,) = json.loads(say("labels", "list", log, "--account", "a2", "--json"))
    assert (row["state"], row["reason"], row["case_id"]) == ("holds", "a class", None)
    assert "a1 has no label" in say("labels", "give", "a1", "none", "--log", log, "--by", "Ada", "--reason", "a slip")
    assert held(log) == {"a2": "cleared"}
    assert say("labels", "list", log, "--label", "confirmed").strip() == "No label."


def test_what_is_written_out_is_brought_in_once(say: Command, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    for account, label in (("=a1", "confirmed"), ("a2\nb", "cleared")):
        say("labels", "give", account, label, "--log", first, "--by", "Ada", "--reason", 'so, "it" seems', "--days", 9)
    for name in ("labels.csv", "labels.json"):
        assert "2 labels" in say("labels", "export", first, "--out", tmp_path / name)
        say("labels", "export", first, "--out", tmp_path / name, fails="nothing is ever overwritten")
        log = tmp_path / f"{name}.jsonl"
        told = say("labels", "import", tmp_path / name, "--log", log, "--by", "Cyd")
        assert told.startswith("2 labels said; 0 stood already")
        assert held(log) == {"=a1": "confirmed", "a2\nb": "cleared"}
        until = {one.until for one in labels(AuditLog(log), datetime.now(UTC))}
        assert until == {one.until for one in labels(AuditLog(first), datetime.now(UTC))}
        assert {one.by for one in labels(AuditLog(log), datetime.now(UTC))} == {"Cyd"}
        assert say("labels", "import", tmp_path / name, "--log", log, "--by", "Cyd").startswith(
            "0 labels said; 2 stood"
        )
    say("labels", "give", "a", "none", "--log", second, "--by", "Ada", "--reason", "r")
    assert "0 labels" in say("labels", "export", second, "--out", tmp_path / "empty.csv")
    assert say("labels", "import", tmp_path / "empty.csv", "--log", second, "--by", "C").startswith("0 labels said")


def test_a_file_is_brought_in_whole_or_not_at_all(say: Command, tmp_path: Path) -> None:
    log, file = tmp_path / "log.jsonl", tmp_path / "review.csv"
    gone = (datetime.now(UTC) - timedelta(days=2)).date()

    def bring(*lines: str, fails: str = "", **more: str) -> str:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        given = [word for name, value in more.items() for word in (f"--{name}", value)]
        return say("labels", "import", file, "--log", log, "--by", "Ada", *given, fails=fails)

    bring("account,word", "a1,confirmed", fails="names no account_id")
    bring("account_id,label,reason", "a1,confirmed,r", "a2,guilty,r", fails=f"{file}:3")
    bring("account_id,label,reason", "a1,confirmed,r", ",cleared,r", fails="names an account")
    bring("account_id,label,reason,until", "a1,confirmed,r,soon", fails="for instance 2027-03-31")
    bring("account_id,label", "a1,confirmed", "a2,cleared", fails="who says it, and why")
    bring('{"account_id": "a1"', fails="is no file of labels")
    assert not log.exists()
    told = bring("account_id,label,reason,until,note", "a1,Confirmed,,,x", f"a2,cleared,r,{gone},", reason="last year")
    assert told.startswith("1 label said; 0 stood already, 1 line names an end that has passed")
    (one,) = labels(AuditLog(log), datetime.now(UTC))
    assert (one.account_id, one.label, one.reason) == ("a1", "confirmed", "last year")
    bring("account_id,label,reason", "a1,none,was wrong")
    assert held(log) == {}


def test_a_console_shows_what_was_brought_in_and_its_csv_is_brought_in(
    say: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = make_places(tmp_path)
    log, file = places.state / "decisions.jsonl", tmp_path / "labels.csv"
    other = tmp_path / "other.jsonl"
    with open_console(places) as opened:
        ana = opened.visitor("ana", "analyst")
        say("labels", "import", file.with_name("none.csv"), "--log", log, "--by", "ana", fails="is no file of labels")
        ana.post("/runs/week/account/label", {"id": "m1", "label": "confirmed", "days": "30", "reason": "-1 hand"})
        file.write_text(ana.get("/labels?as=csv").text, encoding="utf-8")
        say("labels", "import", file, "--log", log, "--by", "nobody", fails="nobody")
        assert say("labels", "import", file, "--log", other, "--by", "Ada").startswith("1 label said")
        people = opened.console.people
        assert people.use_link(people.invite("bo", "analyst"), PASSWORD)
        file.write_text("account_id,label,reason\nm2,cleared,a class of ours\n", encoding="utf-8")
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        say("labels", "import", file, "--log", log, "--by", "bo")
        assert "a class of ours" in ana.get("/labels").text
        assert "a class of ours" in ana.get("/runs/week/account?id=m2").text
        (row,) = csv.DictReader(say("labels", "list", other, "--csv").splitlines())
        assert (row["account_id"], row["label"], row["reason"], row["by"]) == ("m1", "confirmed", "'-1 hand", "Ada")
