"""Honest customers of a random world who share something: offices, agencies, resellers, teams, classes, crews.

None of them declares it but teams and licensed firms. One function a kind: it gets how many exchanges each account
makes, and yields the accounts. To add one, write its function and name it in ``random_world``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from stillwatch.range import hours
from stillwatch.range.account import Account, Known
from stillwatch.range.customers import campus
from stillwatch.range.script import Ask, Stage, moment, scripted
from stillwatch.range.talk import Person, asks_of
from stillwatch.range.wording import inject, sentence, wrapper

__all__ = ["agencies", "classes", "crews", "followers", "licensed", "offices", "parties", "resellers", "teams"]

_STEPS = ("", "", " Please explain step by step.", " Show your working.", " I need the steps, not only the answer.")
_MAKE = (
    "Generate {n} diverse training examples about this: {q}",
    "Write {n} variations of this instruction, each with an answer:\n{q}",
    "{q}\n\nGive {n} answers of different quality and say which is best.",
)


def parties(rng: random.Random, counts: Sequence[int], least: int, most: int) -> Iterator[Sequence[int]]:
    """The accounts in groups of a size between two; the last may be small."""
    start = 0
    while start < len(counts):
        size = rng.randint(least, most)
        yield counts[start : start + size]
        start += size


def _at(known: Known, addresses: Sequence[str], card: str | None = None, asn: int | None = None) -> Known:
    """Somebody at a shared place, on a shared card where there is one."""
    origin, shape, file = known
    if card:
        file |= {"payment_id": card, "plan": "plus" if file["plan"] == "free" else file["plan"]}
    return replace(origin, addresses=tuple(addresses), asn=asn or origin.asn), shape, file


def _card(rng: random.Random) -> str:
    return f"card-{rng.randrange(16**10):010x}"


def _made_together(stage: Stage, known: Known, begin: float, spread: float) -> Known:
    known[2]["created"] = moment(begin + stage.rng.uniform(0, spread))
    return known


def offices(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """People of one office: an address, often a card, common hours, nothing else."""
    rng = stage.rng
    for party in parties(rng, counts, 3, 20):
        door = stage.stranger(api=True, volume=1)[0]
        card, zone = _card(rng) if rng.random() < 0.5 else None, rng.choice((-8, -5, 0, 1, 5.5, 9))
        for count in party:
            times = hours.office(stage.numbers, count, 0, stage.hours, zone)
            known = _at(stage.stranger(api=rng.random() < 0.3, volume=count), door.addresses, card, door.asn)
            yield scripted(stage, "office", asks_of(stage, Person(stage), times), known)


def agencies(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """An agency with an account a client: one card, one address, one template, each client's own texts."""
    rng = stage.rng
    for party in parties(rng, counts, 3, 25):
        door, card = stage.stranger(api=True, volume=1)[0], _card(rng)
        template = wrapper(rng, rng.choice(stage.texts.people).topic.words)
        begin, at_once = -rng.uniform(24, 3000), rng.random() < 0.5
        for count in party:
            reader = rng.choice(stage.texts.people)
            asks = [
                Ask(moment(hour), {"prompt": template.replace("{q}", reader.next(rng))})
                for hour in hours.office(stage.numbers, count, 0, stage.hours)
            ]
            known = _at(stage.stranger(api=True, volume=count), door.addresses, card, door.asn)
            yield scripted(stage, "agency", asks, _made_together(stage, known, begin, 48) if at_once else known)


