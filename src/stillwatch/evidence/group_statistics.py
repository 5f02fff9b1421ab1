"""Statistics of many groups of entities at once, one group a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

from stillwatch.evidence.log_profile import HOUR
from stillwatch.evidence.postings import Postings, distinct
from stillwatch.evidence.thresholds import EVEN_SPREAD, ODD_VOLUME

__all__ = ["likeness", "odd_volumes", "scatter", "sharing", "usual_and_spread", "within_one_stretch"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

# The median distance from the median, of a normal variable of standard deviation one.
_QUARTILE = float(special.ndtri(0.75))

# Rows that are held sparsely are added up faster whole, where that takes up to 64 MB.
_MOST_WHOLE = 1 << 24


def likeness(
    means: F32 | sparse.csr_array, groups: I64, origin: F32 | None = None, *, squares: F32 | None = None
) -> F64:
    """Mean product of different entities' means, for each of g groups (g x size entities).

    Who was drawn twice is no likeness of two: in a small log that would pass for it.

    Args:
        means: E x d.
        groups: g x size.
        origin: from where means are measured (d); from nothing if None.
        squares: squared length of each mean (E), where it is known and there is no origin.
    """
    count, size = groups.shape
    ordered = np.sort(groups, axis=1)
    # Times each was drawn, at its first place, by the length of its run.
    begins = np.ones(ordered.shape, np.bool_)
    begins[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.flatnonzero(begins)
    times = np.diff(first, append=groups.size).astype(np.float32)
    row, drawn_once = first // size, distinct(groups.ravel())
    away = means[drawn_once] if origin is None else means[drawn_once] - origin
    column = np.searchsorted(drawn_once, ordered.ravel()[first])
    drawn = sparse.csr_matrix((times, (row, column)), shape=(count, len(drawn_once)))
    totals = _totals(drawn, away)
    square = np.einsum("ij,ij->i", away, away) if squares is None else squares[drawn_once]
    itself = np.bincount(row, times**2 * square[column], minlength=count)
    pairs = size**2 - np.bincount(row, times**2, minlength=count)
    return np.asarray((np.einsum("ij,ij->i", totals, totals) - itself) / np.maximum(pairs, 1), np.float64)


def _totals(drawn: sparse.csr_matrix, rows: Any) -> F32:
    if not sparse.issparse(rows):
        return np.asarray(drawn @ rows)
    return np.asarray(drawn @ rows.toarray() if np.prod(rows.shape) <= _MOST_WHOLE else (drawn @ rows).toarray())


def scatter(times: I64 | F64) -> F64:
    """Mean distance from the median in hours, by row."""
    centre = np.median(times, axis=1, keepdims=True)
    return np.asarray(np.abs(times - centre).mean(axis=1) / HOUR)


def within_one_stretch(first: I64, last: I64, hours: float) -> float:
    """Largest share of entities whose every exchange lies within one stretch of so many hours.

    Args:
        first, last: exchange of each, in microseconds.
        hours: of the stretch.
    """
    order = np.argsort(first, kind="stable")
    begin, end = first[order], last[order]
    most = 0
    for place, start in enumerate(begin):
        most = max(most, int(np.sum(end[place:] <= start + hours * HOUR)))
    return most / max(len(first), 1)


def usual_and_spread(values: F32 | F64) -> tuple[float, float]:
    """Middle and standard deviation of what most values are, from the shortest stretch that half of them lie in
    (Rousseeuw and Leroy 1988): up to half of them may be of another kind, and on one side.

    Args:
        values: at least one.
    """
    ordered = np.sort(values.astype(np.float64))
    half = len(ordered) // 2
    width = ordered[half:] - ordered[: len(ordered) - half]
    first = int(width.argmin())
    return float(ordered[first] + ordered[first + half]) / 2, float(width[first]) / (2 * _QUARTILE)


def odd_volumes(volume: F64) -> npt.NDArray[np.bool_]:
    """Whose log volume lies far from those of its group, in robust standard deviations, group by group (... x size)."""
    away = np.abs(volume - np.median(volume, axis=-1, keepdims=True))
    usual = np.median(away, axis=-1, keepdims=True) / _QUARTILE
    return np.asarray(away > np.maximum(ODD_VOLUME * usual, EVEN_SPREAD))


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
