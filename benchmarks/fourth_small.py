"""Small logs: 2,000 requests of 50 accounts over a few days, twenty of them a campaign."""

from __future__ import annotations

from datetime import timedelta

from fourth_accounts import opened
from fourth_applications import application, automation, coder, frame, worked
from fourth_campaigns import harvest
from fourth_documents import KINDS as PAPERS
from fourth_hands import Tempo, chance, deal, hands
from fourth_instructions import BROAD, HARD, pool
from fourth_people import Voice, chat, person
from fourth_retyping import reworded
from fourth_times import within
from fourth_world import Account, Exchange, World
from fourth_wrappers import Rewording, Wrapper

__all__ = ["SMALL", "fill_small"]

SMALL = ("template", "pool", "cover", "adaptive", "evasive")
_TOTAL, _ACCOUNTS, _HANDS = 2000, 50, 20


def _campaign(world: World, way: str, count: int) -> None:
    rng, calendar = world.rng, world.calendar
    own = {
        "network": chance(world, households=2, proxied=1),
        "cards": "own",
        "client": "own",
        "asks": "own",
        "model": "own",
    }
    accounts = hands(world, "campaign-1", _HANDS, calendar.start, **(own if way in ("adaptive", "evasive") else {}))
    share = {"cover": rng.uniform(0.3, 0.7), "adaptive": rng.uniform(0.3, 0.6), "evasive": rng.uniform(0, 0.4)}.get(
        way, 0
    )
    items = pool(rng, world.corpora, rng.choice((BROAD, HARD)), rng.randint(2, 5), round(count * (1 - share)))
    wrapper = Wrapper.drawn(rng) if way == "template" or (way == "cover" and rng.random() < 0.5) else None
    world.draws["campaign-1"] |= {"kind": way, "cover": share, "wrapper": wrapper}
    works = harvest(world, items, wrapper)
    tempo = Tempo.drawn(world) if way not in ("adaptive", "evasive") else Tempo("human", "uneven")
    if way in ("adaptive", "evasive"):
        _own_words(world, accounts, works, way)
    else:
        deal(world, accounts, works, tempo, calendar.start, calendar.end - timedelta(minutes=1))
    for account in accounts:
        many = round((count - len(works)) / _HANDS) if share else 0
        if many or not account.sent:
            chat(world, account, Voice.drawn(rng, account.country), many or 3)


def _own_words(world: World, accounts: list[Account], works: list[Exchange], way: str) -> None:
    """Each hand asks at its own hours, in its own words; the evasive only change words and never ask for reasons."""
    rng = world.rng
    for number, account in enumerate(accounts):
        words, mine = Rewording.drawn(rng), works[number :: len(accounts)]
        for when, work in zip(account.rhythm.moments(rng, len(mine), account.created), mine, strict=False):
            if way == "adaptive":
                work.prompt, work.system = words.typed(rng, work.prompt), words.system
            else:
                work.prompt, work.form = words.style.typed(rng, reworded(rng, work.prompt, words.change)), "prose"
                work.length, work.answer = rng.lognormvariate(5.4, 0.6), None
            world.send(account, when, work)


def _shared(world: World, count: int, exchanges: int) -> None:
    """Honest accounts that share a frame: users of one published tool."""
    rng, calendar = world.rng, world.calendar
    text = frame(rng, paper := rng.choice(PAPERS))
    for _ in range(count):
        account = opened(world, "tool user", program=True)
        begin = max(account.created, calendar.start)
        for when in within(rng, begin, calendar.end, max(1, exchanges // count)):
            worked(world, account, text, paper, when, 400)


def fill_small(world: World, way: str) -> None:
    """Fill a small world with its campaign, some who share a frame and others."""
    rng = world.rng
    hidden = rng.randint(820, 1080)
    _campaign(world, way, hidden)
    shared, left = rng.randint(4, 12), _TOTAL - len(world.records)
    _shared(world, shared, round(left * rng.uniform(0.15, 0.45)))
    others = _ACCOUNTS - _HANDS - shared
    weights = [rng.lognormvariate(0, 0.9) for _ in range(others)]
    left = _TOTAL - len(world.records)
    world.draws["small"] = {"hidden": hidden, "shared": shared}
    for number, weight in enumerate(weights):
        count = max(2, round(left * weight / sum(weights)))
        (person if number < others - 5 else rng.choice((application, automation, coder)))(world, count)
    for account in world.accounts:
        if not account.sent:
            account.created = world.calendar.start - timedelta(days=rng.uniform(1, 90))
            chat(world, account, Voice.drawn(rng, account.country), 3)
    people = [account for account in world.accounts if account.campaign is None and account.kind == "person"]
    for _ in range(2000):
        if len(world.records) >= _TOTAL:
            break
        account = rng.choice(people)
        chat(world, account, Voice.drawn(rng, account.country), min(4, _TOTAL - len(world.records)))
