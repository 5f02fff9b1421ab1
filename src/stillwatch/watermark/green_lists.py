"""Green lists: which words a key marks after a word (Kirchenbauer et al. 2023, context of one word).

Membership is a hash of key, previous word and word, so that a thousand keys can be tried on one
student without storing a list for any.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["is_green"]

_MULTIPLIERS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def is_green(keys: npt.ArrayLike, previous: npt.ArrayLike, words: npt.ArrayLike, gamma: float) -> npt.NDArray[np.bool_]:
    """Whether a word is on the green list of a key after another word; arguments broadcast.

    Args:
        keys: secret numbers.
        previous: the word before.
        words: the word asked about.
        gamma: share of the vocabulary that is green.

    >>> bool(abs(is_green(7, 3, np.arange(100_000), 0.25).mean() - 0.25) < 0.01)
    True
    """
    state = _mix(np.asarray(keys, dtype=np.uint64))
    state = _mix(state ^ np.asarray(previous, dtype=np.uint64))
    state = _mix(state ^ np.asarray(words, dtype=np.uint64))
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53 < gamma


def _mix(value: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea & Flood 2014)."""
    with np.errstate(over="ignore"):
        value = value + _MULTIPLIERS[0]
        value = (value ^ (value >> np.uint64(30))) * _MULTIPLIERS[1]
        value = (value ^ (value >> np.uint64(27))) * _MULTIPLIERS[2]
        return value ^ (value >> np.uint64(31))
