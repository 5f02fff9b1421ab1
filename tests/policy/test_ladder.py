"""The ladder: no ``act`` without its three conditions, and more evidence never means less."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.decisions import ACTIONS, Action
from stillwatch.policy import DEFAULT_POLICY, Rule, read_policy
from stillwatch.policy.ladder import climb, joined_actions
from stillwatch.policy.rules import CONDITIONS
from stillwatch.tables import FAMILIES, VERDICTS

POLICY = read_policy(DEFAULT_POLICY)
BASE = POLICY.rules[0]

ACTION = st.one_of(
    st.builds(Action, st.sampled_from(["observe", "tag", "strip-logprobs", "verify", "block"])),
    st.builds(lambda n: Action("rate-limit", {"requests_per_minute": n}), st.integers(1, 99)),
)
RULES = st.builds(
    lambda name, verdict, without, actions: replace(
        BASE, id=name, verdict=verdict, without=without, actions=tuple(actions)
    ),
    st.text("ab", min_size=1, max_size=3),
    st.sampled_from(VERDICTS),
    st.sampled_from([(), ("approval",), ("q-value",), ("families", "q-value"), CONDITIONS]),
    st.lists(ACTION, min_size=1, max_size=3),
)
HELD = st.lists(RULES, min_size=1, max_size=4, unique_by=lambda rule: rule.id)
Q = st.none() | st.sampled_from([0.0, 1e-9, 0.01, 0.0101, 1.0])
SEEN = st.none() | st.lists(st.sampled_from(FAMILIES), unique=True)


@given(rules=HELD, q=Q, families=SEEN)
def test_no_act_without_the_three_conditions(rules: list[Rule], q: float | None, families: list[str] | None) -> None:
    rung = climb(POLICY.ladder, rules, q, families)
    for verdict, waited in ((rung.verdict, False), (rung.proposed, True)):
        if verdict != "act":
            continue
        asked = [rule for rule in rules if rule.verdict == "act"]
        assert any("q-value" in rule.without for rule in asked) or (q is not None and q <= 0.01)
        assert any("families" in rule.without for rule in asked) or len(families or ()) >= 2
        assert waited or any("approval" in rule.without for rule in asked)
    if not any(rule.without for rule in rules):
        assert rung.verdict != "act"


@given(rules=HELD, more=RULES, q=Q, families=SEEN)
def test_a_rule_more_never_lowers_what_is_reached(
    rules: list[Rule], more: Rule, q: float | None, families: list[str] | None
) -> None:
    before, after = (climb(POLICY.ladder, held, q, families) for held in (rules, [*rules, more]))
    reach = [VERDICTS.index(rung.proposed or rung.verdict) for rung in (before, after)]
    assert reach[0] <= reach[1]


@given(rules=HELD, families=st.lists(st.sampled_from(FAMILIES), unique=True), more=st.sampled_from(FAMILIES))
def test_stronger_evidence_never_lowers_what_is_reached(rules: list[Rule], families: list[str], more: str) -> None:
    weak = climb(POLICY.ladder, rules, 0.5, families)
    strong = climb(POLICY.ladder, rules, 1e-9, [*families, *({more} - set(families))])
    reach = [VERDICTS.index(rung.proposed or rung.verdict) for rung in (weak, strong)]
    assert reach[0] <= reach[1]


@given(rules=HELD, q=Q, families=SEEN)
def test_what_a_customer_feels_waits_for_act(rules: list[Rule], q: float | None, families: list[str] | None) -> None:
    # As a policy is read: felt actions stand in rules that ask for act alone.
    read = [rule if rule.verdict == "act" else replace(rule, actions=(Action("tag"),)) for rule in rules]
    rung = climb(POLICY.ladder, read, q, families)
    if rung.verdict != "act":
        assert {action.kind for action in rung.actions} <= {"observe", "tag"}


@pytest.mark.parametrize(
    ("q", "families", "lacking"),
    [
        (None, ["timing", "shape"], ("q-value",)),
        (0.02, ["timing", "shape"], ("q-value",)),
        (1e-9, ["timing"], ("families",)),
        (1e-9, None, ("families",)),
        (None, None, ("q-value", "families")),
    ],
)
def test_what_act_lacks_is_said(q: float | None, families: list[str] | None, lacking: tuple[str, ...]) -> None:
    rung = climb(POLICY.ladder, [BASE], q, families)
    assert (rung.verdict, rung.proposed, rung.lacking) == ("review", None, lacking)


def test_an_operator_s_word_waives_a_condition_and_is_kept() -> None:
    rung = climb(replace(POLICY.ladder, approval=False), [BASE], 1e-9, ["timing", "shape"])
    assert (rung.verdict, rung.proposed, rung.waived) == ("act", None, ("approval",))
    rung = climb(replace(POLICY.ladder, q_value=None, families=None), [BASE], None, None)
    assert (rung.verdict, rung.proposed, rung.waived) == ("review", "act", ("q-value", "families"))


def test_one_rule_s_waiver_does_not_approve_another_rule() -> None:
    hasty = replace(BASE, id="hasty", without=("approval",))
    assert climb(POLICY.ladder, [hasty], 1e-9, ["timing", "shape"]).verdict == "act"
    assert climb(POLICY.ladder, [BASE, hasty], 1e-9, ["timing", "shape"]).verdict == "review"


@given(several=st.lists(st.lists(ACTION, max_size=4).map(tuple), max_size=4))
def test_joined_actions_are_each_kind_once_the_strictest_weakest_kind_first(several: list[tuple[Action, ...]]) -> None:
    made = joined_actions(several)
    kinds = [action.kind for action in made]
    assert kinds == sorted(set(kinds), key=list(ACTIONS).index)
    given_ = [action for actions in several for action in actions]
    assert {a.kind for a in given_} - set(kinds) <= {"observe"}
    for action in made:
        if action.kind == "rate-limit":
            assert action.parameters["requests_per_minute"] == min(
                int(a.parameters["requests_per_minute"]) for a in given_ if a.kind == "rate-limit"
            )
