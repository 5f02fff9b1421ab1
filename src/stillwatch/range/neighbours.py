"""Honest customers of a random world who act alone: people, applications, agents, retrieval, bots, monitors.

One function a kind: it gets how many exchanges each account makes, and yields the accounts. To add one, write its
function and name it in ``random_world``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stillwatch.range import grammar, hours
from stillwatch.range.account import Account, Known
from stillwatch.range.honest import FRAMEWORK_AGENT
from stillwatch.range.script import NEW_MODEL, Ask, Stage, moment, scripted
from stillwatch.range.talk import Person, asks_of

__all__ = ["agents", "applications", "bots", "launches", "monitors", "people", "retrieval", "translators"]

_TRANSLATE = (
    "Translate the text into {language}.",
    "Translate into {language}, keep names and numbers:",
    "You are a translator. Give the {language} version of the input and nothing else.",
    "{language} translation please, formal register:",
)
_TONGUES = ("German", "French", "Korean", "Spanish", "Polish", "Japanese", "Turkish", "Italian", "Dutch")
_CHARACTERS = ("blacksmith", "ferryman", "oracle", "innkeeper", "smuggler", "healer", "guard", "cartographer")
_PINGS = ("ping", "Reply with OK.", "What is 2+2?", "Say hello.", "healthcheck", "Return the word alive.")


def people(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """Ordinary people; some use a program of their own."""
    for count in counts:
        api = stage.rng.random() < 0.35
        times = hours.human(stage.numbers, count, 0, stage.hours)
        known = stage.stranger(api=api, volume=count)
        yield scripted(stage, "person", asks_of(stage, Person(stage), times), known)


def _machine(stage: Stage, count: int) -> Any:
    begin = stage.rng.uniform(0, 0.6) * stage.hours if stage.rng.random() < 0.2 else 0.0
    way = hours.office if stage.rng.random() < 0.6 else hours.steady
    return way(stage.numbers, count, begin, stage.hours)


def _on_framework(stage: Stage, count: int, **client: Any) -> Known:
    """Somebody whose client is mostly the framework's own."""
    origin, shape, file = stage.stranger(api=True, volume=count)
    if stage.rng.random() < 0.6:
        shape |= client
    return origin, shape, file


