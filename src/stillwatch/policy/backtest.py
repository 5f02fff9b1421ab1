"""What separates two policies, and what a changed one would have done to an old run, before it does it.

Nothing is written: both are evaluated on the run's facts, and subjects that would stand elsewhere are listed with
the clauses that turned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from stillwatch.decisions import effect_of
from stillwatch.policy.decide import stand
from stillwatch.policy.ladder import Rung
from stillwatch.policy.outcomes import Outcome
from stillwatch.policy.rules import Policy, Rule
from stillwatch.policy.run_facts import RunFacts
from stillwatch.tables import VERDICTS

__all__ = ["Change", "Moved", "Reached", "backtest", "compare", "reach"]

_NOTHING = "no decision"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs between two policies: ``added``, ``removed`` or ``changed``."""

    what: str
    how: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """A subject that would stand elsewhere.

    Attributes:
        kind, id: who.
        accounts: how many accounts that is.
        before, after: where it stands, ``act (waits for approval)`` and the like.
        gained, lost: rules that hold only after, only before.
        turned: clauses of rules in both policies whose value differs.
    """

    kind: str
    id: str
    accounts: int
    before: str
    after: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    turned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """Subjects of one kind that a policy puts at one place.

    Attributes:
        kind: of the subjects.
        standing: where, ``act once approved (rate-limit)`` and the like.
        subjects, accounts: how many, and of how many accounts; one in two campaigns counts twice.
        told: what a customer would be told of it, once in force; empty where nothing is felt.
    """

    kind: str
    standing: str
    subjects: int
    accounts: int
    told: str


def compare(old: Policy, new: Policy) -> list[Change]:
    """What differs in the text of two policies; examples and line numbers aside."""
    changes = [
        Change(part, "changed", (f"{before} -> {after}",))
        for part, before, after in _parts(old, new)
        if before != after
    ]
    before_rules, after_rules = ({rule.id: rule for rule in one.rules} for one in (old, new))
    changes += [Change(f"rule {name}", "removed") for name in before_rules if name not in after_rules]
    changes += [Change(f"rule {name}", "added") for name in after_rules if name not in before_rules]
    for name, rule in after_rules.items():
        if name in before_rules and (details := _differences(_plain(before_rules[name]), _plain(rule))):
            changes.append(Change(f"rule {name}", "changed", details))
    return changes


def _parts(old: Policy, new: Policy) -> list[tuple[str, str, str]]:
    pairs = [
        (f"letter {name}", getattr(old.wording, name), getattr(new.wording, name)) for name in ("sender", "appeal")
    ]
    before, after = (_readable(msgspec.to_builtins(one.ladder)) for one in (old, new))
    return pairs + [(f"ladder {name}", before[name], after[name]) for name in before]


def _readable(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: "waived" if value is None else str(value) for name, value in values.items()}


def _plain(rule: Rule) -> dict[str, object]:
    """A rule without what compiling made of it."""
    return {
        "about": rule.about,
        "verdict": rule.verdict,
        "when": [[(c.says, c.expression.source) for c in group] for group in rule.when],
        "unless": [(c.says, c.expression.source) for c in rule.unless],
        "action": [_action(one.kind, one.parameters) for one in rule.actions],
        "meanwhile": [_action(one.kind, one.parameters) for one in rule.meanwhile],
        "without": list(rule.without),
        "infers": f"{rule.infers.statement} ({rule.infers.confidence})",
        "rationale": rule.rationale,
        "legal_basis": rule.legal_basis,
        "evidence": rule.evidence,
        "customer": rule.customer,
    }


def _action(kind: str, parameters: Mapping[str, object]) -> str:
    return f"{kind} {dict(parameters)}" if parameters else kind


