"""The accounts of a campaign and how its requests are dealt to them; everything is drawn anew for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fourth_accounts import domain, opened
from fourth_clients import app_agent, chat_agent, parameters, script_agent
from fourth_networks import Link
from fourth_times import within
from fourth_world import Account, Exchange, World

__all__ = ["Tempo", "chance", "deal", "hands", "times"]


def chance(world: World, **weights: float) -> str:
    """One of these names, by weight."""
    return world.rng.choices(list(weights), list(weights.values()))[0]


def _links(world: World, way: str, count: int) -> list[Link]:
    rng, nets = world.rng, world.networks
    if way == "hosting":
        return nets.hosting(count)
    if way == "vpn":
        return [nets.vpn() for _ in range(count)]
    if way == "households":
        return [nets.household(world.country()) for _ in range(count)]
    if way == "proxied":
        stay = rng.choice((0.0, 0.5, 0.9, 0.97))
        return [nets.proxied(stay) for _ in range(count)]
    share = rng.uniform(0.15, 0.7)
    rented = nets.hosting(max(2, round(count * share)))
    return [rented[n] if n < len(rented) else nets.proxied(rng.choice((0.5, 0.95))) for n in range(count)]


def _cards(world: World, way: str, count: int) -> list[str | None]:
    rng = world.rng
    own: list[str | None] = [world.name(rng.choice(("pm_", "card_")), 10) for _ in range(count)]
    if way == "trial":
        return [None if rng.random() < 0.8 else card for card in own]
    if way == "own":
        return own
    share, many = (rng.uniform(0.1, 0.45), 4) if way == "some" else (1, rng.randint(2, 9))
    shared = [world.name("pm_", 10) for _ in range(max(1, round(count * share / many)))]
    return [rng.choice(shared) if rng.random() < share else card for card in own]


def _opening(world: World, way: str, begun: datetime) -> Callable[[], datetime]:
    rng = world.rng
    if way == "burst":
        hours = rng.uniform(0.5, 40)
        return lambda: begun - timedelta(hours=rng.random() * hours)
    if way == "staggered":
        days = rng.uniform(8, 90)
        return lambda: begun - timedelta(days=rng.random() * days)
    if way == "waves":
        waves = [begun - timedelta(days=rng.uniform(0, 30)) for _ in range(rng.randint(2, 6))]
        return lambda: rng.choice(waves) - timedelta(hours=rng.random() * 6)
    return lambda: begun - timedelta(days=rng.uniform(60, 900))


def hands(world: World, campaign: str, count: int, begun: datetime | None = None, **ways: str) -> list[Account]:
    """So many accounts of a campaign.

    Args:
        world: that they belong to.
        campaign: its name in the truth.
        count: of accounts.
        begun: when they go to work.
        ways: what is not to be drawn: ``network``, ``cards``, ``opened``, ``client``, ``asks`` or ``model``.
    """
    rng = world.rng
    drawn = {
        "network": chance(world, proxied=3, hosting=2, mixed=3, vpn=0.7, households=1.3),
        "cards": chance(world, own=4, shared=2, some=3, trial=1),
        "opened": chance(world, burst=3, staggered=3, waves=2, bought=2),
        "client": chance(world, one=4, few=2, own=4),
        "asks": chance(world, one=5, own=4),
        "model": chance(world, best=5, one=2, own=3),
        "release": chance(world, together=4, own=5, never=2),
    } | ways
    world.draws.setdefault(campaign, {}).setdefault("hands", []).append({"accounts": count, **drawn})
    links, cards = _links(world, drawn["network"], count), _cards(world, drawn["cards"], count)
    created = _opening(world, drawn["opened"], begun or world.calendar.start)
    kind, human = rng.choice((script_agent, app_agent)), drawn["client"] == "own"
    agents = [kind(rng) for _ in range(1 if drawn["client"] == "one" else rng.randint(2, 4))]
    asks, model, thrown = parameters(rng, True), world.catalogue.one(rng), rng.choice((0.0, 0.05, 0.3, 0.8))
    pivot, accounts = rng.uniform(0.2, 24), []
    for number in range(count):
        known: dict[str, Any] = {
            "link": links[number],
            "payment_id": cards[number],
            "plan": "free" if cards[number] is None else rng.choices(("pay-as-you-go", "pro", "team"), (6, 3, 1))[0],
            "email_domain": domain(rng, thrown),
            "agent": rng.choice(agents) if not human else (chat_agent if rng.random() < 0.4 else script_agent)(rng),
            "created": created(),
            "campaign": campaign,
            "role": "hand",
        }
        if drawn["asks"] == "one":
            known["asks"] = asks
        if drawn["model"] != "own":
            known["model"] = world.catalogue.best if drawn["model"] == "best" else model
        if drawn["release"] != "own":
            known["adopts"] = pivot + rng.uniform(0, 4) if drawn["release"] == "together" else None
        accounts.append(opened(world, "campaign", program=True, **known))
    return accounts


@dataclass(frozen=True)
class Tempo:
    """When a campaign's requests go out, and to whom the next falls."""

    when: str
    """``steady``, ``waves``, ``shift`` (one zone's working day) or ``human`` (each hand's own hours)."""
    whom: str
    """``robin``, ``random``, ``sticky`` (about an hour each) or ``uneven``."""

    @classmethod
    def drawn(cls, world: World) -> Tempo:
        """Drawn anew."""
        when = chance(world, steady=3, waves=3, shift=2, human=2)
        return cls(when, chance(world, robin=2, random=3, sticky=3, uneven=2))


