"""Honest houses that look like campaigns: offices, agencies, resellers, pipelines, labellers, migrations, CI."""

from __future__ import annotations

from datetime import timedelta

from fourth_accounts import house_domain, opened
from fourth_applications import frame, worked
from fourth_clients import app_agent, parameters, script_agent
from fourth_corpora import Item
from fourth_documents import KINDS as PAPERS
from fourth_documents import document
from fourth_everyday import asked
from fourth_grammar import expand
from fourth_people import Voice, chat, talk
from fourth_retyping import Style
from fourth_times import Rhythm, ticks, within
from fourth_words import WORDS
from fourth_world import Account, Exchange, World

__all__ = ["HOUSES", "customers", "reseller_keys"]


def office(world: World) -> None:
    """One firm: one way out, one or two cards, each at their own work, some house style."""
    rng = world.rng
    size, country, way, mail = rng.randint(6, 40), world.country(), world.networks.office(), house_domain(rng)
    cards = [world.name("pm_", 10) for _ in range(rng.choice((1, 1, 2, 4)))]
    begun = world.calendar.start - timedelta(days=rng.uniform(-9, 500))
    system = (
        expand(rng, "You assist staff of a {trade} in {place}. Never share {task}s.", WORDS)
        if rng.random() < 0.5
        else None
    )
    works = rng.sample(("mails", "work", "marketing", "writing", "data", "legal", "coding", "languages"), 4)
    for _ in range(size):
        account = opened(
            world,
            "office",
            country=country,
            link=world.networks.shared(way),
            email_domain=mail,
            payment_id=rng.choice(cards),
            plan="team",
            created=begun + timedelta(days=rng.expovariate(0.2)),
            shape="office",
        )
        voice = Voice.drawn(rng, country)
        voice.interests, voice.system, voice.pastes = rng.sample(works, 2), system, rng.uniform(0.1, 0.5)
        chat(world, account, voice, int(rng.lognormvariate(2.4, 0.9)) + 1)


def agency(world: World) -> None:
    """A handful of people who share a library of prompts and change clients' names in them."""
    rng = world.rng
    library = [frame(rng, rng.choice(PAPERS)) for _ in range(rng.randint(3, 12))]
    way, mail, card = world.networks.office(), house_domain(rng), world.name("pm_", 10)
    country = world.country()
    for _ in range(rng.randint(3, 14)):
        link = world.networks.shared(way) if rng.random() < 0.6 else world.networks.household(country)
        account = opened(
            world, "agency", country=country, link=link, email_domain=mail, payment_id=card, plan="team", shape="office"
        )
        mine = rng.sample(library, rng.randint(1, len(library)))
        for when in account.rhythm.moments(rng, int(rng.lognormvariate(3, 0.7)) + 2, account.created):
            worked(world, account, rng.choice(mine), rng.choice(PAPERS), when, int(rng.lognormvariate(6, 0.6)))


