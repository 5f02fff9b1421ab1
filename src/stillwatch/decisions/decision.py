"""A decision: what is to be done about whom, why, for how long, and what the customer is told.

Policy makes decisions, a person approves them, the gateway applies them, the console shows them. Each is one
JSON object in a hash-chained log; ``in_force`` folds that log into what is in force. Observation and inference
stay apart, and ``evidence`` holds the ids of exchanges, so that a decision can be walked back to its records.

    Decision > Action            what the gateway does, weakest first in ACTIONS
             > FiredRule         > Clause, each true, false or unknown
             > Observation, Inference, Explanation

To add an action, give it a line in ``ACTIONS`` and teach the gateway to apply it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from stillwatch.core.errors import BadDecision
from stillwatch.core.terms import VERDICTS

__all__ = [
    "ACTIONS",
    "Action",
    "Clause",
    "Decision",
    "Explanation",
    "FiredRule",
    "Inference",
    "Observation",
    "Parameter",
    "Subject",
    "decision_from_json",
    "decision_to_json",
]

Verdict = Literal["clear", "watch", "review", "act"]
Truth = Literal["true", "false", "unknown"]
SubjectKind = Literal["account", "organisation", "campaign", "template", "licence"]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Text = Annotated[str, msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an action: its type, and for numbers the least and greatest value.

    Attributes:
        kind: ``int`` or ``str``.
        required: whether an action without it is refused.
    """

    kind: type
    required: bool = False
    least: int = 0
    most: int = 2**53


