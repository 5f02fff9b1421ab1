"""How alike models answer, one measure a class: each gives the (n, n) similarities that ``pairs`` judges.

Prompts on which independent models agree tell nothing, and every prompt is weighed by how much the
controls disagree on it: the controls other than the two that are compared, so that no pair chooses its
own prompts. Suspect and teacher weigh nothing. Where either of two models gave no answer the prompt says nothing of
the two: a missing answer is like nothing, another missing one least of all. To add a measure, give it a class with
``alike`` here and a line in ``behaviour``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.provenance.answer_features import choice, features, words
from stillwatch.provenance.audited_model import NextTokens
from stillwatch.provenance.deviations import alike_deviations
from stillwatch.provenance.pairs import Alike
from stillwatch.provenance.refusals import refuses

__all__ = ["Choices", "FirstTokens", "Kernel", "Refusals", "Style", "missing", "wording_kernel"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_LEAST_WEIGHT = 0.02
_BUCKETS = 1 << 11


def _others(n: int, a: int, b: int) -> list[int]:
    return [i for i in range(n) if i not in (a, b)]


@dataclass(frozen=True)
class Kernel:
    """Per-prompt similarities, weighed by the controls' disagreement.

    Attributes:
        values: (prompts, n, n), symmetric, 0 to 1; NaN where either model gave no answer.
    """

    values: Floats

    def alike(self, a: int, b: int) -> Alike:
        """Weighted means over the prompts that both of a pair answered, with (a, b) in the suspect's and teacher's
        place; NaN for pairs that answered none."""
        n = self.values.shape[1]
        known = ~np.isnan(self.values)
        values = np.where(known, self.values, 0.0)
        weights = (self._disagreement(_others(n, a, b)) + _LEAST_WEIGHT) * known
        total = weights.sum(axis=0)
        some = total > 0
        means = np.where(some, (weights * values).sum(axis=0) / np.where(some, total, 1.0), np.nan)
        noise = np.nansum(weights**2 * (values - means) ** 2, axis=0) / np.where(some, total, 1.0) ** 2
        told = some & ~np.eye(n, dtype=bool)
        return Alike(means, float(noise[told].mean()) if told.any() else 0.0)

    def _disagreement(self, controls: Sequence[int]) -> Floats:
        """(prompts, n, n): mean disagreement among the controls that are not of the pair; 1 where too few are left."""
        unlike = 1.0 - self.values[:, controls][:, :, controls]
        unlike[:, range(len(controls)), range(len(controls))] = np.nan
        answered = ~np.isnan(unlike)
        n = self.values.shape[1]
        sums = _without_pair(np.where(answered, unlike, 0.0), controls, n)
        pairs = _without_pair(answered.astype(float), controls, n)
        return np.where(pairs >= 0.5, sums / np.maximum(pairs, 1.0), 1.0)


def _without_pair(values: Floats, controls: Sequence[int], n: int) -> Floats:
    """Sums over the pairs of controls that have nobody of a pair, for every pair (prompts, n, n).

    Args:
        values: (prompts, controls, controls), symmetric, nought for a control and itself.
        controls: their places among the models.
        n: how many models there are.
    """
    rows = values.sum(axis=2)
    own = np.zeros((len(rows), n))
    own[:, controls] = rows
    shared = np.zeros((len(rows), n, n))
    shared[np.ix_(range(len(rows)), controls, controls)] = values
    shared[:, range(n), range(n)] = own
    return np.asarray(rows.sum(axis=1)[:, None, None] / 2 - own[:, :, None] - own[:, None, :] + shared)


def wording_kernel(texts: Sequence[Sequence[str]]) -> Kernel:
    """Share of words and neighbouring words in common (Jaccard), prompt by prompt.

    Args:
        texts: of each model, the answers.
    """
    sets = [[features(text) for text in one] for one in texts]
    return Kernel(_known(texts) * _fill(len(texts), len(texts[0]), lambda i, a, b: _jaccard(sets[a][i], sets[b][i])))


def missing(texts: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which answers are none: empty, or withheld by a filter (prompts)."""
    return np.array([not text.strip() for text in texts], dtype=bool)


