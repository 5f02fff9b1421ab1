"""A decision of a console's log is approved at a terminal by whoever the console knows, and by nobody else."""

import io
from pathlib import Path

import pytest
from gateways import decided

from stillwatch.cli import app
from stillwatch.console import Database, People
from stillwatch.console.signing import claim_log
from stillwatch.core import AuditLog, BadSetting
from stillwatch.decisions import decision_to_json

PASSWORD = "correct horse battery"


def waiting(log: Path, *names: str) -> None:
    """Decisions that wait for approval."""
    proposed = [decision_to_json(decided("block", accounts=["a"], decision_id=name)) for name in names]
    for one in proposed:
        one |= {"verdict": "review", "proposed": "act", "proposed_actions": one["actions"], "actions": []}
        one |= {"approved_by": None, "approved_at": None}
    AuditLog(log).append(*({"kind": "decision", "decision": one} for one in proposed))


def typed(monkeypatch: pytest.MonkeyPatch, said: str, *arguments: object) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    app(["policy", *map(str, arguments)])


def someone(state: Path, name: str, role: str) -> None:
    people = People(Database(state / "console.db"))
    assert people.use_link(people.invite(name, role), PASSWORD)


@pytest.mark.parametrize("beside", [True, False])
def test_the_name_is_shown_by_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: bool) -> None:
    state = tmp_path / "console-state"
    log = state / "decisions.jsonl" if beside else tmp_path / "logs" / "decisions.jsonl"
    someone(state, "ada", "approver")
    someone(state, "bo", "analyst")
    claim_log(log, state)
    waiting(log, "D1", "D2")
    before = log.read_bytes()
    approve = ("approve", "D1", "--log", log)
    for name, said, problem in (
        ("Ada Lovelace", PASSWORD, "nobody of that name"),
        ("cy", PASSWORD, "nobody of that name"),
        ("bo", PASSWORD, "analyst may not"),
        ("ada", "wrong", "not the password"),
        ("ada", "", "nobody is there"),
    ):
        with pytest.raises(BadSetting, match=problem):
            typed(monkeypatch, said, *approve, "--by", name)
    assert log.read_bytes() == before
    typed(monkeypatch, f"{PASSWORD}\n", *approve, "--by", "ada")
    entry = list(AuditLog(log).entries())[-1].body
    assert (entry["kind"], entry["by"]) == ("approval", "ada")
    # Who may refuse in the console may refuse here.
    typed(monkeypatch, f"{PASSWORD}\n", "approve", "D2", "--log", log, "--by", "bo", "--refuse")
    assert list(AuditLog(log).entries())[-1].body["by"] == "bo"


def test_guessing_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    someone(tmp_path, "ada", "approver")
    log = tmp_path / "decisions.jsonl"
    waiting(log, "D1")
    for number in range(7):
        said = "not the password" if number < 5 else "too many wrong passwords"
        with pytest.raises(BadSetting, match=said):
            typed(monkeypatch, f"guess {number}", "approve", "D1", "--log", log, "--by", "ada")


def test_where_no_console_is_in_use_any_name_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "decisions.jsonl"
    waiting(log, "D1")
    typed(monkeypatch, "", "approve", "D1", "--log", log, "--by", "Ada Lovelace")
    assert list(AuditLog(log).entries())[-1].body["by"] == "Ada Lovelace"


def test_a_line_that_leads_nowhere_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "logs" / "decisions.jsonl"
    claim_log(log, tmp_path / "gone")
    waiting(log, "D1")
    with pytest.raises(BadSetting, match="people are not in"):
        typed(monkeypatch, PASSWORD, "approve", "D1", "--log", log, "--by", "ada")
