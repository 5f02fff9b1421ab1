"""The facts that a rule can name: groups, fields, types, and how each reads in a text.

A rule is about one kind of subject, and sees that subject's group and those beside it: an account's rule sees
the account, its campaign, its licence and the run. A fact that a run does not hold is missing, never guessed.
To add a fact, add its line here and fill it in ``runfacts`` or ``usage``; the reference page is held to this list.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stillwatch.core.tables import FAMILIES, VERDICTS

__all__ = ["FACTS", "FAMILY_WORDS", "GROUPS", "PROBES", "Fact", "joined", "known", "render"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One field.

    Attributes:
        kind: ``count``, ``number``, ``share``, ``p``, ``yes``, ``text`` or ``texts``.
        means: what it holds.
        tellable: whether a customer may be told; ids and examples of others are not.
        among: the only texts it can hold; empty where it can hold any.
    """

    kind: str
    means: str
    tellable: bool = True
    among: tuple[str, ...] = ()


_SURENESS = ("low", "moderate", "high")
_TEMPLATES = ("near-duplicate", "sentence", "source")

PROBES: Mapping[str, tuple[Any, ...]] = {
    "count": (0, 7),
    "number": (0.5, 40.25),
    "share": (0.0, 0.75),
    "p": (1e-9, 0.5),
    "yes": (True, False),
    "text": ("a", ""),
    "texts": (["a", "b"], []),
}
"""Values of each kind that an expression is tried on when a policy is checked. Types never mix: counts are
whole, the other numbers are not."""

FACTS: Mapping[str, Mapping[str, Fact]] = {
    "campaign": {
        "id": Fact("text", "its id in the run", tellable=False),
        "accounts": Fact("count", "accounts in it"),
        "exchanges": Fact("count", "exchanges that they made"),
        "days": Fact("number", "days from its first exchange to its last"),
        "q_value": Fact("p", "share of false campaigns among all found that are as strong or stronger"),
        "p_value": Fact("p", "p-value before control of the false discovery rate"),
        "families": Fact("texts", "families of evidence that count at the run's level", among=FAMILIES),
        "content": Fact("count", "of these, families of common content (structure, semantics)"),
        "coordination": Fact("count", "of these, families of coordination (timing, infrastructure)"),
        "tactics": Fact("texts", "MITRE ATLAS ids"),
        "targets": Fact("texts", "capabilities that at least 5 % of its prompts aim at"),
        "models": Fact("texts", "models it used"),
        "pivots": Fact("count", "moves to a new model soon after its release"),
        "failovers": Fact("count", "times a second pool of accounts took over"),
        "training_confidence": Fact("text", "confidence that answers are collected as training data", among=_SURENESS),
        "one_party_confidence": Fact("text", "confidence that one party runs it", among=_SURENESS),
        "honest_explanations": Fact("texts", "honest explanations that hold"),
        "bystanders": Fact("count", "accounts linked to it and judged not to be members"),
        "recovery": Fact("share", "most that its exchanges may recover of the teacher's skill, by a lab's curves"),
        "claimed_licence_share": Fact("share", "share of its accounts with a licence on record, checked or not"),
        "licensed_share": Fact("share", "share of its accounts that are licensed (see account)"),
    },
    "account": {
        "id": Fact("text", "its id", tellable=False),
        "organisation": Fact("text", "its declared organisation", tellable=False),
        "exchanges": Fact("count", "exchanges in the run"),
        "days": Fact("number", "days from its first exchange to its last"),
        "exchanges_per_day": Fact("number", "exchanges a day between them, over one day at least"),
        "scan_verdict": Fact("text", "what the scan said: clear, watch or review", among=VERDICTS),
        "in_campaign": Fact("yes", "whether it is a member of a campaign"),
        "bystander": Fact("yes", "whether it is linked to a campaign and judged not to be a member"),
        "match_probability": Fact("share", "its strongest link inside its campaign"),
        "age_days": Fact("number", "days from its sign-up to its last exchange"),
        "plan": Fact("text", "its plan"),
        "verified": Fact("yes", "whether its holder is verified"),
        "declared_use": Fact("text", "what it said it is for"),
        "licence_id": Fact("text", "its licence, by log, account file or registry"),
        "licensed": Fact("yes", "whether a licence of the registry names it, and its own use keeps within it"),
        "licence_outsider": Fact("yes", "whether it names a licence that does not name it, or is not on record"),
    },
    "licence": {
        "id": Fact("text", "its id"),
        "known": Fact("yes", "whether the registry holds it"),
        "accounts": Fact("count", "accounts that used it in the run"),
        "exchanges": Fact("count", "exchanges that its holder's accounts made under it in the run"),
        "volume_share": Fact("number", "exchanges over all that it allows; 0 where it sets no limit"),
        "busiest_day_share": Fact("number", "exchanges of its busiest day over what it allows a day; 0 without limit"),
        "models_outside": Fact("texts", "models used that it does not name"),
        "purposes_outside": Fact("texts", "declared uses that it does not name"),
        "exchanges_before": Fact("count", "exchanges before it began"),
        "exchanges_after": Fact("count", "exchanges after it ended"),
        "exchanges_outside_term": Fact("count", "both together"),
        "accounts_outside": Fact("count", "accounts that used it and are neither its holder's nor named in it"),
        "in_bounds": Fact("yes", "whether it is known and none of its bounds was passed"),
    },
    "organisation": {
        "id": Fact("text", "its id", tellable=False),
        "accounts": Fact("count", "accounts it has in the run"),
        "exchanges": Fact("count", "exchanges that they made"),
        "accounts_in_campaigns": Fact("count", "of these, members of a campaign"),
    },
    "template": {
        "id": Fact("text", "its id in the run", tellable=False),
        "kind": Fact("text", "near-duplicate, sentence or source", among=_TEMPLATES),
        "accounts": Fact("count", "accounts that sent it"),
        "exchanges": Fact("count", "exchanges that hold it"),
        "in_campaign": Fact("yes", "whether a campaign's accounts share it"),
    },
    "run": {
        "days": Fact("number", "days from the log's first exchange to its last"),
        "accounts": Fact("count", "accounts in it"),
        "exchanges": Fact("count", "exchanges in it"),
        "campaigns": Fact("count", "campaigns found"),
        "fdr": Fact("share", "share of false campaigns that the scan was told to accept"),
        "columns_missing": Fact("texts", "columns that the log lacked"),
    },
}

