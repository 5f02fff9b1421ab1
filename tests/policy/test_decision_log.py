"""The log over time: decided again, approved, appealed, replaced; nothing is ever changed in it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from smallrun import NOW, Changed, campaign, write_run

from stillwatch.core import AuditLog, BadDecision, TamperedLog
from stillwatch.decisions import LoggedDecision, ReadLog
from stillwatch.policy import (
    Policy,
    RunFacts,
    approve,
    assess,
    decide,
    describe_log,
    explain_decision,
    file_appeal,
    history,
    read_run,
    record,
    reopen,
    resolve_appeal,
    withdraw,
)


@pytest.fixture(params=[AuditLog, ReadLog])
def log(tmp_path: Path, request: pytest.FixtureRequest) -> AuditLog:
    """Read anew each time, and kept between looks: either is the same log."""
    made: AuditLog = request.param(tmp_path / "log.jsonl")
    return made


def put(log: AuditLog, policy: Policy, facts: RunFacts, days: float = 0) -> list[LoggedDecision]:
    now = NOW + timedelta(days=days)
    record(log, decide(policy, facts, now), policy, facts, now)
    return history(log, now)


def of_campaign(standings: list[LoggedDecision]) -> LoggedDecision:
    return next(one for one in reversed(standings) if one.decision.subject.kind == "campaign")


def test_deciding_again_adds_nothing_to_the_log(log: AuditLog, default: Policy, facts: RunFacts) -> None:
    put(log, default, facts)
    before = log.path.read_bytes()
    put(log, default, facts, days=1)
    assert log.path.read_bytes() == before


def test_approval_appeal_and_outcome(log: AuditLog, default: Policy, facts: RunFacts) -> None:
    name = of_campaign(put(log, default, facts)).decision.decision_id
    one = approve(log, name, by="Ada", note="seen", now=NOW)
    assert (one.decision.verdict, one.decision.approved_by) == ("act", "Ada")
    assert one.decision.expires == NOW + timedelta(days=90)
    appeal, one = file_appeal(log, name, account="m3", by="customer", statement="a class", now=NOW)
    assert one.exempt == {"m3"}
    assert one.state == "in force"
    with pytest.raises(BadDecision, match="another person decides"):
        resolve_appeal(log, appeal, outcome="confirmed", by="ADA", reason="r", now=NOW)
    one = resolve_appeal(log, appeal, outcome="reversed", by="Grace", reason="it is one", now=NOW)
    assert one.exempt == {"m3"}
    later = history(log, NOW + timedelta(days=89))
    assert of_campaign(later).exempt == {"m3"}
    text = explain_decision(one)
    for part in ("approved by Ada", "appeal " + appeal, "reversed: it is one", "rests on"):
        assert part in text
    listed = describe_log(later, 7, "f" * 64, ended=False)
    assert "rule coordinated-collection: 1 decision, 1 appeal, 1 reversed" in listed


def test_a_confirmed_appeal_ends_the_suspension_and_a_second_suspends_nothing(
    log: AuditLog, default: Policy, facts: RunFacts
) -> None:
    name = of_campaign(put(log, default, facts)).decision.decision_id
    first, one = file_appeal(log, name, account="m1", by="customer", statement="s", now=NOW)
    assert one.exempt == {"m1"}
    with pytest.raises(BadDecision, match=f"appeal {first} is open"):
        file_appeal(log, name, account="m1", by="customer", statement="again", now=NOW)
    one = resolve_appeal(log, first, outcome="confirmed", by="Grace", reason="r", now=NOW)
    assert one.exempt == frozenset()
    _, one = file_appeal(log, name, account="m1", by="customer", statement="again", now=NOW + timedelta(hours=1))
    assert one.exempt == frozenset()


def test_the_next_run_replaces_a_decision_and_keeps_what_an_appeal_won(
    log: AuditLog, default: Policy, facts: RunFacts, tmp_path: Path
) -> None:
    old = of_campaign(put(log, default, facts)).decision.decision_id
    approve(log, old, by="Ada", note="", now=NOW)
    appeal, _ = file_appeal(log, old, account="m3", by="customer", statement="s", now=NOW)
    resolve_appeal(log, appeal, outcome="reversed", by="Grace", reason="r", now=NOW)
    run = write_run(tmp_path / "next", [campaign(exchanges=15_000)])
    (run / "run.json").write_text('{"counts": {}, "columns_missing": []}')
    new = of_campaign(put(log, default, read_run(run), days=1))
    assert new.decision.supersedes == (old,)
    # Until a person approves the new one, the old one stays as it was approved.
    states = {one.decision.decision_id: one.state for one in history(log, NOW + timedelta(days=1))}
    assert states[old] == "in force"
    approved = approve(log, new.decision.decision_id, by="Ada", note="", now=NOW + timedelta(days=1))
    assert approved.exempt == {"m3"}
    states = {one.decision.decision_id: one.state for one in history(log, NOW + timedelta(days=1))}
    assert states[old] == "superseded"


def test_a_changed_policy_ends_what_it_reaches_no_more_and_back_again(
    log: AuditLog, default: Policy, facts: RunFacts, changed: Changed
) -> None:
    first = of_campaign(put(log, default, facts)).decision.decision_id
    strict = changed("campaign.q_value <= 0.001", "campaign.q_value <= 1.0e-20")
    now = put(log, strict, facts, days=1)
    states = {one.decision.decision_id: one.state for one in now}
    assert states[first] == "superseded"
    assert (of_campaign(now).decision.verdict, of_campaign(now).decision.proposed) == ("review", None)
    again = of_campaign(put(log, default, facts, days=2))
    assert again.decision.decision_id == f"{first}.2"
    assert again.state == "in force"
    assert f"{first}.2" in again.decision.customer_text


def test_what_a_person_withdrew_a_policy_does_not_bring_back(log: AuditLog, default: Policy, facts: RunFacts) -> None:
    name = of_campaign(put(log, default, facts)).decision.decision_id
    assert withdraw(log, name, by="Ada", reason="a mistake", now=NOW).state == "withdrawn"
    assert of_campaign(put(log, default, facts, days=1)).state == "withdrawn"


def test_a_run_that_reaches_nobody_ends_its_watches(
    log: AuditLog, default: Policy, facts: RunFacts, changed: Changed
) -> None:
    put(log, default, facts)
    calm = changed("that: account.scan_verdict == 'watch'", "that: account.scan_verdict == 'act'")
    now = put(log, calm, facts, days=1)
    assert {one.state for one in now if one.decision.subject.id == "c0"} == {"lapsed"}


def test_what_makes_no_sense_is_refused_before_it_is_written(log: AuditLog, default: Policy, facts: RunFacts) -> None:
    standings = put(log, default, facts)
    name = of_campaign(standings).decision.decision_id
    watch = next(one for one in standings if one.decision.verdict == "watch").decision.decision_id
    before = log.path.read_bytes()
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: approve(log, "D-none", by="Ada", note="", now=NOW), "there is no decision"),
        (lambda: approve(log, watch, by="Ada", note="", now=NOW), "nothing waits"),
        (lambda: approve(log, name, by="  ", note="", now=NOW), "nobody is named"),
        (lambda: approve(log, name, by="Ada", note="", now=NOW + timedelta(days=31)), "is expired"),
        (
            lambda: file_appeal(log, watch, account="c1", by="c", statement="s", now=NOW),
            "does not cover c1",
        ),
        (
            lambda: resolve_appeal(log, "A-none", outcome="reversed", by="G", reason="r", now=NOW),
            "there is no appeal",
        ),
    ]
    for call, said in refused:
        with pytest.raises(BadDecision, match=said):
            call()
    assert log.path.read_bytes() == before


def test_who_only_sends_a_campaign_s_text_can_appeal_for_themselves(
    log: AuditLog, default: Policy, facts: RunFacts
) -> None:
    name = of_campaign(put(log, default, facts)).decision.decision_id
    appeal, one = file_appeal(log, name, account="joiner", by="customer", statement="a shared script", now=NOW)
    assert (one.state, one.exempt) == ("in force", frozenset({"joiner"}))
    assert not one.covers("joiner", templates=["T1"])
    assert one.covers("stranger", templates=["T1"])
    assert one.covers("m1")
    one = resolve_appeal(log, appeal, outcome="reversed", by="Grace", reason="it is one", now=NOW)
    assert (one.state, one.exempt) == ("in force", frozenset({"joiner"}))
    again = of_campaign(put(log, default, facts, days=1))
    assert again.exempt == {"joiner"}


def test_a_changed_log_tells(log: AuditLog, default: Policy, facts: RunFacts) -> None:
    put(log, default, facts)
    log.path.write_bytes(log.path.read_bytes().replace(b'"review"', b'"watch"', 1))
    with pytest.raises(TamperedLog):
        history(log, NOW)


def test_one_assesses_another_approves_and_excepted_accounts_are_free(
    log: AuditLog, default: Policy, facts: RunFacts
) -> None:
    name = of_campaign(put(log, default, facts)).decision.decision_id
    with pytest.raises(BadDecision, match="nobody has assessed"):
        approve(log, name, by="Ada", note="", now=NOW, second=True)
    with pytest.raises(BadDecision, match="no reason"):
        assess(log, name, by="Ada", reason=" ", now=NOW)
    one = assess(log, name, by="Ada", reason="one pool", now=NOW, excepted=["m3"])
    assert one.waits
    assert one.exempt == {"m3"}
    assert one.assessment is not None
    assert one.assessment.by == "Ada"
    assert "assessed by Ada" in explain_decision(one)
    with pytest.raises(BadDecision, match="Ada has assessed"):
        assess(log, name, by="Grace", reason="again", now=NOW)
    with pytest.raises(BadDecision, match="another person"):
        approve(log, name, by="ADA", note="", now=NOW, second=True)
    one = approve(log, name, by="Grace", note="", now=NOW, second=True, excepted=["m4"])
    assert one.decision.verdict == "act"
    assert one.exempt == {"m3", "m4"}
    assert not one.covers("m3")
    assert one.covers("m5")


def test_nobody_is_excepted_that_is_not_named_and_somebody_is_left(
    log: AuditLog, default: Policy, facts: RunFacts
) -> None:
    one = of_campaign(put(log, default, facts))
    with pytest.raises(BadDecision, match="does not name c1"):
        assess(log, one.decision.decision_id, by="Ada", reason="r", now=NOW, excepted=["c1"])
    with pytest.raises(BadDecision, match="for nobody"):
        assess(log, one.decision.decision_id, by="Ada", reason="r", now=NOW, excepted=one.accounts)


def test_what_persons_did_is_taken_back(log: AuditLog, default: Policy, facts: RunFacts) -> None:
    first = of_campaign(put(log, default, facts))
    name = first.decision.decision_id
    with pytest.raises(BadDecision, match="nobody has done anything"):
        reopen(log, name, by="Ada", reason="r", now=NOW)
    assess(log, name, by="Ada", reason="r", now=NOW, excepted=["m3"])
    approve(log, name, by="Grace", note="", now=NOW, second=True)
    assert reopen(log, name, by="Grace", reason="too soon", now=NOW) == first
    withdraw(log, name, by="Ada", reason="a mistake", now=NOW)
    assert reopen(log, name, by="Ada", reason="it was none", now=NOW) == first


def test_what_an_approval_replaced_holds_again_once_it_is_taken_back(
    log: AuditLog, default: Policy, facts: RunFacts, changed: Changed
) -> None:
    old = of_campaign(put(log, default, facts)).decision.decision_id
    approve(log, old, by="Ada", note="", now=NOW)
    stricter = changed("requests_per_minute: 20", "requests_per_minute: 5")
    new = of_campaign(put(log, stricter, facts)).decision.decision_id

    def states() -> dict[str, str]:
        return {one.decision.decision_id: one.state for one in history(log, NOW)}

    assert states()[old] == "in force"
    approve(log, new, by="Ada", note="", now=NOW)
    assert states()[old] == "superseded"
    reopen(log, new, by="Ada", reason="too strict", now=NOW)
    assert states()[old] == "in force"
