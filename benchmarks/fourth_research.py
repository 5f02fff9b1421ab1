"""Honest work with test sets and training data: harnesses, subsets, red teams, licensed makers, hobbyists."""

from __future__ import annotations

from datetime import timedelta

from fourth_accounts import house_domain, opened
from fourth_clients import Parameters, parameters, script_agent
from fourth_grammar import expand, read_rules
from fourth_instructions import BROAD, HARD, pool
from fourth_times import within
from fourth_words import WORDS
from fourth_world import Account, Exchange, World

__all__ = ["RESEARCH"]

_SETS = (
    "mmlu_harness",
    "gsm8k_harness",
    "humaneval_harness",
    "bbh_code_davinci",
    "openai_evals",
    "bfcl",
    "recon_cot_elicitation",
)
_FRAMES = read_rules("""
frame: Below is an instruction. Write a response that completes it.\\n\\n### Instruction:\\n<x>\\n\\n### Response: | <x>
  | You are generating training data for a {adjective} assistant. Answer fully.\\n\\n<x> | Answer for {audience}: <x>
  | <x>\\n\\nThink it through, then give the final answer on its own line. | Task: <x>\\nAnswer:
""")


def _run(world: World, account: Account, name: str, share: float, nights: int) -> None:
    rng, calendar = world.rng, world.calendar
    items = world.corpora.items(name)
    count = min(int(len(items) * share) + 1, len(items), 1500)
    for night in range(nights):
        begin = max(account.created, calendar.start) + timedelta(days=night, hours=rng.uniform(0, 30))
        span = timedelta(seconds=count * rng.uniform(0.3, 5))
        chosen = rng.sample(items, count) if share < 1 else items[:count]
        for when, item in zip(within(rng, begin, begin + span, count), chosen, strict=True):
            form = "steps" if name in ("gsm8k_harness", "recon_cot_elicitation") else "prose"
            world.send(account, when, Exchange(item.prompt, item.answer, item.system, length=220, form=form))


def harness(world: World) -> None:
    """Somebody who runs test sets whole, by one key or three."""
    rng = world.rng
    agent, asks = script_agent(rng), Parameters(0.0, rng.choice((256, 512, 1024, 2048)))
    for _ in range(rng.choice((1, 1, 2, 3))):
        account = opened(world, "harness", program=True, agent=agent, asks=asks, adopts=rng.choice((1, 12, 30)))
        account.created = min(account.created, world.calendar.start + timedelta(days=3))
        for name in rng.sample(_SETS, rng.randint(1, 2)):
            _run(world, account, name, rng.choice((1, 1, 0.5)), 1 if name != "humaneval_harness" else rng.randint(1, 6))


def subsets(world: World) -> None:
    """Researchers unknown to each other who run random subsets of the same public sets."""
    rng = world.rng
    names = rng.sample(_SETS, rng.randint(1, 3))
    for _ in range(rng.randint(4, 18)):
        account = opened(
            world,
            "subset",
            program=True,
            asks=Parameters(rng.choice((0.0, 0.0, None, 0.7)), rng.choice((None, 512, 1024))),
        )
        account.created = min(account.created, world.calendar.start + timedelta(days=9))
        _run(world, account, rng.choice(names), rng.uniform(0.01, 0.06), rng.choice((1, 1, 2)))


def red_team(world: World) -> None:
    """A safety team that sends what must be refused."""
    rng = world.rng
    mail, agent = house_domain(rng), script_agent(rng)
    for _ in range(rng.randint(1, 5)):
        account = opened(world, "red team", program=True, agent=agent, email_domain=mail, plan="enterprise")
        name = rng.choice(("advbench", "harmbench", "strongreject", "xstest"))
        items = world.corpora.draw(rng, name, rng.randint(60, 250))
        begin = max(account.created, world.calendar.start) + timedelta(days=rng.uniform(0, 6))
        for when, item in zip(
            within(rng, begin, begin + timedelta(hours=rng.uniform(0.3, 60)), len(items)), items, strict=True
        ):
            form = "refusal" if rng.random() < 0.85 else "prose"
            world.send(account, when, Exchange(item.prompt, length=rng.lognormvariate(5, 0.5), form=form))


def licensed(world: World) -> None:
    """A start-up whose synthetic data the provider has agreed to: a pool dealt over its keys."""
    rng, calendar = world.rng, world.calendar
    keys, licence = rng.randint(3, 24), world.name("lic_", 6)
    mail, card, agent, asks = house_domain(rng), world.name("pm_", 10), script_agent(rng), parameters(rng, True)
    links = world.networks.hosting(keys)
    accounts = [
        opened(
            world,
            "licensed",
            program=True,
            agent=agent,
            asks=asks,
            email_domain=mail,
            payment_id=card,
            plan="enterprise",
            licence_id=licence,
            link=link,
            verified=True,
        )
        for link in links
    ]
    items = pool(rng, world.corpora, rng.choice((BROAD, HARD)), rng.randint(2, 4), int(rng.lognormvariate(6.7, 0.5)))
    text = expand(rng, rng.choice(_FRAMES["frame"]), WORDS)
    begin = calendar.start + timedelta(days=rng.uniform(0, 4))
    for when, item in zip(within(rng, begin, calendar.end, len(items)), items, strict=True):
        answer = item.answer if rng.random() < 0.5 else None
        world.send(
            rng.choice(accounts),
            when,
            Exchange(text.replace("<x>", item.prompt), answer, length=rng.lognormvariate(6.2, 0.6)),
        )


def hobbyists(world: World) -> None:
    """Single makers who build a small data set within the terms, each their own, some from the same public sets."""
    rng, calendar = world.rng, world.calendar
    names = rng.sample(sorted(BROAD), 3)
    for _ in range(rng.randint(2, 8)):
        account = opened(world, "hobbyist", program=True)
        account.created = min(account.created, calendar.start + timedelta(days=8))
        sources = rng.sample(names, rng.randint(1, 2))
        items = pool(rng, world.corpora, BROAD, sources, int(rng.lognormvariate(4.6, 0.7)) + 5)
        text = expand(rng, rng.choice(_FRAMES["frame"]), WORDS)
        begin = max(account.created, calendar.start) + timedelta(days=rng.uniform(0, 4))
        for when, item in zip(
            within(rng, begin, begin + timedelta(hours=rng.lognormvariate(2, 1)), len(items)), items, strict=True
        ):
            world.send(account, when, Exchange(text.replace("<x>", item.prompt), length=rng.lognormvariate(6, 0.6)))


RESEARCH = {
    "harness": (harness, 1.2),
    "subsets": (subsets, 1),
    "red team": (red_team, 0.6),
    "licensed": (licensed, 0.8),
    "hobbyists": (hobbyists, 1.2),
}
"""Each with how many a world of level one has on average."""
