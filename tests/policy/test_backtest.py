"""What a changed rule would have done to an old run, before it does it."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smallrun import Changed, campaign, write_run

from stillwatch.policy import Policy, RunFacts, backtest, compare, describe_backtest, reach, read_run, stand
from stillwatch.tables import FAMILIES


@given(q=st.sampled_from([None, 1e-9, 0.005]), families=st.lists(st.sampled_from(FAMILIES), unique=True))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_a_policy_beside_itself_moves_nobody(
    default: Policy, tmp_path_factory: pytest.TempPathFactory, q: float | None, families: list[str]
) -> None:
    facts = read_run(write_run(tmp_path_factory.mktemp("r") / "run", [campaign(q_value=q, families=families)]))
    assert backtest(default, default, facts) == []
    assert compare(default, default) == []


def test_a_stricter_line_moves_who_lay_between(default: Policy, facts: RunFacts, changed: Changed) -> None:
    strict = changed("campaign.q_value <= 0.001", "campaign.q_value <= 1.0e-9")
    (change,) = compare(default, strict)
    assert change.details == ("when - campaign.q_value <= 0.001", "when + campaign.q_value <= 1.0e-9")
    (moved,) = backtest(default, strict, facts)
    assert (moved.kind, moved.id, moved.accounts) == ("campaign", "C001", 8)
    assert moved.before.startswith("act once approved")
    assert moved.after.startswith("review")
    assert moved.lost == ("coordinated-collection",)
    assert moved.turned == (
        "coordinated-collection: campaign.q_value <= 0.001 was true; campaign.q_value <= 1.0e-9 is false",
    )
    (back,) = backtest(strict, default, facts)
    assert (back.before, back.after, back.gained) == (moved.after, moved.before, moved.lost)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("approval: required", "approval: waived", "ladder approval"),
        ("protection_days: 90", "protection_days: 30", "ladder protection_days"),
        ("sender: the trust", "sender: the safety", "letter sender"),
        ("requests_per_minute: 20", "requests_per_minute: 2", "rule coordinated-collection"),
        ("id: campaign-found", "id: campaign-seen", "rule campaign-found"),
    ],
)
def test_every_kind_of_change_is_said(default: Policy, changed: Changed, old: str, new: str, what: str) -> None:
    assert what in [change.what for change in compare(default, changed(old, new))]


def test_the_text_says_how_many_go_where(default: Policy, facts: RunFacts, changed: Changed) -> None:
    calm = changed(
        "that: account.bystander\n    unless", "that: account.bystander && account.exchanges > 5\n    unless"
    )
    text = describe_backtest(compare(default, calm), backtest(default, calm, facts))
    assert "2 accounts: watch (observe) -> no decision" in text
    assert "- linked-not-member" in text
    assert describe_backtest([], []) == "the policies say the same\non this run nobody would stand elsewhere"


def test_waiving_the_approval_shows_as_act_at_once(default: Policy, facts: RunFacts, changed: Changed) -> None:
    (moved,) = backtest(default, changed("approval: required", "approval: waived"), facts)
    assert moved.before.startswith("act once approved (")
    assert moved.after.startswith("act (")


def test_a_backtest_writes_nothing(default: Policy, run: Path, changed: Changed) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    backtest(default, changed("approval: required", "approval: waived"), read_run(run))
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_whom_a_policy_reaches_is_counted_by_place(default: Policy, facts: RunFacts, changed: Changed) -> None:
    (first, *others) = reach(facts, stand(default, facts)[1])
    assert (first.kind, first.subjects, first.accounts) == ("campaign", 1, 8)
    assert first.standing.startswith("act once approved")
    assert "20 answers a minute" in first.told
    assert [one.kind for one in others]
    nobody = reach(facts, stand(changed("campaign.q_value <= 0.001", "campaign.q_value <= 1.0e-9"), facts)[1])
    assert not any(one.standing.startswith("act") for one in nobody)
