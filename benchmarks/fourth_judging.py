"""Answers judged by rubric: prompts of judges and their verdicts, for honest evaluators and for reward models alike."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from fourth_answers import answered
from fourth_wrappers import worded

__all__ = ["Judge"]

_RUBRICS = (
    "correctness: is every claim true",
    "helpfulness: does it meet the need of a {audience}",
    "reasoning: does each step follow",
    "safety: could it do harm to {audience}",
    "style: is it {adjective} and plain",
    "completeness: is something missing",
    "honesty: does it say what it does not know",
    "format: does it keep to what was asked",
    "depth: would a {job} learn from it",
)
_HEADS = (
    "You are a strict judge.",
    "Please act as an impartial judge.",
    "You review answers for a {trade}.",
    "As a {job}, read the following with care.",
    "Evaluation, round {n}.",
)
_BODIES = (
    "Rate the response from 1 to <n>.\nCriterion: <r>\n\n[Request]\n<q>\n\n[Answer]\n<a>\n\nReasons, then Score: k.",
    "<r>.\n\n### Prompt\n<q>\n\n### A\n<a>\n\n### B\n<b>\n\nWhich is better? Explain, then write [[A]] or [[B]].",
    '<q>\n---\n<a>\n---\nGrade the text above (<r>) on a scale of <n>. Return JSON: {"critique": ..., "score": ...}',
    "Compare two answers by this rubric: <r>.\nQ: <q>\n1) <a>\n2) <b>\nWinner and margin (0-<n>), with a rationale.",
    "Criterion (<r>), scale 1-<n>.\nUser: <q>\nModel: <a>\nList flaws, then the grade on the last line.",
)


@dataclass(frozen=True)
class Judge:
    """One judge's prompt."""

    text: str
    rubrics: tuple[str, ...]
    scale: int

    @classmethod
    def drawn(cls, rng: random.Random) -> Judge:
        """A judge of one's own."""
        head = worded(rng, rng.choice(_HEADS)) + rng.choice((" ", "\n\n")) if rng.random() < 0.7 else ""
        rubrics = tuple(worded(rng, one) for one in rng.sample(_RUBRICS, rng.randint(1, 6)))
        return cls(head + rng.choice(_BODIES), rubrics, rng.choice((4, 5, 10, 100)))

    def asked(self, rng: random.Random, task: str, first: str, second: str) -> str:
        """What the judge is asked of a task and of two answers, of which it may see one."""
        text = self.text.replace("<n>", str(self.scale)).replace("<r>", rng.choice(self.rubrics))
        return text.replace("<q>", task[:1500]).replace("<a>", first[:2000]).replace("<b>", second[:2000])

    def verdict(self, rng: random.Random, text: str) -> str:
        """What the model finds."""
        why = answered(rng, text, int(rng.lognormvariate(5.2, 0.5)))
        if "JSON" in self.text:
            return json.dumps({"critique": why, "score": rng.randint(1, self.scale)})
        if "[[A]]" in self.text:
            return f"{why}\n\n{rng.choice(('[[A]]', '[[B]]'))}"
        return f"{why}\n\nScore: {rng.randint(1, self.scale)}"
