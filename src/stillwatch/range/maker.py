"""What every kind of account is made from: one source of chance, the texts, and who an unknown customer is."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.range.account import Account, Stranger, Writer, stranger
from stillwatch.range.library import Library, Topic

__all__ = ["Maker", "people_writer"]

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Maker:
    """Everything a kind draws from; ``factor`` scales all honest volumes, ``who`` makes an unknown customer."""

    rng: random.Random
    numbers: np.random.Generator
    library: Library
    factor: float = 1.0
    who: Stranger = stranger

    def account(self, kind: str, times: I64, writer: Writer, *, api: bool, **more: Any) -> Account:
        """An account of somebody unknown, with these request fields beside its own."""
        origin, shape, file = self.who(self.rng, api=api, volume=len(times))
        return Account(kind, times, writer, origin, {**shape, **more}, file)

    def volume(self, centre: float, spread: float) -> int:
        """A heavy-tailed number of exchanges."""
        return int(min(max(1, self.factor * self.numbers.lognormal(np.log(centre), spread)), 40_000))

    def interests(self) -> tuple[list[Topic], list[float]]:
        """A few topics, one of them much preferred."""
        topics = self.rng.sample(self.library.people, 3)
        shares = sorted(self.numbers.dirichlet([0.6, 0.6, 0.6]).tolist(), reverse=True)
        return topics, shares


def people_writer(make: Maker) -> Writer:
    """A person's questions: own topics, own turns of phrase, now and then a follow-up."""
    topics, shares = make.interests()
    habits = [make.rng.choice(topics[0].words) for _ in range(4)]

    def write(rng: random.Random) -> dict[str, Any]:
        topic = rng.choices(topics, shares)[0]
        text = topic.write(rng)
        draw = rng.random()
        if draw < 0.12:
            text = f"and what about {' '.join(rng.sample(topic.words, min(3, len(topic.words))))} {rng.choice(habits)}?"
        elif draw < 0.3:
            text = f"{text} {rng.choice(habits)} {rng.choice(topic.words)}"
        return {"prompt": text}

    return write


def _account(make: Maker, kind: str, times: Any, writer: Writer, *, api: bool, **more: Any) -> Account:
    origin, shape, file = stranger(make.rng, api=api)
    return Account(kind, times, writer, origin, {**shape, **more}, file)
