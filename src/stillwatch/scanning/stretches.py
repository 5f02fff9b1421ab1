"""Which stretches of a log are dated by a wrong clock: the rule, without files.

A stretch is a source's records with no long silence between them. The stretch with most records takes in its neighbours
until what is left lies too far away to belong; what is left is wrong where it is little. Then all sources are held
against each other in the same way: a file of three records says too little of itself, and a file that is wrong as a
whole says nothing.

The idea of judging a gap by the span of what it leaves is Dixon's ("Analysis of extreme values", 1950). Quartiles alone
would not do: of a year's log that grew tenfold in its last week, they call eleven months outliers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

__all__ = ["DAY", "SILENCE", "Stretch", "Wrong", "wrong_stretches"]

DAY = 86_400_000_000
"""Microseconds of a day."""

_YEAR = 365 * DAY

SILENCE = 100 * DAY
"""The least silence that parts two stretches: longer than a quarter, so that a job of once a month, or once a quarter,
is one stretch, and so is a year with a summer's pause."""

_APART = 2 * _YEAR
"""How far more than a few strays must lie from the rest. A host whose clock was reset writes 2000, 2010 or 2036; an
account that came back after a year's pause was away for less than two."""

_APART_FROM_ALL = 5 * _YEAR
"""How far a source must lie from the others. A folder may well hold the archive of an earlier year, but hardly two
archives with five years of nothing between them."""

_STRAYS = 1000
"""One record in so many is a stray, for which ``SILENCE`` is distance enough: were its time right after all, a
thousandth of the source would be missing, and that is told."""

_FEW = 5
"""At most one record in so many may be wrong. A host that was reset may have written a tenth or a fifth of a file
before its clock was set; of two halves nobody can say which has the right time."""

_FEW_SOURCES = 3
"""At most one source in so many may be wrong as a whole, however many records it holds: two are left to agree."""

_LEAST_RECORDS = 5
"""Fewer records do not show which of them are usual; they are held against the other sources alone."""

_SPANS = 3.0
"""How many times the span of the rest the distance must be. Where traffic grows exponentially, 3,000 records span some
eight of its time constants, and the first stands apart by 24 of them with a chance of e^-24."""

_CHANCE = 1e-6
"""The chance at most that times drawn evenly leave such a gap at an end; it asks more of fewer than 13 records."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Records with no long silence between them: first and last time in microseconds since 1970, and how many."""

    source: str
    first: int
    last: int
    records: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """A stretch to be set aside, with the time that the rest takes up and whether that is the other sources'."""

    stretch: Stretch
    usual_first: int
    usual_last: int
    by_others: bool


def _spans_needed(records: int) -> float:
    """How many spans of the rest make a gap too long for chance.

    Of n times drawn evenly all but one lie within the fraction 1 / (1 + k) of what all span, at the one end or the
    other, with a chance of about 2 / (1 + k) ** (n - 2).
    """
    return max(_SPANS, math.exp(math.log(2 / _CHANCE) / (records - 2)) - 1)


def _usual(stretches: Sequence[Stretch], apart: int, *, strays: bool) -> tuple[int, int]:
    """First and last place, among stretches in order of time, of those that belong together.

    The stretch with most records (of equals, the earliest) takes in the nearer of its neighbours for as long as one
    lies within reach.
    """
    records = sum(one.records for one in stretches)
    counts = [one.records for one in stretches]
    low = high = counts.index(max(counts))
    spans = _spans_needed(records)
    while True:
        span = stretches[high].last - stretches[low].first
        sides: list[tuple[int, int]] = []
        for place, beyond in ((low - 1, stretches[:low]), (high + 1, stretches[high + 1 :])):
            if not beyond:
                continue
            gap = stretches[low].first - beyond[-1].last if place < low else beyond[0].first - stretches[high].last
            few = strays and sum(one.records for one in beyond) * _STRAYS <= records
            # Strays that lead up to the rest, one every few months, are its past and no wrong clock.
            led_up = gap < beyond[-1].last - beyond[0].first
            far = gap >= (SILENCE if few and not led_up else apart) and gap >= spans * span
            if not far:
                sides.append((gap, place))
        if not sides:
            return low, high
        _, place = min(sides)
        low, high = min(low, place), max(high, place)


def _wrong_in_source(stretches: Sequence[Stretch]) -> list[Wrong]:
    """Stretches of one source that do not belong to its others."""
    records = sum(one.records for one in stretches)
    if len(stretches) < 2 or records < _LEAST_RECORDS:
        return []
    low, high = _usual(stretches, _APART, strays=True)
    out = [*stretches[:low], *stretches[high + 1 :]]
    if sum(one.records for one in out) * _FEW > records:
        return []
    return [Wrong(one, stretches[low].first, stretches[high].last, by_others=False) for one in out]


def _wrong_among_all(stretches: Sequence[Stretch]) -> list[Wrong]:
    """Stretches, of sources already judged alone, that lie far from all sources' others."""
    records, sources = sum(one.records for one in stretches), {one.source for one in stretches}
    if records < _LEAST_RECORDS or len(sources) < 2:
        return []
    ordered = sorted(stretches, key=lambda one: (one.first, one.last, one.source))
    merged: list[Stretch] = []
    for one in ordered:
        if merged and one.first - merged[-1].last < SILENCE:
            before = merged[-1]
            one = Stretch("", before.first, max(before.last, one.last), before.records + one.records)
        merged.append(one)
    low, high = _usual(merged, _APART_FROM_ALL, strays=False)
    first, last = merged[low].first, merged[high].last
    out = [one for one in ordered if not first <= one.first <= last]
    whole = {one.source for one in out} - {one.source for one in ordered if first <= one.first <= last}
    few_records = sum(one.records for one in out) * _FEW <= records
    few_sources = len(whole) * _FEW_SOURCES <= len(sources) and all(one.source in whole for one in out)
    return [Wrong(one, first, last, by_others=True) for one in out] if few_records or few_sources else []


def wrong_stretches(stretches: Sequence[Stretch]) -> list[Wrong]:
    """The stretches to be set aside.

    Args:
        stretches: of all sources, each source's together and in order of time.
    """
    alone = [wrong for _, own in groupby(stretches, key=lambda one: one.source) for wrong in _wrong_in_source([*own])]
    gone = {(wrong.stretch.source, wrong.stretch.first) for wrong in alone}
    return alone + _wrong_among_all([one for one in stretches if (one.source, one.first) not in gone])
