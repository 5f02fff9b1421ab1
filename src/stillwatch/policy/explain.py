"""Explains how an account stands, clause by clause for the analyst, and as a letter for the customer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from stillwatch.core.printed import one_line
from stillwatch.decisions import Action, Appeal, Clause, Decision, LoggedDecision, Observation
from stillwatch.policy.expressions import TRUTHS
from stillwatch.policy.facts import FACTS, render
from stillwatch.policy.outcomes import Outcome
from stillwatch.policy.run_facts import RunFacts

__all__ = ["appeal_news", "concerned", "explain_decision", "explain_rules", "letters"]

_HELD = {True: "holds", False: "does not hold", None: "cannot be told"}
_MOST_FREE = 20
_MARKS = {"true": "yes", "false": "no ", "unknown": " ? "}


def concerned(facts: RunFacts, account: str) -> list[tuple[str, str]]:
    """The subjects whose rules concern an account, as (kind, id); empty where the run does not know it."""
    accounts = facts.subjects["account"]
    place = accounts.places.get(account)
    if place is None:
        return []
    found = [("account", account)]
    campaigns = facts.campaigns.values()
    found += [("campaign", row["campaign_id"]) for row in campaigns if account in row["account_ids"]]
    for kind, field in (("licence", "licence_id"), ("organisation", "organisation")):
        name = accounts.value("account", field, place)
        if name is not None:
            found.append((kind, name))
    return found


def explain_rules(outcomes: Sequence[Outcome], subjects: Sequence[tuple[str, str]]) -> str:
    """Every rule about these subjects, clause by clause, with the facts that were known."""
    parts = []
    for kind, name in subjects:
        of_kind = [one for one in outcomes if one.rule.about == kind and name in one.subjects.places]
        if of_kind:
            parts.append(one_line(f"{kind} {name}"))
            parts += ["\n".join(_rule(one, one.subjects.places[name])) for one in of_kind]
    return "\n\n".join(parts)


def _rule(outcome: Outcome, place: int) -> Iterator[str]:
    rule = outcome.rule
    value = TRUTHS[outcome.values[place]]
    verb = {"true": "holds", "false": "does not hold", "unknown": "is open: a fact is missing"}[value]
    yield f"  {rule.id} ({rule.verdict}) {verb}"
    for clause in outcome.clauses_of(place):
        yield from map(one_line, _clause(clause))


_LEADS = {"all": "", "any": "one of: ", "unless": "unless "}


def _clause(clause: Clause) -> Iterator[str]:
    known = ", ".join(f"{name} = {_shown(name, value)}" for name, value in sorted(clause.facts.items()))
    yield f"    {_MARKS[clause.value]}  {_LEADS[clause.role]}{clause.says}"
    yield f"         {clause.expression}   [{known or 'not known'}]"


def _shown(name: str, value: object) -> str:
    """A fact as it is: rounding would hide on which side of a line it lies."""
    group, _, field = name.partition(".")
    if isinstance(value, float):
        return f"{value:.6g}"
    return render(FACTS[group][field].kind, value) if not isinstance(value, list) else f"{value}"


def explain_decision(standing: LoggedDecision) -> str:
    """A decision of a log for the analyst: state, rules with clauses, what was seen, concluded and considered."""
    decision = standing.decision
    lines = [
        f"{decision.decision_id}  {decision.subject.kind} {decision.subject.id}: {decision.verdict}, {standing.state}",
        f"  made {_when(decision.time)} under {decision.policy}; expires {_when(decision.expires)}",
        f"  gateway: {_actions(decision.actions)}",
        *_approval(decision),
    ]
    if standing.assessment:
        one = standing.assessment
        but = f", but for {', '.join(sorted(one.excepted))}" if one.excepted else ""
        lines.append(f"  assessed by {one.by} on {_when(one.time)}{but}: {one.reason}")
    if free := sorted(standing.exempt.intersection(decision.accounts)):
        more = f" and {len(free) - _MOST_FREE:,} more" if len(free) > _MOST_FREE else ""
        lines.append(f"  does not hold for {', '.join(free[:_MOST_FREE])}{more}")
    for rule in decision.rules:
        lines += [f"  rule {rule.id} ({rule.verdict}): {rule.rationale}", f"    rests on: {rule.legal_basis}"]
        lines += [line for clause in rule.clauses for line in _clause(clause)]
    if decision.undecided:
        lines.append(f"  left open for want of facts: {', '.join(decision.undecided)}")
    strongest = sorted(decision.observations, key=lambda one: one.p_value or 0.0)
    lines += [f"  seen{_strength(one)}: {one.statement}" for one in strongest]
    lines += [f"  concluded ({one.confidence}): {one.statement}" for one in decision.inferences]
    lines += [f"  considered: {one.name}: {_HELD[one.holds]}. {one.statement}" for one in decision.explanations]
    for appeal in standing.appeals:
        outcome = f"{appeal.outcome}: {appeal.reason}" if appeal.outcome else "open"
        whose = appeal.account or "all accounts"
        lines.append(f"  appeal {appeal.appeal_id} of {appeal.by} for {whose}: {appeal.statement} ({outcome})")
    if standing.verified:
        lines.append(f"  shown who they are, and asked no more: {', '.join(sorted(standing.verified))}")
    lines.append(f"  exchanges to look up: {', '.join(decision.evidence[:10]) or 'none kept'}")
    return "\n".join(map(one_line, lines))


def _approval(decision: Decision) -> Iterator[str]:
    if decision.approved_by and decision.approved_at:
        yield f"  approved by {decision.approved_by} on {_when(decision.approved_at)}"
    if decision.proposed:
        yield f"  waits for approval: {decision.proposed}, then {_actions(decision.proposed_actions)}"
    if decision.waived:
        yield f"  the policy does without: {', '.join(decision.waived)}"


def _strength(one: Observation) -> str:
    """By what family, and how often chance alone shows as much: what is not seen beyond chance stands here too."""
    if one.p_value is None:
        return f" ({one.family})" if one.family else ""
    return f" ({one.family}, p-value {render('p', one.p_value)})"


def _when(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _actions(actions: Sequence[Action]) -> str:
    return ", ".join(f"{action.kind}{_parameters(action)}" for action in actions)


def _parameters(action: Action) -> str:
    given = ", ".join(f"{name} {value}" for name, value in action.parameters.items())
    return f" ({given})" if given else ""


def appeal_news(standing: LoggedDecision, account: str) -> list[str]:
    """What became of an account's appeals against a decision, as the customer can be told."""
    return [
        _news(appeal, standing.decision.decision_id) for appeal in standing.appeals if appeal.account in (None, account)
    ]


def _news(appeal: Appeal, decision_id: str) -> str:
    against = f"appeal {appeal.appeal_id} against {decision_id}"
    if appeal.outcome == "confirmed":
        return f"Your {against} was heard, and the decision stands: {appeal.reason}"
    if appeal.outcome == "reversed":
        until = f" We do not decide so again on the same grounds before {_day(appeal.until)}." if appeal.until else ""
        return f"Your {against} was upheld: {appeal.reason} The decision does not apply to you any more.{until}"
    rests = " Until it is decided, the decision does not apply to you." if appeal.suspends else ""
    return f"Your {against} is open.{rests}"


def _day(time: datetime) -> str:
    return f"{time.day} {time:%B %Y}"


def letters(decisions: Sequence[Decision], news: Sequence[str] = ()) -> str:
    """What the customer can be sent: what became of appeals, and a letter a decision."""
    texts = [*news, *(decision.customer_text for decision in decisions)]
    return f"\n\n{'-' * 60}\n\n".join(texts) or "No decision covers this account; there is nothing to send."