ACTIONS: Mapping[str, Mapping[str, Parameter]] = {
    "observe": {},
    "tag": {"tag": Parameter(str)},
    "rate-limit": {
        "requests_per_minute": Parameter(int, required=True, least=1),
        "burst": Parameter(int, least=1),
        "tokens_per_minute": Parameter(int, least=1),
    },
    "cap-logprobs": {"top_logprobs": Parameter(int, required=True, most=20)},
    "strip-logprobs": {},
    "hide-reasoning": {},
    "summarise-reasoning": {"words": Parameter(int, least=1)},
    "verify": {"url": Parameter(str)},
    "watermark": {"key": Parameter(str)},
    "block": {},
}
"""What the gateway can be told to do, weakest first, each with its parameters."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing for the gateway to do.

    Raises:
        ValueError: no such action, or a parameter is unknown, missing or out of range.
    """

    kind: str
    parameters: Mapping[str, int | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = ACTIONS.get(self.kind)
        if known is None:
            raise ValueError(f"no action {self.kind!r}; there are {', '.join(ACTIONS)}")
        for name, value in self.parameters.items():
            if name not in known:
                raise ValueError(f"{self.kind} takes no {name!r}; it takes {', '.join(known) or 'nothing'}")
            wanted = known[name]
            if type(value) is not wanted.kind:
                raise ValueError(f"{name} of {self.kind} is {value!r}, and must be of type {wanted.kind.__name__}")
            if isinstance(value, int) and not wanted.least <= value <= wanted.most:
                raise ValueError(f"{name} of {self.kind} is {value}, and must be {wanted.least} to {wanted.most}")
        for name, wanted in known.items():
            if wanted.required and name not in self.parameters:
                raise ValueError(f"{self.kind} needs {name!r}")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a decision is about. A campaign's id holds only within its run."""

    kind: SubjectKind
    id: Text


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a rule as it was evaluated.

    Attributes:
        says: what it asks, in plain words.
        expression: the CEL expression.
        value: ``unknown`` where a fact it needs is missing.
        facts: the facts it names that were known, by name.
        role: ``all`` must hold; of ``any`` next to each other one must; ``unless`` must not hold.
    """

    says: str
    expression: str
    value: Truth
    facts: Mapping[str, Any] = field(default_factory=dict)
    role: Literal["all", "any", "unless"] = "all"


@dataclass(frozen=True, slots=True)
class FiredRule:
    """A rule that held, with each of its clauses."""

    id: Text
    rationale: str
    legal_basis: str
    verdict: Verdict
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen. ``background`` is the same quantity in the log's own background."""

    statement: Text
    family: str | None = None
    value: float | None = None
    background: float | None = None
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class Inference:
    """What is concluded from what was seen, and how surely: low, moderate or high."""

    statement: Text
    confidence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """An honest explanation that was considered, and whether it holds; None where the log cannot tell."""

    name: Text
    statement: str
    holds: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision.

    Attributes:
        decision_id: the same facts under the same policy give the same id.
        time: when it was made.
        subject: whom or what it is about.
        accounts: every account it covers.
        templates: template ids of the run that it covers, so that a new account that sends one is seen.
        verdict: where on the ladder it stands. ``act`` stands only approved, unless the policy waives that.
        actions: what the gateway does at that verdict.
        proposed, proposed_actions: what an approval turns ``verdict`` and ``actions`` into; None where nothing waits.
        waived: conditions of ``act`` (approval, q-value, families) that the operator's policy does without.
        rules: those that fired.
        undecided: ids of rules that missing facts left open.
        observations, inferences, explanations: what was seen, concluded and considered.
        evidence: exchange ids.
        expires: when it ends by itself.
        policy: name and version; policy_hash: SHA-256 of the policy file.
        run: SHA-256 of the run's ``run.json``.
        supersedes: ids of decisions that this one replaces.
        customer_text: what the customer can be sent; holds nothing of another customer.
        proposed_text: what an approval turns ``customer_text`` into.
        proposed_days: days that it then lasts from the approval; 0: until ``expires``.
        appeal_suspends: whether it rests while an appeal is open.
        protection_days: how long a reversal keeps decisions on the same rules away.
        approved_by, approved_at: the person who let ``act`` happen, and when.
    """

    decision_id: Text
    time: Moment
    subject: Subject
    accounts: tuple[str, ...]
    templates: tuple[str, ...] = ()
    verdict: Verdict
    actions: tuple[Action, ...]
    proposed: Verdict | None = None
    proposed_actions: tuple[Action, ...] = ()
    waived: tuple[str, ...] = ()
    rules: tuple[FiredRule, ...]
    undecided: tuple[str, ...] = ()
    observations: tuple[Observation, ...] = ()
    inferences: tuple[Inference, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    evidence: tuple[str, ...] = ()
    expires: Moment
    policy: str
    policy_hash: str
    run: str
    supersedes: tuple[str, ...] = ()
    customer_text: str
    proposed_text: str = ""
    proposed_days: int = 0
    appeal_suspends: bool = True
    protection_days: int = 90
    approved_by: str | None = None
    approved_at: Moment | None = None

    def __post_init__(self) -> None:
        if self.verdict == "act" and not self.approved_by and "approval" not in self.waived:
            raise ValueError("the verdict act needs a person's approval, and none is recorded")
        if self.expires <= self.time:
            raise ValueError("the decision expires before it is made")
        if self.proposed and VERDICTS.index(self.proposed) <= VERDICTS.index(self.verdict):
            raise ValueError(f"the proposed verdict {self.proposed} is not above {self.verdict}")

    @property
    def covers_others(self) -> bool:
        """Whether it also holds for accounts that it does not name: whoever sends its texts, or joins its
        organisation."""
        return bool(self.templates) or self.subject.kind == "organisation"

    @property
    def rule_ids(self) -> frozenset[str]:
        """Ids of the rules that fired."""
        return frozenset(rule.id for rule in self.rules)


def decision_to_json(decision: Decision) -> dict[str, Any]:
    """A decision as JSON values; ``decision_from_json`` gives it back equal."""
    values: dict[str, Any] = msgspec.to_builtins(decision)
    return values


def decision_from_json(values: object, *, where: str = "decision") -> Decision:
    """A decision from JSON values. Names it does not know are passed over.

    Args:
        values: what ``decision_to_json`` gave.
        where: said in the error.

    Raises:
        BadDecision: a value is missing, of the wrong type, or contradicts another.
    """
    try:
        return msgspec.convert(values, Decision)
    except msgspec.ValidationError as error:
        raise BadDecision(
            f"is no decision: {error}", where=where, hint="decisions are written by `stillwatch policy decide` alone"
        ) from error
