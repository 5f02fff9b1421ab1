"""The evidence ladder: what the rules that hold come to, once ``act`` is held to its conditions.

The highest verdict of the rules that hold, and no more than ``review`` where a condition of ``act`` fails. Where only
a person's approval is wanting, ``act`` is proposed and ``review`` stands meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stillwatch.decisions import ACTIONS, Action
from stillwatch.policy.rules import CONDITIONS, Ladder, Rule, Verdict
from stillwatch.tables import VERDICTS

__all__ = ["Rung", "climb", "joined_actions"]

_ORDER = list(ACTIONS)


@dataclass(frozen=True, slots=True)
class Rung:
    """Where a subject stands.

    Attributes:
        verdict, actions: what holds now.
        proposed, proposed_actions: what an approval would make of it; None where nothing waits.
        waived: conditions of ``act`` that the policy did without.
        lacking: conditions of ``act`` that failed, though a rule asked for it.
    """

    verdict: Verdict
    actions: tuple[Action, ...]
    proposed: Verdict | None = None
    proposed_actions: tuple[Action, ...] = ()
    waived: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


def climb(ladder: Ladder, rules: Sequence[Rule], q_value: float | None, families: Sequence[str] | None) -> Rung:
    """Where the rules that hold put a subject.

    Args:
        ladder: the policy's.
        rules: those that hold; one at least.
        q_value, families: of the subject's campaign; None where it has none.
    """
    asked = [rule for rule in rules if rule.verdict == "act"]
    lower = [rule for rule in rules if rule.verdict != "act"]
    if not asked:
        top = max((rule.verdict for rule in lower), key=VERDICTS.index)
        return Rung(top, joined_actions(rule.actions for rule in lower))
    lacking = [_lacking(ladder, rule, q_value, families) for rule in asked]
    reached = [rule for rule, wanting in zip(asked, lacking, strict=True) if not wanting]
    now = joined_actions([*(rule.meanwhile for rule in asked), *(rule.actions for rule in lower)])
    if not reached:
        return Rung("review", now, lacking=min(lacking, key=len))
    waived = _waived(ladder, reached)
    then = joined_actions([*(rule.actions for rule in reached), *(rule.actions for rule in lower)])
    if "approval" in waived:
        return Rung("act", then, waived=waived)
    return Rung("review", now, "act", then, waived)


def _lacking(ladder: Ladder, rule: Rule, q_value: float | None, families: Sequence[str] | None) -> tuple[str, ...]:
    """Conditions, but for approval, that fail; what is not known fails."""
    holds: Mapping[str, bool] = {
        "q-value": ladder.q_value is None or (q_value is not None and q_value <= ladder.q_value),
        "families": ladder.families is None or (families is not None and len(families) >= ladder.families),
    }
    return tuple(name for name, held in holds.items() if not held and name not in rule.without)


def _waived(ladder: Ladder, rules: Sequence[Rule]) -> tuple[str, ...]:
    """A rule alone may do without an approval only if every other that asks for ``act`` does so too."""
    by_rules = set.intersection(*(set(rule.without) for rule in rules))
    return tuple(name for name in CONDITIONS if name in by_rules or name in ladder.waived)


def joined_actions(several: Iterable[tuple[Action, ...]]) -> tuple[Action, ...]:
    """All actions, weakest kind first; of one kind the strictest."""
    kept: dict[str, Action] = {}
    for action in (one for actions in several for one in actions):
        old = kept.get(action.kind)
        if old is None or _strictness(action) < _strictness(old):
            kept[action.kind] = action
    if len(kept) > 1:
        kept.pop("observe", None)
    return tuple(sorted(kept.values(), key=lambda action: _ORDER.index(action.kind)))


def _strictness(action: Action) -> tuple[float, ...]:
    """Smaller is stricter: fewer requests, fewer words, fewer log probabilities."""
    return tuple(value for value in action.parameters.values() if isinstance(value, int)) or (float("inf"),)
