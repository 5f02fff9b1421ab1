"""The accounts of one designed campaign: its questions on its schedule, its cover, and what happens to it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stillwatch.range import hours
from stillwatch.range.account import Account, Known
from stillwatch.range.axes import CampaignDesign
from stillwatch.range.hands import Hands
from stillwatch.range.hours import Slot, Work
from stillwatch.range.pools import Dealer
from stillwatch.range.script import Ask, Stage, answer, habit, moment, scripted
from stillwatch.range.sources import Source
from stillwatch.range.talk import Person, asks_of

__all__ = ["accounts_of", "spread"]

_KNOCKING = 1.0


@dataclass(slots=True)
class _Member:
    """One account to be: who it is, how much of it is cover, and what it asks."""

    known: Known
    length: float
    pool: int
    cover: int
    person: Person
    asks: list[Ask] = field(default_factory=list)
    role: str = "member"
    banned: int | None = None


def accounts_of(stage: Stage, design: CampaignDesign, sources: Sequence[Source]) -> list[Account]:
    """The accounts of a campaign whose pool is from these sources."""
    dealer = Dealer(stage.rng, design, sources)
    members = _members(stage, design)
    if design.event == "failover":
        _fail_over(stage, design, members, dealer)
    else:
        _work(stage, design, members, dealer, (design.begin, design.end))
    _talk_over(stage, design, members)
    if design.event == "retries":
        _ask_again(stage, design, members)
    share = stage.rng.uniform(0.5, 1.0) if design.event == "pivot" else 0.0
    return [_account(stage, design, member, share) for member in members if member.asks]


def _account(stage: Stage, design: CampaignDesign, member: _Member, pivoting: float) -> Account:
    moves = None
    if stage.release is not None and stage.rng.random() < pivoting:
        moves = stage.release + min(stage.rng.expovariate(1 / 8), 24.0)
    return scripted(
        stage,
        "campaign",
        member.asks,
        member.known,
        length=member.length,
        moves=moves,
        campaign=design.name,
        role=member.role,
    )


def spread(numbers: np.random.Generator, total: int, size: int, volume: str) -> list[int]:
    """How many exchanges each of so many accounts makes, at least one."""
    weights = numbers.lognormal(0, numbers.choice((0.0, 0.2)) if volume == "even" else 1.2, size)
    extra = np.minimum(weights / weights.sum() * (total - size), 3000 - 1)
    return [1 + int(x) + (numbers.random() < x % 1) for x in np.maximum(extra, 0)]


def _members(stage: Stage, design: CampaignDesign) -> list[_Member]:
    rng, hands = stage.rng, Hands.make(stage, design)
    counts = spread(stage.numbers, design.exchanges, design.accounts, design.volume)
    first = round(design.accounts * design.banned)
    usual = habit(rng)
    members = []
    for number, count in enumerate(counts):
        outside = number >= design.accounts - design.outside
        share = 0.0 if outside else rng.uniform(*design.cover_share)
        cover = min(round(count * share), count - 1)
        later = design.event == "failover" and number >= first
        begin = design.event_hour + rng.uniform(2, 9) if later else design.begin
        known = hands.take(stage, number, count, begin)
        length = usual * rng.uniform(0.85, 1.15) if design.parameters == "one" else habit(rng)
        role = "relay" if design.cover == "relay" and not outside else "member"
        members.append(_Member(known, length, count - cover, cover, Person(stage), role=role))
    return members


def _work(
    stage: Stage, design: CampaignDesign, members: Sequence[_Member], dealer: Dealer, span: tuple[float, float]
) -> None:
    """The members' share of the pool, and what cover goes through the same dispatcher, at their hours."""
    begin, end = span
    # One person's drip is as thin as the rest of the account's.
    own = design.cover == "person" and design.hours == "drip"
    mixed = design.cover == "random" or own
    counts = [member.pool + (member.cover if mixed else 0) for member in members]
    left = [member.cover if mixed else 0 for member in members]
    for slot in _slots(stage, design, members, Work(counts, begin, end, design.workers)):
        member = members[slot.account]
        counts[slot.account] -= 1
        person = None
        if stage.rng.random() * (counts[slot.account] + 1) < left[slot.account]:
            left[slot.account] -= 1
            person = (member if own else stage.rng.choice(members)).person
        written = person.say(stage.rng) if person else dealer.next(slot.account)
        member.asks.append(Ask(moment(slot.hour), written, slot.answer, person))


