"""What accounts ask, compared without any shared text: whitened account means.

Each prompt's features are standardised on the log, clipped, and whitened with the log's own
covariance, shrunk toward its diagonal. For an entity with n prompts and mean m, ``n |m|**2`` is
about the number of dimensions d when its prompts are ordinary, and for two unrelated entities
``sqrt(n_i n_j) m_i.m_j / sqrt(d)`` is about standard normal. The same sums, taken away from d,
estimate the cosine between what two entities ask, free of sampling noise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.evidence.calibration import FeatureMoments, unlike
from stillwatch.evidence.last_asked import LastAsked
from stillwatch.evidence.neighbours import Neighbours, nearest
from stillwatch.evidence.postings import in_runs
from stillwatch.evidence.thresholds import CLIP, COUNTED_PROMPTS, LEAST_WRAPPED, MAJORITY, MOST_BITS, TELLING

__all__ = ["Content", "whiten"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

_CHUNK = 8_192
# Of an eighth of the prompts or more sums are taken from those of all, which are kept up to 128 MB.
_MANY = 8
_MOST_SUMS = 1 << 24


@dataclass(frozen=True)
class Content:
    """The content of a bounded sample of each entity's prompts.

    Attributes:
        owner: entity of each of S sampled prompts, sorted.
        whitened: S x d features.
        counts: prompts sampled from each entity (E).
        means: E x d, zero where nothing was sampled.
        raw: S x embedded, standardised and not whitened: the embedding alone.
        moments: what raw features were standardised by, and whitened.
        whitener, origin: what standardised features are whitened by: d x d, and what is taken away then (d).
        unlike: why a calibration that was given is not the measure; None where it is, or none was given.
        asked: what was worked out of groups last.
    """

    owner: I64
    whitened: F32
    counts: I64
    means: F32
    raw: F32
    moments: FeatureMoments = field(default_factory=lambda: _no_moments(0))
    whitener: F32 = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    origin: F32 = field(default_factory=lambda: np.zeros(0, np.float32))
    unlike: str | None = None
    asked: LastAsked = field(default_factory=LastAsked, init=False, repr=False, compare=False)

    @property
    def dimensions(self) -> int:
        """Features a prompt (d)."""
        return int(self.whitened.shape[1])

    def rows(self, members: I64) -> I64:
        """Rows of these entities' prompts, members sorted."""
        first, counts = np.searchsorted(self.owner, members), self.counts[members]
        return in_runs(first, counts)

    def sums(self, entities: I64) -> tuple[I64, F64]:
        """Prompts of each of some entities, sorted, and the sum of their embeddings (n x embedded)."""
        counts = self.counts[entities]
        # Where many are asked for, for each group anew, all are added up once: each as it would be alone.
        if self.raw.shape[1] * len(self.counts) <= _MOST_SUMS and counts.sum() * _MANY > len(self.owner):
            return counts, self._sums[entities]
        return counts, self._summed(entities)

    @cached_property
    def _sums(self) -> F64:
        return self._summed(np.arange(len(self.counts)))

    def _summed(self, entities: I64) -> F64:
        counts = self.counts[entities]
        sums = np.zeros((len(entities), self.raw.shape[1]))
        known = np.flatnonzero(counts)
        if len(known):
            begins = np.append(0, np.cumsum(counts[known])[:-1])
            sums[known] = np.add.reduceat(self.raw[self.rows(entities)], begins, axis=0, dtype=np.float64)
        return sums

    def read(self, features: npt.NDArray[np.floating[Any]]) -> tuple[F32, F32]:
        """Further prompts as ``raw`` and as ``whitened`` have them: n x d features to n x embedded and n x d."""
        scaled = np.clip((features - self.moments.centre) / self.moments.spread, -CLIP, CLIP).astype(np.float32)
        return scaled[:, : self.raw.shape[1]], scaled @ self.whitener - self.origin

    def of(self, features: npt.NDArray[np.floating[Any]], owner: I64) -> Content:
        """Other prompts of the same entities, or another side of them, in the same measure.

        Args:
            features: n x d raw features.
            owner: entity of each row, sorted.
        """
        return self._having(owner, *self.read(features))

    def among(self, rows: I64) -> Content:
        """The same of some of its prompts alone: their rows, sorted."""
        return self._having(self.owner[rows], self.raw[rows], self.whitened[rows])

    def with_part(self, members: I64, part: Content) -> Content:
        """The same, of some members as a part of what they send has it: their means and counts are the part's."""
        means, counts = self.means.copy(), self.counts.copy()
        means[members], counts[members] = part.means[members], part.counts[members]
        return replace(self, means=means, counts=counts)

    def together(self, of: sparse.csc_array) -> Content:
        """What groups of entities ask, each as if it were one: their means and counts alone.

        Args:
            of: which entities each has (entities x groups, of 0 and 1).
        """
        weight = of.T.astype(np.float64)
        counts = np.asarray(weight @ self.counts, np.int64)
        sums = weight @ (self.means * self.counts[:, None])
        means = (sums / np.maximum(counts, 1)[:, None]).astype(np.float32)
        nobody = self.owner[:0]
        return replace(self, owner=nobody, whitened=self.whitened[:0], counts=counts, means=means, raw=self.raw[:0])

    def _having(self, owner: I64, raw: F32, whitened: F32) -> Content:
        counts = np.bincount(owner, minlength=len(self.counts)).astype(np.int64)
        means = _means(whitened, owner, counts)
        return replace(self, owner=owner, whitened=whitened, counts=counts, means=means, raw=raw)

    def centred(self) -> Content:
        """The same, measured from its own middle; as it is where it is of few entities."""
        if np.count_nonzero(self.counts) < LEAST_WRAPPED:
            return self
        middle = self.whitened.mean(axis=0)
        means = np.where(self.counts[:, None] > 0, self.means - middle, np.float32(0))
        return replace(self, whitened=self.whitened - middle, means=means, origin=self.origin + middle)

    def middle_beside(self, members: I64) -> F32:
        """Mean of the means of all others (d).

        Where a group is half of a small log, it is half of the log's middle too: measured from there, two of it seem no
        nearer to each other than two of the others.
        """
        total, told = self._added_up
        mine = members[self.counts[members] > 0]
        left = total - self.means[mine].sum(axis=0, dtype=np.float64)
        return np.asarray(left / max(told - len(mine), 1), np.float32)

    @cached_property
    def _added_up(self) -> tuple[F64, int]:
        return self.means.sum(axis=0, dtype=np.float64), int(np.count_nonzero(self.counts))

    def bits(self, members: I64, who: I64) -> F64:
        """Log-likelihood ratio of the means of ``who`` under the group's centre against the log's, both normal."""
        telling = members[self.counts[members] > 0]
        if not len(telling):
            return np.zeros(len(who))
        weights = np.minimum(self.counts[telling], COUNTED_PROMPTS)
        centre = np.average(self.means[telling], axis=0, weights=weights)
        strength = float(centre @ centre)
        if strength <= 0:
            return np.zeros(len(who))
        spread = max(float(np.var((self.means[telling] @ centre) / strength)), 0.05) * strength**2
        n = self.counts[who]
        noise = strength / np.maximum(n, 1) + spread
        # In the means' own precision, and without a copy of nearly all of them: whole logs are asked for each group.
        along = centre.astype(np.float32)
        near = (self.means @ along)[who] if len(who) > MAJORITY * len(self.counts) else self.means[who] @ along
        llr = (near * strength - 0.5 * strength**2) / np.maximum(noise, 1e-9) / np.log(2)
        return np.where(n > 0, np.clip(llr, -MOST_BITS, MOST_BITS), 0.0)

    def unit(self) -> F32:
        """Noise-corrected directions (E x d): a dot product of two estimates their cosine.

        Zero for entities whose prompts are ordinary, which can link to nobody.
        """
        return self.means * self.scale().astype(np.float32)[:, None]

    def scale(self) -> F64:
        """What makes each entity's mean its direction (E)."""
        d = self.dimensions
        n = np.maximum(self.counts, 1)
        square = np.einsum("ij,ij->i", self.means, self.means)
        signal = square - d / n
        telling = (self.counts > 0) & (n * square > d + TELLING * np.sqrt(2.0 * d))
        return np.where(telling, 1.0 / np.sqrt(np.maximum(signal, 1e-9)), 0.0)

    @cached_property
    def neighbours(self) -> Neighbours:
        """Each telling entity's nearest others by what they ask."""
        return nearest(self)

    def z(self, a: I64, b: I64) -> F64:
        """z of pairs of entities: about N(0, 1) where they have nothing in common."""
        dots = np.einsum("ij,ij->i", self.means[a], self.means[b])
        return self.z_of(a, b, dots)

    def departs(self, a: I64, b: I64) -> F64:
        """By how many standard deviations the means of pairs of entities lie further apart than those of two samples of
        one mixture would."""
        apart = self.means[a].astype(np.float64) - self.means[b]
        noise = 1.0 / np.maximum(self.counts[a], 1) + 1.0 / np.maximum(self.counts[b], 1)
        squares = np.einsum("ij,ij->i", apart, apart)
        return np.asarray((squares / noise - self.dimensions) / np.sqrt(2.0 * self.dimensions), np.float64)

    def z_of(self, a: I64, b: I64, dots: npt.NDArray[np.floating[Any]]) -> F64:
        """z of pairs from the dot products of their means."""
        return np.asarray(np.sqrt(self.counts[a] * self.counts[b]) * dots / np.sqrt(self.dimensions), np.float64)