def applications(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """One firm's application each: an instruction of its own over its own inputs."""
    rng = stage.rng
    for count in counts:
        base, topic = rng.choice(stage.texts.apps)
        system, apart = topic.instruction(rng, base), rng.random() < 0.8
        asks = []
        for hour in _machine(stage, count):
            text = topic.reword(rng, rng.choice(topic.texts), 0.1)
            asks.append(
                Ask(moment(hour), {"system": system, "prompt": text} if apart else {"prompt": f"{system}\n\n{text}"})
            )
        yield scripted(stage, "application", asks, stage.stranger(api=True, volume=count))


def retrieval(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """Retrieval on one framework's default prompt, each over its own documents."""
    rng, documents = stage.rng, stage.texts.documents
    for count in counts:
        mine = [rng.choice(documents) for _ in range(8)]
        asks = []
        for hour in hours.office(stage.numbers, count, 0, stage.hours):
            system, topic = rng.choice(mine)
            asks.append(Ask(moment(hour), {"system": system, "prompt": topic.write(rng)}))
        yield scripted(
            stage, "retrieval", asks, _on_framework(stage, count, user_agent="langchain/1.2", temperature=0.0)
        )


def agents(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """Software agents on one framework: its system prompt and tools, each in its own repository."""
    rng = stage.rng
    for count in counts:
        reader = rng.choice(stage.texts.people)
        names = [f"src/{word.lower().strip('.,:;')[:14]}.py" for word in rng.choices(reader.topic.words, k=8)]
        asks: list[Ask] = []
        turns: list[dict[str, str]] = []
        for hour in _machine(stage, count):
            if not turns or len(turns) > 8 or rng.random() < 0.25:
                turns = [{"role": "user", "content": f"{reader.next(rng)[:400]} in {rng.choice(names)}"}]
            else:
                found = f"{rng.choice(names)}: {' '.join(rng.choices(reader.topic.words, k=30))}"
                turns = [*turns, {"role": "assistant", "content": f"read {rng.choice(names)}"}]
                turns.append({"role": "user", "content": found})
            tools = ["read_file", "edit_file", "run_shell"]
            asks.append(Ask(moment(hour), {"system": FRAMEWORK_AGENT, "messages": turns, "tools": tools}))
        yield scripted(stage, "agent", asks, _on_framework(stage, count, user_agent="codeagent/0.86", max_tokens=8192))


def translators(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """Translators, of one trade each, into a language or two."""
    rng = stage.rng
    for count in counts:
        form, tongues, reader = rng.choice(_TRANSLATE), rng.sample(_TONGUES, 2), rng.choice(stage.texts.people)
        asks = [
            Ask(moment(hour), {"prompt": f"{form.format(language=rng.choice(tongues))}\n{reader.next(rng)}"})
            for hour in hours.office(stage.numbers, count, 0, stage.hours)
        ]
        api = rng.random() < 0.5
        yield scripted(stage, "translator", asks, stage.stranger(api=api, volume=count))


def bots(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """A game's characters: one long instruction a character, short lines of players, round the clock."""
    rng = stage.rng
    for count in counts:
        reader = rng.choice(stage.texts.people)
        world = " ".join(rng.choices(reader.topic.words, k=12))
        systems = [
            f"You are the {who} of a role-playing game about {world}. Stay in character, two sentences at most."
            for who in rng.sample(_CHARACTERS, rng.randint(1, 5))
        ]
        asks = [
            Ask(
                moment(hour),
                {
                    "system": rng.choice(systems),
                    "prompt": " ".join(rng.choices(reader.topic.words, k=rng.randint(2, 12))),
                },
            )
            for hour in hours.steady(stage.numbers, count, 0, stage.hours)
        ]
        yield scripted(stage, "game bot", asks, stage.stranger(api=True, volume=count), length=60.0)


def monitors(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """Probes: one prompt every so many minutes, as long as the log is; services that watch many send the same."""
    rng = stage.rng
    shared = rng.choice(_PINGS)
    for count in counts:
        prompt = shared if rng.random() < 0.6 else rng.choice(_PINGS)
        step = stage.hours / count
        asks = [
            Ask(moment(step * (place + rng.uniform(0.45, 0.55))), {"prompt": prompt, "max_tokens": 16})
            for place in range(count)
        ]
        yield scripted(stage, "monitor", asks, stage.stranger(api=True, volume=count), length=6.0)


def launches(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """Whoever tries a new model on the day it comes out with what everybody tries; some day where none comes out."""
    rng = stage.rng
    release = stage.release if stage.release is not None else rng.uniform(0.1, 0.7) * stage.hours
    famous = rng.choice(stage.texts.tests).texts[:25]
    features = rng.sample([noun for nouns in grammar.DOMAINS.values() for noun in nouns], 4)
    for count in counts:
        own, hour = Person(stage), min(release + min(rng.expovariate(1 / 9), 60), stage.hours - 3)
        asks = []
        for when in hours.sitting(stage.numbers, count, hour, rng.uniform(0.2, 2.9)):
            draw = rng.random()
            text = rng.choice(famous) if draw < 0.5 else f"Write the smallest demo about a {rng.choice(features)}."
            written = {"prompt": text} if draw < 0.75 else own.say(rng)
            asks.append(Ask(moment(when), {**written, "model": NEW_MODEL} if stage.release is not None else written))
        known = stage.stranger(api=rng.random() < 0.5, volume=count)
        if rng.random() < 0.25:
            known[2]["created"] = moment(hour - rng.uniform(0.05, 1))
        yield scripted(stage, "launch", asks, known)
