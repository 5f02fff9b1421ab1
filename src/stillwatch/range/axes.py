"""The design space of random worlds: every axis, its values, and one campaign drawn from them.

To add a value of an axis, add it to its tuple here and to what carries it out: ``pools`` for texts,
``hands``, ``hours``, ``conversations`` (sessions), ``campaign`` for the rest, ``neighbours``, ``groups`` and ``jobs``
for honest kinds.
"""

from __future__ import annotations

import math
import random
from dataclasses import asdict, dataclass, replace
from typing import Any

__all__ = [
    "AXES",
    "HONEST",
    "MOODS",
    "CampaignDesign",
    "Design",
    "draw_campaign",
    "honest_mix",
    "log_uniform",
    "made_whole",
]

AXES: dict[str, tuple[str, ...]] = {
    "text": (
        "wrapper",
        "wrappers",
        "sentence",
        "reworded",
        "bare",
        "pools",
        "translated",
        "sessions",
        "samples",
    ),
    "origin": ("distillation", "people", "harness", "pipeline"),
    "volume": ("even", "heavy"),
    "signup": ("at once", "over months", "bought"),
    "hands": ("one card", "web", "hosting", "residential", "nothing"),
    "hours": ("dispatcher", "waves", "round the clock", "human", "drip", "affinity"),
    "cover": ("none", "person", "random", "relay"),
    "event": ("none", "pivot", "failover", "retries", "probe"),
    "client": ("common", "odd", "spread"),
    "parameters": ("one", "each"),
    "sessions": ("none", "own", "moving", "masked"),
}
"""Axes of a campaign whose values are names; sizes, shares and times are in ``CampaignDesign``."""

# Beside the other values of their axis; all others are as common as one another.
_COMMON = {"origin": (3.0, 1.0, 1.0, 1.0), "cover": (2.0, 1.0, 1.0, 1.0), "event": (2.0, 1.0, 1.0, 1.0, 1.0)}

_BASE = ("people", "applications")
HONEST: tuple[str, ...] = (
    *_BASE,
    "offices",
    "agencies",
    "resellers",
    "teams",
    "classes",
    "crews",
    "followers",
    "licensed",
    "harnesses",
    "launches",
    "batches",
    "retrieval",
    "agents",
    "hobbyists",
    "translators",
    "bots",
    "monitors",
)
"""Kinds of honest customers; how many of each there are is drawn anew for every world."""

MOODS: dict[str, tuple[float, float]] = {"quiet": (0.9, 0.98), "ordinary": (0.6, 0.9), "lookalikes": (0.25, 0.6)}
"""How many of the honest accounts are people and applications: least and most."""


@dataclass(frozen=True, slots=True)
class CampaignDesign:
    """One campaign; the names' values stand in ``AXES``.

    Attributes:
        name: in the truth.
        text: how its questions are put.
        origin: the kind of source its pool is from.
        public: its pool is a public set, which evaluation harnesses ask too.
        samples: how often each question is asked.
        pools: of how many sources its pool is made.
        accounts: how many it works with, the replacements after a ban among them.
        exchanges: how many they make together, cover among them.
        volume: how these are spread over the accounts.
        signup: when the accounts were made.
        signup_hours: over how many hours before it began, where they were made for the campaign.
        hands, cards, networks, an_address: what they share: cards and hosting networks (0: each its own), and
            accounts an address.
        hours, workers: when they act, and how many requests are in flight at a dispatcher.
        begin, end: hours of the log between which it works.
        cover, cover_share: other people's traffic in its accounts; least and most of an account's own.
        customers, outside: of a relay: people behind it, and accounts beside it that only harvest.
        event, event_hour: what happens to it, and when (a ban); banned: the share of accounts a ban takes.
        client, parameters: what they ask with.
        sessions: what becomes of session ids; drawn apart from all else.
    """

    name: str
    text: str
    origin: str
    public: bool
    samples: int
    pools: int
    accounts: int
    exchanges: int
    volume: str
    signup: str
    signup_hours: float
    hands: str
    cards: int
    networks: int
    an_address: int
    hours: str
    workers: int
    begin: float
    end: float
    cover: str
    cover_share: tuple[float, float]
    customers: int
    outside: int
    event: str
    event_hour: float
    banned: float
    client: str
    parameters: str
    sessions: str