def whiten(
    features: npt.NDArray[np.float16],
    owner: I64,
    entities: int,
    *,
    embedded: int,
    ordinary: FeatureMoments | None = None,
) -> Content:
    """Standardise, clip and whiten sampled features, and average them by entity.

    Args:
        features: S x d raw features.
        owner: entity of each row, sorted.
        entities: how many entities there are (E).
        embedded: how many leading columns are the embedding.
        ordinary: moments of other weeks to measure by, in place of the sample's own, where the sample may be of the
            same traffic.
    """
    if ordinary is not None and len(features):
        made = _measured(features, owner, entities, embedded, ordinary)
        why = unlike(made.whitened, made.means, made.counts)
        return made if why is None else replace(whiten(features, owner, entities, embedded=embedded), unlike=why)
    sample, d = features.shape
    counts = np.bincount(owner, minlength=entities).astype(np.int64)
    if sample == 0:
        empty = np.zeros((0, d), np.float32)
        means, whitener, origin = np.zeros((entities, d), np.float32), np.eye(d, dtype=np.float32), np.zeros(d, "f4")
        return Content(owner, empty, counts, means, empty[:, :embedded], _no_moments(d), whitener, origin)
    out = features.astype(np.float32)
    blocks = [out[start : start + _CHUNK] for start in range(0, sample, _CHUNK)]
    centre = sum(block.sum(axis=0, dtype=np.float64) for block in blocks) / sample
    square = sum(np.einsum("ij,ij->j", block, block).astype(np.float64) for block in blocks) / sample
    spread = np.sqrt(np.maximum(square - centre**2, 1e-8))
    covariance = np.zeros((d, d))
    for block in blocks:
        block -= centre.astype(np.float32)
        block /= spread.astype(np.float32)
        np.clip(block, -CLIP, CLIP, out=block)
        covariance += block.T @ block
    covariance /= sample
    raw = out[:, :embedded].copy()
    middle = out.mean(axis=0)
    moments = FeatureMoments(centre, spread, middle.astype(np.float64), covariance)
    whitener = moments.whitener()
    origin = (middle @ whitener).astype(np.float32)
    for block in blocks:
        block[:] = block @ whitener - origin
    return Content(owner, out, counts, _means(out, owner, counts), raw, moments, whitener, origin)


def _measured(
    features: npt.NDArray[np.float16], owner: I64, entities: int, embedded: int, ordinary: FeatureMoments
) -> Content:
    """Sampled features in the measure of other weeks."""
    whitener = ordinary.whitener()
    origin = (ordinary.middle.astype(np.float32) @ whitener).astype(np.float32)
    nobody = np.zeros((0, features.shape[1]), np.float32)
    counts, means = np.zeros(entities, np.int64), np.zeros((entities, features.shape[1]), np.float32)
    # Only what it is measured by is read of it.
    empty = Content(owner[:0], nobody, counts, means, nobody[:, :embedded], ordinary, whitener, origin)
    return empty.of(features.astype(np.float32), owner)


def _no_moments(d: int) -> FeatureMoments:
    return FeatureMoments(np.zeros(d), np.ones(d), np.zeros(d), np.eye(d))


def _means(vectors: F32, owner: I64, counts: I64) -> F32:
    """Mean of each entity's vectors, zero where it has none."""
    means = np.zeros((len(counts), vectors.shape[1]), np.float32)
    present = np.flatnonzero(counts)
    if len(present):
        starts = np.searchsorted(owner, present)
        means[present] = np.add.reduceat(vectors, starts, axis=0) / counts[present][:, None]
    return means
