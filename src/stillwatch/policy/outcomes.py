"""What a policy's rules come to on a run's subjects: every clause, three-valued, by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.decisions import Clause
from stillwatch.policy.expressions import TRUE, TRUTHS, UNKNOWN
from stillwatch.policy.fact_columns import Subjects, truth_of
from stillwatch.policy.facts import FACTS, FAMILY_WORDS, render
from stillwatch.policy.policy_file import PLACEHOLDER
from stillwatch.policy.rules import Condition, Policy, Rule

__all__ = ["Outcome", "evaluate", "filled"]

I8 = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One rule on all subjects of its kind.

    Attributes:
        rule: the rule.
        subjects: whom it was evaluated on.
        values: its value for each (n).
        clauses: each clause's value for each (n), in the order of ``rule.conditions``.
    """

    rule: Rule
    subjects: Subjects
    values: I8
    clauses: tuple[I8, ...]

    def clauses_of(self, subject: int) -> tuple[Clause, ...]:
        """The clauses as one subject met them, each with the facts that were known."""
        return tuple(
            Clause(
                says=condition.says,
                expression=condition.expression.source,
                value=TRUTHS[values[subject]],  # type: ignore[arg-type]
                facts=self._facts(condition, subject),
                role=role,  # type: ignore[arg-type]
            )
            for condition, role, values in zip(self.rule.conditions, self.rule.roles, self.clauses, strict=True)
        )

    def _facts(self, condition: Condition, subject: int) -> dict[str, object]:
        named = ((f"{g}.{f}", self.subjects.value(g, f, subject)) for g, f in condition.expression.facts)
        return {name: value for name, value in named if value is not None}

    def missing(self) -> dict[str, int]:
        """Facts whose absence leaves the rule open, each with the number of subjects."""
        open_ = self.values == UNKNOWN
        found: dict[str, int] = {}
        for condition, values in zip(self.rule.conditions, self.clauses, strict=True):
            stuck = open_ & (values == UNKNOWN)
            if not stuck.any():
                continue
            for group, field in condition.expression.facts:
                column = self.subjects.columns.get((group, field))
                lacking = int(stuck.sum() if column is None else (stuck & (column.codes < 0)).sum())
                if lacking:
                    name = f"{group}.{field}"
                    found[name] = max(found.get(name, 0), lacking)
        return found

    def count(self, value: int) -> int:
        """How many subjects it has that value for."""
        return int((self.values == value).sum())

    def holds(self, subject: int) -> bool:
        """Whether it holds for one subject."""
        return bool(self.values[subject] == TRUE)


def evaluate(policy: Policy, subjects: Mapping[str, Subjects]) -> list[Outcome]:
    """Every rule on every subject of its kind, in the policy's order.

    Args:
        policy: the policy.
        subjects: by kind.
    """
    outcomes = []
    for rule in policy.rules:
        of = subjects[rule.about]
        clauses = tuple(truth_of(condition.expression, of) for condition in rule.conditions)
        values = np.asarray(rule.combine([one.astype(np.int16) for one in clauses]), np.int8)
        outcomes.append(Outcome(rule, of, values, clauses))
    return outcomes


def filled(template: str, subjects: Subjects, subject: int, *, words: Mapping[str, str] = FAMILY_WORDS) -> str:
    """A text with its ``{group.field}`` filled in from one subject's facts; ``words`` say families of evidence."""

    def one(name: str) -> str:
        group, _, field = name.partition(".")
        return render(FACTS[group][field].kind, subjects.value(group, field, subject), words=words)

    return PLACEHOLDER.sub(lambda found: one(found[1]), " ".join(template.split()))
