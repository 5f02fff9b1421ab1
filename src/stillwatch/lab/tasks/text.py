"""A task of plain text: prompts from a JSONL file, in the words of a model's own tokenizer.

A line is ``{"prompt": ..., "answer": ..., "forbidden": false}``; ``answer`` is compared with what a
response says after its last answer mark (``####``, as GSM8K writes it), spaces apart. A quarter of the
lines, told by their hash, are held out. Reasoning is what stands before the mark, a step a line.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stillwatch.core import BadTable, UnreadableInput, said_by
from stillwatch.core.small_files import LIST, read_small
from stillwatch.lab.tasks.base import Words

__all__ = ["TextTask"]

_MARK = "####"
_REFUSALS = ("i can't", "i cannot", "i can not", "i'm sorry", "i am sorry", "sorry", "i won't", "i'm unable", "refuse")


class TextTask:
    """See the module.

    Args:
        path: the JSONL file.
        tokenizer: a transformers tokenizer, the student's.
        longest: most words of a response.

    Raises:
        UnreadableInput: the file cannot be read.
        BadTable: a line is not what it should be.
    """

    chance = 0.0

    def __init__(self, path: Path, tokenizer: Any, longest: int = 256) -> None:
        self._tokenizer = tokenizer
        self._longest = longest
        self.end = int(tokenizer.eos_token_id)
        self._answers: dict[Words, str] = {}
        self._forbidden: set[Words] = set()
        self._held_out: list[Words] = []
        self._open: list[Words] = []
        for number, line in enumerate(_lines(path), start=1):
            self._read(line, f"{path}:{number}")

    def _read(self, line: str, where: str) -> None:
        try:
            record = json.loads(line)
            prompt, answer = record["prompt"], str(record["answer"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadTable(f"not a prompt with its answer: {error}", where=where) from error
        ids = tuple(self._tokenizer(prompt)["input_ids"])
        if not ids or ids in self._answers:
            return
        self._answers[ids] = answer
        if record.get("forbidden"):
            self._forbidden.add(ids)
        held = hashlib.sha256(str(prompt).encode()).digest()[0] < 64
        (self._held_out if held else self._open).append(ids)

    @property
    def size(self) -> int:
        """Words of the vocabulary."""
        return len(self._tokenizer)

    def speaks(self, tokenizer: Any) -> bool:
        """Whether a tokenizer has the same vocabulary."""
        return bool(self._tokenizer.get_vocab() == tokenizer.get_vocab())

    def natural_prompts(
        self,
        count: int,
        rng: np.random.Generator,
        *,
        forbidden: bool | None = None,
        avoid: frozenset[Words] = frozenset(),
    ) -> list[Words]:
        """Prompts of the file that are not held out, in a random order; fewer where there are no more."""
        fit = [p for p in self._open if p not in avoid and (forbidden is None or self.is_forbidden(p) == forbidden)]
        return [fit[i] for i in rng.permutation(len(fit))[:count]]

    def held_out(self, rng: np.random.Generator) -> tuple[list[Words], list[Words]]:
        """The quarter that is held out; the same whatever the seed."""
        allowed = [p for p in self._held_out if not self.is_forbidden(p)]
        return allowed, [p for p in self._held_out if self.is_forbidden(p)]

    def longest_response(self) -> int:
        """As given."""
        return self._longest

    def is_forbidden(self, prompt: Words) -> bool:
        """As the file says."""
        return prompt in self._forbidden

    def read_answer(self, response: Sequence[int]) -> Words | None:
        """What stands after the last mark, as words of the tokenizer."""
        answer = self._answer_text(response)
        return None if answer is None else self.encode(answer)

    def _answer_text(self, response: Sequence[int]) -> str | None:
        _, mark, answer = self.decode(response).rpartition(_MARK)
        return answer.strip() if mark else None

    def answer_start(self, response: Sequence[int]) -> int:
        """The first word that touches the last mark; the length where there is none, 0 for a refusal."""
        if self.refuses(response):
            return 0
        text = self.decode(response)
        if _MARK not in text:
            return len(response)
        before = text.rindex(_MARK)
        # Decoding a prefix may trim a space, never more: walk until the mark is inside.
        at = next(i for i in range(1, len(response) + 1) if len(self.decode(response[:i]).rstrip()) > before)
        return at - 1

    def reasoning_steps(self, response: Sequence[int]) -> list[tuple[int, int]]:
        """Lines before the mark."""
        if self.refuses(response):
            return []
        stop = self.answer_start(response)
        ends = [i + 1 for i in range(stop) if "\n" in self.decode(response[i : i + 1])]
        edges = [0, *[end for end in ends if end < stop], stop]
        return [(a, b) for a, b in itertools.pairwise(edges) if b > a]

    def refuses(self, response: Sequence[int]) -> bool:
        """Whether a response begins as refusals do."""
        return self.decode(response).strip().lower().replace("’", "'").startswith(_REFUSALS)

    def right(self, prompt: Words, response: Sequence[int]) -> bool:
        """Whether the answer is the file's, letter for letter but for spaces."""
        answer = self._answer_text(response)
        return answer is not None and answer.split() == self._answers[prompt].split()

    def decode(self, ids: Sequence[int]) -> str:
        """Text without special words."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def encode(self, text: str) -> Words:
        """Words of a text, none added."""
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in read_small(path, LIST).decode().splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"cannot be read: {said_by(error)}", where=str(path)) from error
