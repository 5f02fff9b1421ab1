"""When exchanges happen: human days, machines, daily caps, and one dispatcher's bursts.

Times are microseconds since 1970, UTC. A simulated week begins on Monday, 7 September 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "HOUR",
    "HOURS",
    "RELEASES",
    "START",
    "Dispatcher",
    "capped",
    "human",
    "machine",
    "newcomer",
    "nightly",
    "session",
]

I64 = npt.NDArray[np.int64]

HOUR = 3_600_000_000
HOURS = 168
START = 1_788_739_200 * 1_000_000

RELEASES: dict[str, float] = {"apex-2": -8000.0, "apex-3-mini": -1500.0, "apex-3": -900.0, "apex-4": 60.0}
"""Models and their releases, in hours from the beginning of the week."""


def _clip(times: npt.NDArray[np.float64]) -> I64:
    return START + (np.clip(times, 0, HOURS - 1e-3) * HOUR).astype(np.int64)


def human(rng: np.random.Generator, count: int) -> I64:
    """A person: some days of the week, waking hours of a time zone, sessions of a few minutes a turn."""
    zone = rng.choice([-8, -6, -5, -3, 0, 1, 2, 3, 5.5, 8, 9, 10])
    days = rng.choice(7, size=min(7, 1 + rng.poisson(2.5)), replace=False, p=[0.16, 0.16, 0.16, 0.16, 0.16, 0.1, 0.1])
    peak = rng.normal(14.5, 3)
    sessions = max(1, count // int(rng.integers(3, 12)))
    starts = rng.choice(days, sessions) * 24 + (rng.normal(peak, 3.0, sessions) - zone) % 24
    return _clip(starts[rng.integers(0, sessions, count)] + rng.exponential(0.35, count))


def machine(rng: np.random.Generator, count: int, *, office: bool) -> I64:
    """An application: around the clock, or following its users' working days."""
    begin = rng.uniform(0, 60) if rng.random() < 0.15 else 0.0
    times = rng.uniform(begin, HOURS, count)
    if office:
        zone, days = rng.choice([-8, -5, 0, 1, 5.5, 9]), rng.choice(5, count)
        times = np.maximum(days * 24 + (rng.normal(13, 3, count) - zone) % 24, begin)
    return _clip(times + rng.exponential(0.2, count))


def nightly(rng: np.random.Generator, count: int) -> I64:
    """A scheduled job: at one hour on every night, as fast as it goes."""
    hour, nights = int(rng.integers(0, 6)), int(rng.integers(2, 8))
    return _clip(rng.integers(0, nights, count) * 24 + hour + rng.uniform(0, 1.5, count))


def session(rng: np.random.Generator, count: int, begin: float, hours: float) -> I64:
    """One sitting that starts at ``begin`` hours into the week and lasts ``hours``."""
    return _clip(begin + np.sort(rng.uniform(0, hours, count)))


def newcomer(rng: np.random.Generator, count: int, begin: float) -> I64:
    """Somebody who signs up at ``begin`` hours into the week: a first try at once, the rest on later days."""
    first = int(np.ceil(count * rng.uniform(0.3, 1.0)))
    left = int((HOURS - begin) // 24)
    if left < 1:
        first = count
    hour = begin % 24 + rng.normal(0, 2)
    later = (begin // 24 + rng.integers(1, left + 1, count - first)) * 24 + hour if left else np.zeros(0)
    return np.sort(
        np.concatenate(
            [
                _clip(begin + rng.uniform(0, rng.exponential(0.8) + 0.1, first)),
                _clip(later + rng.exponential(0.4, count - first)),
            ]
        )
    )


def capped(rng: np.random.Generator, cap: int, days: Sequence[int]) -> I64:
    """An allowance of ``cap`` requests a day, from midnight, used up on each of these days."""
    pace = rng.uniform(0.01, 0.05)
    # Who uses up an allowance day by day comes back when there is a new one.
    begins = np.repeat([24 * day + rng.exponential(0.4) for day in days], cap)
    waits = rng.exponential(pace, (len(days), cap)).cumsum(axis=1).ravel()
    return _clip(begins + waits)


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """One scheduler that fills many accounts: bursts and pauses that they share.

    Attributes:
        rate: relative rate of each ten minutes of the week.
    """

    rate: npt.NDArray[np.float64]

    @classmethod
    def make(cls, rng: np.random.Generator, *, diurnal: float = 0.0) -> Dispatcher:
        """Bursts of hours and pauses between them; ``diurnal`` of the rate follows one working day."""
        cells = HOURS * 6
        switches = np.cumsum(rng.exponential(30, cells))
        on = np.searchsorted(switches, np.arange(cells)) % 2 == 0
        day = 0.5 + 0.5 * np.cos((np.arange(cells) / 6 - 15) / 24 * 2 * np.pi)
        return cls((0.12 + on * rng.uniform(0.8, 1.2, cells)) * (1 - diurnal + diurnal * 2 * day))

    def times(self, rng: np.random.Generator, count: int, begin: float = 0, end: float = HOURS) -> I64:
        """Times of one account's share of the work, between two hours of the week."""
        first, last = int(begin * 6), max(int(end * 6), int(begin * 6) + 1)
        rate = self.rate[first:last]
        cells = rng.choice(len(rate), count, p=rate / rate.sum()) + first
        return _clip((cells + rng.uniform(0, 1, count)) / 6)