def times(world: World, tempo: str, count: int, first: datetime, last: datetime) -> list[datetime]:
    """When so many requests go out, from the first time to the last."""
    rng = world.rng
    if tempo == "waves":
        spans = [(begin, rng.lognormvariate(1.2, 0.8)) for begin in within(rng, first, last, rng.randint(3, 40))]
        total = sum(hours for _, hours in spans)
        found = []
        for begin, hours in spans:
            end = min(begin + timedelta(hours=hours), last)
            found += within(rng, begin, end, round(count * hours / total) + 1)
        return sorted(rng.sample(found, min(count, len(found))))
    if tempo == "shift":
        zone, found = rng.randint(-8, 9), []
        while len(found) < count:
            when = first + (last - first) * rng.random()
            local = (when + timedelta(hours=zone)).hour
            if 8 <= local < 20 or rng.random() < 0.05:
                found.append(when)
        return sorted(found)
    return within(rng, first, last, count)


def _owners(world: World, accounts: Sequence[Account], whom: str, moments: Sequence[datetime]) -> list[Account]:
    rng = world.rng
    if whom == "robin":
        order = rng.sample(accounts, len(accounts))
        return [order[number % len(order)] for number in range(len(moments))]
    if whom == "uneven":
        return rng.choices(accounts, [rng.lognormvariate(0, 0.8) for _ in accounts], k=len(moments))
    if whom == "random":
        return rng.choices(accounts, k=len(moments))
    lanes = max(2, len(accounts) // rng.randint(3, 12))
    holders = [(rng.choice(accounts), moments[0]) for _ in range(lanes)] if moments else []
    owners = []
    for when in moments:
        lane = rng.randrange(lanes)
        holder, until = holders[lane]
        if when >= until:
            holder = rng.choice(accounts)
            holders[lane] = holder, when + timedelta(minutes=rng.uniform(40, 75))
        owners.append(holder)
    return owners


def deal(
    world: World, accounts: Sequence[Account], works: Sequence[Exchange], tempo: Tempo, first: datetime, last: datetime
) -> list[Account]:
    """Send these works through the accounts from one time to another; who sent each."""
    rng, way = world.rng, chance(world, each=3, masked=2, none=2)
    if tempo.when == "human":
        owners = _owners(world, accounts, "random" if tempo.whom == "sticky" else tempo.whom, [first] * len(works))
        for account in accounts:
            mine = [work for owner, work in zip(owners, works, strict=True) if owner is account]
            for when, work in zip(account.rhythm.moments(rng, len(mine), first, last), mine, strict=False):
                world.send(account, when, work)
        return owners
    moments = times(world, tempo.when, len(works), first, last)
    owners = _owners(world, accounts, tempo.whom, moments)
    for when, owner, work in zip(moments, owners, works, strict=False):
        if way != "none":
            masked = f"s_{owner.account_id[-7:]}{int(when.timestamp() // 900) % 4096:03x}"
            work.session = masked if way == "masked" else world.name("s_", 10)
        world.send(owner, when, work)
    return owners
