"""Campaigns, after the public record: what is known of them, as data to measure detection on.

Each campaign is a ``Plan``; ``accounts`` makes its accounts and, where it hides behind a relay, the
relay's innocent customers. Nothing here talks to anything.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stillwatch.range import clock
from stillwatch.range.account import Account, Origin, Writer
from stillwatch.range.library import Topic
from stillwatch.range.maker import Maker, people_writer

__all__ = ["Plan", "accounts"]

Wrap = Callable[[random.Random, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """One campaign at scale 1.

    Attributes:
        name: in the truth.
        exchanges, accounts: how much, by how many.
        pool: which of the library's pools it asks.
        wrap: how a question is put.
        cover: most of an account's traffic that may be other people's prompts.
        hands: share of accounts with shared payment, network or disposable mail.
        begin, end: hours of the week it works in.
        diurnal: how far it follows working hours.
        failover: hour at which the first half of its accounts is banned and the second takes over.
        relay: innocent customers of the same relay, as a share of its accounts.
        pivot: model it moves to within a day of the release.
        fixed: exactly so many exchanges an account.
        alone: every account keeps hours, volume and a sign-up of its own, as if nobody dispatched it.
    """

    name: str
    exchanges: int
    accounts: int
    pool: str
    wrap: Wrap
    cover: float = 0.0
    hands: float = 0.6
    begin: float = 0.0
    end: float = clock.HOURS
    diurnal: float = 0.0
    failover: float | None = None
    relay: float = 0.0
    pivot: tuple[str, float] | None = None
    fixed: int | None = None
    alone: bool = False

    def size(self, scale: float) -> int:
        """How many accounts it has at a scale: never too few to be a campaign."""
        return max(12, round(self.accounts * scale))


class _Questions:
    """The pool, shared out: every question once, re-worded when the pool has been asked through."""

    def __init__(self, topic: Topic, rng: random.Random) -> None:
        self._topic, self._rng = topic, rng
        self._queue: list[str] = []
        self._round = 0

    def next(self) -> str:
        if not self._queue:
            self._queue = self._rng.sample(self._topic.texts, len(self._topic.texts))
            self._round += 1
        text = self._queue.pop()
        return text[:1200] if self._round == 1 else self._topic.reword(self._rng, text, 0.25)


@dataclass(frozen=True, slots=True)
class _Relay:
    """What accounts of one campaign may share."""

    networks: tuple[str, ...]
    agents: tuple[str, ...]
    tls: tuple[str, ...]
    cards: tuple[str, ...]
    mail: tuple[str, ...]

    @classmethod
    def make(cls, rng: random.Random, size: int) -> _Relay:
        return cls(
            tuple(
                f"{rng.choice((45, 91, 141, 185))}.{rng.randrange(256)}.{rng.randrange(256)}"
                for _ in range(4 + size // 6)
            ),
            tuple(rng.sample(("python-httpx/0.28", "aiohttp/3.12", "openai-python/2.41.0", "python-requests/2.32"), 2)),
            tuple(f"t13d{rng.randrange(16**4):04x}" for _ in range(2)),
            tuple(f"card-{rng.randrange(16**10):010x}" for _ in range(2 + size // 8)),
            tuple(f"{rng.randrange(16**5):05x}.example" for _ in range(2 + size // 25)),
        )

    def origin(self, rng: random.Random) -> Origin:
        places = tuple(f"{rng.choice(self.networks)}.{rng.randrange(1, 255)}" for _ in range(5))
        return Origin(places, 64512, rng.choice(("US", "SG", "DE")), rng.choice(self.agents), rng.choice(self.tls))


def accounts(plan: Plan, make: Maker, scale: float, begun: float) -> Iterator[Account]:
    """The accounts of a campaign, then its relay's innocent customers.

    Args:
        plan: the campaign.
        make: what to draw from.
        scale: of the public record's exchanges and accounts.
        begun: hours before the week at which its first accounts were made.
    """
    rng, numbers = make.rng, make.numbers
    size = plan.size(scale)
    total = max(size * 2, round(plan.exchanges * scale))
    dispatcher = clock.Dispatcher.make(numbers, diurnal=plan.diurnal)
    relay = _Relay.make(rng, size)
    questions = _Questions(make.library.pools[plan.pool], rng)
    shape = {"model": "apex-3", "pathway": "api", "temperature": rng.choice((0.7, 0.9, 1.0)), "max_tokens": 4096}
    for number in range(size):
        begin, end, banned = _span(plan, number, size, rng)
        share = (end - begin) / (plan.end - plan.begin)
        per_account = plan.fixed or max(
            2, int(numbers.poisson(total / size * min(1.0, share * (2 if plan.failover else 1))))
        )
        origin, own_shape, file = make.who(rng, api=True, volume=20)
        if rng.random() < plan.hands:
            origin = relay.origin(rng)
            file |= {"payment_id": rng.choice(relay.cards), "email_domain": rng.choice(relay.mail)}
        times = dispatcher.times(numbers, per_account, begin, end)
        if plan.alone:
            times = clock.human(numbers, make.volume(total / size, 0.9))
        else:
            file["created"] = clock.START + int((max(begin, 0) - begun + rng.uniform(-6, 6)) * clock.HOUR)
        file["verified"] = False
        writer = _writer(plan, make, questions, rng.uniform(0, plan.cover))
        yield Account(
            "campaign",
            times,
            writer,
            origin,
            {**own_shape, **shape} if rng.random() < 0.9 else own_shape,
            file,
            campaign=plan.name,
            role="member",
            banned=banned,
        )
    for _ in range(round(size * plan.relay)):
        _, own_shape, file = make.who(rng, api=True, volume=20)
        times = clock.human(numbers, make.volume(20, 1.0))
        yield Account(
            "relay customer", times, people_writer(make), relay.origin(rng), own_shape, file, role="bystander"
        )


def _span(plan: Plan, number: int, size: int, rng: random.Random) -> tuple[float, float, int | None]:
    """Hours an account works between, and the moment it is banned."""
    if plan.failover is None:
        return plan.begin, plan.end, None
    if number < size // 2:
        end = plan.failover + rng.uniform(0, 1.5)
        return plan.begin, end + 1.0, clock.START + int(end * clock.HOUR)
    return plan.failover + rng.uniform(2, 9), plan.end, None


def _writer(plan: Plan, make: Maker, questions: _Questions, cover: float) -> Writer:
    topics = make.library.people

    def write(rng: random.Random) -> dict[str, Any]:
        if rng.random() < cover:
            return {"prompt": rng.choice(topics).write(rng)}
        return plan.wrap(rng, questions.next())

    return write
