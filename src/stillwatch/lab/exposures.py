"""What a caller gets to see of a response: ``Exposure``, and ``Responses``, what came back.

Exposures have short names, used in configurations, results and reports:

    full-logits             the whole distribution over the next word, with the reasoning
    top-20, top-5, top-K    the K most probable words and the sampled one, with log-probabilities
    top-5-rounded-1         the same, rounded to 1 nat
    text+cot                sampled text with its chain of thought
    summary-0.25            each step of the reasoning left out with probability .25
    text                    sampled text without reasoning
    answer-only             nothing but the answer
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from stillwatch.core import BadSetting

__all__ = [
    "PRESETS",
    "Exposure",
    "Responses",
    "Shown",
    "elide",
    "read_exposure",
    "reveal",
    "round_logprobs",
    "top_logprobs",
]

PRESETS = ("full-logits", "top-20", "top-5", "top-5-rounded-1", "text+cot", "summary-0.25", "text", "answer-only")

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class Readable(Protocol):
    """What tells the parts of a response apart: a task."""

    def reasoning_steps(self, response: Sequence[int]) -> list[tuple[int, int]]:
        """Spans of the steps."""
        ...

    def answer_start(self, response: Sequence[int]) -> int:
        """Where the answer begins; the response's length where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Exposure:
    """What an interface shows.

    Attributes:
        logprobs: "full" (every logit), a number k (the k most probable and the sampled word), or None.
        rounding: grid of the log-probabilities shown, in nats; 0 is none.
        reasoning: "full", "summary" (steps are elided at random) or "hidden".
        elided: share of steps that a summary leaves out.
        wording: whether the words around the answer are shown; False shows the answer alone.
    """

    logprobs: Literal["full"] | int | None = None
    rounding: float = 0.0
    reasoning: Literal["full", "summary", "hidden"] = "full"
    elided: float = 0.0
    wording: bool = True

    @property
    def name(self) -> str:
        """The short name; ``read_exposure`` reads it back."""
        shown = {"full": "text+cot", "summary": f"summary-{self.elided:g}", "hidden": "text"}[self.reasoning]
        if not self.wording:
            shown = "answer-only"
        if self.logprobs is None:
            return shown
        known = "full-logits" if self.logprobs == "full" else f"top-{self.logprobs}"
        known += f"-rounded-{self.rounding:g}" if self.rounding else ""
        return known if shown == "text+cot" else f"{known},{shown}"


