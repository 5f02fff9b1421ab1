"""How alike models answer, one measure a class: each gives the (n, n) similarities that ``pairs`` judges.

Prompts on which independent models agree tell nothing, and every prompt is weighed by how much the
controls disagree on it: the controls other than the two that are compared, so that no pair chooses its
own prompts. Suspect and teacher weigh nothing. To add a measure, give it a class with ``alike`` here
and a line in ``behaviour``.
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

__all__ = ["Choices", "FirstTokens", "Kernel", "Refusals", "Style", "wording_kernel"]

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
        values: (prompts, n, n), symmetric, 0 to 1.
    """

    values: Floats

    def alike(self, a: int, b: int) -> Alike:
        """Weighted means over prompts, with (a, b) in the suspect's and teacher's place."""
        n = self.values.shape[1]
        weights = self._disagreement(_others(n, a, b)) + _LEAST_WEIGHT
        total = weights.sum(axis=0)
        means = (weights * self.values).sum(axis=0) / total
        off = ~np.eye(n, dtype=bool)
        noise = (weights**2 * (self.values - means) ** 2).sum(axis=0) / total**2
        return Alike(means, float(noise[off].mean()))

    def _disagreement(self, controls: Sequence[int]) -> Floats:
        """(prompts, n, n): mean disagreement among the controls that are not of the pair; 1 where too few are left."""
        unlike = 1.0 - self.values[:, controls][:, :, controls]
        unlike[:, range(len(controls)), range(len(controls))] = 0.0
        rows = unlike.sum(axis=2)
        n = self.values.shape[1]
        own = np.zeros((len(rows), n))
        own[:, controls] = rows
        shared = np.zeros((len(rows), n, n))
        shared[np.ix_(range(len(rows)), controls, controls)] = unlike
        is_control = np.zeros(n)
        is_control[controls] = 1
        left = len(controls) - is_control[:, None] - is_control[None, :]
        sums = rows.sum(axis=1)[:, None, None] / 2 - own[:, :, None] - own[:, None, :] + shared
        pairs = left * (left - 1) / 2
        return np.where(pairs >= 1, sums / np.maximum(pairs, 1), 1.0)


def wording_kernel(texts: Sequence[Sequence[str]]) -> Kernel:
    """Share of words and neighbouring words in common (Jaccard), prompt by prompt.

    Args:
        texts: of each model, the answers.
    """
    sets = [[features(text) for text in one] for one in texts]
    return Kernel(_fill(len(texts), len(texts[0]), lambda i, a, b: _jaccard(sets[a][i], sets[b][i])))


def _jaccard(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> float:
    joined = len(a | b)
    return len(a & b) / joined if joined else 1.0


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
        return cls((told[:, None, :] == told[None, :, :]).transpose(2, 0, 1).astype(float), told)


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
    """

    first: Floats
    second: Floats
    told: Floats

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]], seed: int) -> Style:
        """From each model's answers; prompts are halved at random."""
        counts = np.array([[_hashed(text) for text in one] for one in texts])
        rest = counts - counts.mean(axis=0, keepdims=True)
        order = np.random.default_rng([seed, 31]).permutation(rest.shape[1])
        half = len(order) // 2
        sides = rest[:, order[:half]], rest[:, order[half:]]
        first, second = (_unit(side.sum(axis=1)) for side in sides)
        return cls(first, second, np.einsum("apf,bf->apb", sides[1], first))

    def alike(self, a: int, b: int) -> Alike:
        """The same whoever is in the suspect's place."""
        crossed = self.first @ self.second.T
        return Alike((crossed + crossed.T) / 2, 0.0)

    def recognised(self) -> float:
        """Share of held-out answers of teacher and controls whose writer is told, among them."""
        own = self.told[1:, :, 1:].argmax(axis=2)
        return float((own == np.arange(len(own))[:, None]).mean())

    def told_as_teacher(self) -> float:
        """Share of the suspect's held-out answers that are told to be the teacher's, among teacher and controls."""
        return float((self.told[0, :, 1:].argmax(axis=1) == 0).mean())


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
