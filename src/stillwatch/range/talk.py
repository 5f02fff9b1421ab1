"""What a person of a random world writes: on own topics, mostly in texts as they stand, now and then a follow-up."""

from __future__ import annotations

import random
from typing import Any

from stillwatch.range.script import Ask, Stage, moment
from stillwatch.range.sources import Reader

__all__ = ["Person", "asks_of"]

_REPLIES = (
    "Here is what I would do first, and what to watch for after that.",
    "Short answer: it depends on which of the two you have.",
    "The steps are below, with the one that usually fails marked.",
    "I can help with that. Start with the simplest version.",
)
_FOLLOW = (
    "and what about {} {}?",
    "Can you redo that with {}?",
    "what do you mean by {} {}",
    "ok. {} then?",
    "more on {}",
)


class Person:
    """Somebody with a few topics, one of them much preferred, and turns of phrase."""

    def __init__(self, stage: Stage, topics: list[Reader] | None = None) -> None:
        few = stage.rng.sample(stage.texts.people, min(3, len(stage.texts.people)))
        self._topics = topics or few
        shares = sorted(stage.numbers.dirichlet([0.6] * len(self._topics)).tolist(), reverse=True)
        self._shares = [share + 1e-6 for share in shares]
        self._habits = [stage.rng.choice(self._topics[0].topic.words) for _ in range(4)]
        self._last: list[dict[str, str]] = []

    def say(self, rng: random.Random) -> dict[str, Any]:
        """The next thing this person writes."""
        reader = rng.choices(self._topics, self._shares)[0]
        draw = rng.random()
        if draw < 0.14 and self._last:
            words = rng.choices(reader.topic.words, k=2)
            asked = rng.choice(_FOLLOW).format(*words)
            reply = {"role": "assistant", "content": rng.choice(_REPLIES)}
            self._last = [*self._last[-4:], reply, {"role": "user", "content": asked}]
            return {"messages": self._last}
        text = reader.next(rng)
        if draw > 0.92:
            text = f"{text} {rng.choice(self._habits)} {rng.choice(reader.topic.words)}"
        self._last = [{"role": "user", "content": text}]
        return {"prompt": text}


def asks_of(stage: Stage, person: Person, hours: Any) -> list[Ask]:
    """What a person writes at these hours of the log."""
    return [Ask(moment(float(hour)), person.say(stage.rng)) for hour in hours]