@dataclass(frozen=True, slots=True)
class Design:
    """One world.

    Attributes:
        seed, kind: what it was drawn from.
        days: how long the log is.
        exchanges, accounts: about how many, campaigns included.
        release: hour of the log at which a new model comes out; None: not in this log.
        mood: quiet, ordinary, or full of look-alikes.
        honest: share of the honest accounts by kind.
        campaigns: what is hidden in it.
    """

    seed: int
    kind: str | None
    days: int
    exchanges: int
    accounts: int
    release: float | None
    mood: str
    honest: dict[str, float]
    campaigns: tuple[CampaignDesign, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def log_uniform(rng: random.Random, low: float, high: float) -> float:
    """A number whose logarithm is uniform."""
    return math.exp(rng.uniform(math.log(low), math.log(max(low, high))))


def honest_mix(rng: random.Random, mood: str) -> dict[str, float]:
    """Shares by kind: people and applications first, the rest as chance has it, some kinds not at all."""
    base = rng.uniform(*MOODS[mood])
    apps = rng.uniform(0.05, 0.35)
    others = {kind: rng.gammavariate(0.7, 1) if rng.random() < 0.85 else 0.0 for kind in HONEST[len(_BASE) :]}
    total = sum(others.values()) or 1.0
    shares = {"people": base * (1 - apps), "applications": base * apps}
    return {**shares, **{kind: round((1 - base) * share / total, 5) for kind, share in others.items()}}


def draw_campaign(rng: random.Random, name: str, days: int, accounts: int, exchanges: int) -> CampaignDesign:
    """One campaign of at most so many accounts and exchanges.

    Args:
        rng: of the draw.
        name: in the truth.
        days: of the log.
        accounts, exchanges: the most it may have.
    """
    pick = {axis: rng.choices(values, _COMMON.get(axis))[0] for axis, values in AXES.items() if axis != "sessions"}
    # Only people have sessions that can be replayed.
    pick["origin"] = "people" if pick["text"] == "sessions" else pick["origin"]
    size = int(min(log_uniform(rng, 5, accounts), 4000))
    each = log_uniform(rng, max(1, 60 / size), min(3000, exchanges / size))
    begin = rng.uniform(0, 0.4) * days * 24
    end = begin + max(20.0, rng.uniform(0.2, 1.0) * (days * 24 - begin))
    total = max(size, round(size * each))
    low, width = rng.uniform(0.1, 0.7), rng.uniform(0.0, 0.3)
    harvest = log_uniform(rng, 0.01, 0.5)
    share = {"none": (0.0, 0.0), "relay": (1 - harvest, 1 - harvest)}.get(pick["cover"], (low, min(low + width, 0.9)))
    drawn = CampaignDesign(
        name=name,
        public=pick["origin"] == "harness" and rng.random() < 0.6,
        samples=rng.randint(2, 16) if pick["text"] == "samples" else 1,
        pools=rng.randint(2, 4) if pick["text"] == "pools" else 1,
        accounts=size,
        exchanges=total,
        signup_hours=log_uniform(rng, 1, 72) if pick["signup"] == "at once" else rng.uniform(1500, 7000),
        cards=0,
        networks=rng.randint(1, 6),
        an_address=0,
        workers=max(min(int(log_uniform(rng, 2, 64)), size), 2),
        begin=round(begin, 2),
        end=round(min(end, days * 24), 2),
        cover_share=(round(share[0], 4), round(share[1], 4)),
        customers=int(log_uniform(rng, 20, 300)) if pick["cover"] == "relay" else 0,
        outside=rng.randint(0, max(1, size // 5)) if pick["cover"] == "relay" else 0,
        event_hour=round(begin + rng.uniform(0.3, 0.6) * (min(end, days * 24) - begin), 2),
        banned=round(rng.uniform(0.3, 0.7), 3) if pick["event"] == "failover" else 0.0,
        sessions="none",
        **pick,
    )
    return made_whole(rng, drawn)


def made_whole(rng: random.Random, campaign: CampaignDesign) -> CampaignDesign:
    """The campaign with the numbers that its names call for: of cards and addresses, of workers, of a drip."""
    size, hands, span = campaign.accounts, campaign.hands, campaign.end - campaign.begin
    cards = 1 if hands == "one card" else max(1, size // rng.randint(5, 10)) if hands == "web" else campaign.cards
    total, volume, workers = max(size, campaign.exchanges), campaign.volume, campaign.workers
    if campaign.hours == "drip":
        total, volume = min(total, 4 * size * max(1, int(span // 24))), "even"
    if campaign.event == "failover":
        span = min(campaign.event_hour - campaign.begin, campaign.end - campaign.event_hour - 9)
    # Even with long answers, of ten seconds, the work is done in half of the time there is.
    workers = max(workers, math.ceil(total * 10 / 3600 / max(0.5 * span, 1)))
    return replace(
        campaign,
        cards=cards,
        an_address=(campaign.an_address or rng.randint(3, 30)) if hands == "web" else 0,
        networks=max(1, campaign.networks) if hands == "hosting" else 0,
        exchanges=total,
        volume=volume,
        workers=workers,
    )
