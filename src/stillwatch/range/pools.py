"""How a designed campaign puts its questions, and how it deals them to its accounts.

To add a value of the axis ``text``, write its function and name it in ``_MANNERS``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from stillwatch.range import grammar
from stillwatch.range.axes import CampaignDesign
from stillwatch.range.library import Topic, topic_of
from stillwatch.range.sources import LONGEST, Source
from stillwatch.range.wording import LANGUAGES, inject, sentence, wrapper

__all__ = ["Dealer"]

Written = dict[str, Any]
Put = Callable[[random.Random, str, int], Written]
"""Puts one question for one account."""

_REPLIES = (
    "Here is a first version, tell me what to change.",
    "Yes, with one exception that depends on your setup.",
    "I would begin with the second point.",
    "That works; the other way is slower but safer.",
)


class Dealer:
    """Deals one pool to the accounts of a campaign, each question as often as designed."""

    def __init__(self, rng: random.Random, design: CampaignDesign, sources: Sequence[Source]) -> None:
        self._rng, self._design = rng, design
        texts = [text for source in sources for text in source.texts]
        if design.text == "translated" and rng.random() < 0.5:
            texts = _foreign(rng)
        self._topic = topic_of(rng.sample(texts, min(len(texts), 20_000)), rng)
        self._put = _MANNERS[design.text](rng, design, self._topic)
        self._queue: list[str] = []
        self._waiting: list[str] = []
        self._round = 0
        self._sessions: dict[int, tuple[str, list[dict[str, str]], int]] = {}

    def next(self, account: int) -> Written:
        """The next question, as this account puts it."""
        if self._design.text == "sessions":
            return self._turn(account)
        return self._put(self._rng, self._question(), account)

    def _question(self) -> str:
        if self._design.samples == 1:
            return self._text()
        # About fifty questions are under way at once, each until it has been asked so often.
        if not self._waiting:
            self._waiting = [text for text in (self._text() for _ in range(50)) for _ in range(self._design.samples)]
            self._rng.shuffle(self._waiting)
        return self._waiting.pop()

    def _text(self) -> str:
        if not self._queue:
            self._queue = self._rng.sample(self._topic.texts, len(self._topic.texts))
            self._round += 1
        text = self._queue.pop()[:LONGEST]
        return text if self._round == 1 else self._topic.reword(self._rng, text, 0.2)

    def _turn(self, account: int) -> Written:
        """The next turn of a session of a real user, replayed through one account."""
        rng = self._rng
        session, history, left = self._sessions.get(account, ("", [], 0))
        if not left:
            session, history, left = f"s-{rng.getrandbits(48):012x}", [], rng.choice((1, 2, 2, 3, 4, 6))
        if history:
            more = [{"role": "assistant", "content": rng.choice(_REPLIES)}]
            asked = _follow_up(rng, history[0]["content"])
        else:
            more, asked = [], self._text()
        history = [*history, *more, {"role": "user", "content": asked}]
        self._sessions[account] = (session, history, left - 1)
        return {"messages": history, "session_id": session}


def _follow_up(rng: random.Random, first: str) -> str:
    words = [word.strip(".,;:!?()") for word in first.split() if len(word) > 3] or ["that"]
    about = " ".join(rng.choices(words, k=rng.randint(1, 3)))
    forms = ("and what about {}?", "Can you say more on {}?", "No, I meant {}.", "Shorter please, only {}.", "why {}?")
    return rng.choice(forms).format(about)


def _foreign(rng: random.Random) -> list[str]:
    """Questions in other languages, several or one."""
    languages = rng.sample(list(grammar.LANGUAGES), rng.randint(1, 5))
    domains = rng.sample(list(grammar.DOMAINS), 10)
    made = (grammar.sentence(rng, rng.choice(domains), 1, rng.choice(languages)) for _ in range(6000))
    return list(dict.fromkeys(made))


def _plain(rng: random.Random, question: str, account: int) -> Written:
    return {"prompt": question}


def _bare(rng: random.Random, design: CampaignDesign, topic: Topic) -> Put:
    return _plain


def _filled(template: str, question: str) -> str:
    return template.replace("{q}", question)


def _wrapped(rng: random.Random, design: CampaignDesign, topic: Topic) -> Put:
    template, apart = wrapper(rng, topic.words), rng.random() < 0.25

    def put(rng: random.Random, question: str, account: int) -> Written:
        if apart:
            return {"system": _filled(template, "").strip(), "prompt": question}
        return {"prompt": _filled(template, question)}

    return put


def _rotated(rng: random.Random, design: CampaignDesign, topic: Topic) -> Put:
    templates = [wrapper(rng, topic.words) for _ in range(rng.randint(2, 12))]
    return lambda rng, question, account: {"prompt": _filled(rng.choice(templates), question)}


def _injected(rng: random.Random, design: CampaignDesign, topic: Topic) -> Put:
    added, system = sentence(rng), rng.choice((0.0, 0.0, 0.5, 1.0))
    place = rng.choice(("start", "end", "anywhere"))

    def put(rng: random.Random, question: str, account: int) -> Written:
        if rng.random() < system:
            return {"prompt": question, "system": added}
        if place == "anywhere":
            return {"prompt": inject(rng, question, added)}
        return {"prompt": f"{added}\n\n{question}" if place == "start" else f"{question}\n\n{added}"}

    return put


def _reworded(rng: random.Random, design: CampaignDesign, topic: Topic) -> Put:
    share = rng.uniform(0.1, 0.4)
    habits: dict[int, tuple[str, float]] = {}

    def put(rng: random.Random, question: str, account: int) -> Written:
        own = habits.get(account)
        if own is None:
            own = habits[account] = (
                wrapper(rng, topic.words) if rng.random() < 0.7 else "{q}",
                share * rng.uniform(0.7, 1.3),
            )
        return {"prompt": _filled(own[0], topic.reword(rng, question, own[1]))}

    return put


def _translated(rng: random.Random, design: CampaignDesign, topic: Topic) -> Put:
    languages = rng.sample(list(LANGUAGES.values()), rng.randint(1, 6))

    def put(rng: random.Random, question: str, account: int) -> Written:
        asked = rng.choice(languages)
        return {"prompt": f"{question}\n{asked}" if rng.random() < 0.5 else f"{asked}\n{question}"}

    return put


_MANNERS: dict[str, Callable[[random.Random, CampaignDesign, Topic], Put]] = {
    "wrapper": _wrapped,
    "wrappers": _rotated,
    "sentence": _injected,
    "reworded": _reworded,
    "bare": _bare,
    "pools": _bare,
    "translated": _translated,
    "sessions": _bare,
    "samples": _bare,
}
