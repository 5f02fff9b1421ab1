"""What the accounts of a log made by hand ask: sources of prompts, made from the grammars with a seed.

A source is a function of an account's ``Seat`` that gives what writes its exchanges: ``prompt``, and ``system`` where
there is one. ``wrapped``, ``instructed`` and ``mixed`` make a source from others. ``handmade`` opens them all.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from stillwatch.range.library import Library, Topic, open_library

__all__ = [
    "Pool",
    "Prompts",
    "Seat",
    "Writer",
    "instructed",
    "mixed",
    "one_topic",
    "own_instructions",
    "own_topics",
    "wrapped",
]


@dataclass(frozen=True)
class Seat:
    """One account of a group, as its sources see it: number ``number`` of ``of``, at work from hour to hour."""

    rng: random.Random
    number: int
    of: int
    first: float
    last: float


Writer = Callable[[], dict[str, Any]]
Prompts = Callable[[Seat], Writer]
"""Gives each account what writes its exchanges' ``prompt`` and ``system``."""


@cache
def _library() -> Library:
    return open_library([], 0)


class Pool:
    """Questions of one kind (``code``, ``tools``, ``reasoning`` or ``tasks``), each there once.

    Two sources made from one pool share it: what the one has dealt out the other does not deal again.
    """

    def __init__(self, kind: str = "code", seed: int = 0) -> None:
        self.texts = random.Random(seed).sample(_library().pools[kind].texts, len(_library().pools[kind].texts))
        self._left = iter(self.texts)

    def shards(self) -> Prompts:
        """The pool dealt out, no question twice."""

        def source(seat: Seat) -> Writer:
            return lambda: {"prompt": next(self._left)}

        return source

    def published(self, size: int = 60, part: float = 0.5) -> Prompts:
        """One set of the pool's first questions, of which each account runs a part of its own choice, word for word."""

        def source(seat: Seat) -> Writer:
            mine = seat.rng.sample(self.texts[:size], max(1, round(part * size)))
            turns = iter(_round(mine))
            return lambda: {"prompt": next(turns)}

        return source

    def in_own_words(self, size: int = 6, changed: float = 0.4) -> Prompts:
        """The same few questions for all, each time with a share of the words changed."""
        topic = Topic(self.texts[:size], " ".join(self.texts[:200]).split())

        def source(seat: Seat) -> Writer:
            return lambda: {"prompt": topic.reword(seat.rng, seat.rng.choice(topic.texts), changed)}

        return source


def _round(texts: list[str]) -> Iterator[str]:
    while True:
        yield from texts


def own_topics(count: int = 3) -> Prompts:
    """So many topics an account, drawn at random: 3 are people's interests, 1 is one desk's work."""

    def source(seat: Seat) -> Writer:
        topics = seat.rng.sample(_library().people, count)
        weights = [1.0 / (place + 1) ** 2 for place in range(count)]
        return lambda: {"prompt": seat.rng.choices(topics, weights)[0].write(seat.rng)}

    return source


def one_topic(number: int = 0) -> Prompts:
    """One topic for all, no text twice: what they share is an interest."""
    topic = _library().people[number]
    return lambda seat: lambda: {"prompt": topic.write(seat.rng)}


def wrapped(prompts: Prompts, sentence: str) -> Prompts:
    """Any prompts with a sentence around them; ``{q}`` stands for the prompt."""
    return _changed(prompts, lambda seat, fields: fields | {"prompt": sentence.format(q=fields["prompt"])})


def instructed(prompts: Prompts, system: str) -> Prompts:
    """Any prompts under one instruction."""
    return _changed(prompts, lambda seat, fields: fields | {"system": system})


def own_instructions(prompts: Prompts) -> Prompts:
    """Any prompts, each account's under an instruction that nobody else has."""

    def source(seat: Seat) -> Writer:
        base, topic = seat.rng.choice(_library().apps)
        system = (
            f"{topic.reword(seat.rng, base, 0.4)} Notes for this desk: {' '.join(seat.rng.sample(topic.words, 6))}."
        )
        return instructed(prompts, system)(seat)

    return source


def mixed(prompts: Prompts, other: Prompts, share: float) -> Prompts:
    """Prompts of which a share comes from elsewhere, as cover."""

    def source(seat: Seat) -> Writer:
        one, two = prompts(seat), other(seat)
        return lambda: two() if seat.rng.random() < share else one()

    return source


def _changed(prompts: Prompts, change: Callable[[Seat, dict[str, Any]], dict[str, Any]]) -> Prompts:
    def source(seat: Seat) -> Writer:
        write = prompts(seat)
        return lambda: change(seat, write())

    return source
