"""Campaigns of this generator's own invention: replayed sessions, many samples of a task, traces in many languages."""

from __future__ import annotations

from datetime import datetime, timedelta

from fourth_answers import answered
from fourth_campaigns import Campaign, covered, span
from fourth_free_roles import graded, tooled
from fourth_hands import Tempo, chance, deal, hands, times
from fourth_instructions import HARD, bare, pool
from fourth_people import Voice
from fourth_tongue_wrappers import LANGUAGES, problem, trace
from fourth_tongues import TONGUES
from fourth_world import Account, Exchange, World
from fourth_wrappers import Wrapper, worded

__all__ = ["FREE"]

_Session = list[tuple[str, str]]


def _session(world: World) -> _Session:
    """A session that a user of another service had, as (role, text) turns that end with a user's."""
    rng = world.rng
    if rng.random() < 0.3:
        item = world.corpora.one(
            rng, rng.choice(("oasst_en100", "hh_rlhf_harmless_test", "oasst_en100", "aider_history"))
        )
        turns = [turn for turn in item.turns if turn[0] in ("user", "assistant") and turn[1].strip()]
        while turns and turns[-1][0] != "user":
            turns.pop()
        if turns and turns[0][0] == "user":
            return turns[:11]
    voice = Voice.drawn(rng, world.country())
    opening, _ = voice.opening(world)
    turns = [("user", opening)]
    for _ in range(int(rng.expovariate(0.6))):
        said = answered(rng, turns[-1][1], int(rng.lognormvariate(5.4, 0.6)))
        turns += [("assistant", said), ("user", voice.next(rng, said))]
    return turns[:13]


def replayed(world: World, name: str) -> None:
    """Sessions of another service's users, asked again turn by turn or at their last; each on one of many accounts."""
    rng = world.rng
    first, last = span(world)
    accounts = hands(world, name, rng.randint(40, 85), first)
    each, way, fold = rng.uniform(6, 30), chance(world, whole=2, last=2, every=1), rng.choice((1, 1, 1, 2, 3))
    masked, extra = rng.random() < 0.4, worded(rng, "{speaks}") if rng.random() < 0.3 else None
    tempo = Tempo.drawn(world)
    world.draws[name] |= {
        "kind": "replay",
        "each": each,
        "way": way,
        "fold": fold,
        "masked": masked,
        "system": extra,
        "tempo": tempo,
    }
    stock = [_session(world) for _ in range(round(len(accounts) * each / fold))]
    moments = times(world, "steady" if tempo.when == "human" else tempo.when, len(stock) * fold, first, last)
    queue = [session for session in stock for _ in range(fold)]
    rng.shuffle(queue)
    for when, session in zip(moments, queue, strict=False):
        account = rng.choice(accounts)
        ident = (
            f"s_{account.account_id[-7:]}{int(when.timestamp() // 900) % 4096:03x}" if masked else world.name("s_", 10)
        )
        _replay(world, account, session, way, extra, ident, when)


def _replay(
    world: World, account: Account, session: _Session, way: str, system: str | None, ident: str, when: datetime
) -> None:
    """Ask a session's turns again: the last with all before it, each with what its user was told, or all anew."""
    rng, said = world.rng, list[tuple[str, str]]()
    for at, (role, text) in enumerate(session):
        if role != "user" or (way == "last" and at < len(session) - 1):
            continue
        history = said if way == "whole" else session[:at]
        length = rng.lognormvariate(6.1, 0.6)
        answer = world.send(account, when, Exchange(text, None, system, list(history), ident, length, harvest=True))
        if answer is None:
            return
        said += [("user", text), ("assistant", answer)]
        when += timedelta(seconds=rng.lognormvariate(1.5, 0.8) + len(answer) / 120)


