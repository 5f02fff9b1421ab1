"""What accounts ask, compared without any shared text: whitened account means.

Each prompt's features are standardised on the log, clipped, and whitened with the log's own
covariance, shrunk toward its diagonal. For an entity with n prompts and mean m, ``n |m|**2`` is
about the number of dimensions d when its prompts are ordinary, and for two unrelated entities
``sqrt(n_i n_j) m_i.m_j / sqrt(d)`` is about standard normal. The same sums, taken away from d,
estimate the cosine between what two entities ask, free of sampling noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Content", "Neighbours", "nearest", "whiten"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

_CLIP = 4.0
_SHRINK = 0.3
_CHUNK = 65_536
LINK_Z, LINK_COSINE = 6.0, 0.5


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a bounded sample of each entity's prompts.

    Attributes:
        owner: entity of each of S sampled prompts, sorted.
        whitened: S x d features.
        counts: prompts sampled from each entity (E).
        means: E x d, zero where nothing was sampled.
        embedded: how many leading raw features are the embedding (for ``raw``).
        raw: S x embedded, standardised and not whitened.
    """

    owner: I64
    whitened: F32
    counts: I64
    means: F32
    raw: F32

    @property
    def dimensions(self) -> int:
        """Features a prompt (d)."""
        return int(self.whitened.shape[1])

    def unit(self) -> F32:
        """Noise-corrected directions (E x d): a dot product of two estimates their cosine.

        Zero for entities whose prompts are ordinary, which can link to nobody.
        """
        d = self.dimensions
        n = np.maximum(self.counts, 1)
        square = np.einsum("ij,ij->i", self.means, self.means)
        signal = square - d / n
        telling = (self.counts > 0) & (n * square > d + 3.0 * np.sqrt(2.0 * d))
        scale = np.where(telling, 1.0 / np.sqrt(np.maximum(signal, 1e-9)), 0.0)
        return np.asarray(self.means * scale[:, None], np.float32)

    def z(self, a: I64, b: I64) -> F64:
        """z of pairs of entities: about N(0, 1) where they have nothing in common."""
        dots = np.einsum("ij,ij->i", self.means[a], self.means[b])
        return np.asarray(np.sqrt(self.counts[a] * self.counts[b]) * dots / np.sqrt(self.dimensions), np.float64)


def whiten(features: npt.NDArray[np.float16], owner: I64, entities: int, *, embedded: int) -> Content:
    """Standardise, clip and whiten sampled features, and average them by entity.

    Args:
        features: S x d raw features.
        owner: entity of each row, sorted.
        entities: how many entities there are (E).
        embedded: how many leading columns are the embedding.
    """
    sample, d = features.shape
    counts = np.bincount(owner, minlength=entities).astype(np.int64)
    if sample == 0:
        empty = np.zeros((0, d), np.float32)
        return Content(owner, empty, counts, np.zeros((entities, d), np.float32), empty[:, :embedded])
    total, square = np.zeros(d), np.zeros(d)
    for start in range(0, sample, _CHUNK):
        block = features[start : start + _CHUNK].astype(np.float32)
        total += block.sum(axis=0, dtype=np.float64)
        square += np.einsum("ij,ij->j", block, block, dtype=np.float64)
    centre = (total / sample).astype(np.float32)
    spread = np.sqrt(np.maximum(square / sample - centre.astype(np.float64) ** 2, 1e-8)).astype(np.float32)
    out = np.empty((sample, d), np.float32)
    covariance = np.zeros((d, d))
    for start in range(0, sample, _CHUNK):
        block = np.clip((features[start : start + _CHUNK] - centre) / spread, -_CLIP, _CLIP).astype(np.float32)
        out[start : start + _CHUNK] = block
        covariance += block.T @ block
    covariance /= sample
    raw = out[:, :embedded].copy()
    shrunk = (1 - _SHRINK) * covariance + _SHRINK * np.diag(np.diag(covariance))
    values, vectors = np.linalg.eigh(shrunk)
    whitener = (vectors / np.sqrt(np.maximum(values, 1e-6))).astype(np.float32)
    centre_white = (out.mean(axis=0) @ whitener).astype(np.float32)
    for start in range(0, sample, _CHUNK):
        out[start : start + _CHUNK] = out[start : start + _CHUNK] @ whitener - centre_white
    means = np.zeros((entities, d), np.float32)
    present = np.flatnonzero(counts)
    starts = np.searchsorted(owner, present)
    means[present] = np.add.reduceat(out, starts, axis=0) / counts[present][:, None]
    return Content(owner, out, counts, means, raw)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Pairs of entities that ask alike: ``a < b``, their z and their cosine."""

    a: I64
    b: I64
    z: F64
    cosine: F64


def nearest(content: Content, *, most: int = 40, block: int = 2048) -> Neighbours:
    """Each telling entity's nearest others by what they ask.

    Exact up to tens of thousands of telling entities; the cost grows with their square.
    """
    unit = content.unit()
    telling = np.flatnonzero(np.any(unit != 0, axis=1))
    vectors = unit[telling]
    pairs_a: list[I64] = []
    pairs_b: list[I64] = []
    for start in range(0, len(telling), block):
        cosines = vectors[start : start + block] @ vectors.T
        rows = np.arange(len(cosines))
        cosines[rows, start + rows] = -1.0
        k = min(most, len(telling) - 1)
        if k < 1:
            continue
        best = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        value = np.take_along_axis(cosines, best, axis=1)
        row, column = np.nonzero(value > LINK_COSINE)
        pairs_a.append(telling[start + row])
        pairs_b.append(telling[best[row, column]])
    if not pairs_a:
        none = np.zeros(0, np.int64)
        return Neighbours(none, none, np.zeros(0), np.zeros(0))
    left, right = np.concatenate(pairs_a), np.concatenate(pairs_b)
    pairs = np.unique(np.stack([np.minimum(left, right), np.maximum(left, right)], axis=1), axis=0)
    a, b = pairs[:, 0], pairs[:, 1]
    z = content.z(a, b)
    cosine = np.einsum("ij,ij->i", unit[a], unit[b]).astype(np.float64)
    kept = z > LINK_Z
    return Neighbours(a[kept], b[kept], z[kept], cosine[kept])
