"""Are these accounts random draws from one source at any one time, though what is asked changes with the time?

Who works through a list in its order asks of one matter today and of another tomorrow: accounts that are used on
different days then have matters of their own, and within an hour any of them could have sent what another did. So
accounts are nested in stretches of time (Searle 1971), and the variance between stretches belongs to neither side.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.icc import Icc, correlation, jackknifed
from stillwatch.evidence.postings import changes
from stillwatch.evidence.thresholds import LEAST_FOR_ICC

__all__ = ["nested_correlation"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


def nested_correlation(vectors: F32, owner: I64, stretch: I64) -> Icc:
    """Intraclass correlation by account of what was sent in one stretch of time, over all stretches.

    Args:
        vectors: S x d, one a prompt.
        owner: account of each; who sent fewer than 2 in a stretch is left out of it.
        stretch: of each; one in which fewer than two accounts are left is left out.
    """
    order = np.lexsort((owner, stretch))
    begins = np.flatnonzero(changes(owner[order]) | changes(stretch[order]))
    counts = np.diff(np.append(begins, len(order)))
    _, place = np.unique(stretch[order][begins], return_inverse=True)
    kept = counts >= 2
    kept &= np.bincount(place, weights=kept)[place] >= 2
    who, whose = np.unique(owner[order][begins][kept], return_inverse=True)
    if len(who) < LEAST_FOR_ICC:
        return Icc(float("nan"), float("nan"), 1.0, 1.0)
    chosen = vectors[order[np.repeat(kept, counts)]]
    n = counts[kept].astype(np.float64)
    cells = np.append(0, np.cumsum(counts[kept])[:-1])
    sums = np.add.reduceat(chosen, cells, axis=0, dtype=np.float64)
    squares = np.add.reduceat(np.einsum("ij,ij->i", chosen, chosen).astype(np.float64), cells)
    every, without = _sums(n, sums, squares, np.unique(place[kept], return_inverse=True)[1])
    # An account has one cell of a stretch at most: without it, each of its stretches is what it is without that.
    left_out = np.stack(
        [every + np.bincount(whose, weights=column) for every, column in zip(every, without, strict=True)]
    )
    return jackknifed(float(_icc(every[:, None])[0]), _icc(left_out))


def _sums(n: F64, sums: F64, squares: F64, place: I64) -> tuple[F64, F64]:
    """What the correlation is made of, added up over all stretches (k), and by how much less it is without each cell
    (k x cells).

    Args:
        n: prompts of each cell.
        sums: of their vectors (cells x d).
        squares: sum of their squared lengths.
        place: stretch of each cell, numbered from 0.
    """

    def in_all(values: F64) -> F64:
        return np.asarray(np.bincount(place, weights=values), np.float64)

    of_means = np.einsum("ij,ij->i", sums, sums) / n
    first = np.flatnonzero(changes(place))
    total = np.add.reduceat(sums, first, axis=0)
    here = np.stack([in_all(one) for one in (np.ones(len(n)), n, n**2, of_means, squares)])
    of_total = np.einsum("ij,ij->i", total, total)
    rest = total[place] - sums
    left = here[:, place] - np.stack([np.ones(len(n)), n, n**2, of_means, squares])
    there = _of_stretch(left, np.einsum("ij,ij->i", rest, rest))
    # Of a stretch in which one account is left nothing is.
    there[:, left[0] < 2] = 0.0
    whole = _of_stretch(here, of_total)
    return whole.sum(axis=1), there - whole[:, place]


def _of_stretch(here: F64, of_total: F64) -> F64:
    cells, n, n_squared, of_means, of_all = here
    return np.stack([cells - 1, n - cells, n - n_squared / n, of_means - of_total / n, of_all - of_means])


def _icc(sums: F64) -> F64:
    """From degrees of freedom, sizes and sums of squares between and within (5 x any)."""
    free_between, free_within, sizes, between, within = sums
    free_between = np.maximum(free_between, 1.0)
    return correlation(between / free_between, within / np.maximum(free_within, 1.0), sizes / free_between)