def _slots(stage: Stage, design: CampaignDesign, members: Sequence[_Member], work: Work) -> list[Slot]:
    def answers(number: int) -> Any:
        return answer(stage.rng, members[number].known[1], members[number].length)

    if design.event != "probe":
        return hours.schedule(design.hours, stage.rng, stage.numbers, work, answers)
    # A few accounts try what passes, a day or more before the rest begins.
    few = max(1, len(members) // 12)
    tried = [min(count, 12) if number < few else 0 for number, count in enumerate(work.counts)]
    start = work.begin + min(24.0, 0.3 * (work.end - work.begin)) * stage.rng.uniform(1, 1.5)
    rest = [count - first for count, first in zip(work.counts, tried, strict=True)]
    probe = hours.schedule("human", stage.rng, stage.numbers, Work(tried, work.begin, start, 1), answers)
    scale = Work(rest, start, work.end, work.workers)
    return [*probe, *hours.schedule(design.hours, stage.rng, stage.numbers, scale, answers)]


def _fail_over(stage: Stage, design: CampaignDesign, members: Sequence[_Member], dealer: Dealer) -> None:
    """The first accounts until they are banned at one hour; after some hours the others go on with the pool."""
    first = max(1, round(len(members) * design.banned))
    old, new = members[:first], members[first:]
    _work(stage, design, old, dealer, (design.begin, design.event_hour))
    start = min(design.event_hour + stage.rng.uniform(2, 9), design.end - 6)
    _work(stage, design, new, dealer, (max(start, design.event_hour + 0.5), design.end))
    ban = moment(design.event_hour)
    for member in old:
        member.banned = ban
        member.asks = [ask for ask in member.asks if ask.time <= ban]
        # They knock at the closed door for an hour at most.
        for _ in range(stage.rng.randint(0, 5)):
            when = design.event_hour + stage.rng.uniform(0.01, _KNOCKING)
            if member.asks:
                member.asks.append(Ask(moment(when), {**stage.rng.choice(member.asks).written, "status": "403"}))


def _talk_over(stage: Stage, design: CampaignDesign, members: Sequence[_Member]) -> None:
    """Cover that keeps its own people's hours: one person an account, or a relay's customers."""
    if design.cover == "person" and design.hours != "drip":
        for member in members:
            _add(stage, member, member.person, member.cover, _window(design, member))
    if design.cover != "relay":
        return
    relays = [member for member in members if member.role == "relay"]
    if not relays:
        return
    customers = [Person(stage) for _ in range(max(design.customers, 1))]
    weights = stage.numbers.lognormal(0, 1, len(customers))
    for member in relays:
        parts = stage.numbers.multinomial(member.cover, weights / weights.sum())
        for person, count in zip(customers, parts, strict=True):
            if count:
                _add(stage, member, person, int(count), (0.0, stage.hours))


def _window(design: CampaignDesign, member: _Member) -> tuple[float, float]:
    """Hours between which an account may act at all."""
    if design.event != "failover":
        return design.begin, design.end
    return (design.begin, design.event_hour) if member.banned else (design.event_hour + 2, design.end)


def _add(stage: Stage, member: _Member, person: Person, count: int, span: tuple[float, float]) -> None:
    member.asks.extend(asks_of(stage, person, hours.human(stage.numbers, count, *span)))


def _ask_again(stage: Stage, design: CampaignDesign, members: Sequence[_Member]) -> None:
    """Some requests are refused or fail, and go out again word for word through another account within minutes."""
    rng: random.Random = stage.rng
    share, status = rng.uniform(0.02, 0.12), rng.choice(("429", "403", "429"))
    for number, member in enumerate(members):
        for ask in [ask for ask in member.asks if rng.random() < share]:
            other = members[(number + rng.randrange(1, len(members))) % len(members)]
            again = {k: v for k, v in ask.written.items() if k != "status"}
            if design.text != "sessions":
                ask.user = ask.user or object()
            other.asks.append(Ask(ask.time + int(rng.uniform(2, 240) * 1e6), again, user=ask.user))
            ask.written, ask.answer = {**ask.written, "status": status}, None
