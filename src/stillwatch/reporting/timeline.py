"""A campaign's hours drawn as two step areas, exchanges above active accounts, with lettered marks.

Hours are folded into at most ``_MOST_BINS`` bins; exchanges add up, active accounts keep the
busiest hour's figure, because an account active in two hours is still one account. To add a kind
of mark, give ``_marks`` its sentence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.reporting import wording

__all__ = ["Bin", "Mark", "Timeline", "XTick", "draw_timeline"]

_MOST_BINS = 168
_MOST_TICKS = 8
_STEPS_HOURS = (1, 3, 6, 12, 24, 48, 96, 168, 336, 672, 1344, 2688, 5376, 10752)


@dataclass(frozen=True, slots=True)
class Bin:
    """One step of the chart."""

    start: datetime
    exchanges: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A release or a failover. ``left`` is null where it lies outside the campaign's hours."""

    letter: str
    kind: str
    time: datetime
    left: float | None
    sentence: str


@dataclass(frozen=True, slots=True)
class XTick:
    """A time on the axis; ``minor`` ones are left out on a narrow screen."""

    left: float
    label: str
    minor: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """The chart, in units of one bin across and 100 down."""

    bins: tuple[Bin, ...]
    bin_hours: int
    exchanges_path: str
    accounts_path: str
    most_exchanges: int
    most_accounts: int
    ticks: tuple[XTick, ...]
    marks: tuple[Mark, ...]


def draw_timeline(
    rows: Sequence[Mapping[str, Any]],
    pivots: Sequence[Mapping[str, Any]] = (),
    failovers: Sequence[Mapping[str, Any]] = (),
) -> Timeline | None:
    """Lays out ``{hour, exchanges, accounts}`` rows; an hour without a row had no exchange.

    Returns None where there are no rows.
    """
    if not rows:
        return None
    first: datetime = min(row["hour"] for row in rows)
    offsets = np.array([(row["hour"] - first) // timedelta(hours=1) for row in rows])
    bin_hours = next(n for n in (*_STEPS_HOURS, 2**31) if offsets.max() // n < _MOST_BINS)
    if bin_hours >= 24:  # whole days start at midnight
        start = first.replace(hour=0)
        offsets = offsets + first.hour
    else:
        start = first
    size = int(offsets.max()) // bin_hours + 1
    exchanges, accounts = np.zeros(size, np.int64), np.zeros(size, np.int64)
    np.add.at(exchanges, offsets // bin_hours, [row["exchanges"] or 0 for row in rows])
    np.maximum.at(accounts, offsets // bin_hours, [row["accounts"] or 0 for row in rows])
    step = timedelta(hours=bin_hours)
    length = size * step
    return Timeline(
        bins=tuple(
            Bin(start + i * step, int(e), int(a)) for i, (e, a) in enumerate(zip(exchanges, accounts, strict=True))
        ),
        bin_hours=bin_hours,
        exchanges_path=_area(exchanges),
        accounts_path=_area(accounts),
        most_exchanges=int(exchanges.max()),
        most_accounts=int(accounts.max()),
        ticks=_ticks(start, length),
        marks=_marks(start, length, pivots, failovers),
    )


def _area(values: npt.NDArray[np.int64]) -> str:
    """A step area as an SVG path, one unit a value across, 100 down for nought."""
    tops = np.round(100 - 100 * values / max(int(values.max()), 1), 1)
    return "M0 100" + "".join(f"V{top:g}H{i}" for i, top in enumerate(tops, start=1)) + "V100Z"


def _ticks(start: datetime, length: timedelta) -> tuple[XTick, ...]:
    hours = length / timedelta(hours=1)
    stride = next((n for n in _STEPS_HOURS if hours / n <= _MOST_TICKS), math.ceil(hours / _MOST_TICKS))
    midnight = datetime(start.year, start.month, start.day, tzinfo=UTC)
    ticks: list[XTick] = []
    for n in range(int(hours // stride) + 25):
        time = midnight + timedelta(hours=n * stride)
        left = 100 * ((time - start) / length)
        # A label near the right edge would run out of the picture.
        if 0 <= left <= 95:
            label = f"{time.day} {time:%b}" if time.hour == 0 else f"{time:%H:%M}"
            ticks.append(XTick(round(left, 2), label, minor=len(ticks) % 2 == 1))
    return tuple(ticks)


def _marks(
    start: datetime,
    length: timedelta,
    pivots: Sequence[Mapping[str, Any]],
    failovers: Sequence[Mapping[str, Any]],
) -> tuple[Mark, ...]:
    """Marks in time order, lettered from A; beyond Z they are numbered."""
    events = [(p["released"], "release", _pivot(p)) for p in pivots if p["released"] is not None]
    events += [(f["time"], "failover", _failover(f)) for f in failovers if f["time"] is not None]
    events.sort(key=lambda event: (event[0], event[2]))
    marks = []
    for n, (time, kind, sentence) in enumerate(events):
        at = 100 * ((time - start) / length)
        letter = chr(ord("A") + n) if n < 26 else str(n + 1)
        marks.append(Mark(letter, kind, time, round(at, 2) if 0 <= at <= 100 else None, sentence))
    return tuple(marks)


def _pivot(row: Mapping[str, Any]) -> str:
    speed = "half of the traffic never moved to it in this log"
    if row["hours_to_half"] is not None:
        speed = f"half of the traffic had moved to it after {wording.hours(row['hours_to_half'])}"
    return (
        f"{row['model']} released. Its share was {wording.share(row['share_before'])} before "
        f"and {wording.share(row['share_after'])} after; {speed}."
    )


def _failover(row: Mapping[str, Any]) -> str:
    stopped = wording.plural(row["accounts_stopped"], "account")
    return f"{stopped} stopped and {wording.count(row['accounts_started'])} others started."
