"""Ordinary talk, from corpora and from a grammar of small frames, and answers to it."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from third_code_phrases import CODE_WORDS, DEVELOPER_FORMS, ERRORS, PROGRAMMING_LANGUAGES
from third_corpora import SENTENCE_END, Conversation, Texts
from third_phrases import (
    ASKS,
    CONTEXTS,
    DOMAINS,
    FOLLOW_UPS,
    FOREIGN_FORMS,
    FOREIGN_SLOTS,
    FORMS,
    LANGUAGES,
    NOUN_FORMS,
    OPENERS,
    QUESTIONS,
    SLOTS,
    SMALL_TALK,
    SUBJECTS,
    TAILS,
    VERBS,
)

__all__ = ["Mix", "Talk", "any_form"]

_ANSWER_OPENINGS = (
    "", "", "", "Sure! ", "Of course. ", "Great question. ", "Here is what I'd suggest. ", "Certainly! ",
    "Happy to help. ", "In short: ", "Let's look at it. ", "Good idea. ",
)  # fmt: skip
_PASTED = (
    "summarize: {p}", "summarise this for me\n\n{p}", "{p}\n\ntl;dr", "rewrite this in my own words: {p}",
    "translate to {l}: {p}", "check grammar\n{p}", "{p}\n\nwhat is the main idea?",
    "make this sound more professional: {p}", "explain this paragraph: {p}", "turn this into bullet points\n\n{p}",
    "Is this true? {p}", "5 questions about this text: {p}", "simplify for {w}: {p}", "{p}", "who wrote this? {p}",
    "traduce al español: {p}",
)  # fmt: skip
_BANKS = {
    "ctx": CONTEXTS,
    "q": QUESTIONS,
    "lang": LANGUAGES,
    "w": CODE_WORDS,
    "err": ERRORS,
    "pl": PROGRAMMING_LANGUAGES,
    **SLOTS,
    **FOREIGN_SLOTS,
}
_COUNTS = (2, 3, 3, 4, 5, 5, 6, 7, 8, 10, 10, 12, 15, 20)
_SUMS = (50, 100, 150, 200, 300, 400, 500, 800, 1000, 1500, 2500)
_CODE = "\x00"


@dataclass(frozen=True)
class Mix:
    """What talk is made of in one world, each a share from 0 to 1; what is left is the grammar's."""

    small: float
    popular: float
    documents: float
    pasted: float
    foreign: float
    """Of the grammar's."""
    follow_ups: float
    """How probable one more turn is, after each."""
    developer_documents: float
    """Of developers' talk."""


def any_form(rng: random.Random) -> str:
    """A question with slots to fill: a whole frame, a noun phrase, or one put together of parts."""
    which = rng.random()
    if which < 0.3:
        return rng.choice(FORMS)
    if which < 0.5:
        return rng.choice(OPENERS) + rng.choice(NOUN_FORMS)
    return f"{rng.choice(OPENERS)}{rng.choice(ASKS)} {rng.choice(VERBS)} {{x}}{rng.choice(TAILS)}"


