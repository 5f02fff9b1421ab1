"""What a way of marking is to the test: what it looks at in a text, and what that is worth under each of many keys.

``GreenWords`` is the project's own. transformers' are read by its own classes, in the lab, which alone knows torch. To
add one, write a class that has what ``Scheme`` names.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from stillwatch.watermark.green_lists import is_green

__all__ = ["KEYS", "GreenWords", "Sample", "Scheme", "Text", "excess_pairs"]

KEYS = 999
"""Keys compared with: the smallest p is 1 in 1,000."""

Text = tuple[Sequence[int], Sequence[int]]
"""A prompt and a response, as numbers of words."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is looked at, chosen without regard to any key.

    Attributes:
        ngrams: (n, length) numbers of words.
        weights: (n,), what each counts.
        words: of the suspect's text that were looked at; 0 where there is nothing to compare.
    """

    ngrams: npt.NDArray[np.int64]
    weights: Floats
    words: int


class Scheme(Protocol):
    """A way of marking, with a provider's key."""

    @property
    def needs_unmarked(self) -> bool:
        """Whether it can only be read beside text without the mark."""
        ...

    @property
    def stages(self) -> tuple[int, ...]:
        """How many other keys are tried, in turn: the next only while none fits as well as the provider's."""
        ...

    def sample(self, suspect: Sequence[Text], unmarked: Sequence[Text]) -> Sample:
        """What of these texts is looked at."""
        ...

    def keys(self, count: int, rng: np.random.Generator) -> Any:
        """The provider's key, and ``count`` that nobody used."""
        ...

    def worth(self, keys: Any, sample: Sample) -> Floats:
        """(keys,), how strongly a sample carries the mark of each."""
        ...


@dataclass(frozen=True)
class GreenWords:
    """Green words after a word (``green_lists``), counted where suspect and unmarked text differ.

    Args:
        key: the provider's.
        gamma: share of green words the mark was made with.
        stages: how many other keys are tried, in turn.
    """

    key: int
    gamma: float
    stages: tuple[int, ...] = (KEYS,)
    needs_unmarked: bool = field(default=True, init=False)

    def sample(self, suspect: Sequence[Text], unmarked: Sequence[Text]) -> Sample:
        """Pairs of neighbouring words, the prompt's last word being before the first."""
        return excess_pairs(*([((prompt[-1], *said)) for prompt, said in texts] for texts in (suspect, unmarked)))

    def keys(self, count: int, rng: np.random.Generator) -> npt.NDArray[np.uint64]:
        """Numbers below 2^62."""
        own = np.array([self.key], dtype=np.uint64)
        return np.concatenate([own, rng.integers(2**62, size=count, dtype=np.uint64)])

    def worth(self, keys: npt.NDArray[np.uint64], sample: Sample) -> Floats:
        """Weighted count of green words."""
        found = np.zeros(len(keys))
        for (previous, word), weight in zip(sample.ngrams, sample.weights, strict=True):
            found += weight * is_green(keys, previous, word, self.gamma)
        return found


def excess_pairs(suspect: Sequence[Sequence[int]], unmarked: Sequence[Sequence[int]]) -> Sample:
    """Pairs of neighbouring words with how much oftener the suspect writes the second after the first."""
    ours, theirs = _counts(suspect), _counts(unmarked)
    before, before_theirs = _totals(ours), _totals(theirs)
    words = sum(ours.values())
    pairs, weights = [], []
    for pair in sorted(ours.keys() | theirs.keys()):
        first = pair[0]
        # A word that one of them never writes says nothing about how it goes on.
        if before.get(first, 0) and before_theirs.get(first, 0):
            excess = ours.get(pair, 0) / before[first] - theirs.get(pair, 0) / before_theirs[first]
            pairs.append(pair)
            weights.append(before[first] * excess / words)
    return Sample(np.array(pairs, dtype=np.int64).reshape(-1, 2), np.array(weights), words if pairs else 0)


def _counts(texts: Sequence[Sequence[int]]) -> dict[tuple[int, int], int]:
    counts: dict[tuple[int, int], int] = {}
    for said in texts:
        for pair in itertools.pairwise(said):
            counts[pair] = counts.get(pair, 0) + 1
    return counts


def _totals(counts: dict[tuple[int, int], int]) -> dict[int, int]:
    totals: dict[int, int] = {}
    for (first, _), count in counts.items():
        totals[first] = totals.get(first, 0) + count
    return totals
