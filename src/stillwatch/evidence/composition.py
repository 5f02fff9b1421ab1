"""What people at large ask of, in cells, and whether an account is one of them: the composition of a stream.

A stream is held against people at large composed as it is. Where even so they do not explain it, it has a task of its
own. Both can be told at a glance, from the few prompts of each account whose features a scan has anyway, so that no
more is read of a stream that has nothing to be held against.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.lens import Lens, alike, fit_lens
from stillwatch.evidence.stream_thresholds import LEAST_OF_ONE, MOST_AT_LARGE, MOST_LIFTED, ONE_TASK, STREAM_CELLS

__all__ = ["Cells", "Glance", "explained", "fit_cells", "glance", "several_tasks"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Features = npt.NDArray[np.floating[Any]]

_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells that prompts fall into by their standardised features.

    Attributes:
        lens: standardises.
        centres: cells x d.
    """

    lens: Lens
    centres: F32

    def __len__(self) -> int:
        return len(self.centres)

    def of(self, features: Features) -> I64:
        """The cell of each prompt (n)."""
        return self.of_standardised(self.lens.standardised(features))

    def of_standardised(self, standardised: F32) -> I64:
        """The same of features that are standardised."""
        return _nearest(standardised, self.centres)

    def shares(self, cell: I64) -> F64:
        """Share of prompts in each cell (cells)."""
        return np.bincount(cell, minlength=len(self)) / max(len(cell), 1)


def fit_cells(lens: Lens, features: Features, rng: np.random.Generator) -> Cells:
    """Cells by Lloyd's k-means over raw features (n x d)."""
    points = lens.standardised(features)
    centres = points[rng.choice(len(points), min(STREAM_CELLS, len(points)), replace=False)]
    for _ in range(_ROUNDS):
        member = np.zeros((len(centres), len(points)), np.float32)
        member[_nearest(points, centres), np.arange(len(points))] = 1
        count = member.sum(axis=1, keepdims=True)
        centres = np.where(count > 0, member @ points / np.maximum(count, 1), centres).astype(np.float32)
    return Cells(lens, centres)


def explained(there: F64, here: F64) -> float:
    """Share of a stream that people at large explain, by the shares of both in each cell.

    A stream of one task fills a cell or two: however people at large are weighed, they are not like it.
    """
    return float(np.minimum(there, MOST_LIFTED * MOST_LIFTED * here).sum())


def several_tasks(seen: F32, owner: I64) -> npt.NDArray[np.bool_]:
    """Whether each prompt is of an account whose prompts are no more alike than a person's (n).

    Args:
        seen: whitened prompts (n x d).
        owner: account of each; an account's lie next to one another.
    """
    out = np.ones(len(owner), np.bool_)
    edges = np.flatnonzero(np.diff(owner, prepend=owner[:1] - 1, append=owner[-1:] + 1))
    for first, last in pairwise(edges.tolist()):
        n = last - first
        if n >= LEAST_OF_ONE:
            pairs = alike(seen[first:last], seen[first:last])
            out[first:last] = (pairs.sum() - np.trace(pairs)) / (n * (n - 1)) <= ONE_TASK
    return out


@dataclass(frozen=True, slots=True)
class Glance:
    """People at large as a few prompts of each account show them.

    Attributes:
        people: of each prompt that was looked at, whether it is of an account with several tasks (n).
        cells: that prompts fall into.
        here: share of people at large in each.
    """

    people: npt.NDArray[np.bool_]
    cells: Cells
    here: F64

    def explained(self, features: Features) -> float:
        """About what share of a stream people at large explain, by a few of its prompts (n x d)."""
        return explained(self.cells.shares(self.cells.of(features)), self.here)


def glance(features: Features, owner: I64, seed: int) -> Glance | None:
    """Who of some accounts is people at large; None where nobody is.

    Args:
        features: raw features of a few prompts of each (n x d).
        owner: account of each; an account's lie next to one another.
        seed: of the cells.
    """
    people = several_tasks(fit_lens(features[:MOST_AT_LARGE])(features), owner)
    if not people.any():
        return None
    theirs = features[people][:MOST_AT_LARGE]
    cells = fit_cells(fit_lens(theirs), theirs, np.random.default_rng(seed))
    return Glance(people, cells, cells.shares(cells.of(theirs)))


def _nearest(points: F32, centres: F32) -> I64:
    distance = (centres**2).sum(axis=1) - 2 * points @ centres.T
    return np.asarray(distance.argmin(axis=1), np.int64)