class Talk:
    """Says things.

    Args:
        rng: draws everything.
        texts: of this world.
    """

    def __init__(self, rng: random.Random, texts: Texts) -> None:
        self._rng, self._texts = rng, texts

    def fill(self, form: str, domain: str | None = None, *, cover: bool = False) -> str:
        """The form with its slots filled, also those that came with what filled them; of one domain, or of any."""
        rng = self._rng
        for _ in range(3):
            if "{" not in form:
                break
            form = re.sub(r"\{(\w+)\}", lambda found: self._slot(found, domain), form)
        while _CODE in form:
            form = form.replace(_CODE, rng.choice(self._texts.side(cover=cover).codes), 1)
        return form

    def _slot(self, found: re.Match[str], domain: str | None) -> str:
        rng, name = self._rng, found.group(1)
        if name in ("x", "y"):
            return rng.choice(SUBJECTS[domain or rng.choice(DOMAINS)])
        if name == "n":
            return str(rng.choice(_COUNTS))
        if name == "m":
            return str(rng.choice((*_SUMS, rng.randint(20, 900))))
        if name == "age":
            return str(rng.randint(14, 77))
        if name == "code":
            return _CODE
        return rng.choice(_BANKS[name]) if name in _BANKS else found.group(0)

    def passage(self) -> str:
        """A piece of a text that somebody has at hand, 150 to 900 characters where it is long enough."""
        rng = self._rng
        text = rng.choice(self._texts.honest.paragraphs)
        begin = rng.randint(0, max(0, len(text) // 2))
        return text[begin : begin + rng.randint(150, 900)]

    def code(self) -> str:
        """A program of the honest side."""
        return self._rng.choice(self._texts.honest.codes)

    def remark(self) -> str:
        """What somebody says after an answer."""
        return self.fill(self._rng.choice(FOLLOW_UPS))

    def follow_up(self, share: float) -> Conversation:
        """One more turn in this share of cases, else none."""
        text = self.remark()
        return [(text, None)] if self._rng.random() < share else []

    def conversation(
        self, domains: Sequence[str], mix: Mix, *, cover: bool = False, developer: bool = False
    ) -> Conversation:
        """One conversation of somebody with these interests."""
        rng = self._rng
        whole = self._whole(mix, cover=cover, developer=developer, domains=domains)
        if not isinstance(whole, str):
            return whole
        turns: Conversation = [(whole, None)]
        while rng.random() < mix.follow_ups and len(turns) < 7:
            turns.append((self.fill(rng.choice(FOLLOW_UPS), rng.choice(domains)), None))
        return turns

    def _whole(self, mix: Mix, *, cover: bool, developer: bool, domains: Sequence[str]) -> Conversation | str:
        """A conversation of a corpus, or the first thing that somebody says."""
        rng, side = self._rng, self._texts.side(cover=cover)
        which = rng.random()
        if developer:
            if side.developers and which < mix.developer_documents:
                return side.developers.pop()
            form = rng.choice(DEVELOPER_FORMS) if which < mix.developer_documents + 0.6 else any_form(rng)
            return self.fill(form, "code", cover=cover)
        if which < mix.small:
            return self._often(SMALL_TALK, 0.7, 0.7)
        if which < mix.small + mix.popular:
            return self._often(self._texts.popular, 0.5, 0.8)
        if which < mix.small + mix.popular + mix.documents and side.talk:
            return side.talk.pop()
        if which < mix.small + mix.popular + mix.documents + mix.pasted:
            return self._pasted(cover=cover)
        if rng.random() < mix.foreign:
            return self.fill(rng.choice(FOREIGN_FORMS))
        return self.fill(any_form(rng), rng.choice(domains))

    def _often(self, texts: Sequence[str], share: float, shape: float) -> str:
        """One of the texts; in this share of cases by a Pareto law, the first most often, else any."""
        if self._rng.random() < share:
            return texts[min(int(self._rng.paretovariate(shape)) - 1, len(texts) - 1)]
        return self._rng.choice(texts)

    def _pasted(self, *, cover: bool) -> str:
        """Some sentences of a text, and what is to be done with them."""
        rng = self._rng
        sentences = SENTENCE_END.split(rng.choice(self._texts.side(cover=cover).paragraphs))
        many = rng.randint(1, max(1, len(sentences)))
        begin = rng.randint(0, len(sentences) - many)
        asked = rng.choice(_PASTED)
        asked = asked.replace("{l}", rng.choice(LANGUAGES)).replace("{w}", rng.choice(SLOTS["who"]))
        return asked.replace("{p}", " ".join(sentences[begin : begin + many]))

    def answer(self, prompt: str, known: str | None, most_words: int) -> str:
        """The corpus's answer, somewhat varied, or sentences that fit the prompt in length and a few words only."""
        rng, sentences = self._rng, self._texts.sentences
        if known is not None and len(known) < 60:
            return known
        count = max(1, int(rng.lognormvariate(1.3, 0.7)))
        if known is not None:
            if rng.random() < 0.5:
                known = rng.choice(_ANSWER_OPENINGS) + known
            if rng.random() < 0.4:
                known = f"{known} {rng.choice(sentences)}"
            return known[: most_words * 5]
        begin = rng.randrange(len(sentences))
        words = re.findall(r"[A-Za-z]{4,}", prompt[:400])
        about = " ".join(rng.sample(words, min(3, len(words))))
        opening = rng.choice(_ANSWER_OPENINGS)
        topic = f"About {about}: " if about and rng.random() < 0.5 else ""
        text = opening + topic + " ".join(sentences[begin : begin + min(count, 14)])
        if about and rng.random() < 0.4:
            text += f"\n\n- {about}\n- {sentences[(begin * 7 + 3) % len(sentences)]}"
        return text[: most_words * 5]
