"""Decisions go to JSON and back; the log folds into what is in force, appeals and approvals included."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.core import AuditLog, BadDecision, Entry, TamperedLog, chained
from stillwatch.decisions import (
    ACTIONS,
    Action,
    Clause,
    Decision,
    Explanation,
    FiredRule,
    Inference,
    Observation,
    ReadLog,
    Subject,
    current_decisions,
    decision_from_json,
    decision_history,
    decision_to_json,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RULE = FiredRule("pool", "why", "terms 4.2", "act", (Clause("says", "campaign.accounts > 5", "true", {"x": 9}),))
WAITING = Decision(
    decision_id="D1",
    time=NOW,
    subject=Subject("campaign", "C001"),
    accounts=("a", "b", "c"),
    templates=("T1",),
    verdict="review",
    actions=(Action("tag", {"tag": "seen"}),),
    proposed="act",
    proposed_actions=(Action("rate-limit", {"requests_per_minute": 5}), Action("hide-reasoning")),
    rules=(RULE,),
    undecided=("other",),
    observations=(Observation("seen", "timing", 0.5, None, 1e-9),),
    inferences=(Inference("one party", "high"),),
    explanations=(Explanation("licence", "0 % have one", holds=False),),
    evidence=("x1",),
    expires=NOW + timedelta(days=30),
    policy="default 1",
    policy_hash="f" * 64,
    run="e" * 64,
    customer_text="We look at your account.",
    proposed_text="We limited your account.",
    proposed_days=90,
)


def decided(decision: Decision = WAITING) -> Mapping[str, Any]:
    return {"kind": "decision", "decision": decision_to_json(decision)}


def log(*bodies: Mapping[str, Any]) -> list[Entry]:
    entries: list[Entry] = []
    for n, body in enumerate(bodies):
        # As they come from a file, not as they were given.
        plain = json.loads(json.dumps(body))
        entries.append(chained(plain, n=n, previous=entries[-1].hash if entries else "0" * 64, time=NOW))
    return entries


APPROVAL = {"kind": "approval", "decision_id": "D1", "by": "Ada", "note": ""}
APPEAL = {"kind": "appeal", "appeal_id": "A1", "decision_id": "D1", "by": "b", "statement": "a class", "suspends": True}


def outcome(what: str, until: str | None = None) -> Mapping[str, Any]:
    return {"kind": "appeal-outcome", "appeal_id": "A1", "outcome": what, "by": "Ada", "reason": "r", "until": until}


def test_json_gives_a_decision_back() -> None:
    assert decision_from_json(json.loads(json.dumps(decision_to_json(WAITING)))) == WAITING


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("subject", "kind"), "planet", r"Invalid enum value 'planet' - at `\$.subject.kind`"),
        (("expires",), "soon", r"Invalid RFC3339 encoded datetime - at `\$.expires`"),
        (("time",), "2027-01-01T00:00:00Z", "expires before it is made"),
        (("verdict",), "act", "needs a person's approval"),
        (("proposed",), "watch", "proposed verdict watch is not above review"),
        (("accounts",), None, r"Expected `array`, got `null` - at `\$.accounts`"),
        (("actions", 0, "kind"), "degrade", "no action 'degrade'; there are observe"),
        (("proposed_actions", 0, "parameters"), {}, "rate-limit needs 'requests_per_minute'"),
        (("proposed_actions", 0, "parameters"), {"requests_per_minute": 0}, "must be 1 to"),
        (("proposed_actions", 0, "parameters"), {"requests_per_minute": "9"}, "must be of type int"),
        (("proposed_actions", 1, "parameters"), {"words": 9}, "hide-reasoning takes no 'words'"),
    ],
)
def test_what_is_wrong_with_a_decision_is_said(path: tuple[Any, ...], value: object, said: str) -> None:
    values = json.loads(json.dumps(decision_to_json(WAITING)))
    inner = values
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(BadDecision, match=said):
        decision_from_json(values, where="log, entry 3")


def test_act_stands_without_approval_only_where_the_policy_waives_it() -> None:
    with pytest.raises(ValueError, match="needs a person's approval"):
        replace(WAITING, verdict="act", proposed=None)
    assert replace(WAITING, verdict="act", proposed=None, waived=("approval",)).verdict == "act"


def test_an_approval_turns_the_proposal_into_the_verdict() -> None:
    (before,) = current_decisions(log(decided()), NOW)
    (after,) = current_decisions(log(decided(), APPROVAL), NOW)
    assert before.waits
    assert (before.decision.verdict, before.decision.actions[0].kind) == ("review", "tag")
    assert not after.waits
    assert (after.decision.verdict, after.decision.approved_by, after.decision.approved_at) == ("act", "Ada", NOW)
    assert (before.decision.customer_text, after.decision.customer_text) == (
        "We look at your account.",
        "We limited your account.",
    )
    assert (before.decision.expires, after.decision.expires) == (WAITING.expires, NOW + timedelta(days=90))
    assert after.decision.actions == WAITING.proposed_actions
    assert current_decisions(log(decided(), APPROVAL, decided()), NOW) == [after]


@pytest.mark.parametrize(
    ("bodies", "state"),
    [
        ([APPEAL], "suspended"),
        ([APPEAL, outcome("reversed")], "reversed"),
        ([{"kind": "withdrawal", "decision_id": "D1", "by": "policy 2", "reason": "r", "lapsed": True}], "lapsed"),
        ([APPEAL, outcome("confirmed")], "in force"),
        ([{**APPEAL, "suspends": False}], "in force"),
        ([APPEAL, outcome("reversed", "2026-10-31T00:00:00Z")], "in force"),
        ([{"kind": "withdrawal", "decision_id": "D1", "by": "Ada", "reason": "r"}], "withdrawn"),
        ([decided(replace(WAITING, decision_id="D2", supersedes=("D1",)))], "in force"),
        (
            [decided(replace(WAITING, decision_id="D2", supersedes=("D1",))), {**APPROVAL, "decision_id": "D2"}],
            "superseded",
        ),
        ([decided(replace(WAITING, decision_id="D2", supersedes=("D1",), proposed=None))], "superseded"),
        ([{"kind": "read", "by": "Ada"}], "in force"),
    ],
)
def test_the_state_a_decision_is_in(bodies: list[Mapping[str, Any]], state: str) -> None:
    history = decision_history(log(decided(), APPROVAL, *bodies), NOW)
    assert history[0].state == state
    assert [s.decision.decision_id for s in current_decisions(log(decided(), *bodies), NOW)].count("D1") == (
        state == "in force"
    )


def test_a_decision_expires_by_itself() -> None:
    assert current_decisions(log(decided()), WAITING.expires - timedelta(seconds=1))
    assert decision_history(log(decided()), WAITING.expires)[0].state == "expired"


def test_one_account_s_appeal_frees_that_account_alone() -> None:
    (one,) = current_decisions(log(decided(), {**APPEAL, "account": "b"}), NOW)
    assert one.accounts == ("a", "c")
    assert one.covers("a")
    assert not one.covers("b", templates=["T1"])
    assert one.covers("new", templates=["T1"])
    assert not one.covers("new")


def test_an_appeal_holds_against_the_next_run_s_decision_on_the_same_rules() -> None:
    again = replace(WAITING, decision_id="D2", run="d" * 64, supersedes=("D1",), proposed=None)
    on_more = replace(again, decision_id="D3", rules=(RULE, replace(RULE, id="volume")))
    bodies = [decided(), {**APPEAL, "account": "b"}, outcome("reversed", "2026-12-01T00:00:00Z")]
    (same,) = current_decisions(log(*bodies, decided(again)), NOW)
    assert same.accounts == ("a", "c")
    assert current_decisions(log(*bodies, decided(on_more)), NOW)[0].accounts == ("a", "b", "c")
    later = replace(again, expires=NOW + timedelta(days=90))
    assert current_decisions(log(*bodies, decided(later)), NOW + timedelta(days=31))[0].accounts == ("a", "b", "c")


def test_an_organisation_s_decision_covers_its_new_accounts() -> None:
    (one,) = current_decisions(log(decided(replace(WAITING, subject=Subject("organisation", "org-1")))), NOW)
    assert one.covers("new", organisation="org-1")
    assert not one.covers("new", organisation="org-2")


@pytest.mark.parametrize(
    ("bodies", "said"),
    [
        ([APPROVAL], "no decision D1 stands before it"),
        ([decided(), {**APPROVAL, "by": " "}], "an approval names nobody"),
        ([decided(), {"kind": "appeal", "decision_id": "D1"}], "lacks 'appeal_id'"),
        ([decided(), outcome("reversed")], "no appeal A1 stands before it"),
        ([decided(), APPEAL, outcome("forgotten")], "reversed or confirmed, not 'forgotten'"),
        ([decided(), APPEAL, outcome("reversed", "2026-12-01T00:00:00")], "names no time zone"),
        ([{"kind": "decision", "decision": 3}], "is no decision"),
    ],
)
def test_an_entry_that_cannot_be_used_is_said_with_its_place(bodies: list[Mapping[str, Any]], said: str) -> None:
    with pytest.raises(BadDecision, match=rf"here, entry {len(bodies) - 1}: .*{said}"):
        current_decisions(log(*bodies), NOW, where="here")


def test_a_ledger_on_disk_folds_the_same(tmp_path: Path) -> None:
    ledger = AuditLog(tmp_path / "log.jsonl")
    ledger.append(decided(), APPROVAL, time=NOW)
    assert current_decisions(ledger.entries(), NOW) == current_decisions(log(decided(), APPROVAL), NOW)


EVENTS = st.sampled_from(
    [
        APPROVAL,
        APPEAL,
        {**APPEAL, "account": "a"},
        outcome("reversed"),
        outcome("confirmed"),
        decided(replace(WAITING, decision_id="D2")),
        decided(replace(WAITING, decision_id="D3", supersedes=("D1", "D2"))),
    ]
)


@given(events=st.lists(EVENTS, max_size=8))
def test_nobody_is_acted_on_without_an_approval_whatever_the_order(events: list[Mapping[str, Any]]) -> None:
    try:
        found = decision_history(log(decided(), *events), NOW)
    except BadDecision:
        return
    approved = {body["decision_id"] for body in events if body["kind"] == "approval"}
    for one in found:
        assert one.decision.verdict != "act" or one.decision.decision_id in approved


@given(kind=st.sampled_from(sorted(ACTIONS)), name=st.text(max_size=5), value=st.integers() | st.text(max_size=3))
def test_an_action_holds_nothing_it_does_not_know(kind: str, name: str, value: int | str) -> None:
    try:
        made = Action(kind, {name: value})
    except ValueError:
        return
    assert set(made.parameters) <= set(ACTIONS[kind])


SECOND = replace(WAITING, decision_id="D2", supersedes=("D1",))
LATER: list[Mapping[str, Any]] = [
    decided(SECOND),
    APPROVAL,
    {**APPEAL, "account": "b"},
    {"kind": "withdrawal", "decision_id": "D1", "by": "Ada", "reason": "r"},
    {"kind": "reopening", "decision_id": "D1", "by": "Ada", "reason": "r"},
    {"kind": "assessment", "decision_id": "D1", "by": "Ben", "reason": "r", "except": ["c"]},
    {"kind": "read", "by": "Ada"},
]


@given(st.lists(st.tuples(st.sampled_from(LATER), st.booleans()), max_size=12))
def test_a_log_that_is_read_on_says_what_the_whole_log_says(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Mapping[str, Any], bool]]
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    kept, written = ReadLog(path), AuditLog(path)
    written.append(decided())
    for body, looks in steps:
        written.append(body)
        if looks:
            anew = decision_history(AuditLog(path).entries(), NOW)
            assert kept.standings(NOW) == anew
            assert [kept.standing(one.decision.decision_id, NOW) for one in anew] == anew
    assert kept.standings(NOW) == decision_history(AuditLog(path).entries(), NOW)
    assert kept.standing("D9", NOW) is None


def test_what_cannot_be_used_is_said_each_time(tmp_path: Path) -> None:
    log = ReadLog(tmp_path / "log.jsonl")
    log.append(decided())
    assert len(log.standings(NOW)) == 1
    log.append(outcome("reversed"))
    for _ in range(2):
        with pytest.raises(BadDecision, match="no appeal A1 stands before it"):
            log.standings(NOW)


def test_a_log_that_was_cut_is_told(tmp_path: Path) -> None:
    log = ReadLog(tmp_path / "log.jsonl")
    log.append(decided(), APPROVAL)
    assert not log.standings(NOW)[0].waits
    log.path.write_bytes(log.path.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(TamperedLog, match="shorter"):
        log.standings(NOW)
