"""Means with the interval that a few seeds allow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy

__all__ = ["mean_interval"]


def mean_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """Mean and a Student t interval of it; all of [0, 1] where one value says nothing of the spread.

    Recovery and rates lie in [0, 1]: the interval is cut there, the mean is not.

    >>> mean_interval([0.5, 0.5, 0.5])
    (0.5, 0.5, 0.5)
    """
    found = np.asarray(values, dtype=np.float64)
    mean = float(found.mean())
    if len(found) < 2:
        return mean, 0.0, 1.0
    reach = float(scipy.stats.t.ppf(0.5 + level / 2, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found)))
    return mean, min(max(mean - reach, 0.0), mean), max(min(mean + reach, 1.0), mean)