def _known(texts: Sequence[Sequence[str]]) -> Floats:
    """(prompts, n, n): 1 where both models answered, NaN where either did not."""
    answered = ~np.array([missing(one) for one in texts]).T
    return np.where(answered[:, :, None] & answered[:, None, :], 1.0, np.nan)


def _jaccard(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> float:
    # Answers without any word, as "42!" and "?", have none in common.
    joined = len(a | b)
    return len(a & b) / joined if joined else 0.0


def _fill(n: int, prompts: int, compare: Callable[[int, int, int], float]) -> Floats:
    values = np.ones((prompts, n, n))
    for a in range(n):
        for b in range(a + 1, n):
            values[:, a, b] = values[:, b, a] = [compare(i, a, b) for i in range(prompts)]
    return values


class FirstTokens(Kernel):
    """Overlap of the distributions of an answer's first token (Bhattacharyya's coefficient), prompt by prompt.

    It is an inner product, of the roots of probabilities, so that deviations from the controls can be compared:
    on the lab's families that tells half as much again as the overlap itself.
    """

    def alike(self, a: int, b: int) -> Alike:
        """Cosines of what the models have of their own, with (a, b) in the suspect's and teacher's place."""
        return alike_deviations(self.values, a, b)

    @classmethod
    def of(cls, shown: Sequence[Sequence[NextTokens]]) -> FirstTokens:
        """From each model's first tokens."""
        values = np.ones((len(shown[0]), len(shown), len(shown)))
        for i in range(len(shown[0])):
            values[i] = _overlaps([one[i] for one in shown])
        return cls(values)


def _overlaps(shown: Sequence[NextTokens]) -> Floats:
    """(n, n): of the geometric means of probabilities, summed over tokens; what neither shows is one more token."""
    number = {token: i for i, token in enumerate(dict.fromkeys(token for one in shown for token in one))}
    roots = np.zeros((len(shown), len(number)))
    for row, one in zip(roots, shown, strict=True):
        row[[number[token] for token in one]] = np.exp(np.fromiter(one.values(), float) / 2)
    left = np.sqrt(np.maximum(1.0 - (roots**2).sum(axis=1), 0.0))
    found = roots @ roots.T + np.outer(left, left)
    # Where two show different tokens, each one's rest may be the other's: together they are never more than all.
    return np.minimum(found, 1.0)


@dataclass(frozen=True)
class Refusals(Kernel):
    """Whether two models refuse and answer alike, prompt by prompt.

    Attributes:
        refused: (n, prompts).
    """

    refused: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> Refusals:
        """By the refusal judge."""
        told = np.array([[refuses(text) for text in one] for one in texts])
        same = (told[:, None, :] == told[None, :, :]).transpose(2, 0, 1).astype(float)
        return cls(_known(texts) * same, told)


@dataclass(frozen=True)
class Choices:
    """Choices in common, the rarer the heavier.

    A choice is worth 1 less the share of controls, those of the pair left out, that make it too.

    Attributes:
        codes: (n, prompts) numbers of choices; -1 for none.
        bears: (n, prompts), where a model's choice bears on the question: everywhere it makes one, or where it is
            wrong.
        per_chance: whether to divide by the prompts on which both bear, or by all.
    """

    codes: Ints
    bears: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]], right: Sequence[str | None] | None = None) -> Choices:
        """From each model's answers; with the ``right`` choices, wrong ones alone."""
        numbers: dict[str, int] = {}
        found = [[None if refuses(text) else choice(text) for text in one] for one in texts]
        codes = np.array([[-1 if c is None else numbers.setdefault(c, len(numbers)) for c in one] for one in found])
        bears = codes >= 0
        if right is not None:
            known = np.array([-2 if r is None else numbers.get(choice(r) or r, -3) for r in right])
            bears &= (known != -2)[None] & (codes != known[None])
        return cls(codes, bears)

    def alike(self, a: int, b: int) -> Alike | None:
        """Worth of the choices in common, a prompt on which both bear."""
        n = len(self.codes)
        values, noise = np.full((n, n), np.nan), []
        same = (self.codes[:, None] == self.codes[None]) & (self.codes[:, None] >= 0)
        controls = _others(n, a, b)
        for i in range(n):
            for j in range(i + 1, n):
                both = self.bears[i] & self.bears[j]
                if both.sum() < 1:
                    continue
                left = [c for c in controls if c not in (i, j)]
                common = same[i][left].mean(axis=0) if left else np.zeros(len(both))
                worth = (same[i, j] * (1.0 - common))[both]
                # Half a prompt in favour and half against: a pair with few is not sure of its nought.
                values[i, j] = values[j, i] = (worth.sum() + 0.5 * worth.mean()) / (len(worth) + 0.5)
                noise.append((((worth - worth.mean()) ** 2).sum() + 0.25) / ((len(worth) + 1) * len(worth)))
        return Alike(values, float(np.mean(noise))) if noise else None


