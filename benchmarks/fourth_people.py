"""People who talk to a model: what they ask, how they go on, and when."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fourth_accounts import opened
from fourth_answers import keyword
from fourth_documents import KINDS as PAPERS
from fourth_documents import document
from fourth_everyday import INTERESTS, asked, followed
from fourth_grammar import expand, read_rules
from fourth_instructions import HARD, pool
from fourth_retyping import Style, reworded
from fourth_tongues import asked_in, followed_in, tongue_of
from fourth_words import WORDS
from fourth_world import Account, Exchange, World
from fourth_wrappers import Rewording

__all__ = ["Voice", "chat", "family", "learner", "person", "sessions", "talk"]

_PASTE = read_rules("""
ask: summarize this | Summarise in {n} lines: | what do they want from me? | tl;dr | Is there anything odd in this
  text? | reply to this,
  {mood} tone | Translate to {tongue}: | proofread please | Can you turn this into a {form}? | explain this to
  {audience} | fix grammar
  | Who has to do what by when? | pull out the numbers | make it half as long | what would a {job} say about this
""")
_PERSONAS = read_rules("""
persona: You are a helpful assistant. | You are a {adjective} {job}. Answer briefly. | Be concise. | You are
  ChatBridge, a friendly AI.
  | Act as my {tongue} tutor and correct my mistakes. | Answer in {tongue} unless asked otherwise. | You are an expert
  in {subject}.
  | Respond like a {mood} {job} from {place}. | Always give sources if you can. | You are talking to {first}, who
  lives in {place}
  and likes {hobby}.
""")
_RULES = {**WORDS, **_PASTE, **_PERSONAS}
_CODE = {"coding", "data"}
_REAL = {
    "oasst_prompts": 4,
    "arena_hard_questions": 5,
    "hh_rlhf_harmless_test": 3,
    "awesome_chatgpt_prompts": 2,
    "aider_history": 1,
    "xstest": 1,
}


@dataclass
class Voice:
    """What one person talks about, and how."""

    tongue: str
    interests: list[str]
    style: Style
    system: str | None = None
    pastes: float = 0.1
    real: float = 0.05
    turns: float = 2.2

    @classmethod
    def drawn(cls, rng: random.Random, country: str) -> Voice:
        """A voice of one's own."""
        system = expand(rng, "{persona}", _RULES) if rng.random() < 0.3 else None
        return cls(
            tongue_of(rng, country),
            rng.sample(INTERESTS, rng.randint(2, 5)),
            Style.drawn(rng),
            system,
            rng.betavariate(1, 5),
            rng.betavariate(1, 10),
            rng.choice((1.2, 1.8, 2.5, 3.5, 5)),
        )

    def opening(self, world: World) -> tuple[str, str]:
        """What a conversation opens with, and the form of its answer."""
        rng = world.rng
        if rng.random() < self.real and self.tongue == "en":
            item = world.corpora.one(rng, rng.choices(list(_REAL), list(_REAL.values()))[0])
            text = item.prompt
            if len(text) < 400:
                text = reworded(rng, text, rng.choice((0, 0.3, 0.6)))
            form = "refusal" if item.answer is not None and rng.random() < 0.3 else "prose"
            return self.style.typed(rng, text), form
        if rng.random() < self.pastes:
            paper = document(rng, rng.choice(PAPERS), int(rng.lognormvariate(6.3, 0.7)), world.corpora)
            ask = self.style.typed(rng, expand(rng, "{ask}", _RULES))
            return (f"{ask}\n\n{paper}" if rng.random() < 0.7 else f"{paper}\n\n{ask}"), "prose"
        if self.tongue != "en" and rng.random() < 0.85:
            return self.style.typed(rng, asked_in(rng, self.tongue), self.tongue), "prose"
        interest = rng.choice(self.interests)
        text = self.style.typed(rng, asked(rng, interest))
        return text, "code" if interest in _CODE and rng.random() < 0.7 else "prose"

    def next(self, rng: random.Random, answer: str) -> str:
        """What is said after that answer."""
        if self.tongue != "en":
            return self.style.typed(rng, followed_in(rng, self.tongue), self.tongue)
        if rng.random() < 0.35:
            return self.style.typed(rng, asked(rng, rng.choice(self.interests)))
        return self.style.typed(rng, followed(rng, keyword(rng, answer)))


def talk(world: World, account: Account, voice: Voice, when: datetime, turns: int, opening: str | None = None) -> int:
    """One conversation of so many turns, each carrying what was said before; how many went out."""
    rng, session = world.rng, world.name("s_", 10)
    history: list[tuple[str, str]] = []
    ask, form = (opening, "prose") if opening else voice.opening(world)
    first, out = ask, 0
    for _ in range(turns):
        what = Exchange(ask, None, voice.system, list(history[-12:]), session, form=form, tongue=voice.tongue)
        answer = world.send(account, when, what)
        if answer is None:
            break
        out += 1
        history += [("user", ask), ("assistant", answer)]
        when += timedelta(seconds=6 + len(answer) / rng.uniform(18, 70) + rng.lognormvariate(3.4, 0.9))
        ask = voice.next(rng, answer + " " + first)
    return out


def sessions(rng: random.Random, count: int, mean: float) -> list[int]:
    """So many exchanges parted into conversations of that many turns on average."""
    parts = []
    while count > 0:
        turns = min(count, 12, 1 + int(rng.expovariate(1 / max(mean - 0.5, 0.2))))
        parts.append(turns)
        count -= turns
    return parts


def person(world: World, count: int, kind: str = "person", **known: Any) -> Account:
    """Somebody who sends so many exchanges in conversations at the hours of a person."""
    account = opened(world, kind, **known)
    chat(world, account, Voice.drawn(world.rng, account.country), count)
    return account


def chat(world: World, account: Account, voice: Voice, count: int) -> None:
    """Let an account talk so much over the whole log, from when it was opened."""
    parts = sessions(world.rng, count, voice.turns)
    for when, turns in zip(account.rhythm.moments(world.rng, len(parts), account.created), parts, strict=False):
        talk(world, account, voice, when, turns)


def learner(world: World, count: int) -> Account:
    """Somebody who learns from exercises, each asked in words of one's own, with reasons."""
    rng = world.rng
    account = opened(world, "learner", shape=rng.choice(("student", "evening", "all day")))
    words, voice = Rewording.drawn(rng), Voice.drawn(rng, account.country)
    names = ("recon_cot_elicitation", "mmlu_harness", "gpteacher:codegen", "arena_hard_questions", "made")
    items = pool(rng, world.corpora, HARD, rng.sample(names, rng.randint(1, 3)), max(1, count // 2))
    for when, item in zip(account.rhythm.moments(rng, len(items), account.created), items, strict=False):
        talk(world, account, voice, when, rng.choice((1, 1, 2, 3)), words.typed(rng, item.prompt))
    chat(world, account, voice, max(1, count // 3))
    return account


def family(world: World, count: int) -> Account:
    """A household of two or three accounts on one line and one card, or one person with two of them."""
    rng = world.rng
    first = opened(world, "person", plan="pro")
    members = [first] + [
        opened(
            world,
            "person",
            country=first.country,
            link=world.networks.shared(first.link),
            payment_id=first.payment_id,
            plan="pro",
        )
        for _ in range(rng.choice((1, 1, 2)))
    ]
    voice = Voice.drawn(rng, first.country)
    for member in members:
        voice = voice if rng.random() < 0.2 else Voice.drawn(rng, first.country)
        chat(world, member, voice, max(1, count // len(members)))
    return first
