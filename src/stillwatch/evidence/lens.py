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

__all__ = ["Lens", "alike", "fit_lens"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Features = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Lens:
    """From raw features to whitened ones.

    Attributes:
        centre, spread: what features are standardised by (d).
        mean: of the standardised and clipped (d).
        whitener: d x d.
    """

    centre: F64
    spread: F64
    mean: F64
    whitener: F64

    def __call__(self, features: Features) -> F32:
        """Whitened features (n x d): the dot product of two unrelated ordinary prompts is about standard normal."""
        clipped = np.clip((features - self.centre) / self.spread, -CLIP, CLIP)
        white = np.asarray((clipped - self.mean) @ self.whitener, np.float32)
        # A long vector is a prompt like no other: alone it would decide every pair that it is in.
        length = np.linalg.norm(white, axis=1, keepdims=True) / np.sqrt(white.shape[1])
        short = white * np.minimum(1.0, LONGEST_PROMPT / np.maximum(length, 1e-9))
        return np.asarray(short / white.shape[1] ** 0.25, np.float32)


def fit_lens(features: Features) -> Lens:
    """A lens over raw features (n x d), n at least a few times d."""
    raw = np.asarray(features, np.float64)
    centre = raw.mean(axis=0)
    spread = np.sqrt(raw.var(axis=0) + 1e-8)
    clipped = np.clip((raw - centre) / spread, -CLIP, CLIP)
    mean = clipped.mean(axis=0)
    covariance = np.cov(clipped.T, bias=True)
    shrunk = (1 - STREAM_SHRINK) * covariance + STREAM_SHRINK * np.diag(np.diag(covariance))
    values, vectors = np.linalg.eigh(shrunk)
    # A feature that never varies has no direction of its own, and gets none.
    scale = np.where(values > 1e-3, 1.0 / np.sqrt(np.maximum(values, 1e-3)), 0.0)
    return Lens(centre, spread, mean, (vectors * scale) @ vectors.T)


def alike(one: F32, other: F32) -> F32:
    """How alike pairs of prompts are (n x m): their product, and where it is above nothing its square beside it.

    The product alone would make of the test a comparison of means. Through the square, a few prompts of one source,
    which are alike in many directions at once, outweigh the many pairs that differ from the log a little.
    """
    pairs = one @ other.T
    return np.asarray(pairs + np.float32(ALIKE_SQUARE) * np.maximum(pairs, 0) ** 2, np.float32)