def sampled(world: World, name: str) -> None:
    """Hard tasks whose answer can be checked, each asked several times over different accounts: the best are kept."""
    rng = world.rng
    first, last = span(world)
    accounts = hands(world, name, rng.randint(30, 90), first)
    fold, each, tempo = rng.choice((2, 3, 4, 4, 6, 8, 16)), rng.uniform(20, 80), Tempo.drawn(world)
    wrapper = Wrapper.drawn(rng) if rng.random() < 0.5 else None
    variants, gap = rng.random() < 0.4, chance(world, together=2, apart=2)
    world.draws[name] |= {"kind": "samples", "fold": fold, "each": each, "tempo": tempo, "wrapper": wrapper, "gap": gap}
    items = pool(rng, world.corpora, HARD, rng.randint(2, 4), max(20, round(len(accounts) * each / fold)))
    works = []
    for item in items:
        for number in range(fold):
            system, prompt = wrapper.around(rng, item.prompt) if wrapper else (None, item.prompt)
            if variants:
                prompt += ("", "\n", " Answer:", "\nPut the result in \\boxed{}.")[number % 4]
            works.append(
                Exchange(prompt, None, system, length=rng.lognormvariate(6.5, 0.5), form="steps", harvest=True)
            )
    if gap == "apart":
        rng.shuffle(works)
    deal(world, accounts, works, tempo, first, last)
    if rng.random() < 0.4:
        covered(world, accounts, 0.1, 0.4)


def _traces(world: World, count: int, ways: list[str], tongues: list[str]) -> list[Exchange]:
    """Tasks with a request for a reasoning trace, in these ways and languages."""
    rng, made = world.rng, []
    tasks = pool(rng, world.corpora, HARD, ["recon_cot_elicitation", "mmlu_harness", "made"], count)
    for item in tasks:
        tongue = rng.choice(tongues)
        ask = problem(rng, tongue) if rng.random() < 0.6 else None
        prompt = rng.choice(ways).replace("{t}", trace(rng, tongue)).replace("{q}", ask or bare(item).prompt)
        spoken = tongue if tongue in TONGUES else "en"
        length = rng.lognormvariate(6.6, 0.5)
        made.append(Exchange(prompt, length=length, form="steps", harvest=True, tongue=spoken))
    return made


def translated(world: World, name: str) -> None:
    """Traces in many languages: ways to ask probed by few, those that pass used at scale, on a new model too."""
    rng, calendar = world.rng, world.calendar
    release = world.catalogue.release or calendar.start + timedelta(days=5)
    tongues = rng.sample(LANGUAGES, rng.randint(6, len(LANGUAGES)))
    ways = [("{q}\n\n{t}"), ("{t}\n\n{q}"), ("{q} {t}"), ("<task>{q}</task>\n{t}"), ("{q}\n---\n{t}\n---")]
    probing = hands(world, name, rng.randint(3, 9), calendar.start)
    scaling = hands(world, name, rng.randint(45, 110), calendar.start + timedelta(days=2), release="together")
    probes, each = rng.randint(150, 500), rng.uniform(15, 60)
    passed, kept = rng.sample(ways, rng.randint(1, 3)), rng.sample(tongues, rng.randint(3, len(tongues)))
    world.draws[name] |= {
        "kind": "languages",
        "tongues": tongues,
        "kept": kept,
        "passed": passed,
        "probes": probes,
        "each": each,
    }

    begin = calendar.start + timedelta(days=rng.uniform(0, 1))
    asking = _traces(world, probes, ways, tongues)
    for work in rng.sample(asking, len(asking) // rng.randint(3, 8)):
        work.form = "refusal"
    deal(world, probing, asking, Tempo("waves", "random"), begin, begin + timedelta(days=rng.uniform(0.3, 2)))
    total, middle = round(len(scaling) * each), max(release, begin + timedelta(days=3))
    share, tempo = rng.uniform(0.2, 0.6), Tempo.drawn(world)
    deal(world, scaling, _traces(world, round(total * share), passed, kept), tempo, begin + timedelta(days=2), middle)
    later = _traces(world, round(total * (1 - share)), passed, kept)
    deal(world, scaling, later, tempo, middle, calendar.end - timedelta(minutes=1))


FREE: dict[str, Campaign] = {"free1": replayed, "free2": sampled, "free3": translated, "free4": graded, "free5": tooled}
