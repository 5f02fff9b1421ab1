"""Two more campaigns: grading by rubric with makers, answerers and graders apart; slow tool work by old accounts."""

from __future__ import annotations

import json

from fourth_answers import answered
from fourth_campaigns import covered, harvest, span
from fourth_hands import Tempo, deal, hands
from fourth_instructions import BROAD, HARD, instruction, pool
from fourth_judging import Judge
from fourth_toolwork import steps
from fourth_world import Exchange, World
from fourth_wrappers import Rewording, worded

__all__ = ["graded", "tooled"]

_MORE = (
    "Make {n} new tasks that are harder than this one, for a {job}:\n<x>",
    "Rewrite this request so that it needs more steps. <x>",
    "Here is a seed: <x>\nInvent a task on the same topic and of {adjective} length.",
    "<x>\n\nTurn this into {n} follow-up tasks.",
)


def graded(world: World, name: str) -> None:
    """A reward model's data by three pools of accounts: makers of tasks, answerers, graders of a student."""
    rng = world.rng
    first, last = span(world)
    makers = hands(world, name, rng.randint(3, 10), first)
    answerers = hands(world, name, rng.randint(12, 35), first)
    graders = hands(world, name, rng.randint(20, 60), first)
    each, judge = rng.uniform(18, 60), Judge.drawn(rng)
    world.draws[name] |= {"kind": "grading", "each": each, "judge": judge}
    seeds = [item.prompt for item in pool(rng, world.corpora, BROAD, 2, round(len(makers) * each))]
    ask = worded(rng, rng.choice(_MORE))
    works = [Exchange(ask.replace("<x>", one), length=700, harvest=True) for one in seeds]
    deal(world, makers, works, Tempo.drawn(world), first, last)
    tasks = pool(rng, world.corpora, rng.choice((BROAD, HARD)), rng.randint(2, 4), round(len(answerers) * each))
    deal(world, answerers, harvest(world, tasks), Tempo.drawn(world), first + (last - first) * 0.1, last)
    judged = []
    for _ in range(round(len(graders) * each)):
        item = rng.choice(tasks)
        texts = [
            item.answer or answered(rng, item.prompt, 400),
            answered(rng, item.prompt, int(rng.lognormvariate(5.8, 0.5))),
        ]
        rng.shuffle(texts)
        text = judge.asked(rng, item.prompt, *texts)
        judged.append(Exchange(text, judge.verdict(rng, text), harvest=True))
    deal(world, graders, judged, Tempo.drawn(world), first + (last - first) * 0.2, last)


def tooled(world: World, name: str) -> None:
    """Runs of tool use by accounts bought old: few a day each, at people's hours, among their own sort of talk."""
    rng = world.rng
    accounts = hands(
        world, name, rng.randint(40, 90), opened="bought", network=rng.choice(("households", "proxied", "mixed"))
    )
    each, own, react = rng.uniform(3, 12), rng.random() < 0.5, rng.random() < 0.5
    sets = rng.sample(
        ("files", "search", "sql", "browser", "mail", "calendar", "shell", "maps", "crm", "tickets", "python"),
        rng.randint(3, 7),
    )
    system = (
        worded(rng, "{speaks} You can call tools. {shape} ") + f"Tools: {json.dumps([{'name': one} for one in sets])}"
    )
    world.draws[name] |= {"kind": "tools", "each": each, "own words": own, "react": react, "system": system}
    names = rng.sample(
        ("bfcl", "toolalpaca_instr", "gorilla_apibench", "gpteacher:toolformer", "made"), rng.randint(2, 4)
    )
    tasks = [item.prompt for item in pool(rng, world.corpora, BROAD, names, round(len(accounts) * each * 2))]
    for account in accounts:
        words = Rewording.drawn(rng) if own else None
        mine = words.system or worded(rng, "{speaks} You may use tools.") if words else system
        for when in account.rhythm.moments(rng, max(2, round(each * rng.lognormvariate(-0.1, 0.5)))):
            task = tasks.pop() if tasks else instruction(rng)
            task = words.typed(rng, task) if words else task
            steps(world, account, when, mine, task, rng.randint(2, 8), style="react" if react else "json", harvest=True)
    if rng.random() < 0.75:
        covered(world, accounts, 0.1, 0.6)
