"""The text that a customer can be sent with a decision.

It says what was seen, what changes, what was considered, what it rests on, when it ends and how to object. It is
written from the customer's side, and holds nothing of another customer: rules can place only facts that may be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stillwatch.decisions import Action, Explanation, effect_of
from stillwatch.policy.rules import Policy, Rule

__all__ = ["write_letter"]

_SUBJECTS: Mapping[str, str] = {
    "clear": "Your use is in order",
    "watch": "For your information: nothing changes for you",
    "review": "We are looking at how your account is used",
    "act": "We have limited your account",
}
# Names that a scan gives its explanations, for whoever has never heard of them.
_PLAINLY: Mapping[str, str] = {
    "a published set that each runs for itself": "each account runs the same published test set for itself",
    "customers of one framework, each with content of their own": "separate customers use one software product, each "
    "with content of their own",
    "one organisation or office with several accounts": "one organisation or office has several accounts",
    "people who signed up together, such as a class, new staff or a crew": "a class, new staff or a crew signed up "
    "together",
    "customers of one service, through whose addresses their requests pass": "separate customers use one service, "
    "which sends on what they ask",
    "one occasion, such as a class, a workshop or a launch": "one occasion, such as a class, a workshop or a launch, "
    "brought the accounts together",
    "users of one program that came out, or closed, in those days": "separate people use one program that came out, or "
    "closed, in those days",
    "a few prompts asked over and over, such as a survey or a test": "a survey or a test asks a few prompts over "
    "and over",
    "customers of a reseller, who ask for themselves": "a reseller's customers ask for themselves through the accounts",
    "licensed distillation": "an agreement with us allows this use",
    "licences of single accounts": "agreements with us cover some of the accounts",
    "a licence of its own": "an agreement with us covers the account",
    "an agreement that our registry does not show yet": "there is an agreement that our registry does not show yet",
}
_NO_CLAIM = "We do not see what becomes of answers after we send them, and claim nothing about it."


def write_letter(
    policy: Policy,
    *,
    decision_id: str,
    verdict: str,
    rules: Sequence[tuple[Rule, str]],
    actions: Sequence[Action],
    explanations: Sequence[Explanation],
    about: str,
    days: int,
) -> str:
    """The letter, in paragraphs.

    Args:
        policy: for who writes and how to appeal.
        decision_id: to be quoted.
        verdict: that the letter is about.
        rules: those that hold, each with its sentence to the customer filled in.
        actions: what the gateway does.
        explanations: honest explanations considered.
        about: the kind of subject.
        days: after how many days the decision ends by itself.
    """
    paragraphs = [
        f"Subject: {_subject(verdict, actions, about)} ({decision_id})",
        "\n".join(sentence for _, sentence in rules),
        consequence(actions, waits=verdict == "review"),
    ]
    if verdict in ("review", "act"):
        claim = [_NO_CLAIM] if about == "campaign" else []
        paragraphs.append(" ".join([*_considered(explanations), *claim]))
    basis = list(dict.fromkeys(rule.legal_basis.rstrip(".") for rule, _ in rules))
    paragraphs.append(f"We rely on {'; and on '.join(basis)}.")
    if verdict != "clear":
        paragraphs.append(f"This decision ends by itself after {days} days.")
        rest = (
            " While your appeal is open, this decision does not apply to you." if policy.ladder.appeal_suspends else ""
        )
        paragraphs.append(f"If you see it otherwise: {policy.wording.appeal} Quote {decision_id}.{rest}")
    paragraphs.append(policy.wording.sender[:1].upper() + policy.wording.sender[1:])
    return "\n\n".join(paragraphs)


def _subject(verdict: str, actions: Sequence[Action], about: str) -> str:
    if any(action.kind == "block" for action in actions):
        return "We no longer answer your account's requests"
    if any(action.kind == "verify" for action in actions):
        return "We answer your account's requests once you have shown who you are"
    if (verdict, about) == ("review", "licence"):
        return "A question about your licence"
    return _SUBJECTS[verdict]


def _considered(explanations: Sequence[Explanation]) -> Iterator[str]:
    """What else it could be, by name; the figures behind it may tell of others and stay inside."""
    named = [(_PLAINLY.get(one.name, one.name), one.holds) for one in explanations]
    holding = [name for name, holds in named if holds]
    failing = [name for name, holds in named if holds is False]
    open_ = [name for name, holds in named if holds is None]
    # Semicolons, since they hold commas.
    if holding:
        yield f"We looked for ordinary reasons, and what we saw fits this: {'; '.join(holding)}."
    elif len(failing) == 1:
        yield f"We looked for an ordinary reason ({failing[0]}). As far as we can see, it does not apply."
    elif failing:
        yield f"We looked for ordinary reasons: {'; '.join(failing)}. As far as we can see, none of them applies."
    if open_:
        yield f"We cannot see whether this applies: {'; '.join(open_)}. If it does, tell us."


def consequence(actions: Sequence[Action], *, waits: bool = False) -> str:
    """What changes for the customer: the words of what the gateway does."""
    said = effect_of(actions).said
    if not said:
        return "A person looks at this before anything changes for you." if waits else "Nothing changes for you."
    return f"What changes: {' '.join(said)}"
