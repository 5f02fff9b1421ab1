"""What persons said of accounts, read from the log: the last word, and nothing that was taken back."""

from datetime import timedelta
from pathlib import Path

import pytest
from smallrun import MEMBERS, NOW

from stillwatch.core import AuditLog, BadDecision
from stillwatch.policy import (
    Decided,
    Policy,
    RunFacts,
    approve,
    assess,
    decide,
    file_appeal,
    history,
    label_account,
    labels,
    record,
    reopen,
    resolve_appeal,
    withdraw,
)


@pytest.fixture
def log(tmp_path: Path, default: Policy, facts: RunFacts) -> AuditLog:
    """A log with the campaign's decision, on which an approval waits."""
    log = AuditLog(tmp_path / "log.jsonl")
    record(log, decide(default, facts, NOW), default, facts, NOW)
    return log


@pytest.fixture
def case(log: AuditLog) -> str:
    return next(one.decision.decision_id for one in history(log, NOW) if one.decision.subject.kind == "campaign")


def said(log: AuditLog) -> dict[str, str]:
    return {one.account_id: one.label for one in labels(log, NOW)}


def appealed(log: AuditLog, case: str, account: str, outcome: str) -> None:
    appeal, _ = file_appeal(log, case, account=account, by="x", statement="a class", now=NOW)
    resolve_appeal(log, appeal, outcome=outcome, by="Cyd", reason="heard", now=NOW + timedelta(hours=1))


def test_nothing_is_said_until_a_person_says_it(log: AuditLog, case: str, tmp_path: Path) -> None:
    assert said(log) == {}
    assert said(AuditLog(tmp_path / "absent.jsonl")) == {}
    # One person's assessment of what waits for a second is no label yet, but whom it excepts is free at once.
    assess(log, case, by="Ada", reason="one hand", now=NOW, excepted=["m1"])
    assert said(log) == {"m1": "cleared"}


def test_whom_two_persons_confirm_and_whom_they_except(log: AuditLog, case: str) -> None:
    assess(log, case, by="Ada", reason="one hand", now=NOW, excepted=["m1"])
    approve(log, case, by="Ben", note="seen too", now=NOW, excepted=["m2"], second=True)
    free = {"m1", "m2"}
    assert said(log) == {name: "cleared" if name in free else "confirmed" for name in MEMBERS}
    one = next(one for one in labels(log, NOW) if one.account_id == "m0")
    assert (one.by, one.reason, one.decision_id) == ("Ben", "seen too", case)


def test_a_refusal_clears_and_what_is_taken_back_says_nothing(log: AuditLog, case: str) -> None:
    withdraw(log, case, by="Ada", reason="an office", now=NOW)
    assert set(said(log).values()) == {"cleared"}
    reopen(log, case, by="Ada", reason="my mistake", now=NOW)
    assert said(log) == {}


def test_an_appeal_has_the_last_word(log: AuditLog, case: str) -> None:
    assess(log, case, by="Ada", reason="one hand", now=NOW)
    approve(log, case, by="Ben", note="seen too", now=NOW)
    appealed(log, case, "m3", "reversed")
    appealed(log, case, "m4", "confirmed")
    assert said(log)["m3"] == "cleared"
    assert said(log)["m4"] == "confirmed"


def test_a_policy_that_lets_go_by_itself_says_nothing(log: AuditLog, default: Policy, facts: RunFacts) -> None:
    record(log, Decided((), (), {}), default, facts, NOW)
    assert any(one.state == "lapsed" for one in history(log, NOW))
    assert said(log) == {}


def test_an_account_is_labelled_until_it_ends_and_then_nothing_is_said(log: AuditLog, case: str) -> None:
    withdraw(log, case, by="Ada", reason="an office", now=NOW)
    until = NOW + timedelta(days=30)
    label_account(log, "m1", "confirmed", by="Ben", reason="sold on", now=NOW, until=until)
    assert said(log)["m1"] == "confirmed"
    (one,) = (one for one in labels(log, NOW) if one.account_id == "m1")
    assert (one.decision_id, one.by, one.reason, one.until) == (None, "Ben", "sold on", until)
    assert "m1" in {one.account_id for one in labels(log, until - timedelta(seconds=1))}
    assert "m1" not in {one.account_id for one in labels(log, until)}
    ended = {one.account_id: one for one in labels(log, until, ended=True)}["m1"]
    assert (ended.label, ended.holds(until)) == ("confirmed", False)
    label_account(log, "m1", None, by="Ben", reason="my mistake", now=NOW)
    assert said(log)["m1"] == "cleared"


def test_what_is_no_label_is_refused_and_changes_nothing(log: AuditLog) -> None:
    for label, by, reason, until in (
        ("guilty", "Ada", "r", None),
        ("cleared", " ", "r", None),
        ("cleared", "Ada", " ", None),
        ("cleared", "Ada", "r", NOW),
    ):
        with pytest.raises(BadDecision):
            label_account(log, "m1", label, by=by, reason=reason, now=NOW, until=until)
    assert said(log) == {}
    log.append({"kind": "label", "account": "m1", "label": "confirmed", "by": "Ada", "reason": "r", "until": "soon"})
    with pytest.raises(BadDecision, match="the label cannot be used"):
        said(log)
