"""Statistics of many groups of entities at once, one group a row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy
from scipy import sparse

from stillwatch.evidence.log_profile import HOUR
from stillwatch.evidence.postings import Postings, distinct
from stillwatch.evidence.thresholds import EVEN_SPREAD, ODD_VOLUME

__all__ = ["likeness", "odd_volumes", "scatter", "sharing"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]


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


def odd_volumes(volume: F64) -> npt.NDArray[np.bool_]:
    """Whose log volume lies far from those of its group, in robust standard deviations, group by group (... x size)."""
    away = np.abs(volume - np.median(volume, axis=-1, keepdims=True))
    usual = scipy.stats.median_abs_deviation(volume, axis=-1, scale="normal")
    return np.asarray(away > np.maximum(ODD_VOLUME * usual, EVEN_SPREAD)[..., None])


def sharing(things: Postings, groups: I64) -> I64:
    """How many members share a rare or uncommon thing with another member, for each of g groups (g x size)."""
    size = groups.shape[1]
    groups = np.sort(groups, axis=1)
    # Who was drawn twice is one member.
    once = np.ones(groups.shape, np.bool_)
    once[:, 1:] = groups[:, 1:] != groups[:, :-1]
    cell = np.flatnonzero(once)
    scarce = things.scarce
    rows = scarce[groups.ravel()[cell]]
    holder = np.repeat(cell, np.diff(rows.indptr))
    key = (holder // size) * scarce.shape[1] + rows.indices
    order = np.argsort(key, kind="stable")
    again = np.zeros(len(key), np.bool_)
    again[1:] = key[order][1:] == key[order][:-1]
    again[:-1] |= again[1:]
    return np.bincount(distinct(holder[order[again]]) // size, minlength=len(groups))
