"""When requests are sent: by people in their waking or working hours, and by machines. Times are hours of the log."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

__all__ = ["DAY", "Clock", "Pace", "Wave"]

DAY = 24
Pace = Literal["burst", "nightly", "steady", "product", "cron"]
_PACES: tuple[Pace, ...] = ("burst", "nightly", "steady", "product", "cron")
Wave = tuple[float, float]
"""Begin and length."""
_TRIES = 25


class _Timed(Protocol):
    """Whose times are drawn."""

    created: float
    zone: float
    works: bool


class Clock:
    """Draws times within a log.

    Args:
        rng: draws everything.
        days: how long the log is.
        begin: its first moment.
    """

    def __init__(self, rng: random.Random, days: float, begin: datetime) -> None:
        self._rng, self.days, self.begin = rng, days, begin

    @property
    def end(self) -> float:
        """The log's length in hours."""
        return self.days * DAY

    def human(self, account: _Timed, count: int, *, works: bool | None = None) -> list[float]:
        """So many beginnings of sittings, on some days, about an hour of the person's own; sorted."""
        rng, works = self._rng, account.works if works is None else works
        first = max(0, account.created + 0.1)
        if first > self.end - 2:
            first = self.end * 0.8
            account.created = first - 0.2
        middle = rng.gauss(13, 1) if works else rng.gauss(15, 3)
        weekend = rng.uniform(0.05, 0.3) if works else rng.uniform(0.6, 1.3)
        every = range(int(self.days) + 1)
        days = [day for day in every if rng.random() < rng.uniform(0.2, 0.9)] or list(every)
        return sorted(self._sitting(account, days, first, middle, weekend, works=works) for _ in range(count))

    def _sitting(
        self, account: _Timed, days: Sequence[int], first: float, middle: float, weekend: float, *, works: bool
    ) -> float:
        rng = self._rng
        for _ in range(_TRIES):
            day, hour = rng.choice(days), rng.gauss(middle, 2.3 if works else 3.6)
            if rng.random() < 0.05 and not works:
                hour = rng.uniform(0, DAY)
            moment = day * DAY + hour - account.zone
            weekday = (self.begin + timedelta(hours=day * DAY)).weekday() < 5
            if first <= moment < self.end and (weekday or rng.random() < weekend):
                return moment
        return rng.uniform(first, self.end)

    def machine(self, account: _Timed, count: int, pace: Pace | None = None) -> list[float]:
        """So many moments of a program: in bursts, at night, evenly, as a product's users come, or by the clock."""
        rng = self._rng
        first = min(max(0, account.created + 0.1), self.end * 0.8)
        pace = pace or rng.choices(_PACES, [3, 2, 1, 3, 0.6])[0]
        if pace == "steady":
            return sorted(rng.uniform(first, self.end) for _ in range(count))
        if pace == "cron":
            step = (self.end - first) / count
            return [first + number * step + rng.uniform(0, 0.002) for number in range(count)]
        if pace == "product":
            return self._visits(account.zone, first, count)
        return self._batches(account.zone, first, count, nightly=pace == "nightly")

    def _visits(self, zone: float, first: float, count: int) -> list[float]:
        rng = self._rng
        out: list[float] = []
        busiest = rng.uniform(11, 19)
        while len(out) < count:
            moment = rng.uniform(first, self.end)
            off = ((moment + zone) % DAY - busiest + 12) % DAY - 12
            if rng.random() < 0.12 + 0.88 * math.exp(-(off**2) / 40):
                out.append(moment)
        return sorted(out)

    def _batches(self, zone: float, first: float, count: int, *, nightly: bool) -> list[float]:
        """One to six batches at any time, or one every night; what would come after the log comes at its begin."""
        rng = self._rng
        out: list[float] = []
        batches = max(1, min(int(self.days), int(self.days) if nightly else rng.randint(1, 6)))
        night = rng.uniform(0, 5)
        for number in range(batches):
            if nightly:
                moment = min(self.end * 0.99, max(first, number * DAY + night - zone) % self.end)
            else:
                moment = rng.uniform(first, self.end * 0.97)
            between = rng.lognormvariate(1.2, 0.8) / 3600
            for _ in range(count // batches + (number < count % batches)):
                out.append(first + (moment - first) % (self.end - first - 0.001))
                moment += rng.expovariate(1 / between)
        return sorted(out)

    def waves(self, count: int) -> list[Wave]:
        """So many stretches of .3 to 5 hours."""
        rng = self._rng
        return [(rng.uniform(0.05, 0.98) * self.days * DAY, rng.uniform(0.3, 5)) for _ in range(count)]

    def dispatched(
        self,
        account: _Timed,
        count: int,
        waves: Sequence[Wave],
        share: float,
        within: tuple[float, float] | None = None,
    ) -> list[float]:
        """So many moments, this share of them in common waves; sorted.

        Args:
            account: whose; nothing is sent before it is there.
            count: how many.
            waves: those that all accounts have in common.
            share: from 0 to 1.
            within: first and last hour, or all of the log.
        """
        rng = self._rng
        out: list[float] = []
        low, high = within or (0, self.end)
        low = max(low, account.created + 0.05, 0)
        open_waves = [wave for wave in waves if low <= wave[0] < high]
        for _ in range(count):
            if open_waves and rng.random() < share:
                begin, length = rng.choice(open_waves)
                moment = begin + rng.random() * length
            else:
                moment = rng.uniform(low, high)
            out.append(min(max(moment, low), high - 0.001))
        return sorted(out)
