"""Does part of one stream of prompts come from one source: a window of it, held against people at large.

A relay, or an organisation that hides its accounts, is one stream of many people's talk. A source mixed into a few
per cent of it moves the window's mean a little and makes pairs of its prompts alike in many directions at once; the
statistic is the two-sample mean of a kernel that sees both (Gretton et al. 2012). Its null is windows of the same size
drawn from people at large, who are first weighed as the stream is composed, since a relay of people differs from a log
with applications in it, and that is no finding. Only a minority can be found: a stream that is not like people at large
in its bulk (an application, a pipeline) has nothing to be compared with.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.lens import Lens, alike, fit_lens
from stillwatch.evidence.p_values import tail_p
from stillwatch.evidence.stream_thresholds import (
    LEAST_AT_LARGE,
    LEAST_OF_ONE,
    MOST_AT_LARGE,
    MOST_LIFTED,
    ONE_TASK,
    STREAM_CELLS,
    STREAM_DRAWS,
)
from stillwatch.evidence.thresholds import CLIP

__all__ = ["AtLarge", "Null", "Window", "people_at_large"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Features = npt.NDArray[np.floating[Any]]

_ROUNDS = 12
_LIFTED_WINDOWS = 40
_STEPS = np.array([0.5, 0.75, 0.9, 0.95, 0.98])


@dataclass(frozen=True, slots=True)
class Window:
    """What the test of one window came to.

    Attributes:
        statistic: of the window.
        p_value: among windows of people at large.
        share: of its prompts, in excess of people at large, alike among themselves (0 where nothing is).
        lift: how much more alike each prompt is to the window's than to people at large (n).
    """

    statistic: float
    p_value: float
    share: float
    lift: F64

    @property
    def carriers(self) -> I64:
        """The prompts that carry it, most telling first."""
        return np.argsort(-self.lift, kind="stable")[: round(self.share * len(self.lift))]


@dataclass(frozen=True)
class AtLarge:
    """Prompts of many accounts, for windows to be held against.

    Attributes:
        lens: fitted on other prompts of theirs.
        cells: cells that prompts fall into, by raw features (cells x d).
        prompts: whitened (R x d).
        cell: of each of them (R).
        owner: account of each of them, numbered from 0 (R).
    """

    lens: Lens
    cells: F32
    prompts: F32
    cell: I64
    owner: I64

    @cached_property
    def pairs(self) -> F32:
        """How alike each two of them are, nothing on the diagonal (R x R)."""
        table = alike(self.prompts, self.prompts)
        np.fill_diagonal(table, 0)
        return table

    @property
    def even(self) -> F64:
        """All of them weighed alike (R)."""
        return np.full(len(self.prompts), 1.0 / len(self.prompts))

    def cells_of(self, features: Features) -> I64:
        """The cell of each prompt (n)."""
        return _nearest_cell(_standardised(self.lens, features), self.cells)

    def weighed(self, cell: I64) -> tuple[F64, float]:
        """Weights that compose people at large as a stream is, and the share of the stream that they explain.

        No cell is weighed more than ``MOST_LIFTED`` times what the stream's usual prompt is: what a source adds to its
        cell must not be explained away.

        Args:
            cell: of each of the stream's prompts.
        """
        there = np.bincount(cell, minlength=len(self.cells)) / len(cell)
        here = np.maximum(np.bincount(self.cell, minlength=len(self.cells)), 0.5) / len(self.cell)
        ratio = there / here
        most = MOST_LIFTED * float(np.median(ratio[cell]))
        lifted = np.minimum(ratio, most)
        weights = lifted[self.cell]
        # A stream of one task fills a cell or two: however they are weighed, people at large are not like it.
        explained = float(np.minimum(there, MOST_LIFTED * MOST_LIFTED * here).sum())
        return weights / weights.sum(), explained

    def null(self, size: int, stream: int, weights: F64, seed: int, draws: int = STREAM_DRAWS) -> Null:
        """Windows of streams of people at large.

        A customer of a relay asks of one thing again and again, as every account does. So a stream is made of whole
        accounts, drawn by their weight until it is as long as the one it is held against, and a window out of it.

        Args:
            size: prompts a window.
            stream: prompts of the stream that the windows are held against.
            weights: of the prompts of people at large (R).
            seed: of the draws.
            draws: windows.
        """
        drawn, outside = self._drawn(size, stream, weights, np.random.default_rng(seed), draws)
        weighed = weights.astype(np.float32)[:, None] * outside
        within, against = self.pairs @ drawn, self.pairs @ weighed
        left, squares = weighed.sum(axis=0, dtype=np.float64), (weighed.astype(np.float64) ** 2).sum(axis=0)
        inside = np.einsum("ij,ij->j", drawn, within) / (size * (size - 1))
        across = np.einsum("ij,ij->j", drawn, against) / (size * left)
        rest = np.einsum("ij,ij->j", weighed, against) / (left**2 - squares)
        statistics = (inside - 2 * across + rest) / (1 / size + squares / left**2)
        shown = slice(0, _LIFTED_WINDOWS)
        lift = within[:, shown] / (size - 1) - against[:, shown] / left[shown]
        there = drawn[:, shown] > 0
        lines = np.quantile(lift[there], _STEPS)
        shares = [_excess(lift[there[:, n], n], lines) for n in range(there.shape[1])]
        return Null(
            self,
            size,
            weights,
            np.asarray(statistics, np.float64),
            lines,
            float(np.median(shares)),
            self.pairs @ weights,
        )

    def _drawn(self, size: int, stream: int, weights: F64, rng: np.random.Generator, draws: int) -> tuple[F32, F32]:
        """Which prompts are in which window, and which are of accounts outside its stream (R x draws, both).

        What a window's own accounts asked beside it is no part of what it is held against: nor is it with a stream.
        """
        counts = np.bincount(self.owner)
        chance = np.log(np.maximum(np.bincount(self.owner, weights) / np.maximum(counts, 1), 1e-300))
        # Streams longer than half of all are made of so many: longer ones would all be the same.
        length = max(size, min(stream, len(weights) // 2))
        drawn, outside = np.zeros((2, len(weights), draws), np.float32)
        for number in range(draws):
            order = np.argsort(-(chance + rng.gumbel(size=len(counts))), kind="stable")
            last = int(np.searchsorted(np.cumsum(counts[order]), length)) + 1
            there = np.zeros(len(counts), np.bool_)
            there[order[:last]] = True
            drawn[rng.choice(np.flatnonzero(there[self.owner]), size, replace=False), number] = 1.0
            outside[~there[self.owner], number] = 1.0
        return drawn, outside


@dataclass(frozen=True, slots=True)
class Null:
    """Windows of people at large.

    Attributes:
        at_large: whom they are drawn from.
        size: prompts a window.
        weights: of people at large (R).
        statistics: of the windows drawn.
        lines: lifts of their prompts at ``_STEPS``.
        usual: share of a window that is alike among itself with no source in it.
        against: how alike each of people at large is to the weighed others (R).
    """

    at_large: AtLarge
    size: int
    weights: F64
    statistics: F64
    lines: F64
    usual: float
    against: F64

    def statistic(self, features: Features) -> tuple[float, F64]:
        """The statistic of a window's raw features, and the lift of each prompt."""
        seen = self.at_large.lens(features)
        n = len(seen)
        pairs = alike(seen, seen)
        np.fill_diagonal(pairs, 0)
        within = pairs.sum(axis=1, dtype=np.float64) / (n - 1)
        across = alike(seen, self.at_large.prompts) @ self.weights
        squares = float(self.weights @ self.weights)
        rest = float(self.weights @ self.against) / (1 - squares)
        value = (within.mean() - 2 * across.mean() + rest) / (1 / n + squares)
        return float(value), within - across

    def test(self, features: Features) -> Window:
        """Test a window of ``size`` prompts by their raw features (size x d)."""
        value, lift = self.statistic(features)
        share = max(_excess(lift, self.lines) - self.usual, 0.0)
        return Window(value, tail_p(self.statistics, value), share, lift)