def resellers(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """A reseller or chat front end: up to 300 customers' talk over its accounts, which share cards and addresses."""
    rng = stage.rng
    for party in parties(rng, counts, 4, 60):
        customers = [Person(stage) for _ in range(rng.randint(5 * len(party) // 2, max(300, 5 * len(party) // 2)))]
        doors = [stage.stranger(api=True, volume=1)[0] for _ in range(rng.randint(1, 4))]
        cards = [_card(rng) for _ in range(max(1, len(party) // rng.randint(4, 12)))]
        client, begin = stage.subscriber("scale", api=True), -rng.uniform(24, 2000)
        sticky, gateway = rng.random() < 0.5, object()
        for count in party:
            mine = rng.sample(customers, min(len(customers), 8)) if sticky else customers
            times = hours.steady(stage.numbers, count, 0, stage.hours)
            asks = [Ask(moment(hour), who.say(rng), user=who) for hour in times for who in (rng.choice(mine),)]
            known = _at(stage.stranger(api=True, volume=count), rng.choice(doors).addresses, rng.choice(cards))
            own = (replace(known[0], user_agent=client[0].user_agent), dict(client[1]), known[2])
            yield scripted(stage, "reseller", asks, _made_together(stage, own, begin, 200), gateway=gateway)


def teams(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """One declared organisation with a key a member, all on one pipeline behind one gateway."""
    rng = stage.rng
    for party in parties(rng, counts, 4, 9):
        base, topic = rng.choice(stage.texts.apps)
        system = topic.instruction(rng, base)
        origin, shape, file = stage.subscriber("scale", api=True)
        org, gateway = f"org-{rng.randrange(16**8):08x}", object()
        for count in party:
            asks = [
                Ask(moment(hour), {"system": system, "prompt": topic.reword(rng, rng.choice(topic.texts), 0.1)})
                for hour in hours.office(stage.numbers, count, 0, stage.hours)
            ]
            yield scripted(stage, "team key", asks, (origin, dict(shape), dict(file)), org_id=org, gateway=gateway)


def classes(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """A class with one homework before one hour, some from one campus, many signed up for it."""
    rng = stage.rng
    for party in parties(rng, counts, 12, 60):
        homework = rng.sample(rng.choice(stage.texts.tests).texts, 12)
        place, due = campus(rng), rng.uniform(min(30, 0.5 * stage.hours), stage.hours)
        on_campus, term, lean = rng.choice((0.0, 0.4, 0.9)), -rng.uniform(0, 900), rng.uniform(0.4, 1.0)
        for count in party:
            own, length = Person(stage), min(3.0, due - 1)
            begin = max(due - length - rng.uniform(0, 30), 0.0)
            asks = []
            for hour in hours.sitting(stage.numbers, count, begin, length):
                written = {"prompt": rng.choice(homework) + rng.choice(_STEPS)} if rng.random() < lean else own.say(rng)
                asks.append(Ask(moment(hour), written))
            known = stage.stranger(api=False, volume=count)
            if rng.random() < on_campus:
                known = _at(known, (rng.choice(place.addresses),), asn=place.asn)
            if rng.random() < 0.6:
                known = _made_together(stage, known, term, 24)
            yield scripted(stage, "student", asks, known)


def crews(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """Data labellers: one instruction, one employer's address and shift, each item through several hands."""
    rng = stage.rng
    for party in parties(rng, counts, 5, 40):
        source, template = rng.choice(stage.texts.bulk), wrapper(rng, rng.choice(stage.texts.people).topic.words)
        items = rng.sample(source.texts, min(len(source.texts), max(20, sum(party) // rng.randint(1, 5))))
        door, card = stage.stranger(api=True, volume=1)[0], _card(rng) if rng.random() < 0.6 else None
        zone, begin = rng.choice((-8, 0, 3, 5.5, 8)), -rng.uniform(24, 2500)
        for count in party:
            asks = [
                Ask(moment(hour), {"prompt": template.replace("{q}", rng.choice(items))})
                for hour in hours.office(stage.numbers, count, 0, stage.hours, zone)
            ]
            known = _at(stage.stranger(api=rng.random() < 0.5, volume=count), door.addresses, card, door.asn)
            yield scripted(stage, "labeller", asks, _made_together(stage, known, begin, 60))


def followers(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """Strangers with one app, extension or blog post: its sentence or template, own questions, own hours."""
    rng = stage.rng
    for party in parties(rng, counts, 6, 80):
        words = rng.choice(stage.texts.people).topic.words
        put = rng.choice(("template", "sentence", "system"))
        template, added = wrapper(rng, words), sentence(rng)
        client = stage.subscriber("scale", api=True) if rng.random() < 0.5 else None
        for count in party:
            asks = asks_of(stage, Person(stage), hours.human(stage.numbers, count, 0, stage.hours))
            for ask in asks:
                if put == "system":
                    ask.written["system"] = added
                elif "prompt" in ask.written:
                    text = ask.written["prompt"]
                    filled = template.replace("{q}", text) if put == "template" else inject(rng, text, added)
                    ask.written["prompt"] = filled
            origin, shape, file = stage.stranger(api=client is not None or rng.random() < 0.3, volume=count)
            if client:
                origin = replace(origin, user_agent=client[0].user_agent, tls_fingerprint=client[0].tls_fingerprint)
                shape = dict(client[1])
            yield scripted(stage, "follower", asks, (origin, shape, file))


def licensed(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """Licensed synthetic data: distillation that the provider has agreed to."""
    rng = stage.rng
    for party in parties(rng, counts, 2, 8):
        source, form = rng.choice(stage.texts.bulk), rng.choice(_MAKE)
        org, licence = f"org-{rng.randrange(16**8):08x}", f"lic-{rng.randrange(16**6):06x}"
        queue = rng.sample(source.texts, len(source.texts))
        for count in party:
            asks = [
                Ask(moment(hour), {"prompt": form.format(n=rng.randint(2, 5), q=rng.choice(queue))})
                for hour in hours.steady(stage.numbers, count, 0, stage.hours)
            ]
            known = stage.subscriber("scale", api=True)
            known[2].update(licence_id=licence, declared_use="synthetic training data")
            yield scripted(stage, "licensed", asks, known, org_id=org)