def _differences(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, ...]:
    found: list[str] = []
    for key, value in after.items():
        if value == before[key]:
            continue
        if key in ("when", "unless"):
            old, new = (Counter(map(str, _sources(one))) for one in (before[key], value))
            found += [f"{key} - {text}" for text in (old - new).elements()]
            found += [f"{key} + {text}" for text in (new - old).elements()]
            if old == new:
                found.append(f"{key}: words or grouping")
        else:
            found.append(f"{key}: {before[key]} -> {value}")
    return tuple(found)


def _sources(clauses: Any) -> list[str]:
    """Every expression in a nest of (words, expression) pairs."""
    if isinstance(clauses, tuple):
        return [clauses[1]]
    return [source for inner in clauses for source in _sources(inner)]


def backtest(old: Policy, new: Policy, facts: RunFacts) -> list[Moved]:
    """Subjects of a run that would stand elsewhere under the new policy, in the order of kinds and ids."""
    (before, was), (after, is_) = stand(old, facts), stand(new, facts)
    moved = []
    for key in sorted(was.keys() | is_.keys()):
        left, right = _standing(was.get(key)), _standing(is_.get(key))
        held_before, held_after = _holding(before, key), _holding(after, key)
        if left == right and held_before.keys() == held_after.keys():
            continue
        moved.append(
            Moved(
                *key,
                _accounts(facts, *key),
                left,
                right,
                tuple(sorted(held_after.keys() - held_before.keys())),
                tuple(sorted(held_before.keys() - held_after.keys())),
                tuple(_turned(before, after, key)),
            )
        )
    return moved


def reach(facts: RunFacts, rungs: Mapping[tuple[str, str], Rung]) -> list[Reached]:
    """What a policy comes to on a run, by kind of subject and place, the highest places first.

    Args:
        facts: of the run.
        rungs: where each subject stands, from ``stand``.
    """
    found: dict[tuple[str, str], list[int]] = {}
    told: dict[tuple[str, str], str] = {}
    height: dict[tuple[str, str], int] = {}
    for (kind, name), rung in rungs.items():
        key = kind, _standing(rung)
        found.setdefault(key, []).append(_accounts(facts, kind, name))
        told[key] = " ".join(effect_of(rung.proposed_actions or rung.actions).said)
        height[key] = VERDICTS.index(rung.proposed or rung.verdict)
    order = sorted(found, key=lambda key: (-height[key], key))
    return [Reached(*key, len(found[key]), sum(found[key]), told[key]) for key in order]


def _standing(rung: Rung | None) -> str:
    if rung is None:
        return _NOTHING
    actions = ", ".join(action.kind for action in (rung.proposed_actions if rung.proposed else rung.actions))
    return f"{rung.proposed} once approved ({actions})" if rung.proposed else f"{rung.verdict} ({actions})"


def _place(outcome: Outcome, key: tuple[str, str]) -> int | None:
    if outcome.rule.about != key[0]:
        return None
    return outcome.subjects.places.get(key[1])


def _holding(outcomes: Sequence[Outcome], key: tuple[str, str]) -> dict[str, Outcome]:
    return {
        outcome.rule.id: outcome
        for outcome in outcomes
        if (place := _place(outcome, key)) is not None and outcome.holds(place)
    }


def _turned(before: Sequence[Outcome], after: Sequence[Outcome], key: tuple[str, str]) -> list[str]:
    """Clauses that stand at the same place of a rule in both policies, and came to something else."""
    old = {outcome.rule.id: outcome for outcome in before}
    found = []
    for outcome in after:
        place = _place(outcome, key)
        if place is None or outcome.rule.id not in old or _place(old[outcome.rule.id], key) is None:
            continue
        pairs = zip(old[outcome.rule.id].clauses_of(place), outcome.clauses_of(place), strict=False)
        found += [
            f"{outcome.rule.id}: {was.expression} was {was.value}; {now.expression} is {now.value}"
            for was, now in pairs
            if was.value != now.value
        ]
    return found


def _accounts(facts: RunFacts, kind: str, name: str) -> int:
    if kind == "account":
        return 1
    subjects = facts.subjects[kind]
    return int(subjects.value(kind, "accounts", subjects.places[name]) or 0)
