"""Intervals of rates and of their differences, Holm's correction, and p-values as readers meet them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import scipy

__all__ = ["Difference", "Rate", "difference", "holm", "p_words"]


@dataclass(frozen=True, slots=True)
class Rate:
    """``hits`` of ``total`` with Wilson's 95 % interval (Wilson 1927).

    >>> rate = Rate(0, 40)
    >>> rate.share, rate.low, round(rate.high, 3)
    (0.0, 0.0, 0.088)
    """

    hits: int
    total: int

    @property
    def share(self) -> float:
        """Observed; 0 of nothing."""
        return self.hits / self.total if self.total else 0.0

    @property
    def low(self) -> float:
        """Lower end."""
        return 0.0 if self.hits == 0 else self._end(-1)

    @property
    def high(self) -> float:
        """Upper end."""
        return 1.0 if self.hits == self.total else self._end(1)

    def _end(self, side: int) -> float:
        z = float(scipy.stats.norm.ppf(0.975))
        n, p = self.total, self.share
        middle = p + z * z / (2 * n)
        reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return float(min(max((middle + side * reach) / (1 + z * z / n), 0.0), 1.0))

    def __str__(self) -> str:
        return f"{self.hits} of {self.total} ({self.share:.1%}, 95 % {self.low:.1%} to {self.high:.1%})"

    def as_json(self) -> dict[str, float]:
        """Figures of a report."""
        return {"hits": self.hits, "total": self.total, "rate": self.share, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class Difference:
    """A first rate less a second, with a 95 % interval."""

    value: float
    low: float
    high: float


def difference(first: Rate, second: Rate) -> Difference:
    """Newcombe's interval of a difference of rates from Wilson's of each (Newcombe 1998, method 10)."""
    value = first.share - second.share
    down = math.hypot(first.share - first.low, second.high - second.share)
    up = math.hypot(first.high - first.share, second.share - second.low)
    return Difference(value, max(value - down, -1.0), min(value + up, 1.0))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values (Holm 1979): at most alpha of all families of nulls see a false one under alpha.

    Holds whatever the dependence between the tests.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, worst = [0.0] * len(p_values), 0.0
    for place, i in enumerate(order):
        worst = max(worst, min((len(p_values) - place) * p_values[i], 1.0))
        adjusted[i] = worst
    return adjusted


def p_words(value: float | None) -> str:
    """A p-value as a reader meets it: no powers of ten, and no more digits than it can bear.

    >>> p_words(0.0213), p_words(0.000061), p_words(3e-19)
    ('0.021', '0.00006', '< 0.000001')
    """
    if value is None:
        return "–"
    if value >= 0.001:
        return f"{value:.3f}"
    # Beyond this the tail of a fitted distribution says nothing.
    if value < 1e-6:
        return "< 0.000001"
    digits = next(n for n in range(4, 8) if value >= 10**-n)
    return f"{value:.{digits}f}"
