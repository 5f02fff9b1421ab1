"""Campaigns as the public record tells of them: pool, wrapper, drip, cover, relay, failover, adaptive hands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from fourth_applications import app_system
from fourth_corpora import Item
from fourth_hands import Tempo, chance, deal, hands, times
from fourth_houses import customers, reseller_keys
from fourth_instructions import BROAD, HARD, pool
from fourth_people import Voice, chat
from fourth_world import Account, Exchange, World
from fourth_wrappers import Rewording, Wrapper, injected

__all__ = ["CAMPAIGNS", "Campaign", "covered", "harvest", "span"]

Campaign = Callable[[World, str], None]


def span(world: World) -> tuple[datetime, datetime]:
    """A stretch of the log in which a campaign is at work."""
    rng, calendar = world.rng, world.calendar
    length = calendar.days * rng.choice((1, 1, rng.uniform(0.35, 1)))
    first = calendar.start + timedelta(days=rng.random() * (calendar.days - length))
    return first, first + timedelta(days=length) - timedelta(minutes=1)


def harvest(world: World, items: Sequence[Item], wrapper: Wrapper | None = None) -> list[Exchange]:
    """What a campaign sends for these items, bare or wrapped."""
    rng, works = world.rng, []
    keeps, length, balks = rng.random(), rng.uniform(5.9, 7.1), rng.choice((0, 0, 0.01, 0.04))
    for item in items:
        system, prompt = wrapper.around(rng, item.prompt) if wrapper else (None, item.prompt)
        form = "steps" if wrapper and wrapper.steps else rng.choice(("prose", "prose", "steps"))
        answer = item.answer if not wrapper and rng.random() < keeps else None
        form = "refusal" if rng.random() < balks else form
        works.append(Exchange(prompt, answer, system, length=rng.lognormvariate(length, 0.5), form=form, harvest=True))
    return works


def covered(world: World, accounts: Sequence[Account], low: float, high: float, voices: int = 1) -> None:
    """Give each account cover: ordinary talk of others that makes up such a share of what it sends."""
    rng = world.rng
    for account in accounts:
        share = rng.uniform(low, high)
        count = round(account.sent * share / (1 - share))
        made = [Voice.drawn(rng, world.country()) for _ in range(voices)]
        for voice in made:
            chat(world, account, voice, max(1, count // voices))


def _tell(world: World, name: str, **drawn: object) -> None:
    world.draws.setdefault(name, {}).update(drawn)


def _pool(world: World, name: str, count: int, sources: int | None = None) -> list[Item]:
    rng = world.rng
    table = rng.choice((BROAD, BROAD, HARD))
    return pool(rng, world.corpora, table, sources or rng.randint(2, 5), count)


def pooled(world: World, name: str) -> None:
    """One pool of broad instructions, dealt as it is."""
    rng = world.rng
    (first, last), tempo, each = span(world), Tempo.drawn(world), rng.uniform(15, 90)
    accounts = hands(world, name, rng.randint(60, 80), first)
    items = pool(rng, world.corpora, BROAD, rng.randint(3, 6), round(len(accounts) * each))
    repeats = rng.choice((0, 0, 0.05, 0.2))
    items += rng.sample(items, round(len(items) * repeats))
    _tell(world, name, kind="pool", tempo=tempo, each=each, repeats=repeats)
    deal(world, accounts, harvest(world, items), tempo, first, last)


def wrapped(world: World, name: str) -> None:
    """One wrapper around all that is asked."""
    rng = world.rng
    (first, last), tempo, each = span(world), Tempo.drawn(world), rng.uniform(12, 80)
    accounts, wrapper = hands(world, name, rng.randint(50, 70), first), Wrapper.drawn(rng)
    items = _pool(world, name, round(len(accounts) * each))
    _tell(world, name, kind="template", tempo=tempo, each=each, wrapper=wrapper)
    deal(world, accounts, harvest(world, items, wrapper), tempo, first, last)


def drip(world: World, name: str) -> None:
    """About four requests each of very many accounts, one sentence put into all of them."""
    rng = world.rng
    days = rng.choice((2, 2, 4, 9, 13))
    first = world.calendar.start + timedelta(days=rng.random() * (world.calendar.days - days))
    last, human = first + timedelta(days=days) - timedelta(minutes=5), rng.choice((0, 0.5, 1))
    accounts = hands(world, name, rng.randint(760, 940), first)
    sentences, place = injected(rng, rng.choice((1, 1, 1, 2, 4))), chance(world, end=3, begin=2, system=2, middle=1)
    mean, asked = rng.uniform(3.2, 4.8), chance(world, talk=3, pool=2)
    items = [one.prompt for one in _pool(world, name, 4600)] if asked == "pool" else []
    _tell(world, name, kind="drip", days=days, sentences=sentences, place=place, mean=mean, asked=asked)
    for account in accounts:
        voice, count = Voice.drawn(rng, account.country), 1 + min(14, int(rng.expovariate(1 / (mean - 0.5))))
        voice.system = voice.system or (app_system(rng) if rng.random() < 0.1 else None)
        moments = account.rhythm.moments(rng, count, first, last) if rng.random() < human else []
        moments += times(world, "steady", count - len(moments), first, last)
        for when in moments:
            ask = items.pop() if items else voice.opening(world)[0]
            world.send(account, when, _with(world, ask, rng.choice(sentences), place, voice.system))


def _with(world: World, ask: str, sentence: str, place: str, system: str | None) -> Exchange:
    length = world.rng.lognormvariate(6.4, 0.5)
    if place == "system":
        return Exchange(ask, None, f"{system} {sentence}" if system else sentence, length=length, harvest=True)
    if place == "begin":
        ask = f"{sentence}\n\n{ask}"
    elif place == "middle" and ". " in ask:
        head, tail = ask.split(". ", 1)
        ask = f"{head}. {sentence} {tail}"
    else:
        ask = f"{ask.rstrip()}{world.rng.choice((' ', chr(10), chr(10) * 2))}{sentence}"
    return Exchange(ask, None, system, length=length, form="steps", harvest=True)


def cover(world: World, name: str) -> None:
    """A campaign among others' ordinary talk, which makes up a third to two thirds of what its accounts send."""
    rng = world.rng
    (first, last), tempo, each = span(world), Tempo.drawn(world), rng.uniform(12, 55)
    accounts = hands(world, name, rng.randint(50, 70), first)
    wrapper = Wrapper.drawn(rng) if rng.random() < 0.35 else None
    voices = rng.choice((1, 1, 2, 4))
    _tell(world, name, kind="cover", tempo=tempo, each=each, wrapper=wrapper, voices=voices)
    deal(world, accounts, harvest(world, _pool(world, name, round(len(accounts) * each)), wrapper), tempo, first, last)
    covered(world, accounts, 0.3, 0.7, voices)


