"""Decisions on a run: reasons, reach, evidence, and letters that tell nothing of another customer."""

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smallrun import BYSTANDERS, MEMBERS, NOW, Changed, campaign, registry, write_run

from stillwatch.core import BadTable, UnreadableInput
from stillwatch.core.terms import CONTENT, COORDINATION
from stillwatch.decisions import Decision, decision_from_json, decision_to_json
from stillwatch.policy import Policy, RunFacts, concerned, decide, explain_rules, letters, read_run
from stillwatch.tables import FAMILIES


def of_campaign(policy: Policy, facts: RunFacts) -> Decision:
    (one,) = [d for d in decide(policy, facts, NOW).decisions if d.subject.kind == "campaign"]
    return one


def test_a_folder_on_the_way_to_a_run_is_no_column_of_it(default: Policy, tmp_path: Path) -> None:
    plain = read_run(write_run(tmp_path / "run", [campaign()]))
    named = read_run(write_run(tmp_path / "model=x" / "plan=y" / "account_id=z" / "run", [campaign()]))
    made, same = (decide(default, facts, NOW).decisions for facts in (plain, named))
    assert [one.subject for one in same] == [one.subject for one in made]
    assert [one.evidence for one in same] == [one.evidence for one in made]


def test_a_campaign_is_proposed_for_act_and_touches_nobody_before_a_person_approves(
    default: Policy, facts: RunFacts
) -> None:
    one = of_campaign(default, facts)
    assert (one.verdict, one.proposed, one.approved_by) == ("review", "act", None)
    assert [action.kind for action in one.actions] == ["tag"]
    assert "rate-limit" in [action.kind for action in one.proposed_actions]
    assert [rule.id for rule in one.rules] == ["coordinated-collection", "campaign-found"]
    assert one.accounts == tuple(MEMBERS)
    assert [o.family for o in one.observations if o.family] == ["structure", "timing"]
    assert {i.confidence for i in one.inferences} == {"moderate"}
    assert [e.name for e in one.explanations] == ["licensed distillation"]
    assert one.policy_hash == default.sha256
    assert one.run == facts.sha256
    clauses = {clause.expression: clause for clause in one.rules[0].clauses}
    assert clauses["campaign.q_value <= 0.001"].facts == {"campaign.q_value": 1e-8}
    assert decision_from_json(decision_to_json(one)) == one


def test_a_text_that_strangers_send_too_is_not_the_campaign_s(default: Policy, facts: RunFacts) -> None:
    assert of_campaign(default, facts).templates == ("T1",)


def test_a_decision_walks_back_to_its_exchanges(default: Policy, run: Path, facts: RunFacts) -> None:
    rows = pq.read_table(run / "exchanges.parquet", columns=["exchange_id", "account_id"]).to_pylist()
    sender = {row["exchange_id"]: row["account_id"] for row in rows}
    made = decide(default, facts, NOW).decisions
    assert {one.subject.kind for one in made} == {"campaign", "account"}
    for one in made:
        assert one.evidence
        assert {sender[name] for name in one.evidence} <= set(one.accounts)


def test_bystanders_and_near_misses_are_watched_and_nobody_else(default: Policy, facts: RunFacts) -> None:
    watched = {d.subject.id: d for d in decide(default, facts, NOW).decisions if d.verdict == "watch"}
    assert set(watched) == {*BYSTANDERS, "c0"}
    assert all([action.kind for action in one.actions] == ["observe"] for one in watched.values())
    assert watched["c0"].observations[-1].statement == "a reason about c0"


def test_deciding_twice_gives_the_same_but_for_the_time(default: Policy, run: Path) -> None:
    first, second = (decide(default, read_run(run), NOW).decisions for _ in range(2))
    assert first == second


def test_no_letter_holds_anything_of_another_customer(default: Policy, facts: RunFacts) -> None:
    everyone = set(facts.subjects["account"].ids)
    for one in decide(default, facts, NOW).decisions:
        for text in (one.customer_text, one.proposed_text):
            words = set(re.findall(r"[\w-]+", text))
            assert not words & (everyone | {"C001", "T1"} | set(one.evidence))
            assert "was seen" not in text


def test_a_letter_says_what_was_seen_what_changes_and_how_to_object(default: Policy, facts: RunFacts) -> None:
    one = of_campaign(default, facts)
    for text in (one.customer_text, one.proposed_text):
        for part in (
            one.decision_id,
            "what the requests ask and how they are worded and when they are sent",
            "We rely on",
            "If you see it otherwise",
        ):
            assert part in text
        assert "None" not in text
        assert "{" not in text
    assert "before anything changes for you" in one.customer_text
    assert "20 answers a minute" not in one.customer_text
    assert "20 answers a minute" in one.proposed_text
    assert "limited" in one.proposed_text


def test_an_explanation_that_holds_keeps_a_campaign_from_act_and_is_told(default: Policy, tmp_path: Path) -> None:
    held = [{"name": "one office", "statement": "s", "holds": True}]
    facts = read_run(write_run(tmp_path / "r", [campaign(explanations=held)]))
    one = of_campaign(default, facts)
    assert (one.verdict, one.proposed) == ("review", None)
    assert "what we saw fits this: one office" in one.customer_text


