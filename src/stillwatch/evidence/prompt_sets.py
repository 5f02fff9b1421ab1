"""Who sends the same prompts, letter for letter.

An evaluation harness or a class with one homework repeats across accounts; accounts that share out
a pool do not. This is the plainest thing that tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PromptSets"]

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PromptSets:
    """Distinct prompts of each of E entities.

    Attributes:
        prompts: hashes, those of one entity together.
        offsets: E + 1 offsets into them.
    """

    prompts: npt.NDArray[np.uint64]
    offsets: I64

    def repeats(self, members: I64) -> npt.NDArray[np.float64]:
        """Share of each member's distinct prompts that another of the members sends too."""
        sizes, owner, mine = self.held(members)
        _, inverse, counts = np.unique(mine, return_inverse=True, return_counts=True)
        repeated = np.bincount(owner, weights=counts[inverse] > 1, minlength=len(members))
        return np.asarray(repeated / np.maximum(sizes, 1))

    def held(self, members: I64) -> tuple[I64, I64, npt.NDArray[np.uint64]]:
        """How many distinct prompts each member has, the member's place of each, and the prompts."""
        sizes = self.offsets[members + 1] - self.offsets[members]
        owner = np.repeat(np.arange(len(members)), sizes)
        starts = np.repeat(self.offsets[members] - np.cumsum(sizes) + sizes, sizes)
        return sizes, owner, self.prompts[starts + np.arange(len(owner))]
