"""The facts that a rule can name: groups, fields, types, and how each reads in a text.

A rule is about one kind of subject, and sees that subject's group and those beside it: an account's rule sees
the account, its campaign, its licence and the run. A fact that a run does not hold is missing, never guessed.
To add a fact, add its line here and fill it in ``run_facts`` or ``usage``; the reference page is held to this list.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stillwatch.core.counted import joined
from stillwatch.core.printed import one_line
from stillwatch.core.terms import CONTENT, COORDINATION
from stillwatch.tables import FAMILIES, VERDICTS

__all__ = ["FACTS", "FAMILY_WORDS", "GROUPS", "LETTER_WORDS", "PROBES", "Fact", "known", "render"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One field.

    Attributes:
        kind: ``count``, ``number``, ``share``, ``p``, ``yes``, ``text`` or ``texts``.
        means: what it holds.
        tellable: whether a customer may be told. Nothing of others is, and nothing that shows where a line lies or
            how near to it somebody is: whoever means harm would ask until the letter changes.
        among: the only texts it can hold; empty where it can hold any.
    """

    kind: str
    means: str
    tellable: bool = True
    among: tuple[str, ...] = ()


def _inside(kind: str, means: str, among: tuple[str, ...] = ()) -> Fact:
    """A fact that stays inside."""
    return Fact(kind, means, tellable=False, among=among)


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
        "id": _inside("text", "its id in the run"),
        "accounts": _inside("count", "accounts in it"),
        "exchanges": _inside("count", "exchanges that they made"),
        "days": _inside("number", "days from its first exchange to its last"),
        "q_value": _inside("p", "share of false campaigns among all found that are as strong or stronger"),
        "p_value": _inside("p", "p-value before control of the false discovery rate"),
        "families": Fact("texts", "families of evidence that count at the run's level", among=FAMILIES),
        "content": _inside("count", f"of these, families of common content ({', '.join(CONTENT)})"),
        "coordination": _inside("count", f"of these, families of coordination ({', '.join(COORDINATION)})"),
        "tactics": _inside("texts", "MITRE ATLAS ids"),
        "targets": _inside("texts", "capabilities that at least 5 % of its prompts aim at"),
        "models": Fact("texts", "models it used"),
        "pivots": _inside("count", "moves to a new model soon after its release"),
        "failovers": _inside("count", "times a second pool of accounts took over"),
        "training_confidence": Fact(
            "text", "confidence that answers are collected as training data", among=_SURENESS, tellable=False
        ),
        "one_party_confidence": _inside("text", "confidence that one party runs it", among=_SURENESS),
        "honest_explanations": Fact("texts", "honest explanations that hold"),
        "bystanders": _inside("count", "accounts linked to it and judged not to be members"),
        "recovery": Fact(
            "share", "most that its exchanges may recover of the teacher's skill, by a lab's curves", tellable=False
        ),
        "claimed_licence_share": Fact(
            "share", "share of its accounts with a licence on record, checked or not", tellable=False
        ),
        "licensed_share": _inside("share", "share of its accounts that are licensed (see account)"),
    },
    "account": {
        "id": _inside("text", "its id"),
        "organisation": _inside("text", "its declared organisation"),
        "exchanges": Fact("count", "exchanges in the run"),
        "days": Fact("number", "days from its first exchange to its last"),
        "exchanges_per_day": Fact("number", "exchanges a day between them, over one day at least"),
        "scan_verdict": _inside("text", "what the scan said: clear, watch or review", among=VERDICTS),
        "in_campaign": _inside("yes", "whether it is a member of a campaign"),
        "bystander": _inside("yes", "whether it is linked to a campaign and judged not to be a member"),
        "match_probability": _inside("share", "its strongest link inside its campaign"),
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
        "id": _inside("text", "its id"),
        "accounts": Fact("count", "accounts it has in the run"),
        "exchanges": Fact("count", "exchanges that they made"),
        "accounts_in_campaigns": _inside("count", "of these, members of a campaign"),
    },
    "template": {
        "id": _inside("text", "its id in the run"),
        "kind": _inside("text", "near-duplicate, sentence or source", among=_TEMPLATES),
        "accounts": _inside("count", "accounts that sent it"),
        "exchanges": _inside("count", "exchanges that hold it"),
        "in_campaign": _inside("yes", "whether a campaign's accounts share it"),
    },
    "run": {
        "days": Fact("number", "days from the log's first exchange to its last"),
        "accounts": _inside("count", "accounts in it"),
        "exchanges": _inside("count", "exchanges in it"),
        "campaigns": _inside("count", "campaigns found"),
        "fdr": _inside("share", "share of false campaigns that the scan was told to accept"),
        "columns_missing": _inside("texts", "columns that the log lacked"),
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
    "payload": "questions from one source, in words of each account's own",
    "purpose": "requests made like training data",
    "shape": "the same client",
    "timing": "activity that rises and falls together",
    "dispatch": "one queue of work over the accounts",
    "infrastructure": "shared payment, network or sign-up",
}
"""Families of evidence as an analyst reads them."""

LETTER_WORDS: Mapping[str, str] = {
    **dict.fromkeys((*CONTENT, "purpose"), "what the requests ask and how they are worded"),
    "shape": "the software that sends them",
    **dict.fromkeys(("timing", "dispatch"), "when they are sent"),
    "infrastructure": "how the accounts are paid for, connected or opened",
}
"""Families of evidence as a customer reads them: enough to answer, too little to tell which of several tests it was."""


def render(kind: str, value: Any, *, words: Mapping[str, str] = FAMILY_WORDS) -> str:
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
            return one_line(joined(list(dict.fromkeys(words.get(one, one) for one in value))))
    return one_line(str(value))


def known(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are there: neither null nor not a number."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and not (isinstance(value, float) and math.isnan(value))
    }
