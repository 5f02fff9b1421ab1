"""What a person of a random world writes: on own topics, mostly in texts as they stand, now and then a follow-up."""

from __future__ import annotations

import random
from typing import Any

from stillwatch.range.script import Ask, Stage, moment
from stillwatch.range.sources import Reader
from stillwatch.range.wording import LANGUAGES

__all__ = ["Person", "asks_of"]

_REPLIES = (
    "Here is what I would do first, and what to watch for after that.",
    "Short answer: it depends on which of the two you have.",
    "The steps are below, with the one that usually fails marked.",
    "I can help with that. Start with the simplest version.",
)
_FOLLOW = (
    "and what about {}?",
    "Can you redo that with {}?",
    "what do you mean by {}",
    "ok. {} then?",
    "more on {}",
)

_INSTRUCTIONS = (
    "I work on {words}. Keep it short.",
    "The user likes {words}. Answer as a friend would, without lists.",
    "Always give sources. Background: {words}.",
    "Be direct, no apologies. About me: {words}.",
)
_LONGEST = 15


class Person:
    """Somebody with a few topics, one of them much preferred, and turns of phrase; some go on and on."""

    def __init__(self, stage: Stage) -> None:
        rng = stage.rng
        self._topics: list[Reader] = rng.sample(stage.texts.people, min(3, len(stage.texts.people)))
        shares = sorted(stage.numbers.dirichlet([0.6] * len(self._topics)).tolist(), reverse=True)
        self._shares = [share + 1e-6 for share in shares]
        self._habits = [rng.choice(self._topics[0].topic.words) for _ in range(4)]
        self._goes_on = rng.betavariate(0.7, 2.8)
        self._in_turns = rng.random() < 0.3
        words = " ".join(rng.choices(self._topics[0].topic.words, k=6))
        self._always = {"system": rng.choice(_INSTRUCTIONS).format(words=words)} if rng.random() < 0.12 else {}
        self._tongue = rng.choice(list(LANGUAGES.values())) if rng.random() < 0.06 else ""
        self._last: list[dict[str, str]] = []

    def say(self, rng: random.Random) -> dict[str, Any]:
        """The next thing this person writes."""
        reader = rng.choices(self._topics, self._shares)[0]
        if self._last and len(self._last) < _LONGEST and rng.random() < self._goes_on:
            words = [word for word in rng.choices(reader.topic.words, k=12) if len(word) > 4] or ["that"]
            asked = rng.choice(_FOLLOW).format(" ".join(words[: rng.randint(1, 4)]))
            reply = {"role": "assistant", "content": rng.choice(_REPLIES)}
            self._last = [*self._last, reply, {"role": "user", "content": asked}]
            return {**self._always, "messages": self._last}
        text = reader.next(rng)
        if rng.random() < 0.08:
            text = f"{text} {rng.choice(self._habits)} {rng.choice(reader.topic.words)}"
        if self._tongue and rng.random() < 0.7:
            text = f"{text} {self._tongue}"
        self._last = [{"role": "user", "content": text}]
        return {**self._always, **({"messages": self._last} if self._in_turns else {"prompt": text})}


def asks_of(stage: Stage, person: Person, hours: Any) -> list[Ask]:
    """What a person writes at these hours of the log."""
    return [Ask(moment(float(hour)), person.say(stage.rng), user=person) for hour in hours]
