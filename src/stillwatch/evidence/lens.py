"""How prompts are seen when windows of a stream are tested: whitened, and no prompt larger than its share.

What is fitted here is never what is scored: a covariance fits the prompts that it was measured on better than any
others, by several per cent at a few thousand prompts, and a test of many pairs takes that for a source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.stream_thresholds import ALIKE_SQUARE, LONGEST_PROMPT, STREAM_SHRINK
from stillwatch.evidence.thresholds import CLIP

__all__ = ["Lens", "alike", "alike_in_blocks", "alike_of", "fit_lens", "weighed_in_blocks"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Features = npt.NDArray[np.floating[Any]]

# Prompts whose pairs with all others are made at once: few enough that they stay in the processor's cache, and always
# as many, so that a prompt's are the same to the last bit whichever prompts it is looked at with.
_BLOCK = 64


@dataclass(frozen=True, slots=True)
class Lens:
    """From raw features to whitened ones.

    The product of two unrelated prompts of usual length has a spread of about one.

    Attributes:
        centre, spread: what features are standardised by (d).
        mean: of the standardised and clipped (d).
        whitener: d x d; what it gives has a usual length of one.
        gain: by which that is then stretched.
    """

    centre: F64
    spread: F64
    mean: F64
    whitener: F64
    gain: float

    def standardised(self, features: Features) -> F32:
        """Standardised and clipped features (n x d)."""
        return np.asarray(np.clip((features - self.centre) / self.spread, -CLIP, CLIP), np.float32)

    def __call__(self, features: Features) -> F32:
        """Whitened features (n x d)."""
        return self.whitened(self.standardised(features))

    def whitened(self, standardised: F32) -> F32:
        """The same of features that are standardised."""
        white = np.asarray((standardised - self.mean) @ self.whitener, np.float32)
        # A long vector is a prompt like no other: alone it would decide every pair that it is in.
        length = np.linalg.norm(white, axis=1, keepdims=True)
        return np.asarray(white * np.float32(self.gain) * np.minimum(1.0, LONGEST_PROMPT / np.maximum(length, 1e-9)))


def fit_lens(features: Features) -> Lens:
    """A lens over raw features (n x d), n at least a few times d.

    The covariance is shrunk toward a sphere (Ledoit and Wolf 2004): whitening by as few prompts as a log has blows up
    its small directions, which are noise.
    """
    raw = np.asarray(features, np.float64)
    centre = raw.mean(axis=0)
    spread = np.sqrt(raw.var(axis=0) + 1e-8)
    clipped = np.clip((raw - centre) / spread, -CLIP, CLIP)
    mean = clipped.mean(axis=0)
    own, vectors = np.linalg.eigh(np.cov(clipped.T, bias=True))
    shrunk = np.maximum((1 - STREAM_SHRINK) * own + STREAM_SHRINK * own.mean(), 1e-9)
    left = np.maximum(own, 0.0) / shrunk
    length, product = np.sqrt(max(left.sum(), 1e-9)), max((left**2).sum(), 1e-18) ** 0.25
    return Lens(centre, spread, mean, (vectors / np.sqrt(shrunk)) @ vectors.T / length, float(length / product))


def alike(one: F32, other: F32) -> F32:
    """How alike pairs of prompts are (n x m): their product, and where it is above nothing its square beside it.

    The product alone would make of the test a comparison of means. Through the square, a few prompts of one source,
    which are alike in many directions at once, outweigh the many pairs that differ from the log a little.
    """
    pairs = one @ other.T
    # A few rows at a time, which stay in the cache: of all pairs of people at large there are sixteen million.
    for begin in range(0, len(pairs), _BLOCK):
        rows = pairs[begin : begin + _BLOCK]
        rows[:] = alike_of(rows)
    return pairs


def alike_of(pairs: F32) -> F32:
    """How alike prompts of these products are, of whatever shape."""
    square = np.maximum(pairs, 0)
    square *= square
    square *= np.float32(ALIKE_SQUARE)
    square += pairs
    return np.asarray(square, np.float32)


def alike_in_blocks(one: F32, other: F32) -> F32:
    """``alike(one, other)``, block by block; below it zeros until the last block is whole."""
    table = np.zeros((-(-len(one) // _BLOCK) * _BLOCK, len(other)), np.float32)
    whole = np.concatenate([one, np.zeros((len(table) - len(one), one.shape[1]), np.float32)])
    for begin in range(0, len(table), _BLOCK):
        table[begin : begin + _BLOCK] = alike(whole[begin : begin + _BLOCK], other)
    return table


def weighed_in_blocks(table: F32, weights: F64) -> F64:
    """``table @ weights`` of what ``alike_in_blocks`` gives."""
    light = weights.astype(np.float32)
    blocks = [table[begin : begin + _BLOCK] @ light for begin in range(0, len(table), _BLOCK)]
    return np.concatenate([np.zeros(0, np.float32), *blocks]).astype(np.float64)
