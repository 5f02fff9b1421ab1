"""When accounts are at work: people's days by time zone, weekends and a holiday; programs' ticks and streams."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

__all__ = ["Calendar", "Rhythm", "ticks", "within"]

_SHAPES = {
    "office": (0, 0, 0, 0, 0, 0, 1, 4, 9, 12, 12, 10, 7, 9, 11, 11, 9, 6, 3, 2, 2, 1, 1, 0),
    "evening": (2, 1, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 7, 9, 11, 12, 11, 8, 5),
    "all day": (2, 1, 1, 0, 0, 1, 2, 4, 6, 7, 8, 8, 7, 8, 8, 8, 8, 7, 7, 7, 7, 6, 5, 4),
    "student": (6, 4, 2, 1, 0, 0, 0, 1, 3, 5, 7, 8, 7, 7, 8, 8, 7, 6, 6, 8, 10, 11, 10, 8),
    "night": (10, 9, 7, 5, 2, 1, 0, 0, 0, 1, 2, 3, 3, 3, 3, 4, 4, 5, 6, 6, 8, 9, 11, 11),
    "early": (0, 0, 0, 1, 4, 8, 10, 9, 7, 6, 5, 5, 5, 4, 4, 3, 3, 3, 2, 2, 1, 1, 0, 0),
}
_WEEKENDS = {"office": 0.12, "evening": 1.2, "all day": 0.8, "student": 0.7, "night": 1.1, "early": 0.7}
_ZONES = {
    "us": (-8, -7, -6, -5, -5),
    "gb": (0,),
    "de": (1,),
    "fr": (1,),
    "es": (1,),
    "br": (-3,),
    "in": (5.5,),
    "jp": (9,),
    "cn": (8,),
    "pl": (1,),
    "au": (8, 10),
    "ca": (-8, -5),
    "mx": (-6,),
    "kr": (9,),
    "vn": (7,),
    "ng": (1,),
}


@dataclass(frozen=True)
class Calendar:
    """The weeks of one world."""

    start: datetime
    days: int
    holiday: int
    """Number of the day on which some countries rest."""
    resting: frozenset[str]

    @property
    def end(self) -> datetime:
        """When the log ends."""
        return self.start + timedelta(days=self.days)

    def zone(self, rng: random.Random, country: str) -> float:
        """Hours ahead of UTC."""
        return rng.choice(_ZONES[country])

    def moment(self, rng: random.Random) -> datetime:
        """Any time in these weeks."""
        return self.start + timedelta(days=rng.random() * self.days)


@dataclass
class Rhythm:
    """When one person is at it."""

    calendar: Calendar
    shape: str
    country: str
    zone: float
    shift: float = 0
    weekend: float = 1
    days: list[float] = field(default_factory=list)

    @classmethod
    def drawn(cls, rng: random.Random, calendar: Calendar, country: str, shape: str | None = None) -> Rhythm:
        """A rhythm of one's own: shifted a little, with days on and off."""
        shape = shape or rng.choices(list(_SHAPES), (30, 24, 20, 14, 6, 6))[0]
        weekend = _WEEKENDS[shape] * rng.uniform(0.4, 1.6)
        rhythm = cls(calendar, shape, country, calendar.zone(rng, country), rng.gauss(0, 1.1), weekend)
        keen = rng.uniform(0.25, 1)
        for day in range(calendar.days):
            weight = rng.gammavariate(1.2, 1) if rng.random() < keen else 0.02
            if (calendar.start + timedelta(days=day)).weekday() >= 5:
                weight *= weekend
            if day == calendar.holiday and country in calendar.resting:
                weight *= 0.25
            rhythm.days.append(weight)
        return rhythm

    def moments(
        self, rng: random.Random, count: int, first: datetime | None = None, last: datetime | None = None
    ) -> list[datetime]:
        """So many times at which this person sits down, in order, none before ``first`` or after ``last``."""
        shape, found = _SHAPES[self.shape], []
        end = self.calendar.end - timedelta(minutes=2)
        begin, end = max(first or self.calendar.start, self.calendar.start), min(last or end, end)
        for _ in range(count):
            for attempt in range(40):
                days = self.days if attempt < 12 else None
                day = rng.choices(range(self.calendar.days), days)[0]
                hour = rng.choices(range(24), shape)[0] + rng.random() + self.shift - self.zone
                when = self.calendar.start + timedelta(days=day, hours=hour)
                if begin <= when < end:
                    found.append(when)
                    break
        return sorted(found)


def within(rng: random.Random, first: datetime, last: datetime, count: int) -> list[datetime]:
    """So many times spread evenly between two, in order."""
    span = (last - first).total_seconds()
    return sorted(first + timedelta(seconds=rng.random() * span) for _ in range(count))


def ticks(rng: random.Random, first: datetime, last: datetime, every: timedelta, jitter: float) -> list[datetime]:
    """Every so often from one time to another, each off by some seconds."""
    found = []
    while first < last:
        found.append(first + timedelta(seconds=abs(rng.gauss(0, jitter))))
        first += every
    return found
