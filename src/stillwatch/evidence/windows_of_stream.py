"""Does part of one stream of prompts come from one source: a window of it, held against people at large.

A relay, or an organisation that hides its accounts, is one stream of many people's talk. A source mixed into a few
per cent of it moves the window's mean a little and makes pairs of its prompts alike in many directions at once; the
statistic is the two-sample mean of a kernel that sees both (Gretton et al. 2012). Its null is windows of the same size
drawn from people at large, who are first weighed as the stream is composed, since a relay of people differs from a log
with applications in it, and that is no finding. Only a minority can be found: a stream that is not like people at large
in its bulk (an application, a pipeline) has nothing to be compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.evidence.composition import Cells, explained, fit_cells
from stillwatch.evidence.icc import intraclass_correlation
from stillwatch.evidence.lens import Lens, alike, alike_of, fit_lens
from stillwatch.evidence.p_values import drawn_until_told, tail_p
from stillwatch.evidence.seen_prompts import SeenPrompts, SeenWindow, look
from stillwatch.evidence.stream_thresholds import (
    FAR_APART,
    FRESH_WINDOWS,
    LARGE_WINDOW,
    LEAST_AT_LARGE,
    LIKE_THE_SOURCE,
    MOST_AT_LARGE,
    MOST_LIFTED,
    MOST_MINOR,
    MOST_READ,
    MOST_WINDOWS,
    SMALL_WINDOW,
    STREAM_DRAWS,
)

__all__ = ["AtLarge", "Null", "SeenSource", "Toward", "Window", "people_at_large"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Features = npt.NDArray[np.floating[Any]]

_LIFTED_WINDOWS = 40
_STEPS = np.array([0.5, 0.75, 0.9, 0.95, 0.98])
# Below this part of all pairs reading them costs less than multiplying.
_FEW = 0.1


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


@dataclass(frozen=True, slots=True)
class Toward:
    """What came of windows of one stream that were held against a source outside it.

    Attributes:
        p_values: of each window: "no more of it is like the source than of people at large".
        like: prompts that are nearer to the source than nearly all of people's are (windows x size).
        usual: share of such among people at large, composed as the stream is.
        by_account: how much of the difference between people's prompts in this their accounts explain (intraclass
            correlation): who asks of a like matter does so again and again.
    """

    p_values: tuple[float, ...]
    like: npt.NDArray[np.bool_]
    usual: float
    by_account: float


class SeenSource(NamedTuple):
    """Prompts of a source through the lens.

    Attributes:
        prompts: whitened (s x d).
        near: how alike each prompt of people at large is to them (R).
    """

    prompts: F32
    near: npt.NDArray[np.float32]


@dataclass(frozen=True)
class AtLarge:
    """Prompts of many accounts, for windows to be held against.

    Attributes:
        lens: fitted on other prompts of theirs.
        cells: that prompts fall into.
        prompts: whitened, those of an account next to one another (R x d).
        cell: of each of them (R).
        owner: account of each of them, numbered from 0 in order (R).
    """

    lens: Lens
    cells: Cells
    prompts: F32
    cell: I64
    owner: I64

    @cached_property
    def pairs(self) -> F32:
        """How alike each two of them are, nothing on the diagonal (R x R)."""
        table = alike(self.prompts, self.prompts)
        np.fill_diagonal(table, 0)
        return table

    def alike_to_people(self, weights: F64) -> F64:
        """How alike each of them is to all of them by their weight, itself included (R)."""
        weight = weights.astype(np.float32)
        itself = alike_of(np.einsum("ij,ij->i", self.prompts, self.prompts))
        return np.asarray(self.pairs @ weight + itself * weight, np.float64)

    def windows(self, length: int, *, of_all: bool = False) -> I64:
        """Rows of each window (windows x size) of a stream of so many prompts: every so many-th of them.

        Prompts next to one another may be an hour of one customer; a window spread over the stream is a sample of it.

        Args:
            length: of the stream.
            of_all: whether a window is as large as it can be, where a part of no minority is looked for.
        """
        most = int(len(self.prompts) / FRESH_WINDOWS)
        large = min(LARGE_WINDOW, length, most) if of_all else LARGE_WINDOW
        size = large if min(length, most) >= large else SMALL_WINDOW
        count = min(length // size, MOST_WINDOWS, MOST_READ // size)
        return np.linspace(0, length - 1, count * size).round().astype(np.int64).reshape(size, count).T

    def seen(self, keys: I64, features: Features) -> SeenPrompts:
        """A stream's prompts of these keys, by their raw features (n x d)."""
        return look(self.lens, self.cells, self.prompts, keys, features)

    def source(self, features: Features) -> SeenSource:
        """A source's prompts by their raw features (s x d), for streams to be held against."""
        return self.source_of(self.lens(features))

    def source_of(self, prompts: F32) -> SeenSource:
        """The same of prompts that are whitened."""
        return SeenSource(prompts, alike(self.prompts, prompts).mean(axis=1))

    @property
    def even(self) -> F64:
        """All of them weighed alike (R)."""
        return np.full(len(self.prompts), 1.0 / len(self.prompts))

    def by_account(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Sums over the prompts of each account."""
        first = np.flatnonzero(np.diff(self.owner, prepend=-1))
        return np.asarray(np.add.reduceat(values, first))

    def weighed(self, cell: I64) -> tuple[F64, float]:
        """Weights that compose people at large as a stream is, and the share of the stream that they explain.

        No cell is weighed more than ``MOST_LIFTED`` times what the stream's usual prompt is: what a source adds to its
        cell must not be explained away.

        Args:
            cell: of each of the stream's prompts.
        """
        there, here = self.cells.shares(cell), np.maximum(self.cells.shares(self.cell), 0.5 / len(self.cell))
        ratio = there / here
        weights = np.minimum(ratio, MOST_LIFTED * float(np.median(ratio[cell])))[self.cell]
        return weights / weights.sum(), explained(there, here)

    def null(self, size: int, stream: int, weights: F64, seed: int) -> Null:
        """Windows of streams of people at large.

        Args:
            size: prompts a window.
            stream: prompts of the stream that the windows are held against.
            weights: of the prompts of people at large (R).
            seed: of the draws.
        """
        return Null(self, size, stream, weights, np.random.default_rng(seed))


class Null:
    """Windows of people at large, drawn as they are needed.

    A customer of a relay asks of one thing again and again, as every account does. So a stream is made of whole
    accounts, drawn by their weight until it is as long as the one it is held against, and a window out of it. It is
    held against the accounts outside: what a window's own accounts asked beside it is no part of what a stream is held
    against either.
    """

    def __init__(self, at_large: AtLarge, size: int, stream: int, weights: F64, rng: np.random.Generator) -> None:
        self._at_large, self._size, self._weights, self._rng = at_large, size, weights, rng
        self._counts = np.bincount(at_large.owner)
        of_account = at_large.by_account(weights)
        self._chance = np.log(np.maximum(of_account / self._counts, 1e-300))
        # Streams longer than half of all are made of so many: longer ones would all be the same.
        self._length = max(size, min(stream, len(weights) // 2))
        # How alike an account is to each prompt, and two accounts, by the weight of their prompts.
        mine = sparse.csr_array((weights, (at_large.owner, np.arange(len(weights)))))
        self._to_account = np.asarray(mine.astype(np.float32) @ at_large.pairs)
        self._accounts = np.asarray(mine @ self._to_account.T)
        self._total, self._squares = of_account, at_large.by_account(weights**2)
        self._rest = float(self._accounts.sum()) / (1 - float(self._squares.sum()))
        drawn, lifts = self._draw(_LIFTED_WINDOWS)
        self._drawn = drawn
        self._lines = np.quantile(np.concatenate(lifts), _STEPS)
        self._far = float(np.quantile(np.concatenate(lifts), FAR_APART))
        self._usual = float(np.median([_excess(lift, self._lines) for lift in lifts]))

    def windows(self, count: int) -> tuple[I64, npt.NDArray[np.bool_]]:
        """Which prompts are in each window (count x size), and which accounts are outside its stream
        (count x accounts)."""
        rows, outside = [], np.ones((count, len(self._counts)), np.bool_)
        for number in range(count):
            order = np.argsort(-(self._chance + self._rng.gumbel(size=len(self._counts))), kind="stable")
            last = int(np.searchsorted(np.cumsum(self._counts[order]), self._length)) + 1
            outside[number, order[:last]] = False
            stream = np.flatnonzero(~outside[number][self._at_large.owner])
            rows.append(self._rng.choice(stream, self._size, replace=False))
        return np.stack(rows), outside

    def _draw(self, count: int) -> tuple[F64, list[F64]]:
        """The statistic of windows drawn, and the lift of each prompt of each."""
        rows, outside = self.windows(count)
        within = _within(self._at_large.pairs, rows)
        far = outside.astype(np.float64)
        left, squares = far @ self._total, far @ self._squares
        against = np.take_along_axis(far.astype(np.float32) @ self._to_account, rows, axis=1)
        # Where a handful of accounts have all the weight, nobody may be left outside to be held against.
        with np.errstate(divide="ignore", invalid="ignore"):
            rest = np.einsum("ij,ij->i", far @ self._accounts, far) / (left**2 - squares)
            lift = within / (self._size - 1) - against / left[:, None]
            statistics = (lift - against / left[:, None]).mean(axis=1) + rest
            return statistics / (1 / self._size + squares / left**2), list(lift)

    def seen(self, prompts: SeenPrompts, rows: I64) -> list[SeenWindow]:
        """Windows of a stream by their rows of what was seen of it (windows x size)."""
        return prompts.windows(rows, self._weights)

    def statistic(self, window: SeenWindow) -> tuple[float, F64]:
        """The statistic of a window, and the lift of each prompt."""
        n, across = len(window.prompts), window.across
        pairs = alike(window.prompts, window.prompts)
        np.fill_diagonal(pairs, 0)
        within = pairs.sum(axis=1, dtype=np.float64) / (n - 1)
        value = (within.mean() - 2 * across.mean() + self._rest) / (1 / n + float(self._squares.sum()))
        return float(value), within - across

    def apart(self, lift: F64) -> npt.NDArray[np.bool_]:
        """Which prompts of a window are more alike to it than all but few prompts of honest windows are to theirs."""
        return np.asarray(lift > self._far, np.bool_)

    def toward(self, windows: Sequence[SeenWindow]) -> Callable[[SeenSource], Toward]:
        """Tells whether more of each window's prompts are like a source's than of people at large's.

        Args:
            windows: of one stream.

        Returns:
            What holds them against a source that is in none of them.
        """

        def against(source: SeenSource) -> Toward:
            usual = source.near - self._among_people
            line = np.quantile(usual, LIKE_THE_SOURCE)
            like = np.stack([alike(one.prompts, source.prompts).mean(axis=1) - one.across > line for one in windows])
            expected = float(self._weights @ (usual > line))
            if like.mean() <= expected:
                # No more than people at large send: what windows of theirs would show needs not be drawn.
                return Toward(tuple(0.5 for _ in like), like, expected, 0.0)
            drawn = (usual[self._of_people] > line).mean(axis=1)
            same = intraclass_correlation((usual > line)[:, None].astype(np.float32), self._at_large.owner)
            by_account = max(same.icc, 0.0) if np.isfinite(same.icc) else 0.0
            return Toward(
                tuple(tail_p(drawn, float(one.mean())) for one in like), like, float(drawn.mean()), by_account
            )

        return against

    @cached_property
    def _among_people(self) -> F64:
        """How alike each prompt of people at large is to all of them (R)."""
        return self._at_large.alike_to_people(self._weights)

    @cached_property
    def _of_people(self) -> I64:
        """Windows of people at large (``STREAM_DRAWS`` x size), for whatever source a stream is held against."""
        return self.windows(STREAM_DRAWS)[0]

    def test(self, windows: list[Features]) -> list[Window]:
        """Test windows of one stream, of ``size`` prompts each, by their raw features (size x d).

        None are tested where what is alike is no minority of the stream: what most of it is like is what the stream is,
        and it has nothing that hides.
        """
        prompts = np.arange(len(windows) * self._size)
        seen = self.seen(self._at_large.seen(prompts, np.concatenate(windows)), prompts.reshape(-1, self._size))
        return self.judged([self.statistic(window) for window in seen])

    def judged(self, told: Sequence[tuple[float, F64]]) -> list[Window]:
        """As ``test``, of what ``statistic`` says of each window."""
        return self.tested(told) if np.median(self.shares(told)) <= MOST_MINOR else []

    def shares(self, told: Sequence[tuple[float, F64]]) -> list[float]:
        """What share of each window is alike among itself, in excess of people at large."""
        return [max(_excess(lift, self._lines) - self._usual, 0.0) for _, lift in told]

    def tested(self, told: Sequence[tuple[float, F64]]) -> list[Window]:
        """Windows tested, whether what is alike in them is a minority or not; none where a window of people leaves
        nobody outside to be held against."""
        observed = np.array([value for value, _ in told])
        first = [self._drawn[:, None]]
        drawn = drawn_until_told(
            lambda count: first.pop() if first else self._draw(count)[0][:, None], observed, STREAM_DRAWS
        )
        if not np.isfinite(drawn).all():
            return []
        return [
            Window(value, tail_p(drawn[:, 0], value), share, lift)
            for (value, lift), share in zip(told, self.shares(told), strict=True)
        ]


def people_at_large(fitted: Features, drawn: tuple[Features, I64], seed: int) -> AtLarge | None:
    """A background to draw windows from; None where there is too little of it.

    Args:
        fitted: raw features of prompts that the lens is fitted on.
        drawn: the same of the prompts that windows are drawn from, of other accounts, and the account of each; an
            account's lie next to one another.
        seed: of the cells.
    """
    if min(len(fitted), len(drawn[0])) < LEAST_AT_LARGE:
        return None
    plain, features = fitted[:MOST_AT_LARGE], drawn[0][:MOST_AT_LARGE]
    owner = np.cumsum(np.diff(drawn[1][:MOST_AT_LARGE], prepend=drawn[1][:1]) != 0)
    lens = fit_lens(plain)
    cells = fit_cells(lens, plain, np.random.default_rng(seed))
    return AtLarge(lens, cells, lens(features), cells.of(features), owner)


def _within(pairs: F32, rows: I64) -> F64:
    """How alike each prompt of a window is to the others of it, summed (windows x size)."""
    if rows.shape[1] < _FEW * len(pairs):
        flat = pairs.ravel()
        return np.stack([flat.take(one[:, None] * len(pairs) + one).sum(axis=1, dtype=np.float64) for one in rows])
    drawn = np.zeros((len(pairs), len(rows)), np.float32)
    drawn[rows, np.arange(len(rows))[:, None]] = 1
    sums = pairs @ drawn
    return np.asarray(sums[rows, np.arange(len(rows))[:, None]], np.float64)


def _excess(lift: F64, lines: F64) -> float:
    """Share of a window's prompts that lie above some line beyond those that chance puts there."""
    return max(0.0, float(np.max((lift[:, None] > lines).mean(axis=0) - (1 - _STEPS))))
