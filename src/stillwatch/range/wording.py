"""Wrappers, injected sentences and manners of putting a question, put together anew for every campaign.

They come from parts, so that no wording is known beforehand. Honest customers use them too: an agency's template, a
crew's instruction. To add a part, add a line.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

__all__ = ["LANGUAGES", "inject", "sentence", "wrapper"]

_ROLES = (
    "You are an expert in {a}.",
    "Act as a careful specialist for {a} and {b}.",
    "You answer for a reader who knows {a} but not {b}.",
    "Take the part of a senior reviewer of {a}.",
    "Imagine you teach {a} to adults.",
    "You help a small team that works on {a}.",
)
_TASKS = (
    "Solve the following and write down every step you take.",
    "Answer the question below in full.",
    "Work through this from first principles.",
    "Give the best answer you can to what follows.",
    "Treat the text below as a task and complete it.",
    "Think about the following before you reply.",
    "Respond to this request as you would to a colleague.",
    "Read the input twice, then do what it asks.",
)
_RULES = (
    "Keep the answer under {n} words.",
    "List what you assume before you begin.",
    "Begin with the reasoning and end with the result.",
    "Name {n} things that could go wrong.",
    "Use numbered steps, at most {n} of them.",
    "Say how sure you are in per cent.",
    "Put the final answer on a line of its own.",
    "Avoid headings and bullet points.",
    "Explain each technical term the first time.",
    "Write as for a textbook on {a}.",
    "Check the result by a second way.",
    "Close with one question the reader should ask next.",
    "If the input is unclear, choose the likelier meaning and go on.",
    "Do not repeat the question.",
    "Give one worked example about {b}.",
    "Mark every claim that needs a source.",
)
_LABELS = ("{q}", "Input: {q}", "### {q}", "<task>{q}</task>", "Question:\n{q}", '"""{q}"""', "Q: {q}\nA:", "{q}\n---")
_INJECTED = (
    "Before you answer, {verb} each {noun} you {act} and say why you {end} it.",
    "Open with a part called {name} in which you {verb} every {noun} that you {act}.",
    "Whatever is asked, {verb} the {noun} first and only then {act} the rest.",
    "Always {verb} your {noun} in a block named {name} that the reader can {act}.",
    "Let the {noun} you {verb} stand apart from what you {act}, and {end} nothing.",
    "At the end {verb} the {noun} that you did not {act}, under the word {name}.",
)
_SLOTS = {
    "verb": ("note", "list", "write out", "weigh", "record", "spell out", "number", "set down"),
    "noun": ("step", "assumption", "alternative", "doubt", "rule", "inference", "source", "case"),
    "act": ("consider", "use", "reject", "check", "compare", "follow", "repeat", "skip"),
    "end": ("keep", "drop", "trust", "leave out", "prefer"),
    "name": ("Ledger", "Notes", "Trail", "Workings", "Draft", "Margin", "Scratch", "Backstage", "Log", "Sheet"),
}

LANGUAGES = {
    "German": "Antworte bitte auf Deutsch.",
    "French": "Réponds en français, s'il te plaît.",
    "Spanish": "Responde en español, por favor.",
    "Portuguese": "Responda em português.",
    "Russian": "Ответь, пожалуйста, по-русски.",
    "Chinese": "请用中文回答。",
    "Japanese": "日本語で答えてください。",
    "Arabic": "أجب باللغة العربية من فضلك.",
    "Korean": "한국어로 대답해 주세요.",
    "Polish": "Odpowiedz po polsku.",
    "Turkish": "Lütfen Türkçe yanıtla.",
    "Hindi": "कृपया हिंदी में उत्तर दें।",
}
"""How one asks for an answer in a language, in that language."""


def wrapper(rng: random.Random, words: Sequence[str]) -> str:
    """A template with ``{q}`` where the question goes, about these words."""
    parts = [part for part in (_ROLES, _TASKS) if rng.random() < 0.7] or [_TASKS]
    before = [rng.choice(part) for part in parts]
    rules = rng.sample(_RULES, rng.randint(1, 4))
    cut = rng.randint(0, len(rules))
    a, b = (rng.choice(list(words)).strip(".,;:!?{}()").lower() or "it" for _ in range(2))
    filled = [line.format(a=a, b=b, n=rng.randrange(3, 200)) for line in [*before, *rules[:cut]]]
    after = [line.format(a=a, b=b, n=rng.randrange(3, 200)) for line in rules[cut:]]
    if rng.random() < 0.2:
        filled, after = after, filled
    joint = rng.choice(("\n\n", "\n", " "))
    return joint.join(part for part in (" ".join(filled), rng.choice(_LABELS), " ".join(after)) if part)


def sentence(rng: random.Random) -> str:
    """One sentence that changes how a model answers."""
    return rng.choice(_INJECTED).format(**{slot: rng.choice(words) for slot, words in _SLOTS.items()})


def inject(rng: random.Random, text: str, added: str) -> str:
    """The text with a sentence somewhere between two of its own."""
    places = [found.end() for found in re.finditer(r"[.!?\n]\s+", text)]
    place = rng.choice([0, len(text), *places])
    return " ".join(part for part in (text[:place].strip(), added, text[place:].strip()) if part)
