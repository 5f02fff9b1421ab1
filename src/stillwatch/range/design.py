"""One world drawn from the design space: how long its log is, who is in it, and what is hidden there.

``draw_design`` is pure: a seed (and a kind, which fixes some axes) gives a ``Design``, and everything else follows
from it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from stillwatch.range.axes import AXES, MOODS, CampaignDesign, Design, draw_campaign, honest_mix, log_uniform
from stillwatch.range.kinds import campaigns_of

__all__ = ["draw_design", "scaled"]


def _draw_open(rng: random.Random, seed: int) -> Design:
    """A world with every axis free."""
    days = rng.randint(2, 28)
    exchanges = round(log_uniform(rng, 1500, 40_000) if rng.random() < 0.95 else rng.uniform(40_000, 60_000))
    accounts = round(log_uniform(rng, 50, min(50_000, exchanges / 1.4)))
    mood = rng.choice(tuple(MOODS))
    number = 0 if rng.random() < 0.25 else rng.choices((1, 2, 3), (0.75, 0.18, 0.07))[0]
    number = min(number, max(1, accounts // 40)) if number else 0
    most, asked = int(0.6 * accounts / max(number, 1)), int(0.6 * exchanges / max(number, 1))
    campaigns = tuple(draw_campaign(rng, f"campaign-{i + 1}", days, most, asked) for i in range(number))
    release = _release(rng, days, campaigns)
    return Design(seed, None, days, exchanges, accounts, release, mood, honest_mix(rng, mood), campaigns)


def _release(rng: random.Random, days: int, campaigns: Sequence[CampaignDesign]) -> float | None:
    """When a new model comes out: amid the work of a campaign that moves to it, else whenever, or not in this log."""
    amid = [campaign.event_hour for campaign in campaigns if campaign.event == "pivot"]
    if amid:
        return amid[0]
    return round(rng.uniform(0.1, 0.8) * days * 24, 2) if rng.random() < 0.6 else None


def _draw_sized(rng: random.Random, seed: int, kind: str) -> Design:
    """A fortnight of a few thousand accounts, or the small world, as the kinds have it."""
    days, exchanges, accounts = 14, rng.randint(30_000, 60_000), rng.randint(2400, 3100)
    if kind == "small":
        days, exchanges, accounts = rng.randint(2, 14), 2000, 50
    mood = {"mixed": "lookalikes", "lookalikes": "lookalikes", "quiet": "quiet"}.get(kind, rng.choice(tuple(MOODS)))
    campaigns = campaigns_of(rng, kind, days)
    release = _release(rng, days, campaigns)
    return Design(seed, kind, days, exchanges, accounts, release, mood, honest_mix(rng, mood), campaigns)


def draw_design(seed: int, kind: str | None = None) -> Design:
    """The design of one world.

    Args:
        seed: of every draw.
        kind: one of ``KINDS``, which fixes some axes and leaves the rest to chance; None leaves all of them to it.

    Raises:
        BadSetting: there is no such kind.
    """
    rng = random.Random(f"{kind or 'any'} {seed}")
    design = _draw_open(rng, seed) if kind is None else _draw_sized(rng, seed, kind)
    # Apart from all other draws, which stay what they were before there were sessions.
    apart = random.Random(f"sessions of campaigns {seed} {kind}")
    return replace(
        design, campaigns=tuple(replace(one, sessions=apart.choice(AXES["sessions"])) for one in design.campaigns)
    )


def scaled(design: Design, scale: float) -> Design:
    """The design with its exchanges and accounts multiplied; a campaign keeps at least five accounts."""
    if scale == 1:
        return design
    campaigns = tuple(
        replace(
            campaign,
            accounts=max(5, round(campaign.accounts * scale)),
            exchanges=max(10, round(campaign.exchanges * scale)),
            customers=round(campaign.customers * scale),
        )
        for campaign in design.campaigns
    )
    accounts = max(20 + sum(c.accounts for c in campaigns), round(design.accounts * scale))
    exchanges = max(2 * accounts, round(design.exchanges * scale), 2 * sum(c.exchanges for c in campaigns))
    return replace(design, accounts=accounts, exchanges=exchanges, campaigns=campaigns)