@dataclass(frozen=True)
class Style:
    """Which model wrote this, told on prompts that the telling was not learnt from.

    A model's style is what its answers have more of than all models' answers to the same prompt, summed over
    half of the prompts; two models are alike as far as one's style on one half points where
    the other's does on the other half (cosine): a nearest-style classifier, made symmetric.

    Attributes:
        first, second: (n, buckets) styles on the two halves.
        told: (n, prompts of the second half, n) nearness of every held-out answer to every model's style.
        answered: (n, prompts of the second half), where a model gave an answer.
    """

    first: Floats
    second: Floats
    told: Floats
    answered: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]], seed: int) -> Style:
        """From each model's answers; prompts are halved at random. A missing answer has no style."""
        counts = np.array([[_hashed(text) for text in one] for one in texts])
        answered = ~np.array([missing(one) for one in texts])
        usual = counts.sum(axis=0) / np.maximum(answered.sum(axis=0), 1)[:, None]
        rest = (counts - usual) * answered[:, :, None]
        order = np.random.default_rng([seed, 31]).permutation(rest.shape[1])
        half = len(order) // 2
        sides = rest[:, order[:half]], rest[:, order[half:]]
        first, second = (_unit(side.sum(axis=1)) for side in sides)
        told = np.einsum("apf,bf->apb", sides[1], first)
        return cls(first, second, told, answered[:, order[half:]])

    def alike(self, a: int, b: int) -> Alike:
        """The same whoever is in the suspect's place."""
        crossed = self.first @ self.second.T
        return Alike((crossed + crossed.T) / 2, 0.0)

    def recognised(self) -> float:
        """Share of held-out answers of teacher and controls whose writer is told, among them."""
        own = self.told[1:, :, 1:].argmax(axis=2)
        right = own == np.arange(len(own))[:, None]
        return float(right[self.answered[1:]].mean()) if self.answered[1:].any() else float("nan")

    def told_as_teacher(self) -> float:
        """Share of the suspect's held-out answers that are told to be the teacher's, among teacher and controls."""
        as_teacher = self.told[0, :, 1:].argmax(axis=1) == 0
        return float(as_teacher[self.answered[0]].mean()) if self.answered[0].any() else float("nan")


def _hashed(text: str) -> Floats:
    found = words(text)
    counts = np.zeros(_BUCKETS, dtype=np.float32)
    for one in (*found, *(f"{a} {b}" for a, b in itertools.pairwise(found))):
        counts[_bucket(one)] += 1.0
    return np.asarray(counts / max(np.sqrt(counts @ counts), 1.0))


def _bucket(word: str) -> int:
    value = 2166136261
    for byte in word.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value % _BUCKETS


def _unit(rows: Floats) -> Floats:
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return rows / np.where(lengths == 0, 1.0, lengths)
