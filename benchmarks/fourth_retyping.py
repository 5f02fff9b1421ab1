"""How one hand types: case, marks, slips, short forms; and words that mean the same."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

__all__ = ["Style", "reworded", "slipped"]

_SHORT = {
    "you": "u",
    "please": "pls",
    "because": "cause",
    "thanks": "thx",
    "about": "abt",
    "without": "w/o",
    "with": "w",
}
_ALIKE = [
    "write|compose|draft|produce|put together",
    "explain|describe|clarify|lay out|walk through",
    "create|make|build|come up with|design",
    "find|determine|work out|identify|figure out",
    "give|provide|offer|supply",
    "how many|what number of|what count of",
    "how much|what amount",
    "show|demonstrate|illustrate",
    "use|employ|rely on|work with",
    "function|routine|method|procedure",
    "list|enumerate|set out",
    "short|brief|concise|compact",
    "important|key|crucial|central",
    "problem|question|puzzle|task",
    "compute|calculate|work out",
    "given|provided|supplied",
    "suggest|recommend|propose",
    "help|assist|support",
    "story|tale|narrative",
    "example|instance|illustration",
    "big|large|sizeable",
    "begin|start|set off",
    "should|ought to|needs to",
    "generate|produce|make",
    "people|persons|folks",
    "sentence|phrase|line",
    "text|passage|piece",
    "total|overall|combined",
    "buy|purchase",
    "each|every single|any one",
    "also|too|as well",
    "following|next",
    "different|distinct|various",
    "want|would like|need",
]
_PHRASES = """
how do i|how can I|how would one|what's the way to|whats the best way to|how to
what should i|what ought I to|what would you have me|what do I
should i|would it make sense to|is it better to|do I have to
is it|would it be|is it really|do you think it's
can i|is it ok to|could I|am I able to|is it possible to
can you|could you|would you|are you able to
what is|what's|whats|tell me what is
why does|how come|what makes it that
give me|i need|can i get|send me|i'm looking for|get me
difference between|what separates|what tells apart
ideas|suggestions|inspiration|thoughts
tips|advice|tricks|hints
worth|worthwhile|sensible
minutes|min|mins
best|right|nicest|ideal
when should|at what point should|what's a good time for
how long|how much time
how often|how regularly|how many times
what happens if|what if|what's going to happen when
makes a|has started making a|keeps making a
wants to|would like to|insists that they
already|by now
only|just
probably|most likely|I guess
cheapest|least expensive|most affordable
days|nights|afternoons
hours|hrs
kids|children|little ones
i have|I've got|there's
do i|must I|does one
is there|do you know|have you got
fix|repair|sort out|mend
old|aged|worn
love|adore|enjoy
hates|can't stand|isn't fond of
names|titles|ideas for a name
a fair price|a normal price|the going rate
rules|basics|essentials
questions|things to ask
mean|stand for|signify
"""
_ALIKE += _PHRASES.strip().splitlines()
_OTHERS = {group.split("|")[0].lower(): group.split("|") for group in _ALIKE}
for _group in list(_OTHERS.values()):
    for _one in _group:
        _OTHERS.setdefault(_one.lower(), _group)
_WORD = re.compile(r"\b(" + "|".join(sorted(map(re.escape, _OTHERS), key=len, reverse=True)) + r")\b", re.IGNORECASE)


def reworded(rng: random.Random, text: str, share: float) -> str:
    """The text with some of the words that have others like them changed for those."""

    def other(found: re.Match[str]) -> str:
        if rng.random() >= share:
            return found[0]
        word = rng.choice(_OTHERS[found[0].lower()])
        return word.capitalize() if found[0][0].isupper() else word

    return _WORD.sub(other, text)


def slipped(rng: random.Random, text: str, rate: float) -> str:
    """The text with slips of the hand: letters swapped, left out or doubled, this many a letter."""
    count = int(len(text) * rate + rng.random())
    for _ in range(min(count, 12)):
        at = rng.randrange(max(1, len(text) - 2))
        if not text[at : at + 2].isalpha():
            continue
        way = rng.random()
        if way < 0.4:
            text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        elif way < 0.75:
            text = text[:at] + text[at + 1 :]
        else:
            text = text[:at] + text[at] + text[at:]
    return text


@dataclass(frozen=True)
class Style:
    """One hand's way of typing."""

    lower: bool
    bare: bool
    short: bool
    slips: float
    polite: str
    change: float = 0.0
    """The share of words and turns of phrase that this hand puts its own way."""

    @classmethod
    def drawn(cls, rng: random.Random) -> Style:
        """A hand of one's own."""
        polite = rng.choice(["", "", "", "", "please ", "Please ", "could you ", "Can you tell me: ", "pls "])
        slips = rng.choice([0, 0, 0.001, 0.004, 0.01])
        return cls(rng.random() < 0.3, rng.random() < 0.25, rng.random() < 0.1, slips, polite, rng.uniform(0.1, 0.7))

    def typed(self, rng: random.Random, text: str, tongue: str = "en") -> str:
        """The text as this hand types it."""
        if tongue == "en" and len(text) < 300:
            text = reworded(rng, text, self.change)
        if tongue == "en" and self.polite and len(text) < 160 and rng.random() < 0.25:
            text = self.polite + text[:1].lower() + text[1:]
        if self.short and len(text) < 300:
            text = " ".join(_SHORT.get(word, word) for word in text.split(" "))
        if self.lower and len(text) < 400:
            text = text.lower()
        if self.bare and len(text) < 400:
            text = text.rstrip(".?!")
        return slipped(rng, text, self.slips) if len(text) < 2000 else text
