"""The prompts of an audit: from a file, or made here for models that speak English.

The made ones ask what independent models answer differently: to pick among equals, to name or
write something in a few words, sums too long for small models. None tells anything on which all agree. A file's line is
``{"prompt": ..., "answer": ..., "unsafe": false}``; also read: ``user`` for ``prompt``, and ``.gz``.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stillwatch.core import BadTable, EmptyInput, UnreadableInput, said_by
from stillwatch.core.small_files import whole_of

__all__ = ["Prompt", "made_prompts", "read_prompts"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt, with its right answer where it has one."""

    text: str
    answer: str | None = None


def read_prompts(path: Path) -> list[Prompt]:
    """The prompts of a JSONL file, each once.

    Raises:
        UnreadableInput: it cannot be read.
        BadTable: a line holds no prompt.
        EmptyInput: there is none.
    """
    found: dict[str, Prompt] = {}
    try:
        open_ = gzip.open if path.suffix == ".gz" else open
        with open_(path, "rb") as file:
            lines = io.StringIO(whole_of(file).decode(), newline=None)
        for number, line in enumerate(lines, start=1):
            if line.strip():
                one = _read(line, f"{path}:{number}")
                found.setdefault(one.text, one)
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise UnreadableInput(f"cannot be read: {said_by(error)}", where=str(path)) from error
    if not found:
        raise EmptyInput("no prompts", where=str(path))
    return list(found.values())


def _read(line: str, where: str) -> Prompt:
    try:
        record = json.loads(line)
        text = record.get("prompt") or record.get("user")
        answer = record.get("answer")
    except (ValueError, AttributeError, RecursionError) as error:
        raise BadTable(f"not a JSON object: {error}", where=where) from error
    if not isinstance(text, str) or not text.strip():
        raise BadTable("no prompt", where=where, hint='a line is {"prompt": ..., "answer": ...}')
    return Prompt(text, None if answer is None else str(answer))


_PICKED = (
    "a number between 1 and 100",
    "a number between 1 and 1000",
    "a letter of the alphabet",
    "a colour",
    "a country",
    "a city",
    "an animal",
    "a bird",
    "a tree",
    "a flower",
    "a fruit",
    "a river",
    "a mountain",
    "a composer",
    "a painter",
    "a mathematician",
    "a novel",
    "a poem",
    "a chemical element",
    "a planet or a moon",
    "a month",
    "an instrument",
    "a board game",
    "a tool",
    "a profession",
    "a spice",
    "a first name for a girl",
    "a first name for a boy",
    "a surname",
    "a name for a dog",
    "a name for a ship",
    "a name for a village",
    "a word that rhymes with light",
    "a word with a double letter",
    "a word that few people know",
    "a year",
    "a verb",
    "an adjective",
    "a metaphor for time",
    "a virtue",
)
_PICK = (
    "Name {}. Answer with nothing else.",
    "Pick {} at random, and say only that.",
    "Choose {} you like; one answer.",
)
_WRITTEN = (
    "the sea in winter",
    "an old clock",
    "a train at night",
    "bread",
    "a quarrel between neighbours",
    "the colour green",
    "forgetting a name",
    "a lighthouse",
    "the first snow",
    "a lost key",
    "a market in the morning",
    "moving house",
    "a crow on a fence",
    "learning to swim",
    "an empty theatre",
    "rain on a tin roof",
)
_WRITE = (
    "Write one sentence about {}.",
    "Write a two-line poem about {}.",
    "Begin a short story about {}; give its first sentence only.",
    "Give a title for an essay about {}.",
    "Explain in one sentence why people care about {}.",
)


def made_prompts(count: int, seed: int) -> list[Prompt]:
    """At most ``count`` prompts, the same for the same seed; a third of them sums with their right answers.

    Raises nothing: there are about 200 without the sums, which do not end.
    """
    rng = np.random.default_rng([seed, 41])
    open_ = [Prompt(form.format(thing)) for thing in _PICKED for form in _PICK]
    open_ += [Prompt(form.format(thing)) for thing in _WRITTEN for form in _WRITE]
    chosen = [open_[i] for i in rng.permutation(len(open_))[: count - count // 3]]
    sums = _sums(rng)
    while len(chosen) < count:
        chosen.append(next(sums))
    return [chosen[i] for i in rng.permutation(len(chosen))]


def _sums(rng: np.random.Generator) -> Iterator[Prompt]:
    while True:
        a, b = (int(n) for n in rng.integers(12, 999, size=2))
        word, value = [("plus", a + b), ("times", a * b), ("minus", a - b)][int(rng.integers(3))]
        yield Prompt(f"What is {a} {word} {b}? Answer with the number alone.", str(value))
