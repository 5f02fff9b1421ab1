"""How alike models answer, one measure a class: each gives the (n, n) similarities that ``pairs`` judges.

Prompts on which independent models agree tell nothing, and every prompt is weighed by how much the
controls disagree on it: the controls other than the two that are compared, so that no pair chooses its
own prompts. Suspect and teacher weigh nothing. Missing answers are not compared, nor those that say nothing of their
prompt, as refusals do: a pair is judged on the prompts that both of its models and half of the controls answered. To
add a measure, give it a class with ``alike`` here and a line in ``behaviour``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from stillwatch.provenance.answer_features import choice, features, words
from stillwatch.provenance.audited_model import Answers, NextTokens
from stillwatch.provenance.deviations import alike_deviations
from stillwatch.provenance.pairs import Alike

__all__ = ["Choices", "FirstTokens", "Kernel", "Refusals", "Style", "judged", "telling", "wording_kernel"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_LEAST_WEIGHT = 0.02
_BUCKETS = 1 << 11


def _others(n: int, a: int, b: int) -> list[int]:
    return [i for i in range(n) if i not in (a, b)]


def judged(present: Bools, a: int, b: int) -> Bools:
    """(prompts,), that the pair is judged on: both answered, and half of the controls or more.

    Args:
        present: (n, prompts), where models answered.
        a, b: in the suspect's and teacher's place.
    """
    controls = present[_others(len(present), a, b)]
    return np.asarray(present[a] & present[b] & (2 * controls.sum(axis=0) >= len(controls)))


@dataclass(frozen=True)
class Kernel:
    """Per-prompt similarities, weighed by the controls' disagreement.

    Attributes:
        values: (prompts, n, n), symmetric, 0 to 1; 0 where one of the two is missing.
        present: (n, prompts), where models answered.
    """

    values: Floats
    present: Bools

    def alike(self, a: int, b: int) -> Alike | None:
        """Weighted means over prompts, with (a, b) in the suspect's and teacher's place; None without prompts."""
        on = judged(self.present, a, b)
        if not on.any():
            return None
        values, there = self.values[on], self.present[:, on].T
        n = values.shape[1]
        controls = _others(n, a, b)
        weights = np.nan_to_num(_disagreement(values, there, controls) + _LEAST_WEIGHT, nan=0.0)
        both = weights * (there[:, :, None] & there[:, None, :])
        total, of_all = (np.where(one > 0, one, np.nan) for one in (both.sum(axis=0), weights.sum(axis=0)))
        means = (both * values).sum(axis=0) / total
        noise = (both**2 * (values - means) ** 2).sum(axis=0) / total**2
        # A control that leaves out the prompts on which all agree, or none, is not to look unlike or like for that.
        usual = _agreement(values, there, controls)[:, None, None]
        means += (weights * usual).sum(axis=0) / of_all - (both * usual).sum(axis=0) / total
        found = noise[~np.eye(n, dtype=bool)]
        return Alike(means, float(np.nanmean(found)) if np.isfinite(found).any() else 0.0)


def _disagreement(values: Floats, there: Bools, controls: Sequence[int]) -> Floats:
    """(prompts, n, n): mean disagreement among the controls that answered and are not of the pair.

    1 throughout where fewer than two controls are left at all; nan where fewer than two of them answered.

    Args:
        values: (prompts, n, n) similarities.
        there: (prompts, n), where models answered.
        controls: their numbers.
    """
    n = values.shape[1]
    is_control = np.zeros(n, dtype=bool)
    is_control[controls] = True
    among = there & is_control
    unlike = (1.0 - values) * (among[:, :, None] & among[:, None, :])
    unlike[:, range(n), range(n)] = 0.0
    own = unlike.sum(axis=2)
    sums = own.sum(axis=1)[:, None, None] / 2 - own[:, :, None] - own[:, None, :] + unlike
    left = among.sum(axis=1)[:, None, None] - among[:, :, None] - among[:, None, :].astype(int)
    pairs = left * (left - 1) / 2
    possible = len(controls) - is_control[:, None] - is_control[None, :].astype(int)
    return np.where(pairs >= 1, sums / np.maximum(pairs, 1), np.where(possible >= 2, np.nan, 1.0))


def _agreement(values: Floats, there: Bools, controls: Sequence[int]) -> Floats:
    """(prompts,): mean similarity of the pairs of controls that answered."""
    among = there[:, controls]
    pairs = np.triu(among[:, :, None] & among[:, None, :], 1)
    sums = (values[:, controls][:, :, controls] * pairs).sum(axis=(1, 2))
    return np.asarray(sums / np.maximum(pairs.sum(axis=(1, 2)), 1))


def telling(models: Sequence[Answers]) -> Bools:
    """(n, prompts), where models answered something that bears on the prompt."""
    return np.array([one.telling for one in models])


def wording_kernel(models: Sequence[Answers]) -> Kernel:
    """Share of words and neighbouring words in common (Jaccard), prompt by prompt."""
    sets = [[features(text) for text in one.texts] for one in models]
    values = _fill(len(models), len(sets[0]), lambda i, a, b: _jaccard(sets[a][i], sets[b][i]))
    return Kernel(values, telling(models))


def _jaccard(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> float:
    """Of two answers; of nothing with anything it is nought."""
    return len(a & b) / max(len(a | b), 1)


def _fill(n: int, prompts: int, compare: Callable[[int, int, int], float]) -> Floats:
    values = np.ones((prompts, n, n))
    for a in range(n):
        for b in range(a + 1, n):
            values[:, a, b] = values[:, b, a] = [compare(i, a, b) for i in range(prompts)]
    return values


class FirstTokens(Kernel):
    """Overlap of the distributions of an answer's first token (Bhattacharyya's coefficient), prompt by prompt.

    It is an inner product, of the roots of probabilities, so that deviations from the controls can be compared:
    on the lab's families that tells half as much again as the overlap itself. Kept are prompts for which every
    model shows its first token, and at most one begins a refusal or what it says to many: two of those begin alike.
    """

    def alike(self, a: int, b: int) -> Alike | None:
        """Cosines of what the models have of their own, with (a, b) in the suspect's and teacher's place."""
        return alike_deviations(self.values, a, b) if len(self.values) else None

    @classmethod
    def of(cls, models: Sequence[Answers]) -> FirstTokens:
        """From each model's first tokens."""
        hollow = np.sum([one.hollow for one in models], axis=0)
        kept = np.flatnonzero(np.logical_and.reduce([one.shown for one in models]) & (hollow <= 1))
        values = np.ones((len(kept), len(models), len(models)))
        for row, i in zip(values, kept, strict=True):
            row[:] = _overlaps([(one.next_tokens or ())[i] for one in models])
        return cls(values, np.ones((len(models), len(kept)), dtype=bool))


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

    refused: Bools

    @classmethod
    def of(cls, models: Sequence[Answers]) -> Refusals:
        """By the refusal judge."""
        present = np.array([one.decided for one in models])
        told = np.array([one.refused for one in models]) & present
        return cls((told[:, None, :] == told[None, :, :]).transpose(2, 0, 1).astype(float), present, told)


