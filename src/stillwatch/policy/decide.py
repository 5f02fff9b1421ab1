"""From a run, a policy and licences to decisions, and what of them a log does not hold yet.

``decide`` is pure but for reading exchange ids; the clock is an argument. The same facts under the same policy give the
same ids, so that deciding twice adds nothing. A subject for which no rule holds gets no decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from stillwatch.core import canonical_json
from stillwatch.decisions import Clause, Decision, Explanation, FiredRule, Observation, Subject
from stillwatch.policy.decision_contents import DecisionContents, account_evidence, contents_of
from stillwatch.policy.expressions import TRUE, UNKNOWN
from stillwatch.policy.facts import LETTER_WORDS
from stillwatch.policy.ladder import Rung, climb
from stillwatch.policy.letter import write_letter
from stillwatch.policy.outcomes import Outcome, evaluate, filled
from stillwatch.policy.rules import Policy
from stillwatch.policy.run_facts import RunFacts

__all__ = ["Decided", "decide", "stand"]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a policy comes to on a run.

    Attributes:
        decisions: one a subject for which a rule holds.
        outcomes: every rule on every subject.
        lacking: by subject, conditions of ``act`` that failed though a rule asked for it.
    """

    decisions: tuple[Decision, ...]
    outcomes: tuple[Outcome, ...]
    lacking: Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Case:
    """One subject with the rules that hold for it, before anything is written."""

    kind: str
    number: int
    fired: tuple[Outcome, ...]
    open_: tuple[Outcome, ...]

    @property
    def id(self) -> str:
        return self.fired[0].subjects.ids[self.number]

    def rung(self, policy: Policy) -> Rung:
        subjects = self.fired[0].subjects
        return climb(
            policy.ladder,
            [outcome.rule for outcome in self.fired],
            subjects.value("campaign", "q_value", self.number),
            subjects.value("campaign", "families", self.number),
        )


def stand(policy: Policy, facts: RunFacts) -> tuple[list[Outcome], dict[tuple[str, str], Rung]]:
    """Every rule's outcome, and where each subject for which one holds stands on the ladder."""
    outcomes = evaluate(policy, facts.subjects)
    return outcomes, {(case.kind, case.id): case.rung(policy) for case in _cases(outcomes)}


def _cases(outcomes: Sequence[Outcome]) -> list[_Case]:
    cases = []
    for kind in dict.fromkeys(outcome.rule.about for outcome in outcomes):
        of_kind = [outcome for outcome in outcomes if outcome.rule.about == kind]
        held = np.any([outcome.values == TRUE for outcome in of_kind], axis=0)
        for number in map(int, np.flatnonzero(held)):
            fired = tuple(outcome for outcome in of_kind if outcome.values[number] == TRUE)
            open_ = tuple(outcome for outcome in of_kind if outcome.values[number] == UNKNOWN)
            cases.append(_Case(kind, number, fired, open_))
    return cases


def decide(policy: Policy, facts: RunFacts, now: datetime) -> Decided:
    """Decide a run.

    Args:
        policy: the rules.
        facts: the run's.
        now: when, with its zone.
    """
    outcomes = evaluate(policy, facts.subjects)
    cases = _cases(outcomes)
    samples = account_evidence(facts, [case.id for case in cases if case.kind == "account"])
    made, lacking = [], {}
    for case in cases:
        rung = case.rung(policy)
        if rung.lacking:
            lacking[case.kind, case.id] = rung.lacking
        contents = contents_of(facts, case.kind, case.id, case.number, samples)
        if case.kind == "campaign" and not contents.accounts:
            continue
        made.append(_decision(policy, facts, case, rung, contents, now))
    return Decided(tuple(made), tuple(outcomes), lacking)


