"""What is ordinary at one provider, known from weeks beside the log: ``stillwatch calibrate`` fits it.

A small log, or one that a campaign fills, cannot show what is ordinary: half of what it holds is the campaign's, and a
measure taken from it has the campaign in its middle. So prompts are measured by the moments of other weeks, and a text
is held against how many ordinary accounts send it. The groups that a test draws still come from the log itself: what
everybody in a new log has in common, since a calibration grew old, accuses nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.thresholds import LARGEST_PROMPTS, LEAST_ORDINARY, SHRINK

__all__ = ["Calibration", "FeatureMoments", "unlike"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class FeatureMoments:
    """Moments of prompts' features, in d dimensions.

    Attributes:
        centre, spread: what raw features are standardised by (d each).
        middle: mean of standardised and clipped features (d).
        covariance: of them, about zero (d x d).
    """

    centre: F64
    spread: F64
    middle: F64
    covariance: F64

    def whitener(self) -> F32:
        """What standardised features are whitened by (d x d): the covariance shrunk toward its diagonal."""
        diagonal = np.diag(np.diag(self.covariance))
        values, vectors = np.linalg.eigh((1 - SHRINK) * self.covariance + SHRINK * diagonal)
        return np.asarray(vectors / np.sqrt(np.maximum(values, 1e-6)), np.float32)


@dataclass(frozen=True)
class Calibration:
    """What known-good weeks of one provider show.

    Attributes:
        moments: of their sampled prompts.
        entities: how many accounts (or organisations) they had.
        texts: hashes of the sentences that several of these sent, sorted (T).
        holders: how many of them sent each (T).
        caveats: what to bear in mind with it, in sentences.
    """

    moments: FeatureMoments
    entities: int
    texts: U64 = field(default_factory=lambda: np.zeros(0, np.uint64))
    holders: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    caveats: tuple[str, ...] = ()

    def share(self, texts: U64) -> F64:
        """Which share of ordinary accounts sends each of these texts; 0 where too few do to be told."""
        if not len(self.texts):
            return np.zeros(len(texts))
        place = np.minimum(np.searchsorted(self.texts, texts), len(self.texts) - 1)
        held = np.where(self.texts[place] == texts, self.holders[place], 0)
        return np.asarray(held / self.entities, np.float64)


def unlike(whitened: F32, means: F32, counts: I64) -> str | None:
    """Why a log is not of the provider, or no longer of the time, that a calibration was fitted to; None where it may.

    Under a measure that fits, prompts lie about as far from the middle as those it was fitted to. A campaign moves the
    log's accounts off the middle, but never all of them: ordinary ones lie on the other side too.

    Args:
        whitened: S x d features of the log's prompts in the calibration's measure.
        means, counts: mean (E x d) and number of each account's prompts (E).
    """
    told = means[counts > 0]
    if len(told) < 2:
        return None
    length = float(np.median(np.einsum("ij,ij->i", whitened, whitened)) / whitened.shape[1])
    if length > LARGEST_PROMPTS:
        return f"prompts lie {length:.1f} times as far from its middle as its own"
    # Each account against all the others, so that its own noise does not speak for it.
    across = np.einsum("ij,ij->i", told, told.sum(axis=0) - told)
    below = float(np.mean(across < 0))
    if below < LEAST_ORDINARY:
        return f"{1 - below:.0%} of the accounts lie to one side of its middle"
    return None
