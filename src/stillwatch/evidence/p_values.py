"""P-values of a statistic against draws of it from the log's own background."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.evidence.thresholds import DRAWS_AT_ONCE, ENOUGH, LEAST_DRAWS, P_FLOOR, RANKED, TAIL

__all__ = ["cauchy_p", "count_tail_p", "drawn_until_told", "log10_often_tail", "log10_sharing_tail", "tail_p"]

F64 = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.float64 | np.int64]


def cauchy_p(p_values: Sequence[float]) -> float:
    """One p-value of several that may hang together in whatever way (Liu and Xie 2020).

    Where one is small it is close to Bonferroni's, and where all are it is not made larger for their number. Those near
    1 count as .9, for one of them would outweigh all others.
    """
    kept = np.clip(np.asarray(p_values, np.float64), P_FLOOR, 0.9)
    return float(np.arctan2(1, np.mean(1 / np.tan(np.pi * kept))) / np.pi)


def drawn_until_told(draw: Callable[[int], F64], observed: F64, most: int) -> F64:
    """Draws of s statistics under the null, no more of them than tell (Besag and Clifford 1991).

    What ``ENOUGH`` draws reach is nothing rare, however many more are drawn.

    Args:
        draw: gives so many draws (draws x s).
        observed: of which large values speak against the null (s).
        most: draws that are made for what fewer reach.
    """
    drawn = draw(DRAWS_AT_ONCE)
    while len(drawn) < most and np.any(np.sum(drawn >= observed, axis=0) < ENOUGH):
        drawn = np.concatenate([drawn, draw(DRAWS_AT_ONCE)])
    return drawn


def tail_p(draws: F64, observed: float) -> float:
    """P-value of a large ``observed`` among draws of the same statistic under the null.

    Its rank among the draws, with a generalised Pareto tail beyond them (Knijnenburg et al. 2009), so that few draws
    suffice for small p-values.

    Args:
        draws: at least a few hundred values, or as ``drawn_until_told`` gives them; NaN are left out.
        observed: the statistic; NaN gives 1.
    """
    draws = draws[np.isfinite(draws)]
    if not np.isfinite(observed):
        return 1.0
    above = int(np.sum(draws >= observed))
    rank = (above + 1) / (len(draws) + 1)
    if above >= RANKED:
        return float(rank)
    if len(draws) < LEAST_DRAWS:
        return float(rank) if above >= ENOUGH else 1.0
    draws = np.sort(draws)
    size = min(TAIL, len(draws) // 4)
    threshold = (draws[-size] + draws[-size - 1]) / 2
    excess = draws[-size:] - threshold
    if observed <= threshold or excess.max() <= 0:
        return float(rank)
    # Moments, not likelihood: never fails, and an unbounded tail is the cautious reading.
    mean, variance = float(excess.mean()), float(excess.var())
    shape = max(0.5 * (1 - mean**2 / max(variance, 1e-300)), 0.0)
    scale = mean * (1 - shape)
    beyond = float(scipy.special.inv_boxcox(-float(observed - threshold) / scale, -shape))
    return float(np.clip(size / len(draws) * beyond, P_FLOOR, rank))


def count_tail_p(draws: Numbers, observed: int) -> float:
    """``tail_p`` of a count: uniform noise below one is added to the draws, so that their tail can be extrapolated."""
    noise = np.random.default_rng(len(draws)).random(len(draws))
    return tail_p(draws + noise, float(observed))


def log10_sharing_tail(count: Numbers, size: int, holders: Numbers, total: int) -> F64:
    """log10 P(at least ``count`` of ``size`` entities drawn from ``total`` are among the ``holders``).

    Hypergeometric (Fisher's exact test): who is drawn is part of the total, and in a small log a large part of it.
    """
    count, holders = np.broadcast_arrays(count, holders)
    # Most things are had by as few of a group, and as few of all, as many others are.
    _, one, of = np.unique(holders * (size + 1.0) + count, return_index=True, return_inverse=True)
    tail = scipy.stats.hypergeom.sf(count.ravel()[one] - 1, total, holders.ravel()[one], size)
    return np.asarray(np.log10(np.maximum(tail, 1e-300))[of].reshape(count.shape))


def log10_often_tail(count: Numbers, size: int, share: F64) -> F64:
    """log10 P(at least ``count`` of ``size`` strangers have what this share of everybody has)."""
    return np.asarray(np.log10(np.maximum(scipy.stats.binom.sf(count - 1, size, share), 1e-300)))