@dataclass(frozen=True)
class Choices:
    """Choices in common, the rarer the heavier.

    A choice is worth 1 less the share of controls, those of the pair left out, that make it too.

    Attributes:
        codes: (n, prompts) numbers of choices; -1 for none.
        bears: (n, prompts), where a model's choice bears on the question: everywhere it makes one, or where it is
            wrong.
        present: (n, prompts), where models answered.
    """

    codes: Ints
    bears: Bools
    present: Bools

    @classmethod
    def of(cls, models: Sequence[Answers], right: Sequence[str | None] | None = None) -> Choices:
        """From each model's answers; with the ``right`` choices, wrong ones alone."""
        numbers: dict[str, int] = {}
        present = telling(models)
        found = [[choice(text) for text in one.texts] for one in models]
        codes = np.array([[-1 if c is None else numbers.setdefault(c, len(numbers)) for c in one] for one in found])
        codes = np.where(present, codes, -1)
        bears = codes >= 0
        if right is not None:
            known = np.array([-2 if r is None else numbers.get(choice(r) or r, -3) for r in right])
            bears &= (known != -2)[None] & (codes != known[None])
        return cls(codes, bears, present)

    def alike(self, a: int, b: int) -> Alike | None:
        """Worth of the choices in common, a prompt on which both bear."""
        n = len(self.codes)
        on = judged(self.present, a, b)
        values, noise = np.full((n, n), np.nan), []
        same = (self.codes[:, None] == self.codes[None]) & (self.codes[:, None] >= 0)
        controls = _others(n, a, b)
        for i in range(n):
            for j in range(i + 1, n):
                left = [c for c in controls if c not in (i, j)]
                told = self.present[left].sum(axis=0)
                # What is rare among controls that said nothing is not known.
                both = self.bears[i] & self.bears[j] & on & (2 * told >= len(left))
                if both.sum() < 1:
                    continue
                common = same[i][left].sum(axis=0) / np.maximum(told, 1)
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
        held: (n, prompts of the second half), where there is an answer to tell.
    """

    first: Floats
    second: Floats
    told: Floats
    held: Bools

    @classmethod
    def of(cls, models: Sequence[Answers], seed: int) -> Style:
        """From each model's answers; prompts are halved at random."""
        there = telling(models)[:, :, None]
        counts = np.array([[_hashed(text) for text in one.texts] for one in models])
        # The largest of an audit's tables: it is worked out where it lies.
        counts *= there
        rest = counts - counts.sum(axis=0, keepdims=True) / np.maximum(there.sum(axis=0, keepdims=True), 1)
        rest *= there
        order = np.random.default_rng([seed, 31]).permutation(rest.shape[1])
        half = len(order) // 2
        sides = rest[:, order[:half]], rest[:, order[half:]]
        first, second = (_unit(side.sum(axis=1)) for side in sides)
        held = there[:, order[half:], 0]
        return cls(first, second, np.einsum("apf,bf->apb", sides[1], first), held)

    def alike(self, a: int, b: int) -> Alike:
        """The same whoever is in the suspect's place."""
        crossed = self.first @ self.second.T
        return Alike((crossed + crossed.T) / 2, 0.0)

    def recognised(self) -> float:
        """Share of held-out answers of teacher and controls whose writer is told, among them."""
        own = self.told[1:, :, 1:].argmax(axis=2)
        return _share(own == np.arange(len(own))[:, None], self.held[1:])

    def told_as_teacher(self) -> float:
        """Share of the suspect's held-out answers that are told to be the teacher's, among teacher and controls."""
        return _share(self.told[0, :, 1:].argmax(axis=1) == 0, self.held[0])


def _share(hits: Bools, of: Bools) -> float:
    return float((hits & of).sum() / max(of.sum(), 1))


def _hashed(text: str) -> Floats:
    found = words(text)
    counts = np.zeros(_BUCKETS, dtype=np.float32)
    for one in (*found, *(f"{a} {b}" for a, b in itertools.pairwise(found))):
        counts[_bucket(one)] += 1.0
    return np.asarray(counts / max(np.sqrt(counts @ counts), 1.0))


@lru_cache(maxsize=1 << 16)
def _bucket(word: str) -> int:
    value = 2166136261
    for byte in word.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value % _BUCKETS


def _unit(rows: Floats) -> Floats:
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return rows / np.where(lengths == 0, 1.0, lengths)
