"""What the families' tests work on and what they give: the log as a whole, and one finding a family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.campaigns.background import Background
from stillwatch.campaigns.linkage import Traits
from stillwatch.campaigns.postings import distinct
from stillwatch.campaigns.repeats import Asked

__all__ = ["HOUR", "Finding", "Seen", "World", "likeness", "scatter", "strongest"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

HOUR = 3_600_000_000
"""Microseconds an hour."""

Seen = tuple[float, str, float, float, str]
"""One test: p-value, statistic's name, its value, the background's, and a plain sentence."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one test saw in one cluster."""

    family: str
    statistic: str
    value: float
    background: float
    p_value: float
    statement: str


@dataclass(frozen=True)
class World:
    """The whole log, as the tests see it.

    Attributes:
        traits: what entities are compared by.
        background: draws groups from the log.
        asked: distinct prompts of every entity, to see who repeats whom.
        rhythm: E x hours unit vectors: activity an hour beyond each entity's own daily habit;
            zero for entities with too few exchanges to tell.
        habits: E x tactics, share of requests with each tactic's wording or settings.
        tactics: names of the columns of ``habits`` and what each says.
    """

    traits: Traits
    background: Background
    asked: Asked
    rhythm: F32
    habits: F32
    tactics: tuple[tuple[str, str], ...]

    @cached_property
    def has_rhythm(self) -> npt.NDArray[np.bool_]:
        """Which entities have enough exchanges for their hours to tell (E)."""
        return np.asarray(np.any(self.rhythm != 0, axis=1))


def likeness(means: F32, groups: I64) -> F64:
    """Mean product of different members' means, for each of g groups (g x size entities)."""
    count, size = groups.shape
    square = np.zeros(len(means), np.float32)
    drawn_once = distinct(groups.ravel())
    square[drawn_once] = np.einsum("ij,ij->i", means[drawn_once], means[drawn_once])
    drawn = sparse.csr_matrix(
        (np.ones(groups.size, np.float32), groups.ravel(), np.arange(0, groups.size + 1, size)),
        shape=(count, len(means)),
    )
    totals = drawn @ means
    return np.asarray((np.einsum("ij,ij->i", totals, totals) - drawn @ square) / (size * (size - 1)), np.float64)


def scatter(times: I64 | F64) -> F64:
    """Mean distance from the median in hours, by row."""
    centre = np.median(times, axis=1, keepdims=True)
    return np.asarray(np.abs(times - centre).mean(axis=1) / HOUR)


def strongest(family: str, tests: Sequence[Seen]) -> Finding:
    """The strongest of a family's tests, its p-value times their number (Bonferroni)."""
    if not tests:
        return Finding(family, "none", float("nan"), float("nan"), 1.0, "The log has no columns to see this by.")
    p, statistic, value, background, statement = min(tests, key=lambda test: test[0])
    return Finding(family, statistic, value, background, float(min(1.0, p * len(tests))), statement)