def _decision(
    policy: Policy, facts: RunFacts, case: _Case, rung: Rung, contents: DecisionContents, now: datetime
) -> Decision:
    fired = tuple(_fired(outcome, case.number) for outcome in case.fired)
    name = _name(policy, facts, case, contents, fired)
    days = policy.ladder.days
    explanations = (*contents.explanations, *_failed(rung))
    seen = tuple(Observation(filled(outcome.rule.evidence, outcome.subjects, case.number)) for outcome in case.fired)
    bare = Decision(
        decision_id=name,
        time=now,
        subject=Subject(case.kind, case.id),  # type: ignore[arg-type]
        accounts=contents.accounts,
        templates=contents.templates,
        verdict=rung.verdict,
        actions=rung.actions,
        proposed=rung.proposed,
        proposed_actions=rung.proposed_actions,
        waived=rung.waived,
        rules=fired,
        undecided=tuple(outcome.rule.id for outcome in case.open_),
        observations=(*seen, *contents.observations),
        inferences=(*(outcome.rule.infers for outcome in case.fired), *contents.inferences),
        explanations=explanations,
        evidence=contents.evidence,
        expires=now + timedelta(days=days[rung.verdict]),
        proposed_days=days[rung.proposed] if rung.proposed else 0,
        appeal_suspends=policy.ladder.appeal_suspends,
        protection_days=policy.ladder.protection_days,
        policy=policy.title,
        policy_hash=policy.sha256,
        run=facts.sha256,
        customer_text="",
    )
    return replace(
        bare,
        customer_text=_letter(policy, case, bare, rung.verdict),
        proposed_text=_letter(policy, case, bare, rung.proposed) if rung.proposed else "",
    )


def _letter(policy: Policy, case: _Case, decision: Decision, verdict: str) -> str:
    """The letter for one verdict; before an approval, what it would bring is not said to have come."""
    waits = decision.proposed is not None and verdict != decision.proposed
    rules = [outcome for outcome in case.fired if not (waits and outcome.rule.verdict == "act")] or list(case.fired)
    top = [outcome for outcome in rules if outcome.rule.verdict == verdict] or rules
    return write_letter(
        policy,
        decision_id=decision.decision_id,
        verdict=verdict,
        rules=[(one.rule, filled(one.rule.customer, one.subjects, case.number, words=LETTER_WORDS)) for one in top],
        actions=decision.proposed_actions if verdict == decision.proposed else decision.actions,
        explanations=[one for one in decision.explanations if one.name not in _INSIDE],
        about=case.kind,
        days=policy.ladder.days[verdict],
    )


_INSIDE = frozenset({"the ladder's conditions"})


def _failed(rung: Rung) -> tuple[Explanation, ...]:
    """That a rule asked for ``act`` and did not get it is part of what speaks for the customer."""
    if not rung.lacking:
        return ()
    said = {"q-value": "no campaign-level q-value is small enough", "families": "too few families of evidence agree"}
    text = "; ".join(said[name] for name in rung.lacking)
    return (Explanation("the ladder's conditions", f"A rule asks for act, and {text}.", holds=True),)


def _fired(outcome: Outcome, number: int) -> FiredRule:
    rule = outcome.rule
    return FiredRule(rule.id, rule.rationale, rule.legal_basis, rule.verdict, outcome.clauses_of(number))


def _name(policy: Policy, facts: RunFacts, case: _Case, contents: DecisionContents, fired: Sequence[FiredRule]) -> str:
    """Its id: what it is about and why, but not when."""
    said = {
        "run": facts.sha256,
        "policy": policy.sha256,
        "subject": [case.kind, case.id],
        "accounts": contents.accounts,
        "rules": {rule.id: [_plain(clause) for clause in rule.clauses] for rule in fired},
        "open": [outcome.rule.id for outcome in case.open_],
    }
    return f"D-{hashlib.sha256(canonical_json(said)).hexdigest()[:12]}"


def _plain(clause: Clause) -> list[object]:
    return [clause.expression, clause.value, dict(clause.facts)]
