"""Runs the examples that rules carry: facts in, true, false or unknown out."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.policy.expressions import TRUTHS
from stillwatch.policy.rules import Example, Policy, Rule

__all__ = ["Tried", "try_examples"]


@dataclass(frozen=True, slots=True)
class Tried:
    """One example after its rule was evaluated on it.

    Attributes:
        rule, example: which.
        got: what the rule came to.
        clauses: what each clause says, and what it came to.
    """

    rule: Rule
    example: Example
    got: str
    clauses: tuple[tuple[str, str], ...]

    @property
    def passed(self) -> bool:
        """Whether the rule came to what the example says."""
        return self.got == self.example.gives


def try_examples(policy: Policy) -> list[Tried]:
    """Every example of every rule, in the file's order."""
    return [_try(rule, example) for rule in policy.rules for example in rule.examples]


def _try(rule: Rule, example: Example) -> Tried:
    values = [
        condition.expression.evaluate([example.facts.get(g, {}).get(f) for g, f in condition.expression.facts])
        for condition in rule.conditions
    ]
    said = [condition.says for condition in rule.conditions]
    return Tried(
        rule,
        example,
        TRUTHS[rule.combine(values)],
        tuple((text, TRUTHS[value]) for text, value in zip(said, values, strict=True)),
    )
