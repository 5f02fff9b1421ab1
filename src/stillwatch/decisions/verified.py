"""What is left of decisions for accounts that have shown who they are: everything but ``verify``.

A decision that asks for it holds in two parts: for all others as it was made, for those accounts without ``verify``.
Whoever was asked once is not asked again by the next run's decision, until ``until``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from stillwatch.decisions.decision import Decision, Subject

__all__ = ["VERIFIED", "is_verified_in", "without_verify"]

VERIFIED = "+verified"
"""What follows the id of a decision's part for accounts that have shown who they are."""


def is_verified_in(decision: Decision, until: Mapping[str, datetime], now: datetime) -> Iterator[str]:
    """The accounts for which the decision no longer asks who they are."""
    if any(action.kind == "verify" for action in decision.actions):
        for account, end in until.items():
            if now < end and (decision.covers_others or account in decision.accounts):
                yield account


def without_verify(decision: Decision, accounts: frozenset[str]) -> Decision | None:
    """The decision as it holds for these accounts; None where nothing is left of it."""
    left = tuple(action for action in decision.actions if action.kind != "verify")
    if not left or not accounts:
        return None
    # It must reach nobody but them, whoever joins the organisation or sends the texts.
    whole = decision.subject.kind == "organisation"
    return replace(
        decision,
        decision_id=f"{decision.decision_id}{VERIFIED}",
        subject=Subject("campaign", decision.subject.id) if whole else decision.subject,
        accounts=tuple(sorted(accounts)),
        templates=(),
        actions=left,
    )
