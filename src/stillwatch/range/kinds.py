"""Ten kinds of random world that fix some axes of the design space and leave the rest to chance.

Tests and benchmarks ask for them by name. To add one, add its line to ``_FIXED`` (or to ``KINDS`` alone, where it
hides nothing).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from stillwatch.core import BadSetting
from stillwatch.range.axes import CampaignDesign, draw_campaign, made_whole

__all__ = ["KINDS", "campaigns_of"]

Fixed = Callable[[random.Random, int], dict[str, Any]]


def _plain(share: tuple[float, float] = (0.0, 0.0), cover: str = "none") -> dict[str, Any]:
    """One private pool asked once, nothing else happening, beside so much cover."""
    return {
        "public": False,
        "samples": 1,
        "pools": 1,
        "cover": cover,
        "cover_share": share,
        "customers": 0,
        "outside": 0,
        "event": "none",
        "banned": 0.0,
    }


def _pool(rng: random.Random, days: int) -> dict[str, Any]:
    size = rng.randint(60, 80)
    shared = {"hands": "hosting", "cards": 8, "networks": 3, "an_address": 0, "hours": "waves"}
    made = {"signup": "at once", "signup_hours": rng.uniform(24, 96), "accounts": size, "exchanges": 3400}
    return {**_plain(), **shared, **made, "text": "bare", "origin": "distillation", "volume": "even"}


def _template(rng: random.Random, days: int) -> dict[str, Any]:
    size = rng.randint(60, 300)
    return {**_plain(), "text": "wrapper", "accounts": size, "exchanges": size * rng.randint(10, 30)}


def _drip(rng: random.Random, days: int) -> dict[str, Any]:
    begin, size = rng.uniform(24, days * 24 - 72), rng.randint(750, 850)
    when = {"hours": "drip", "begin": begin, "end": begin + rng.uniform(24, 48), "volume": "even"}
    return {**_plain(), **when, "text": "sentence", "accounts": size, "exchanges": 4 * size}


def _cover(rng: random.Random, days: int) -> dict[str, Any]:
    return {**_plain((0.3, 0.7), "person"), "accounts": 60, "exchanges": rng.randint(4000, 8000), "volume": "even"}


def _relay(rng: random.Random, days: int) -> dict[str, Any]:
    fixed = _plain((0.95, 0.95), "relay")
    behind = {"customers": 300, "outside": 10, "accounts": rng.randint(40, 60), "exchanges": rng.randint(9000, 14_000)}
    return {**fixed, **behind, "text": "bare", "origin": "distillation"}


def _failover(rng: random.Random, days: int) -> dict[str, Any]:
    hour = rng.uniform(0.35, 0.6) * days * 24
    when: dict[str, Any] = {"begin": 0.1 * days * 24, "end": 0.95 * days * 24, "event_hour": hour}
    event = {"event": "failover", "banned": 50 / 95, "accounts": 95, "exchanges": rng.randint(4000, 8000)}
    return {**_plain(), **when, **event, "text": "bare", "hours": "round the clock", "volume": "even"}


def _adaptive(rng: random.Random, days: int) -> dict[str, Any]:
    alone = {"hands": "nothing", "cards": 0, "networks": 0, "an_address": 0, "hours": "human", "signup": "bought"}
    made = {"accounts": 70, "exchanges": rng.randint(4000, 7000), "client": "spread", "parameters": "each"}
    return {**_plain((0.3, 0.6), "person"), **alone, **made, "text": "reworded"}


def _small(rng: random.Random, days: int) -> dict[str, Any]:
    return {"accounts": 20, "exchanges": rng.randint(500, 1200), "outside": 0, "volume": "even"}


_FIXED: dict[str, Fixed] = {
    "pool": _pool,
    "template": _template,
    "drip": _drip,
    "cover": _cover,
    "relay": _relay,
    "failover": _failover,
    "adaptive": _adaptive,
    "small": _small,
}

KINDS = (*_FIXED, "mixed", "lookalikes", "quiet")
"""Names of the kinds; ``small`` is a log of 2,000 requests."""


def campaigns_of(rng: random.Random, kind: str, days: int) -> tuple[CampaignDesign, ...]:
    """The campaigns of a world of this kind.

    Raises:
        BadSetting: there is no such kind.
    """
    if kind not in KINDS:
        raise BadSetting(f"there is no kind of world {kind!r}", where="--kind", hint=f"one of {', '.join(KINDS)}")
    number = {"mixed": 2, "lookalikes": 0, "quiet": 0}.get(kind, 1)
    drawn = [draw_campaign(rng, f"campaign-{i + 1}", days, 250, 9000) for i in range(number)]
    if kind in _FIXED:
        drawn = [replace(campaign, **_FIXED[kind](rng, days)) for campaign in drawn]
    return tuple(made_whole(rng, campaign) for campaign in drawn)
