"""From data to places: scales, and where an axis is marked.

A scale takes values to places along one direction of a chart, in whatever unit the chart is laid
out (SVG units, per cent). Ticks are round: 1, 2 or 5 times a power of ten, hours and days, powers
of ten of odds. To add a kind of axis, add the function that finds its ticks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["Scale", "decade_ticks", "hour_ticks", "round_hours", "round_ticks"]

_STEPS_HOURS = (1, 3, 6, 12, 24, 48, 96, 168, 336, 672, 1344, 2688, 5376, 10752)


@dataclass(frozen=True, slots=True)
class Scale:
    """Takes ``low`` to ``start`` and ``high`` to ``end``, evenly after ``bend`` (such as ``math.log2``).

    Where low and high are one value, it lies in the middle.

    >>> Scale(0, 10, 100, 0).place(2.5), Scale(1, 16, 0, 40, math.log2).place(4)
    (75.0, 20.0)
    """

    low: float
    high: float
    start: float
    end: float
    bend: Callable[[float], float] = float

    def place(self, value: float) -> float:
        """Where the value lies, to a hundredth; outside ``start`` to ``end`` for a value beyond the scale."""
        low, high = self.bend(self.low), self.bend(self.high)
        along = (self.bend(value) - low) / (high - low) if high != low else 0.5
        return round(self.start + along * (self.end - self.start), 2)


def round_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values from low to high, at most ``most`` of them; one value where the two are one.

    >>> round_ticks(0.03, 1.02)
    [0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not high > low:
        return [low]
    decade = 10.0 ** math.floor(math.log10((high - low) / most))
    for step in (factor * decade for factor in (1, 2, 5, 10, 20, 50, 100)):
        first, last = math.ceil(low / step), math.floor(high / step)
        if last - first < most:
            break
    digits = max(0, 2 - math.floor(math.log10(step)))
    return [round(n * step, digits) + 0.0 for n in range(first, last + 1)]


def round_hours(hours: float, most: int) -> int:
    """The shortest step of round hours or days of which ``most`` hold as many hours.

    >>> round_hours(165, 168), round_hours(900, 168), round_hours(165, 8)
    (1, 6, 24)
    """
    return next((n for n in _STEPS_HOURS if hours <= n * most), math.ceil(hours / most))


def hour_ticks(start: datetime, hours: float, most: int = 8) -> list[tuple[float, str]]:
    """Times at round hours of the day or at midnights: hours after ``start``, and what is written there.

    >>> hour_ticks(datetime(2026, 2, 2, 5, tzinfo=UTC), 16)
    [(1.0, '06:00'), (4.0, '09:00'), (7.0, '12:00'), (10.0, '15:00'), (13.0, '18:00'), (16.0, '21:00')]
    """
    stride = round_hours(hours, most)
    midnight = datetime(start.year, start.month, start.day, tzinfo=UTC)
    found = []
    for n in range(int(hours // stride) + 25):
        time = midnight + timedelta(hours=n * stride)
        after = (time - start) / timedelta(hours=1)
        if 0 <= after <= hours:
            found.append((after, f"{time.day} {time:%b}" if time.hour == 0 else f"{time:%H:%M}"))
    return found


def decade_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Whole powers of ten, or of a thousand and so on, as log2 of odds within low and high.

    >>> [round(2**at, 6) for at in decade_ticks(-8, 5)]
    [0.01, 0.1, 1.0, 10.0]
    """
    decade = math.log2(10)
    stride = next((n for n in (1, 2, 3, 6, 9, 12, 18, 24, 36, 72, 144) if (high - low) / (n * decade) <= most - 1), 288)
    first, last = math.ceil(low / (stride * decade)), math.floor(high / (stride * decade))
    return [n * stride * decade for n in range(first, last + 1)]