@pytest.mark.parametrize("content", CONTENT)
@pytest.mark.parametrize("coordination", COORDINATION)
def test_any_two_families_that_convict_count_as_both_sides_and_are_told_in_words(
    content: str, coordination: str, default: Policy, tmp_path: Path
) -> None:
    facts = read_run(write_run(tmp_path / "r", [campaign(families=[content, coordination])]))
    one = of_campaign(default, facts)
    assert one.proposed == "act"
    assert not {content, coordination} & set(re.findall(r"\w+", one.customer_text))


CHANGES = st.fixed_dictionaries(
    {
        "q_value": st.none() | st.sampled_from([1e-12, 1e-3, 0.005, 0.2]),
        "families": st.lists(st.sampled_from(FAMILIES), unique=True),
        "exchanges": st.integers(1, 30_000),
    }
)


@given(changes=CHANGES)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_act_is_never_decided_and_never_proposed_without_its_conditions(
    default: Policy, tmp_path_factory: pytest.TempPathFactory, changes: dict[str, object]
) -> None:
    facts = read_run(write_run(tmp_path_factory.mktemp("r") / "run", [campaign(**changes)]))
    for one in decide(default, facts, NOW).decisions:
        assert one.verdict != "act"
        if one.proposed == "act":
            q, families = changes["q_value"], changes["families"]
            assert isinstance(q, float)
            assert q <= 0.01
            assert isinstance(families, list)
            assert len(families) >= 2


def test_what_missing_facts_leave_open_is_said(default: Policy, tmp_path: Path) -> None:
    facts = read_run(write_run(tmp_path / "r", [campaign(q_value=None)]))
    decided = decide(default, facts, NOW)
    assert not [d for d in decided.decisions if d.subject.kind == "campaign"]
    missing = {outcome.rule.id: outcome.missing() for outcome in decided.outcomes}
    assert missing["campaign-found"] == {"campaign.q_value": 1}


def test_a_rule_that_asks_for_act_without_a_campaign_stays_at_review(facts: RunFacts, changed: Changed) -> None:
    policy = changed(
        '    verdict: watch\n    infers: {statement: "Nothing is concluded',
        '    verdict: act\n    infers: {statement: "Nothing is concluded',
    )
    decided = decide(policy, facts, NOW)
    one = next(d for d in decided.decisions if d.subject.id == "c0")
    assert (one.verdict, one.proposed) == ("review", None)
    assert decided.lacking["account", "c0"] == ("q-value", "families")
    assert any("A rule asks for act" in e.statement for e in one.explanations)


def test_organisations_and_templates_can_have_rules(tmp_path: Path, changed: Changed) -> None:
    more = """
  - id: org-in-campaign
    about: organisation
    rationale: r
    legal_basis: terms
    when: [{says: s, that: organisation.accounts >= 2}]
    verdict: watch
    infers: {statement: s, confidence: low}
    evidence: "{organisation.accounts} accounts"
    customer: c
    examples: []
  - id: wide-text
    about: template
    rationale: r
    legal_basis: terms
    when: [{says: s, that: template.accounts == 9 && !template.in_campaign}]
    verdict: watch
    infers: {statement: s, confidence: low}
    evidence: "{template.accounts} accounts"
    customer: c
    examples: []
rules:"""
    policy = changed("\nrules:", "\nrules:" + more.removesuffix("\nrules:"))
    decided = decide(policy, read_run(write_run(tmp_path / "r")), NOW)
    by_kind = {d.subject.kind: d for d in decided.decisions}
    assert (by_kind["organisation"].subject.id, by_kind["organisation"].accounts) == ("org-h", ("h0", "h1"))
    assert by_kind["organisation"].evidence
    assert (by_kind["template"].templates, by_kind["template"].accounts) == (("T4",), ())


def test_an_account_s_explanation_shows_every_clause_with_its_facts(default: Policy, facts: RunFacts) -> None:
    text = explain_rules(decide(default, facts, NOW).outcomes, concerned(facts, "m0"))
    assert "campaign C001" in text
    assert "campaign.q_value <= 0.001   [campaign.q_value = 1e-08]" in text
    assert " ?   the registry holds that licence" in text
    assert concerned(facts, "nobody") == []
    assert letters([]) == "No decision covers this account; there is nothing to send."


def test_what_is_no_run_is_said(tmp_path: Path, run: Path) -> None:
    with pytest.raises(UnreadableInput, match="is no run"):
        read_run(tmp_path)
    (run / "templates.parquet").unlink()
    with pytest.raises(UnreadableInput, match="cannot be read as a table"):
        read_run(run)
    pq.write_table(pq.read_table(run / "accounts.parquet").drop_columns(["verdict"]), run / "accounts.parquet")
    with pytest.raises(BadTable, match="no column verdict"):
        read_run(run, registry(tmp_path))
