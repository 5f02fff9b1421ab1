"""When entities speed up and pause beyond their own daily habits.

Most accounts are at work in few of a log's hours: those alone are held, so that what is kept grows with what was sent,
and not with accounts times hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.evidence.thresholds import LEAST_DAYS, LEAST_RHYTHM

__all__ = ["DAY", "Rhythm", "hourly_residuals"]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

DAY = 24
"""Hours."""

# So many entities' hours lie side by side at once.
_BLOCK = 2_048


@dataclass(frozen=True)
class Rhythm:
    """Hourly activity of entities beyond each one's own daily habit.

    Attributes:
        rows: E x hours, unit rows; none of an entity that has too few exchanges for its hours to tell.
    """

    rows: sparse.csr_array

    @classmethod
    def of(cls, rows: npt.NDArray[np.floating]) -> Rhythm:
        """Of rows that are held whole."""
        return cls(sparse.csr_array(rows.astype(np.float32)))

    @cached_property
    def told(self) -> npt.NDArray[np.bool_]:
        """Which entities have enough exchanges for their hours to tell (E)."""
        return np.asarray(np.diff(self.rows.indptr) > 0)

    @cached_property
    def squares(self) -> F32:
        """Squared length of each row (E)."""
        blocks = (self.rows[start : start + _BLOCK].toarray() for start in range(0, self.rows.shape[0], _BLOCK))
        found = [np.einsum("ij,ij->i", block, block) for block in blocks]
        return np.concatenate([np.zeros(0, np.float32), *found])

    def beside_the_rest(self, members: I64) -> F32:
        """How much of the sum of the others' rows is in each of some entities' own (those of whom it is told)."""
        who = members[self.told[members]]
        return self.beside(who, _sum(self.rows[who])) - self.squares[who]

    def by_day(self, members: I64) -> F32:
        """How much some entities speed up and pause together on each day: products of different ones' rows, summed
        over the day's hours (days)."""
        rows = self.rows[members]
        products = _sum(rows) ** 2 - _sum(rows.multiply(rows).tocsr())
        return np.asarray(products.reshape(-1, DAY).sum(axis=1), np.float32)

    def mean(self, members: I64) -> F32:
        """Mean of some entities' rows (hours)."""
        return np.asarray(_sum(self.rows[members]) / np.float32(len(members)), np.float32)

    def beside(self, who: I64, centre: F32) -> F32:
        """How much of a centre is in each of some entities' rows (who)."""
        return np.asarray(self.rows[who] @ centre, np.float32)


def _sum(rows: sparse.csr_array) -> F32:
    """Of some rows (hours)."""
    return np.asarray(np.ones(rows.shape[0], np.float32) @ rows, np.float32)


def hourly_residuals(counts: sparse.csr_array, exchanges: I64) -> Rhythm:
    """Hourly activity of each entity beyond its own daily habit.

    An entity's habit is its own hours of the day times its own days: Pearson residuals of its table of
    days by hours, so that a time zone, a working week or a nightly job leaves nothing. Nothing is told of entities
    with fewer than ``LEAST_RHYTHM`` exchanges.

    Args:
        counts: requests of each entity in each hour, from a day's first (E x hours).
        exchanges: of each entity (E).
    """
    entities, hours = counts.shape
    if hours < LEAST_DAYS * DAY:
        return Rhythm(sparse.csr_array((entities, 1), dtype=np.float32))
    often = np.flatnonzero(exchanges >= LEAST_RHYTHM)
    blocks = [_unit_rows(counts[often[start : start + _BLOCK]]) for start in range(0, len(often), _BLOCK)]
    rows = sparse.vstack([sparse.csr_array((0, hours), dtype=np.float32), *blocks], format="csr")
    sizes = np.zeros(entities, np.int64)
    sizes[often] = np.diff(rows.indptr)
    begins = np.append(0, np.cumsum(sizes))
    return Rhythm(sparse.csr_array((rows.data, rows.indices, begins), shape=(entities, hours)))


def _unit_rows(counts: sparse.csr_array) -> sparse.csr_array:
    """Residuals of some entities, of length one; none where there are none."""
    days = counts.astype(np.float32).toarray().reshape(counts.shape[0], -1, DAY)
    by_hour, by_day = days.sum(axis=1, keepdims=True), days.sum(axis=2, keepdims=True)
    expected = by_hour * by_day / np.maximum(by_day.sum(axis=1, keepdims=True), 1)
    flat = ((days - expected) / np.sqrt(expected + 0.5)).reshape(counts.shape)
    size = np.linalg.norm(flat, axis=1, keepdims=True)
    return sparse.csr_array(np.where(size > 0, flat / np.maximum(size, 1e-9), 0.0).astype(np.float32))
