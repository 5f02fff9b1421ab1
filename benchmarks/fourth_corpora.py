"""Corpora of real prompts, by name and by group of a name."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NEEDED", "Corpora", "Item"]

NEEDED = [
    "aider_history",
    "arena_hard_questions",
    "awesome_chatgpt_prompts",
    "banking77_pipeline",
    "bbh_code_davinci",
    "bfcl",
    "gorilla_apibench",
    "gpteacher",
    "gsm8k_harness",
    "hh_rlhf_harmless_test",
    "humaneval_harness",
    "mmlu_harness",
    "oasst_en100",
    "oasst_prompts",
    "openai_evals",
    "rag_langchain_render",
    "recon_cot_elicitation",
    "recon_selfinstruct_prompts",
    "restaurant8k_pipeline",
    "swe_lancer_issues",
    "toolalpaca_instr",
    "advbench",
    "harmbench",
    "strongreject",
    "xstest",
]
_LONGEST = 6000


@dataclass(frozen=True)
class Item:
    """One thing to send, with its answer where one is known."""

    prompt: str
    answer: str | None = None
    system: str | None = None
    group: str = ""
    turns: tuple[tuple[str, str], ...] = ()
    """What was said, as (role, content), where it was more than one exchange."""


class Corpora:
    """The corpora in these files; each is read when first asked for.

    Args:
        files: named ``NAME.jsonl.gz``.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = {file.name.removesuffix(".jsonl.gz"): file for file in files}
        self._items: dict[str, list[Item]] = {}

    def missing(self) -> list[str]:
        """Names of corpora that are needed and not there."""
        return [name for name in NEEDED if name not in self._files]

    def items(self, name: str) -> list[Item]:
        """All items of ``corpus`` or ``corpus:group``, in order, without those said before and those over-long."""
        if name not in self._items:
            corpus, _, group = name.partition(":")
            if group:
                self._items[name] = [item for item in self.items(corpus) if item.group == group]
            else:
                self._items[name] = self._read(self._files[corpus])
        return self._items[name]

    def draw(self, rng: random.Random, name: str, count: int) -> list[Item]:
        """This many of a corpus at most, without repeats, in random order."""
        items = self.items(name)
        return rng.sample(items, min(count, len(items)))

    def one(self, rng: random.Random, name: str) -> Item:
        """Any one of a corpus."""
        return rng.choice(self.items(name))

    @staticmethod
    def _read(file: Path) -> list[Item]:
        found: dict[str, Item] = {}
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                user = (row["user"] or "").strip("\n")
                if len(user) < 2 or len(user) > _LONGEST:
                    continue
                turns = tuple((turn["role"], turn["content"] or "") for turn in row["turns"] or ())
                item = Item(user, row["assistant"], row["system"], row["group"] or "", turns)
                kept = found.get(user)
                if kept is None or len(kept.turns) < len(turns):
                    found[user] = item
        return list(found.values())
