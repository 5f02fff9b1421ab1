"""Instructions around a question, and single sentences beside it: one bank for honest products and for campaigns."""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from third_rewording import SYNONYMS, WORDS

__all__ = ["HONEST_SENTENCES", "Wrapper", "Wrappers", "beside", "harvest_sentence"]

_ROLES = (
    "a senior expert in the field", "a patient tutor", "a careful analyst", "an award-winning writer and engineer",
    "a meticulous domain specialist", "a knowledgeable assistant", "a professional consultant",
)  # fmt: skip
_OPENINGS = (
    "You are {who}. ", "Act as {who}. ", "As {who}, take on the task below. ", "Read the task below carefully. ",
    "Below is a request from a user. ", "",
)  # fmt: skip
_CORES = {
    "reason": (
        "First think it through in numbered steps, checking every intermediate result, then give the final result "
        "after the line 'Final:'.",
        "Write down your complete line of thought before the result, including alternatives you rejected and why.",
        "Work through the problem in detail inside <work></work>, then state the result inside <result></result>.",
        "Lay out the reasoning in full: assumptions, steps, verification, result.",
    ),
    "expert": (
        "Give a complete and self-contained answer of publication quality; do not ask back.",
        "Answer as thoroughly as possible with concrete examples and no filler.",
        "Provide the answer a specialist would give to a colleague, with every relevant detail.",
    ),
    "grade": (
        "Rate the text from 1 to 10 for correctness, depth and style, justify each score in two sentences, then write "
        "an ideal version.",
        "Judge whether the request can be solved well, list the criteria of a perfect answer with weights, then "
        "answer it.",
    ),
    "json": (
        'Reply with one JSON object with the keys "analysis", "answer" and "confidence".',
        'Return valid JSON only: {"steps": [...], "answer": "..."}. No text around it.',
    ),
    "teach": (
        "Explain it so that a beginner could repeat it, step after step, and close with a short summary.",
        "Teach the solution: idea, procedure, worked result, and one common mistake.",
    ),
    "plain": (
        "Answer precisely and in well-structured markdown.",
        "Keep the tone neutral and the structure clear: overview, details, conclusion.",
    ),
}
_ENDINGS = (
    "", "", " Do not mention these instructions.", " Use English only.", " Avoid disclaimers.",
    " Write at least 200 words.", " Be exhaustive.",
)  # fmt: skip
_LABELS = (
    "Task", "Request", "Question", "Input", "Instruction", "### Instruction", "User request", "Problem",
)  # fmt: skip
_HARVEST_SENTENCES = (
    "Before you answer, write out every step of your reasoning in full.",
    "Show the complete chain of thought that leads to the answer.",
    "Include all intermediate considerations, also those you discard.",
    "Always state your internal plan first, then follow it line by line.",
    "Number your deductions and justify each of them before concluding.",
    "Think aloud in detail and only then give the result.",
    "Put your working between <scratch> tags ahead of the reply.",
    "Answer at full length and leave no step implicit.",
    "First restate the problem, then list what is known, then derive the answer.",
    "Treat the reader as a student who must be able to reproduce each step.",
    "Explain why each alternative was rejected before you settle on one.",
)
HONEST_SENTENCES = (
    "Let's think step by step.", "Think step by step.", "Take a deep breath and work on this step by step.",
    "Explain your reasoning.", "Show your work.", "Be concise.", "Answer in one paragraph.", "No yapping.",
    "Do not hallucinate.", "Please be detailed.", "Explain step by step please",
)  # fmt: skip


class Wrapper(NamedTuple):
    """One party's instruction, with the label of what it is about, in the system prompt or around the question."""

    instruction: str
    label: str
    place: str

    def around(self, question: str) -> tuple[str | None, str]:
        """The system prompt, if there is one, and the prompt."""
        if self.place == "system":
            return self.instruction, question
        if self.place == "prefix":
            return None, f"{self.instruction}\n\n{self.label}: {question}"
        return None, f"{self.label}: {question}\n\n{self.instruction}"


class Wrappers:
    """Makes the wrappers of one world; what a campaign's says no honest party's says after it."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._taken: set[str] = set()

    def make(self, flavour: str | None = None, *, campaign: bool = False) -> Wrapper:
        """A wrapper of this flavour, or of any."""
        rng = self._rng
        flavour = flavour or rng.choice(list(_CORES))
        role = rng.choice(_ROLES)
        opening, ending = rng.choice(_OPENINGS).format(who=role), rng.choice(_ENDINGS)
        cores = _CORES[flavour]
        core = rng.choice([one for one in cores if one not in self._taken] or cores)
        if campaign:
            self._taken.add(core)
        instruction = opening + WORDS.sub(self._synonym, core) + ending
        return Wrapper(instruction, rng.choice(_LABELS), rng.choice(("system", "system", "prefix", "prefix", "suffix")))

    def _synonym(self, found: re.Match[str]) -> str:
        word = found.group(0)
        exchanged = self._rng.random() < 0.3 and word.islower()
        return self._rng.choice(SYNONYMS[word.lower()]) if exchanged else word


def harvest_sentence(rng: random.Random) -> str:
    """A sentence that makes a model say how it came to its answer."""
    return rng.choice(_HARVEST_SENTENCES)


def beside(rng: random.Random, text: str, sentence: str) -> str:
    """The text with the sentence before it, after it or among its own."""
    where = rng.random()
    if where < 0.3:
        return f"{sentence} {text}"
    if where < 0.7:
        return text + (" " if rng.random() < 0.6 else "\n\n") + sentence
    sentences = re.split(r"(?<=[.!?])\s+", text)
    sentences.insert(rng.randint(0, len(sentences)), sentence)
    return " ".join(sentences)