def people_at_large(fitted: tuple[Features, I64], drawn: tuple[Features, I64], seed: int) -> AtLarge | None:
    """A background of the accounts that have no single task of their own; None where they are too few.

    An application in a window drawn would be a source in it, and hide the one that is looked for.

    Args:
        fitted: raw features of prompts that the lens is fitted on, and the account of each.
        drawn: the same of the prompts that windows are drawn from, of other accounts.
        seed: of the cells.
    """
    lens = fit_lens(fitted[0])
    parts = []
    for features, owner in (fitted, drawn):
        kept = np.flatnonzero(several_tasks(lens(features), owner))[:MOST_AT_LARGE]
        if len(kept) < LEAST_AT_LARGE:
            return None
        parts.append((features[kept], np.unique(owner[kept], return_inverse=True)[1]))
    (plain, _), (features, owner) = parts
    lens = fit_lens(plain)
    cells = _cells(_standardised(lens, plain), np.random.default_rng(seed))
    return AtLarge(lens, cells, lens(features), _nearest_cell(_standardised(lens, features), cells), owner)


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


def _excess(lift: F64, lines: F64) -> float:
    """Share of a window's prompts that lie above some line beyond those that chance puts there."""
    return max(0.0, float(np.max((lift[:, None] > lines).mean(axis=0) - (1 - _STEPS))))


def _standardised(lens: Lens, features: Features) -> F32:
    return np.asarray(np.clip((features - lens.centre) / lens.spread, -CLIP, CLIP), np.float32)


def _nearest_cell(points: F32, cells: F32) -> I64:
    distance = (cells**2).sum(axis=1) - 2 * points @ cells.T
    return np.asarray(distance.argmin(axis=1), np.int64)


def _cells(points: F32, rng: np.random.Generator) -> F32:
    """Centres of Lloyd's k-means."""
    centres = points[rng.choice(len(points), min(STREAM_CELLS, len(points)), replace=False)]
    for _ in range(_ROUNDS):
        nearest = _nearest_cell(points, centres)
        count = np.bincount(nearest, minlength=len(centres))
        total = np.zeros_like(centres)
        np.add.at(total, nearest, points)
        centres = np.where(count[:, None] > 0, total / np.maximum(count, 1)[:, None], centres).astype(np.float32)
    return centres