def relay(world: World, name: str) -> None:
    """A twentieth of what a reseller's customers send is one of them harvesting, who has ten accounts besides."""
    rng = world.rng
    keys = reseller_keys(world, "relay", rng.randint(6, 45), rng.uniform(0, 120))
    for account in keys:
        account.campaign, account.role = name, "relay"
    exchanges, share = int(rng.uniform(5500, 11_000)), rng.uniform(0.035, 0.065)
    customers(world, keys, rng.randint(260, 340), exchanges)
    first, last = span(world)
    outside = hands(world, name, 10, first)
    wrapper = Wrapper.drawn(rng) if rng.random() < 0.6 else None
    inside, each = round(exchanges * share), rng.uniform(15, 70)
    works = harvest(world, _pool(world, name, inside + round(10 * each), rng.randint(1, 4)), wrapper)
    through, tempo = rng.choice((rng.sample(keys, max(2, len(keys) // 3)), keys)), Tempo.drawn(world)
    _tell(
        world,
        name,
        kind="relay",
        keys=len(keys),
        share=share,
        through=len(through),
        each=each,
        tempo=tempo,
        wrapper=wrapper,
    )
    deal(
        world,
        through,
        works[:inside],
        Tempo("steady" if tempo.when == "human" else tempo.when, tempo.whom),
        first,
        last,
    )
    deal(world, outside, works[inside:], tempo, first, last)


def failover(world: World, name: str) -> None:
    """Fifty accounts are barred at once; hours later forty-five new ones go on with the pool."""
    rng, calendar = world.rng, world.calendar
    barred = calendar.start + timedelta(days=calendar.days * rng.uniform(0.35, 0.65))
    again = barred + timedelta(hours=rng.uniform(2, 30))
    tempo, each = Tempo.drawn(world), rng.uniform(14, 60)
    wrapper = Wrapper.drawn(rng) if rng.random() < 0.4 else None
    works = harvest(world, _pool(world, name, round(95 * each)), wrapper)
    cut = round(len(works) * 50 / 95)
    old = hands(world, name, 50, calendar.start)
    new = hands(world, name, 45, again, opened=chance(world, burst=3, staggered=1))
    _tell(world, name, kind="failover", barred=barred, again=again, tempo=tempo, each=each, wrapper=wrapper)
    deal(world, old, works[:cut], tempo, calendar.start, barred)
    for account in old:
        account.barred = barred
        for _ in range(rng.randint(0, 4)):
            work = rng.choice(works[:cut])
            world.send(account, barred + timedelta(minutes=rng.expovariate(0.1)), work)
    again_sent = rng.sample(works[max(0, cut - 60) : cut], min(cut, rng.randint(0, 40)))
    deal(world, new, [*again_sent, *works[cut:]], tempo, again, calendar.end - timedelta(minutes=1))


def adaptive(world: World, name: str, count: int | None = None, each: float | None = None) -> None:
    """Hands with nothing in common: own words, clients, cards and hours, cover of their own."""
    rng = world.rng
    accounts = hands(
        world,
        name,
        count or rng.randint(60, 80),
        network=chance(world, proxied=1, households=2),
        cards="own",
        client="own",
        asks="own",
        model="own",
        opened=chance(world, staggered=1, bought=1),
        release="own",
    )
    each = each or rng.uniform(14, 45)
    sizes = [max(4, round(each * rng.lognormvariate(-0.15, 0.55))) for _ in accounts]
    items = _pool(world, name, sum(sizes), rng.randint(3, 6))
    _tell(world, name, kind="adaptive", each=each)
    for account, size in zip(accounts, sizes, strict=True):
        words, voice = Rewording.drawn(rng), Voice.drawn(rng, account.country)
        mine, items = items[:size], items[size:]
        for when, item in zip(account.rhythm.moments(rng, len(mine), account.created), mine, strict=False):
            _asked(world, account, words, voice, item, when)
        share = rng.uniform(0.3, 0.6)
        chat(world, account, voice, max(1, round(account.sent * share / (1 - share))))


def _asked(world: World, account: Account, words: Rewording, voice: Voice, item: Item, when: datetime) -> None:
    """One item in a hand's own words, now and then with something said after the answer."""
    rng, session, form = world.rng, world.name("s_", 10), world.rng.choice(("prose", "steps"))
    prompt, length = words.typed(rng, item.prompt), rng.lognormvariate(6.4, 0.6)
    said = world.send(account, when, Exchange(prompt, None, words.system, [], session, length, form, harvest=True))
    if said and rng.random() < 0.2:
        history = [("user", prompt), ("assistant", said)]
        then = when + timedelta(seconds=rng.lognormvariate(4, 0.7))
        world.send(account, then, Exchange(voice.next(rng, said), None, words.system, history, session))


CAMPAIGNS: dict[str, Campaign] = {
    "pool": pooled,
    "template": wrapped,
    "drip": drip,
    "cover": cover,
    "relay": relay,
    "failover": failover,
    "adaptive": adaptive,
}