def read_exposure(name: str) -> Exposure:
    """The exposure of a short name; ``top-5,summary-0.25`` joins log-probabilities and reasoning.

    Raises:
        BadSetting: the name says nothing.

    >>> read_exposure("top-5-rounded-1")
    Exposure(logprobs=5, rounding=1.0, reasoning='full', elided=0.0, wording=True)
    """
    exposure = Exposure()
    for part in name.split(","):
        if found := re.fullmatch(r"(?:full-logits|top-(\d+))(?:-rounded-([\d.]+))?", part):
            k, grid = found.groups()
            exposure = replace(exposure, logprobs=int(k) if k else "full", rounding=float(grid or 0))
        elif found := re.fullmatch(r"summary-(0?\.\d+|0|1)", part):
            exposure = replace(exposure, reasoning="summary", elided=float(found[1]))
        elif part == "text+cot":
            exposure = replace(exposure, reasoning="full")
        elif part == "text":
            exposure = replace(exposure, reasoning="hidden")
        elif part == "answer-only":
            exposure = replace(exposure, reasoning="hidden", wording=False)
        else:
            raise BadSetting(
                f"no exposure is called {part!r}", where="setting exposures", hint="see `stillwatch docs run-the-lab`"
            )
    if exposure.logprobs == 0:
        raise BadSetting("top-0 shows nothing", where="setting exposures", hint="text+cot shows sampled text")
    return exposure


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of one response of t words.

    Attributes:
        ids: the words.
        top_ids: (t, k + 1), the sampled word first, then the k most probable; -1 where a word would stand twice.
        top_logprobs: (t, k + 1), nats.
        dense_logits: (t, vocabulary).
    """

    ids: tuple[int, ...]
    top_ids: Ints | None = None
    top_logprobs: Floats | None = None
    dense_logits: Floats | None = None

    def keep(self, positions: Sequence[int]) -> Shown:
        """The same with only some of its words."""
        at = np.asarray(positions, dtype=np.int64)
        return Shown(
            tuple(self.ids[i] for i in positions),
            None if self.top_ids is None else self.top_ids[at],
            None if self.top_logprobs is None else self.top_logprobs[at],
            None if self.dense_logits is None else self.dense_logits[at],
        )


@dataclass(frozen=True, slots=True)
class Responses:
    """Prompts with what was shown for each.

    ``generated`` counts the words the teacher wrote, hidden reasoning too: what the provider pays for.
    """

    prompts: list[tuple[int, ...]]
    shown: list[Shown]
    generated: int = 0

    def __len__(self) -> int:
        return len(self.prompts)

    @property
    def tokens(self) -> int:
        """Words of response that the caller received."""
        return sum(len(one.ids) for one in self.shown)

    def where(self, keep: Sequence[bool]) -> Responses:
        """Those for which ``keep`` is true; they cost what all of them cost."""
        chosen = [i for i, kept in enumerate(keep) if kept]
        return Responses([self.prompts[i] for i in chosen], [self.shown[i] for i in chosen], self.generated)

    def __add__(self, other: Responses) -> Responses:
        return Responses(self.prompts + other.prompts, self.shown + other.shown, self.generated + other.generated)


def round_logprobs(logprobs: Floats, grid: float) -> Floats:
    """Log-probabilities on a grid of ``grid`` nats; 0 leaves them. Rounding twice changes nothing more."""
    if grid == 0:
        return logprobs
    return (np.round(logprobs.astype(np.float64) / grid) * grid).astype(np.float32)


def top_logprobs(logits: Floats, sampled: Ints, k: int) -> tuple[Ints, Floats]:
    """The sampled word and the k most probable ones.

    Args:
        logits: (t, vocabulary).
        sampled: (t,).
        k: how many; more than the vocabulary is the vocabulary.

    Returns:
        Identifiers and log-probabilities, (t, k + 1) each; the sampled word is -1 where it is among the k.
    """
    k = min(k, logits.shape[1])
    top = logits.max(axis=1, keepdims=True)
    logprobs = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    best = np.argsort(-logits, axis=1, kind="stable")[:, :k]
    again = (best == sampled[:, None]).any(axis=1)
    ids = np.concatenate([np.where(again, -1, sampled)[:, None], best], axis=1)
    values = np.take_along_axis(logprobs, np.maximum(ids, 0), axis=1)
    return ids.astype(np.int64), values.astype(np.float32)


def reveal(ids: tuple[int, ...], logits: Floats | None, exposure: Exposure) -> Shown:
    """The words of a response with the log-probabilities an exposure shows of them.

    Args:
        ids: the words sampled.
        logits: (t, vocabulary), of the distribution they were sampled from; None shows no probability.
        exposure: what to show.
    """
    if exposure.logprobs is None or logits is None:
        return Shown(ids)
    if exposure.logprobs == "full":
        return Shown(ids, dense_logits=round_logprobs(logits, exposure.rounding))
    top, values = top_logprobs(logits, np.asarray(ids), exposure.logprobs)
    return Shown(ids, top, round_logprobs(values, exposure.rounding))


def elide(shown: Shown, exposure: Exposure, task: Readable, rng: np.random.Generator) -> Shown:
    """A response without the steps, or the wording, that an exposure hides.

    Args:
        shown: the whole response.
        exposure: what to show.
        task: tells steps and answer apart.
        rng: which steps a summary leaves out.
    """
    spans = task.reasoning_steps(shown.ids)
    if exposure.reasoning == "full" or not spans:
        return shown
    share = 1.0 if exposure.reasoning == "hidden" else exposure.elided
    gone = {i for start, stop in spans if rng.random() < share for i in range(start, stop)}
    if not exposure.wording:
        gone |= set(range(task.answer_start(shown.ids)))
    return shown.keep([i for i in range(len(shown.ids)) if i not in gone])
