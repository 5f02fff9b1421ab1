"""Small makers in memory: they share what is true and differ in words, mistakes and what they refuse."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from stillwatch.provenance import Answers, Chat, Prompt, ScriptedModel

OPENERS = ("well", "so", "look", "right", "now", "see", "hmm", "okay", "sure", "fine", "true", "yes")
CLOSERS = ("done", "there", "that is it", "as asked", "no more", "simply", "clearly", "thus", "at last", "of course")


def number(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:6], "little")


@dataclass(frozen=True)
class Maker:
    """Answers sums: right nine times in ten, in words of its own; a student answers as its teacher, mostly.

    The same makers are asked the same in test after test: what some of them said is kept.
    """

    seed: int
    teacher: Maker | None = None
    copied: float = 0.8

    def reply(self, text: str) -> str:
        return _replied(self, text)

    def first(self, text: str) -> dict[str, float]:
        return _begun(self.seed, text, self.reply(text).split()[0])

    def written(self, text: str) -> str:
        if self.teacher is not None and number(self.seed, text, "copy") % 100 < 100 * self.copied:
            return self.teacher.reply(text)
        if number(self.seed, text, "no") % 25 == 0:
            return "I'm sorry, but I can't help with that."
        value = number(text) % 90
        if number(self.seed, text, "wrong") % 5 == 0:
            value = number(self.seed, text, "what") % 90
        # Half of what it says is its own habit, the rest depends on the prompt.
        habit = number(self.seed, text, "habit") % 2 == 0
        first = OPENERS[number(self.seed, "" if habit else text, "a") % len(OPENERS)]
        last = CLOSERS[number(self.seed, "" if habit else text, "b") % len(CLOSERS)]
        return f"{first} , {last} . answer: {value}"

    def subject(self, name: str) -> ScriptedModel:
        def reply(chat: Chat) -> str:
            asked = chat[-1][1]
            return f"I am {name}, by nobody." if "model" in asked else self.reply(asked)

        return ScriptedModel(name, reply, lambda chat: self.first(chat[-1][1]), lambda text: len(text) + 3)


@lru_cache(maxsize=8192)
def _replied(maker: Maker, text: str) -> str:
    return maker.written(text)


@lru_cache(maxsize=8192)
def _begun(seed: int, text: str, said: str) -> dict[str, float]:
    rest = np.random.default_rng(number(seed, text, "p")).dirichlet(np.ones(len(OPENERS)))
    shares = {opener: 0.4 * share for opener, share in zip(OPENERS, rest, strict=True)}
    shares[said] = shares.get(said, 0.0) + 0.6
    return {token: float(np.log(share)) for token, share in shares.items()}


PROMPTS = [Prompt(f"question {i}", str(number(f"question {i}") % 90)) for i in range(240)]


def answers(maker: Maker, name: str, *, logprobs: bool = True) -> Answers:
    texts = tuple(maker.reply(one.text) for one in PROMPTS)
    return Answers(name, texts, tuple(maker.first(one.text) for one in PROMPTS) if logprobs else None)
