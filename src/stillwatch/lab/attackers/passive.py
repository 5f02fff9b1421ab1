"""The passive attacker: asks what users ask and trains on what it sees. ``mixed`` asks two providers."""

from __future__ import annotations

from stillwatch.lab.attackers.base import Attack

__all__ = ["mixed", "passive"]


def passive(attack: Attack) -> None:
    """Spend the queries on natural prompts, then train."""
    attack.fit(attack.ask(attack.natural(attack.budget.queries)))


def mixed(attack: Attack) -> None:
    """Spend a share of the queries at another provider, which has the skill and words of its own.

    The interface is the same at both; what one provider's watermark leaves is diluted.
    """
    prompts = attack.natural(attack.budget.queries)
    elsewhere = round(attack.attacker.share * len(prompts))
    theirs = attack.ask(prompts[:elsewhere], attack.other_teacher)
    attack.fit(theirs + attack.ask(prompts[elsewhere:]))
