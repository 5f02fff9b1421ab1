"""P-values: against groups redrawn from the log's own accounts, joined over families and clusters.

* ``tail_p``: rank among the draws, with a generalised Pareto tail beyond them (Knijnenburg et al.
  2009), so that few draws suffice for small p-values.
* ``campaign_p``: an intersection-union test (Berger 1982). Its null hypothesis is "no common content, or
  no coordination", so no family alone can reject it, however small its p-value: one of the families that see
  content and one of those that see acting together must both be there.
* ``q_values``: Benjamini and Hochberg (1995) over the clusters tested.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import stats

__all__ = ["CONTENT", "COORDINATION", "campaign_p", "q_values", "tail_p"]

CONTENT = ("structure", "semantics")
"""Families that see one source of text: machinery or questions."""

COORDINATION = ("timing", "infrastructure")
"""Families that see strangers act together. Purpose and shape are often carried by the text or client
that structure saw, and would count it twice; they weigh in the links and in the portrait."""

_FLOOR = 1e-12
_TAIL = 100

F64 = npt.NDArray[np.float64]


def tail_p(draws: F64, observed: float) -> float:
    """P-value of a large ``observed`` among draws of the same statistic under the null.

    Args:
        draws: at least a few hundred values; NaN are left out.
        observed: the statistic; NaN gives 1.
    """
    draws = draws[np.isfinite(draws)]
    if not np.isfinite(observed) or len(draws) < 50:
        return 1.0
    above = int(np.sum(draws >= observed))
    rank = (above + 1) / (len(draws) + 1)
    if above >= 10:
        return float(rank)
    draws = np.sort(draws)
    size = min(_TAIL, len(draws) // 4)
    threshold = (draws[-size] + draws[-size - 1]) / 2
    excess = draws[-size:] - threshold
    if observed <= threshold or excess.max() <= 0:
        return float(rank)
    # Moments, not likelihood: never fails, and an unbounded tail is the cautious reading.
    mean, variance = float(excess.mean()), float(excess.var())
    shape = max(0.5 * (1 - mean**2 / max(variance, 1e-300)), 0.0)
    scale = mean * (1 - shape)
    beyond = float(stats.genpareto.sf(observed - threshold, shape, scale=scale))
    return float(np.clip(size / len(draws) * beyond, _FLOOR, rank))


def campaign_p(p: Mapping[str, float]) -> float:
    """P-value of "no common content, or no coordination".

    Each side takes the smaller of its families' p-values, times their number (Bonferroni); the
    larger side is the test's p-value.

    Args:
        p: p-value of each family that could be tested.

    >>> campaign_p({"structure": 1e-9, "timing": 0.4})
    0.4
    >>> campaign_p({"structure": 1e-9, "semantics": 1e-9})
    1.0
    """
    sides = [[p[family] for family in side if family in p] for side in (CONTENT, COORDINATION)]
    return float(max(min(1.0, len(side) * min(side)) if side else 1.0 for side in sides))


def q_values(p: F64) -> F64:
    """Benjamini-Hochberg adjusted p-values."""
    return np.asarray(stats.false_discovery_control(p), np.float64) if len(p) else np.zeros(0)
