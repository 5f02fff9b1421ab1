"""Honest evaluation that looks like harvesting: judges of one's own bot, sessions run again, pass@k, languages."""

from __future__ import annotations

from datetime import timedelta

from fourth_accounts import house_domain, opened
from fourth_answers import answered
from fourth_applications import app_system
from fourth_clients import Parameters, script_agent
from fourth_everyday import INTERESTS, asked
from fourth_judging import Judge
from fourth_people import Voice
from fourth_times import within
from fourth_tongue_wrappers import LANGUAGES, problem, trace
from fourth_tongues import TONGUES
from fourth_world import Exchange, World

__all__ = ["EVALUATION"]


def judges(world: World) -> None:
    """A house that lets a model judge what its own bot answered, on a few keys, after each of its releases."""
    rng, calendar, judge = world.rng, world.calendar, Judge.drawn(world.rng)
    mail, card, agent = house_domain(rng), world.name("pm_", 10), script_agent(rng)
    interests = rng.sample(INTERESTS, 2)
    accounts = [
        opened(world, "judge", program=True, agent=agent, email_domain=mail, payment_id=card, plan="team")
        for _ in range(rng.randint(1, 7))
    ]
    for _ in range(rng.randint(1, 5)):
        begin = calendar.moment(rng)
        for when in within(rng, begin, begin + timedelta(hours=rng.lognormvariate(0.5, 0.8)), rng.randint(30, 160)):
            task = asked(rng, rng.choice(interests))
            texts = [answered(rng, task, int(rng.lognormvariate(5.5, 0.4))) for _ in range(2)]
            text = judge.asked(rng, task, *texts)
            world.send(rng.choice(accounts), when, Exchange(text, judge.verdict(rng, text)))


def regression(world: World) -> None:
    """A house that runs kept sessions of its own users again whenever its prompt changes."""
    rng, calendar, system = world.rng, world.calendar, app_system(world.rng)
    mail, agent = house_domain(rng), script_agent(rng)
    accounts = [
        opened(world, "regression", program=True, agent=agent, email_domain=mail)
        for _ in range(rng.choice((1, 1, 2, 4)))
    ]
    kept = []
    for _ in range(rng.randint(15, 60)):
        voice = Voice.drawn(rng, world.country())
        turns = [("user", voice.opening(world)[0])]
        for _ in range(rng.randint(0, 4)):
            said = answered(rng, turns[-1][1], int(rng.lognormvariate(5.3, 0.5)))
            turns += [("assistant", said), ("user", voice.next(rng, said))]
        kept.append(turns)
    for _ in range(rng.randint(1, 8)):
        begin = calendar.moment(rng)
        for when, turns in zip(within(rng, begin, begin + timedelta(minutes=40), len(kept)), kept, strict=True):
            world.send(rng.choice(accounts), when, Exchange(turns[-1][1], None, system, turns[:-1]))


def passes(world: World) -> None:
    """Researchers who ask each task of a set many times to tell how often a model passes."""
    rng, calendar = world.rng, world.calendar
    for _ in range(rng.randint(1, 4)):
        account = opened(world, "pass@k", program=True, asks=Parameters(rng.choice((0.7, 0.8, 1.0)), 1024))
        fold, name = (
            rng.choice((3, 4, 5, 8, 10)),
            rng.choice(("humaneval_harness", "gsm8k_harness", "bbh_code_davinci")),
        )
        items = [item for item in world.corpora.draw(rng, name, rng.randint(15, 60)) for _ in range(fold)]
        begin = max(account.created, calendar.start) + timedelta(days=rng.uniform(0, 9))
        for when, item in zip(within(rng, begin, begin + timedelta(hours=3), len(items)), items, strict=True):
            world.send(account, when, Exchange(item.prompt, length=rng.lognormvariate(5.8, 0.4), form="steps"))


def polyglots(world: World) -> None:
    """Researchers and learners who compare how a model reasons in different languages."""
    rng = world.rng
    for _ in range(rng.randint(2, 10)):
        account = opened(world, "polyglot", program=rng.random() < 0.7)
        tongues = rng.sample(LANGUAGES, rng.randint(2, 6))
        for when in account.rhythm.moments(rng, int(rng.lognormvariate(3, 0.7)), account.created):
            tongue = rng.choice(tongues)
            task = problem(rng, tongue) or world.corpora.one(rng, "gsm8k_harness").prompt
            what = Exchange(f"{task}\n{trace(rng, tongue)}", length=600, form="steps")
            what.tongue = tongue if tongue in TONGUES else "en"
            world.send(account, when, what)


EVALUATION = {
    "judges": (judges, 0.8),
    "regression": (regression, 0.7),
    "passes": (passes, 0.7),
    "polyglots": (polyglots, 0.6),
}
"""Each with how many a world of level one has on average."""
