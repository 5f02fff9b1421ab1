"""What a policy is once read: rules, the ladder's conditions, and how long decisions hold.

Policy > Rule > Condition      clauses that must hold, alternatives, and exceptions
       > Ladder                what ``act`` needs, which actions each verdict may take, expiry
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stillwatch.decisions import Action, Inference
from stillwatch.policy.expressions import FALSE, TRUE, Expression

__all__ = ["CONDITIONS", "FELT", "Condition", "Example", "Ladder", "Policy", "Rule", "Wording"]

Verdict = Literal["clear", "watch", "review", "act"]

CONDITIONS = ("q-value", "families", "approval")
"""What the verdict ``act`` needs, unless an operator writes otherwise."""

FELT = (
    "rate-limit",
    "cap-logprobs",
    "strip-logprobs",
    "hide-reasoning",
    "summarise-reasoning",
    "verify",
    "watermark",
    "block",
)
"""Actions that change what a customer gets. Below ``act`` nobody is touched, unless an operator writes otherwise."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One clause.

    Attributes:
        says: what it asks, in plain words.
        expression: what it evaluates.
        line: where it stands in the policy file.
    """

    says: str
    expression: Expression
    line: int


@dataclass(frozen=True, slots=True)
class Example:
    """Facts and what the rule must make of them: true, false or unknown. A rule's examples are its tests."""

    name: str
    facts: Mapping[str, Mapping[str, Any]]
    gives: str
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. It holds when every ``when`` holds and no ``unless`` does.

    Attributes:
        about: the kind of subject.
        when: groups of clauses; within a group one is enough. A clause alone is a group of one.
        unless: clauses of which one is enough to set the rule aside.
        verdict: where it puts its subject.
        actions: what the gateway then does.
        meanwhile: what it does while ``act`` waits for a person.
        without: conditions of ``act`` that this rule does without.
        infers: what it concludes, and how surely.
        evidence: what an analyst reads, with ``{group.field}`` in it.
        customer: what the customer reads, likewise.
        line: where it stands in the policy file.
    """

    id: str
    about: str
    rationale: str
    legal_basis: str
    when: tuple[tuple[Condition, ...], ...]
    unless: tuple[Condition, ...]
    verdict: Verdict
    actions: tuple[Action, ...]
    meanwhile: tuple[Action, ...]
    without: tuple[str, ...]
    infers: Inference
    evidence: str
    customer: str
    examples: tuple[Example, ...]
    line: int

    @property
    def conditions(self) -> Iterator[Condition]:
        """Every clause, in the file's order; ``combine`` takes their values in it."""
        for group in self.when:
            yield from group
        yield from self.unless

    @property
    def roles(self) -> Iterator[str]:
        """What each clause is to the rule, in the order of ``conditions``: all, any or unless."""
        for group in self.when:
            yield from ["any" if len(group) > 1 else "all"] * len(group)
        yield from ["unless"] * len(self.unless)

    def combine(self, values: Sequence[Any]) -> Any:
        """The rule's value from its clauses' values: numbers, or arrays of them, element by element."""
        at = 0
        whole: Any = TRUE
        for group in self.when:
            of_group: Any = FALSE
            for value in values[at : at + len(group)]:
                of_group = _or(of_group, value)
            whole = _and(whole, of_group)
            at += len(group)
        for value in values[at:]:
            whole = _and(whole, TRUE - value)
        return whole


def _and(a: Any, b: Any) -> Any:
    # The least of two values of {0, 1, 2}, for numbers and arrays alike.
    return (a + b - abs(a - b)) // 2


def _or(a: Any, b: Any) -> Any:
    return (a + b + abs(a - b)) // 2


@dataclass(frozen=True, slots=True)
class Ladder:
    """The evidence ladder ``clear < watch < review < act``.

    Attributes:
        q_value: most that a campaign's q-value may be for ``act``; None: waived.
        families: fewest families of evidence for ``act``; None: waived.
        approval: whether ``act`` needs a person.
        felt_from: the verdict from which actions that a customer feels may be taken.
        actions: for each verdict, what the gateway does where a rule says nothing.
        days: for each verdict, days until a decision expires.
        appeal_suspends: whether a decision rests while an appeal is open.
        protection_days: how long a reversal keeps decisions on the same rules away.
    """

    q_value: float | None
    families: int | None
    approval: bool
    felt_from: Verdict
    actions: Mapping[str, tuple[Action, ...]]
    days: Mapping[str, int]
    appeal_suspends: bool
    protection_days: int

    @property
    def waived(self) -> tuple[str, ...]:
        """Conditions of ``act`` that the operator does without."""
        given = {"q-value": self.q_value is not None, "families": self.families is not None, "approval": self.approval}
        return tuple(name for name in CONDITIONS if not given[name])


@dataclass(frozen=True, slots=True)
class Wording:
    """What letters to customers say beside the reasons: who writes, and how to appeal."""

    sender: str
    appeal: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy file, read and checked.

    Attributes:
        name, version: as the file says.
        file: its path.
        sha256: of its bytes.
        rules: in the file's order.
    """

    name: str
    version: str
    file: str
    sha256: str
    ladder: Ladder
    wording: Wording
    rules: tuple[Rule, ...]

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}"

    def about(self, kind: str) -> tuple[Rule, ...]:
        """Its rules about one kind of subject."""
        return tuple(rule for rule in self.rules if rule.about == kind)