GROUPS: Mapping[str, tuple[str, ...]] = {
    "campaign": ("campaign", "run"),
    "account": ("account", "campaign", "licence", "run"),
    "licence": ("licence", "run"),
    "organisation": ("organisation", "run"),
    "template": ("template", "campaign", "run"),
}
"""For each kind of subject, the groups that its rules can name."""

FAMILY_WORDS: Mapping[str, str] = {
    "structure": "the same text in their requests",
    "semantics": "questions from one source",
    "purpose": "requests made like training data",
    "shape": "the same client",
    "timing": "activity that rises and falls together",
    "infrastructure": "shared payment, network or sign-up",
}
"""Families of evidence as a customer reads them."""


def render(kind: str, value: Any) -> str:
    """A fact's value as it reads in a text.

    >>> render("count", 39291), render("share", 0.42), render("p", 3e-11), render("texts", ["a", "b", "timing"])
    ('39,291', '42 %', 'below 0.0001', 'a, b and activity that rises and falls together')
    """
    if value is None:
        return "not known"
    match kind:
        case "count":
            return f"{value:,}"
        case "share":
            return f"{value:.0%}".replace("%", " %")
        case "p":
            return "below 0.0001" if value < 1e-4 else f"{value:.2g}"
        case "number":
            return f"{value:,.0f}" if abs(value) >= 10 or float(value).is_integer() else f"{value:.2g}"
        case "yes":
            return "yes" if value else "no"
        case "texts":
            return joined([FAMILY_WORDS.get(one, one) for one in value])
    return str(value)


def joined(words: Sequence[str]) -> str:
    """A list as one reads it: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words) or "none"


def known(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are there: neither null nor not a number."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and not (isinstance(value, float) and math.isnan(value))
    }
