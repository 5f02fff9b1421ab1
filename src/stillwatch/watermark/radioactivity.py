"""Whether a student carries a teacher's watermark: a test by permutation of the key.

Sander et al. 2024 (arXiv 2402.14904) count green words in a student's text. At a small vocabulary
their z-score misleads: words repeat, lists of one key are correlated, and clean students reach 2 to 3.5.
Here the same count is made under the provider's key and under many keys that nobody used. If the
student never saw the mark, its own key is one of them and every rank is equally likely, whatever the
student's text is like: p is exact. To see more, the count is of how the student's text differs from
the provider's own unmarked text, where what both owe to the skill cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.watermark.green_lists import is_green

__all__ = ["KEYS", "Radioactivity", "measure_radioactivity"]

KEYS = 999
"""Keys compared with: the smallest p is 1 in 1,000."""

Text = tuple[Sequence[int], Sequence[int]]
"""A prompt and a response."""


@dataclass(frozen=True, slots=True)
class Radioactivity:
    """The result of one test.

    Attributes:
        p_value: share of keys, the provider's among them, under which the text is at least as green.
        z: green share under the provider's key, in standard deviations over the other keys.
        words: words of student text looked at.
    """

    p_value: float
    z: float
    words: int


def measure_radioactivity(
    suspect: Sequence[Text], reference: Sequence[Text], *, key: int, gamma: float, seed: int, keys: int = KEYS
) -> Radioactivity:
    """Test a suspect's text for the mark of ``key``.

    Args:
        suspect: prompts and the suspect's sampled responses.
        reference: prompts and the provider's own responses, sampled without the mark.
        key: the provider's.
        gamma: share of green words the mark was made with.
        seed: of the other keys.
        keys: how many others.
    """
    pairs, weights, words = _difference(suspect, reference)
    others = np.random.default_rng([seed, 9]).integers(2**62, size=keys, dtype=np.uint64)
    tried = np.concatenate([np.array([key], dtype=np.uint64), others])
    counts = np.zeros(len(tried))
    for (previous, word), weight in zip(pairs, weights, strict=True):
        counts += weight * is_green(tried, previous, word, gamma)
    own, rest = counts[0], counts[1:]
    spread = float(rest.std())
    return Radioactivity(
        p_value=(1 + int((rest >= own).sum())) / (1 + keys),
        z=float((own - rest.mean()) / spread) if spread else 0.0,
        words=words,
    )


def _difference(suspect: Sequence[Text], reference: Sequence[Text]) -> tuple[list[tuple[int, int]], list[float], int]:
    """Pairs of neighbouring words with how much oftener the suspect writes the second after the first."""
    ours, theirs = _counts(suspect), _counts(reference)
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
    return pairs, weights, words


def _counts(texts: Sequence[Text]) -> dict[tuple[int, int], int]:
    counts: dict[tuple[int, int], int] = {}
    for prompt, response in texts:
        for pair in zip((prompt[-1], *response), response, strict=False):
            counts[pair] = counts.get(pair, 0) + 1
    return counts


def _totals(counts: dict[tuple[int, int], int]) -> dict[int, int]:
    totals: dict[int, int] = {}
    for (first, _), count in counts.items():
        totals[first] = totals.get(first, 0) + count
    return totals
