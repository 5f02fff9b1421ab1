"""A campaign's hours as two step areas, exchanges above active accounts, with lettered marks.

Hours are folded into at most ``_MOST_BINS`` bins; exchanges add up, active accounts keep the
busiest hour's figure, because an account active in two hours is still one account. Heights are
pixels and places across per cent, so that words keep their size on any screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from stillwatch.drawing.axes import Tick, draw_bottom_axis
from stillwatch.drawing.scales import Scale, hour_ticks, round_hours
from stillwatch.drawing.svg import tag
from stillwatch.drawing.wording import count, moment, plural

__all__ = ["Bin", "Event", "Hour", "Mark", "Timeline", "draw_timeline", "lay_out_timeline"]

I64 = npt.NDArray[np.int64]

_MOST_BINS = 168


@dataclass(frozen=True, slots=True)
class Hour:
    """What happened from ``start`` on for an hour."""

    start: datetime
    exchanges: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something to mark: ``kind`` is ``release`` or ``failover``, ``sentence`` says what it was."""

    time: datetime
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Bin:
    """One step of the chart."""

    start: datetime
    exchanges: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Mark:
    """An event with its letter. ``left`` is None where it lies outside the campaign's hours."""

    letter: str
    event: Event
    left: float | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The chart; places across are per cent."""

    bins: tuple[Bin, ...]
    bin_hours: int
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]

    @property
    def step(self) -> str:
        """How long a bin is, in words."""
        return "hour" if self.bin_hours == 1 else f"{self.bin_hours} hours"


def lay_out_timeline(hours: Sequence[Hour], events: Sequence[Event] = ()) -> Timeline | None:
    """Folds hours, in any order and with gaps, into bins; None where there are none."""
    if not hours:
        return None
    first = min(hour.start for hour in hours)
    offsets = np.array([(hour.start - first) // timedelta(hours=1) for hour in hours], np.int64)
    bin_hours = round_hours(int(offsets.max()) + 1, _MOST_BINS)
    start = first
    if bin_hours >= 24:  # whole days start at midnight
        start = first.replace(hour=0)
        offsets = offsets + first.hour
    size = int(offsets.max()) // bin_hours + 1
    exchanges, accounts = np.zeros(size, np.int64), np.zeros(size, np.int64)
    np.add.at(exchanges, offsets // bin_hours, [hour.exchanges for hour in hours])
    np.maximum.at(accounts, offsets // bin_hours, [hour.accounts for hour in hours])
    step = timedelta(hours=bin_hours)
    across = Scale(0, size * bin_hours, 0, 100)
    return Timeline(
        bins=tuple(
            Bin(start + i * step, int(e), int(a)) for i, (e, a) in enumerate(zip(exchanges, accounts, strict=True))
        ),
        bin_hours=bin_hours,
        ticks=_ticks(start, across),
        marks=_marks(start, across, events),
    )


def draw_timeline(timeline: Timeline, at: str, whose: str) -> Markup:
    """The chart.

    Args:
        timeline: as laid out.
        at: what the ids within the page begin with.
        whose: the campaign, for who cannot see the chart.
    """
    exchanges = np.array([one.exchanges for one in timeline.bins], np.int64)
    accounts = np.array([one.accounts for one in timeline.bins], np.int64)
    busiest = "" if timeline.bin_hours == 1 else ", busiest hour of each step"
    name = f"Exchanges per {timeline.step} and active accounts of {whose}; the table below holds the same figures"
    return tag(
        "svg",
        tag("title", name, id=f"{at}-timeline-name"),
        *_area(exchanges, 42, 110, "area"),
        *_area(accounts, 180, 48, "area area-soft"),
        draw_bottom_axis(timeline.ticks, 228, unit="%", middle=False),
        *(_mark(mark) for mark in timeline.marks if mark.left is not None),
        _words(34, f"Exchanges per {timeline.step}, at most {count(int(exchanges.max()))}"),
        _words(172, f"Active accounts{busiest}, at most {count(int(accounts.max()))}"),
        _hover(timeline.bins),
        class_="timeline",
        width="100%",
        height=252,
        role="img",
        aria_labelledby=f"{at}-timeline-name",
    )


def _area(values: I64, top: int, height: int, kind: str) -> list[Markup]:
    """A step area over a line, with a hair line at its greatest value."""
    tops = np.round(100 - 100 * values / max(int(values.max()), 1), 1)
    path = "M0 100" + "".join(f"V{y:g}H{i}" for i, y in enumerate(tops, start=1)) + "V100Z"
    return [
        tag("line", class_="hair", x1=0, x2="100%", y1=top, y2=top),
        _stretched(tag("path", class_=kind, d=path), top, height, f"0 0 {len(values)} 100"),
        tag("line", class_="base", x1=0, x2="100%", y1=top + height, y2=top + height),
    ]


def _stretched(inner: Markup, top: int, height: int, box: str, kind: str | None = None) -> Markup:
    return tag("svg", inner, class_=kind, y=top, width="100%", height=height, viewBox=box, preserveAspectRatio="none")


def _words(y: int, words: str) -> Markup:
    return tag("text", words, class_="axis", x=0, y=y)


def _mark(mark: Mark) -> Markup:
    left = f"{mark.left:g}%"
    return tag(
        "g",
        tag("line", class_="halo", x1=left, x2=left, y1=18, y2=228),
        tag("line", class_="stem", x1=left, x2=left, y1=18, y2=228),
        tag("circle", cx=left, cy=9, r=9),
        tag("text", mark.letter, x=left, y=13),
        class_=f"mark mark-{mark.event.kind}",
    )


def _hover(bins: Sequence[Bin]) -> Markup:
    """A clear bar over each step that says its figures when pointed at."""
    bars = []
    for i, one in enumerate(bins):
        said = f"{moment(one.start)}: {plural(one.exchanges, 'exchange')}, {plural(one.accounts, 'account')}"
        bars.append(tag("rect", tag("title", said), x=i, width=1, height=1))
    return _stretched(Markup("").join(bars), 18, 210, f"0 0 {len(bins)} 1", "hover")


def _ticks(start: datetime, across: Scale) -> tuple[Tick, ...]:
    placed = [(across.place(after), words) for after, words in hour_ticks(start, across.high)]
    # A label near the right edge would run out of the picture.
    return tuple(Tick(left, words, n % 2 == 1) for n, (left, words) in enumerate(placed) if left <= 95)


def _marks(start: datetime, across: Scale, events: Sequence[Event]) -> tuple[Mark, ...]:
    """Marks in time order, lettered from A; beyond Z they are numbered."""
    found = []
    for n, event in enumerate(sorted(events, key=lambda event: (event.time, event.sentence))):
        left = across.place((event.time - start) / timedelta(hours=1))
        letter = chr(ord("A") + n) if n < 26 else str(n + 1)
        found.append(Mark(letter, event, left if 0 <= left <= 100 else None))
    return tuple(found)
