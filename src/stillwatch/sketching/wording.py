"""What a prompt's wording says of what it is for: patterns over a batch of prompts.

A match is an observation about wording alone: students ask for steps, evaluation frameworks grade by rubric. Which
wordings are looked for, the families of evidence say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Wording", "wording_flags"]


@dataclass(frozen=True, slots=True)
class Wording:
    """A pattern (RE2, any case) and what a match is called."""

    name: str
    says: str
    pattern: str
    example: str


def wording_flags(prompts: pa.Array, wordings: Sequence[Wording]) -> npt.NDArray[np.bool_]:
    """Which wordings each of n prompts has: n x len(wordings)."""
    columns = [
        np.asarray(pc.fill_null(pc.match_substring_regex(prompts, w.pattern, ignore_case=True), False))
        for w in wordings
    ]
    return np.stack(columns, axis=1) if columns and len(prompts) else np.zeros((len(prompts), len(wordings)), np.bool_)