def reseller_keys(world: World, kind: str, keys: int, begun: float) -> list[Account]:
    """A reseller's keys: one client, few cards, servers or proxies."""
    rng = world.rng
    agent, mail = app_agent(rng), house_domain(rng)
    cards = [world.name("pm_", 10) for _ in range(max(1, keys // rng.randint(1, 5)))]
    links = world.networks.hosting(keys)
    created = world.calendar.start - timedelta(days=begun)
    return [
        opened(
            world,
            kind,
            program=True,
            agent=agent,
            link=links[number],
            payment_id=rng.choice(cards),
            plan="pay-as-you-go",
            email_domain=mail if rng.random() < 0.5 else "gmail.com",
            created=created + timedelta(days=rng.expovariate(0.15)),
            asks=parameters(rng, False),
        )
        for number in range(keys)
    ]


def customers(world: World, keys: list[Account], count: int, exchanges: int) -> list[tuple[Voice, Rhythm]]:
    """Let a reseller's customers talk through its keys, each for the most part through the same; the customers."""
    rng = world.rng
    weights = [rng.lognormvariate(0, 1.1) for _ in range(count)]
    sticky, made = rng.uniform(0.3, 0.98), []
    for weight in weights:
        country = world.country()
        voice, rhythm = Voice.drawn(rng, country), Rhythm.drawn(rng, world.calendar, country)
        made.append((voice, rhythm))
        home, left = rng.choice(keys), max(1, round(exchanges * weight / sum(weights)))
        while left > 0:
            turns = min(left, 1 + int(rng.expovariate(1 / voice.turns)))
            for when in rhythm.moments(rng, 1):
                talk(world, home if rng.random() < sticky else rng.choice(keys), voice, when, turns)
            left -= turns
    return made


def reseller(world: World) -> None:
    """An honest reseller that declared nothing."""
    rng = world.rng
    keys = reseller_keys(world, "reseller", rng.randint(3, 30), rng.uniform(0, 200))
    customers(world, keys, rng.randint(60, 350), int(rng.lognormvariate(7, 0.5)))


def pipeline(world: World) -> None:
    """A house's batch of classification or extraction, dealt over several keys, whole nights at once."""
    rng, calendar = world.rng, world.calendar
    keys, mail, card, agent = rng.randint(2, 12), house_domain(rng), world.name("pm_", 10), script_agent(rng)
    asks, link = parameters(rng, True), world.networks.cloud(rng.choice((1, 2, 4)))
    model = world.catalogue.one(rng)
    accounts = [
        opened(
            world,
            "pipeline",
            program=True,
            agent=agent,
            email_domain=mail,
            payment_id=card,
            asks=asks,
            model=model,
            link=world.networks.shared(link),
            plan=rng.choice(("team", "pay-as-you-go")),
        )
        for _ in range(keys)
    ]
    count, source = (
        int(rng.lognormvariate(6.6, 0.6)),
        rng.choice(("banking77_pipeline", "restaurant8k_pipeline", "own", "own")),
    )
    paper, length = rng.choice(PAPERS), int(rng.lognormvariate(5.8, 0.5))
    text = frame(rng, paper)
    nights = sorted(rng.sample(range(calendar.days), rng.randint(1, calendar.days)))
    hour, hours = rng.uniform(0, 24), rng.uniform(0.2, 8)
    items = world.corpora.draw(rng, source, count) if source != "own" else [Item("")] * count
    for number, item in enumerate(items):
        begin = calendar.start + timedelta(days=nights[number % len(nights)], hours=hour)
        when, account = begin + timedelta(hours=rng.random() * hours), accounts[number % keys]
        if source == "own":
            worked(world, account, text, paper, when, length)
        else:
            world.send(account, when, Exchange(item.prompt, item.answer, item.system))


def labellers(world: World) -> None:
    """A crew that labels or writes data by one guideline, by hand, in shifts."""
    rng = world.rng
    guide = expand(
        rng,
        "Task guideline v{n}: judge whether the {form} is {adjective}, {mood} or neither. Give a reason in {n} words. "
        "Do not mention {product}. If unsure write UNSURE.\\n\\nText: ",
        WORDS,
    )
    country, system = world.country(), rng.random() < 0.5
    for _ in range(rng.randint(8, 32)):
        account = opened(world, "labeller", country=country, shape=rng.choice(("office", "evening", "all day")))
        if rng.random() < 0.6:
            account.created = world.calendar.start - timedelta(days=rng.uniform(-2, 12))
        for when in account.rhythm.moments(rng, int(rng.lognormvariate(2.9, 0.6)), account.created):
            text = document(
                rng, rng.choice(("review", "mail", "article")), int(rng.lognormvariate(5.3, 0.5)), world.corpora
            )
            what = Exchange(text, system=guide, length=90) if system else Exchange(guide + text, length=90)
            world.send(account, when, what)


def migration(world: World) -> None:
    """A house that moves here from another provider: all keys opened on one day, one client, its old prompts."""
    rng, calendar = world.rng, world.calendar
    day = calendar.start + timedelta(days=rng.uniform(0, calendar.days * 0.7))
    agent, mail, card = app_agent(rng), house_domain(rng), world.name("pm_", 10)
    frames = [frame(rng, rng.choice(PAPERS)) for _ in range(rng.randint(2, 9))]
    for number in range(rng.randint(10, 45)):
        account = opened(
            world,
            "migration",
            program=True,
            agent=agent if rng.random() < 0.9 else script_agent(rng),
            email_domain=mail,
            payment_id=card,
            plan="enterprise",
            created=day + timedelta(minutes=number * rng.uniform(0.3, 9)),
        )
        mine, paper = rng.choice(frames), rng.choice(PAPERS)
        for when in within(rng, account.created, calendar.end, int(rng.lognormvariate(2.8, 0.9)) + 1):
            worked(world, account, mine, paper, when, 500)


def reviewers(world: World) -> None:
    """Repositories of many owners whose CI asks for a review with the same published action."""
    rng, calendar = world.rng, world.calendar
    system = expand(
        rng,
        "You are a senior {lang} reviewer. Review the diff. Only report bugs, security problems and missing tests. "
        "Answer in at most {n} bullet points. If all is fine answer LGTM.",
        WORDS,
    )
    agent = script_agent(rng)
    for _ in range(rng.randint(6, 30)):
        account = opened(world, "ci", program=True, agent=agent, link=world.networks.platform(), shape="office")
        own = rng.choice(WORDS["lib"])
        for when in account.rhythm.moments(rng, int(rng.lognormvariate(2.7, 0.8)), account.created):
            code = "\n".join(f"{rng.choice('+-  ')}{asked(rng, 'coding')}" for _ in range(rng.randint(4, 18)))
            ask = f"Diff of {own.lower()}/{rng.choice(WORDS['algo']).split()[-1]}.py:\n```diff\n{code}\n```"
            world.send(
                account, min(when, calendar.end), Exchange(ask, None, system, length=rng.lognormvariate(5.6, 0.7))
            )


def probes(world: World) -> None:
    """Monitoring: many customers of an uptime service whose checks all send the same words."""
    rng, calendar = world.rng, world.calendar
    text = rng.choice(
        ("ping", "Reply with OK.", "Say 'up' if you are up.", "health check: answer with the single word pong", "2+2?")
    )
    agent = script_agent(rng)
    every = timedelta(hours=rng.choice((4, 6, 8, 12, 24)))
    for _ in range(rng.randint(5, 35)):
        account = opened(world, "probe", program=True, agent=agent, link=world.networks.platform())
        first = max(account.created, calendar.start) + timedelta(seconds=rng.random() * every.total_seconds())
        for when in ticks(rng, first, calendar.end, every, 3):
            world.send(account, when, Exchange(text, rng.choice(("OK", "OK.", "pong", "up"))))


def crew(world: World) -> None:
    """Freelance translators, unknown to each other, who all ask in nearly the same words."""
    rng = world.rng
    for _ in range(rng.randint(6, 24)):
        account = opened(world, "translator", shape=rng.choice(("office", "all day", "night")))
        tongue, style = rng.choice(WORDS["tongue"]), Style.drawn(rng)
        ask = rng.choice(
            (
                "Translate to {t}:",
                "translate into {t}",
                "Translate the following text into {t}. Keep the tone.",
                "to {t}:",
            )
        )
        papers = rng.sample(PAPERS, 2)
        for when in account.rhythm.moments(rng, int(rng.lognormvariate(2.9, 0.8)), account.created):
            text = style.typed(rng, ask.replace("{t}", tongue))
            paper = document(rng, rng.choice(papers), int(rng.lognormvariate(6.2, 0.6)), world.corpora)
            world.send(account, when, Exchange(f"{text}\n\n{paper}", length=len(paper)))


def rotation(world: World) -> None:
    """A house whose rules want new keys now and then: all old ones stop at once, new ones go on with the same work."""
    rng, calendar = world.rng, world.calendar
    agent, mail, card, keys = app_agent(rng), house_domain(rng), world.name("pm_", 10), rng.randint(3, 24)
    turn = calendar.start + timedelta(days=rng.uniform(0.2, 0.8) * calendar.days)
    later = turn + timedelta(hours=rng.choice((0.0, 0.5, rng.uniform(1, 40))))
    frames, paper = [frame(rng, rng.choice(PAPERS)) for _ in range(rng.randint(1, 4))], rng.choice(PAPERS)
    each, link = rng.lognormvariate(2.6, 0.5), world.networks.cloud(rng.choice((1, 3)))
    for begin, end in ((calendar.start, turn), (later, calendar.end)):
        for _ in range(keys):
            account = opened(
                world,
                "rotation",
                program=True,
                agent=agent,
                email_domain=mail,
                payment_id=card,
                plan="team",
                link=world.networks.shared(link),
                created=begin - timedelta(days=rng.uniform(0, 90) if begin < turn else 0.02),
            )
            for when in within(rng, begin, end, round(each * rng.lognormvariate(0, 0.4)) + 1):
                worked(world, account, rng.choice(frames), paper, when, 400)
            account.barred = turn if begin < turn and rng.random() < 0.3 else None


HOUSES = {
    "office": (office, 4),
    "agency": (agency, 3),
    "reseller": (reseller, 1),
    "pipeline": (pipeline, 3),
    "labellers": (labellers, 1.2),
    "migration": (migration, 1),
    "rotation": (rotation, 0.8),
    "ci": (reviewers, 1.2),
    "probes": (probes, 1),
    "translators": (crew, 1),
}
"""Each with how many a world of level one has on average."""
