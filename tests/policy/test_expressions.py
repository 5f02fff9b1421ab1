"""Clauses have three values, and what is not known never turns into an accusation."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.policy import DEFAULT_POLICY, FACTS, GROUPS, Rule, read_policy
from stillwatch.policy.expressions import FALSE, TRUE, UNKNOWN, WrongExpression, compile_expression
from stillwatch.policy.fact_columns import Column, Subjects, truth_of

RULES = read_policy(DEFAULT_POLICY).rules

KINDS: Mapping[str, st.SearchStrategy[Any]] = {
    "count": st.integers(0, 20_000),
    "number": st.floats(0, 100),
    "share": st.floats(0, 1),
    "p": st.sampled_from([0.0, 1e-12, 1e-3, 0.004, 0.01, 0.5, 1.0]),
    "yes": st.booleans(),
    "text": st.sampled_from(["a", "b", ""]),
    "texts": st.lists(st.sampled_from(["a", "b"]), max_size=2),
}


def one_fact(group: str, field: str) -> st.SearchStrategy[Any]:
    fact = FACTS[group][field]
    if fact.among:
        among = st.sampled_from(fact.among)
        return st.lists(among, unique=True) if fact.kind == "texts" else among
    return KINDS[fact.kind]


@st.composite
def rule_and_facts(draw: st.DrawFn) -> tuple[Rule, dict[tuple[str, str], Any]]:
    rule = draw(st.sampled_from(RULES))
    named = {fact for condition in rule.conditions for fact in condition.expression.facts}
    return rule, {fact: draw(one_fact(*fact)) for fact in sorted(named)}


def value(rule: Rule, facts: Mapping[tuple[str, str], Any]) -> int:
    found = [c.expression.evaluate([facts.get(fact) for fact in c.expression.facts]) for c in rule.conditions]
    return int(rule.combine(found))


@given(drawn=rule_and_facts(), data=st.data())
def test_an_unknown_more_turns_nothing_round(
    drawn: tuple[Rule, dict[tuple[str, str], Any]], data: st.DataObject
) -> None:
    rule, facts = drawn
    full = value(rule, facts)
    assert full in (FALSE, TRUE)
    kept = data.draw(st.sets(st.sampled_from(sorted(facts))))
    partly = value(rule, {fact: facts[fact] for fact in kept})
    assert partly in (full, UNKNOWN)
    fewer = data.draw(st.sets(st.sampled_from(sorted(kept)))) if kept else set()
    assert value(rule, {fact: facts[fact] for fact in fewer}) in (partly, UNKNOWN)


@given(group=st.sampled_from(sorted(GROUPS)), data=st.data())
def test_that_holds_for_any_clause_that_compiles(group: str, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(FACTS[group])))
    other = data.draw(st.sampled_from(sorted(FACTS[group])))
    literal = {"count": "7", "number": "7.5", "share": "0.5", "p": "0.5", "yes": "true", "text": "'a'"}
    atoms = []
    for name in (field, other):
        fact = FACTS[group][name]
        said = f"'{fact.among[0]}'" if fact.among else literal.get(fact.kind, "")
        atoms.append(f"size({group}.{name}) > 1" if fact.kind == "texts" else f"{group}.{name} == {said}")
    glue = data.draw(st.sampled_from(["{} && {}", "{} || {}", "!({}) && {}", "!({}) || !({})", "({}) ? {} : true"]))
    made = compile_expression(glue.format(*atoms), group)
    values = [data.draw(one_fact(*fact)) for fact in made.facts]
    full = made.evaluate(values)
    for known in itertools.product([True, False], repeat=len(values)):
        assert made.evaluate([v if k else None for v, k in zip(values, known, strict=True)]) in (full, UNKNOWN)


def test_and_or_not_are_kleene_s() -> None:
    yes, no = "campaign.accounts > 1", "campaign.exchanges > 1"
    both, either = compile_expression(f"{yes} && {no}", "campaign"), compile_expression(f"{yes} || {no}", "campaign")
    order = both.facts
    assert order == (("campaign", "accounts"), ("campaign", "exchanges"))
    for a, b in itertools.product([0, 5, None], repeat=2):
        left, right = (UNKNOWN if x is None else TRUE if x else FALSE for x in (a, b))
        assert both.evaluate([a, b]) == min(left, right)
        assert either.evaluate([a, b]) == max(left, right)


@pytest.mark.parametrize(
    ("source", "problem", "hint"),
    [
        ("campaign.q_vale < 1.0", "campaign has no fact 'q_vale'", "did you mean q_value?"),
        ("campain.q_value < 1.0", "there are no facts called 'campain'", "did you mean campaign?"),
        ("account.days > 1.0", "sees nothing of an account", "it sees campaign, run"),
        ("campaign.accounts + campaign.q_value > 3.0", "cannot be worked out: No such overload", "mixes no types"),
        ("campaign.accounts", "gives 0", "compare with something"),
        ("campaign.accounts >", "is no CEL: at character 20", ""),
        ("has(campaign.accounts)", "'has' has no place", "an unknown could accuse"),
        ("campaign.accounts == null", "'null' has no place", "an unknown could accuse"),
        ("campaign.?accounts.orValue(1) > 0", "'orValue' has no place", "an unknown could accuse"),
        ("campaign[?'accounts'] == 1", "optional values have no place", "an unknown could accuse"),
        ("campaign['accounts'] > 1", "'campaign' is a group of facts", "name one"),
        ("size(campaign) > 3", "'campaign' is a group of facts", "name one"),
        ("campaign.families.exists(x, y == 'a')", "there are no facts called 'y'", ""),
        ("campaign.families.exists(campaign, campaign == 'a')", "'campaign' is a group of facts", ""),
        ("campaign.families.first == 'timing'", "holds nothing called 'first'", "plain value"),
        ("length(campaign.families) > 1", "there is no function 'length'", ""),
        ("'timng' in campaign.families", "which it never holds", "did you mean timing?"),
        ("campaign.training_confidence == 'hihg'", "which it never holds", "did you mean high?"),
        ("campaign.accounts == 'x'", "compares campaign.accounts with 'x'", "is a count"),
        ("1 < 2", "names no fact", "compare a fact"),
    ],
)
def test_what_cannot_be_a_clause_is_refused_with_a_way_out(source: str, problem: str, hint: str) -> None:
    with pytest.raises(WrongExpression) as refused:
        compile_expression(source, "campaign")
    assert problem in str(refused.value)
    assert hint in (refused.value.hint or "")


def test_arithmetic_without_a_result_says_nothing_of_anyone() -> None:
    made = compile_expression("campaign.exchanges / campaign.accounts > 5", "campaign")
    assert made.evaluate([0, 10]) == UNKNOWN
    assert made.evaluate([1, 10]) == TRUE


COLUMNS = st.lists(
    st.tuples(st.sampled_from([1, 5, 9, None]), st.sampled_from([0.1, 2.5, float("nan"), None])),
    min_size=1,
    max_size=30,
)


@given(rows=COLUMNS)
def test_by_column_is_as_one_by_one(rows: list[tuple[int | None, float | None]]) -> None:
    made = compile_expression("run.accounts > 4 || run.days < 1.0", "campaign")
    counts, days = ([row[i] for row in rows] for i in (0, 1))
    columns = {("run", "accounts"): Column.each(counts), ("run", "days"): Column.each(days)}
    subjects = Subjects("campaign", [str(i) for i in range(len(rows))], columns)
    plain = [None if day is None or day != day else day for day in days]
    assert truth_of(made, subjects).tolist() == [made.evaluate([n, d]) for n, d in zip(counts, plain, strict=True)]


@given(
    values=st.lists(st.lists(st.sampled_from([FALSE, UNKNOWN, TRUE]), min_size=7, max_size=7), min_size=1, max_size=9)
)
def test_a_rule_combines_arrays_as_it_combines_numbers(values: list[list[int]]) -> None:
    rule = next(rule for rule in RULES if rule.id == "coordinated-collection")
    width = len(list(rule.conditions))
    rows = np.array([(row * 2)[:width] for row in values], np.int16)
    assert rule.combine(list(rows.T)).tolist() == [rule.combine(row.tolist()) for row in rows]
