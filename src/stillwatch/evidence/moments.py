"""When a group's requests were made, to the second, and how often chance brings them as near to one another.

Each account's own sequence is shifted as a whole, by some minutes this way or that, so that its habits, its pace and
the hour at which it is busy stay as they are and only the seconds between accounts are drawn anew. Where a log rounds
its times to minutes or coarser, strangers meet on the minute: they are shifted by whole ones, and meet as often.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.dispatch_thresholds import (
    BELL_REQUESTS,
    BELL_SECONDS,
    BELLS,
    COMMON_SECONDS,
    LEAST_AT_WORK,
    LEAST_SHIFT,
    MARK_EVERY_SECONDS,
    MOST_MOMENTS,
    MOST_SHIFT,
    ON_MARK_SECONDS,
    STRETCH_SECONDS,
    TIMES_AT_WORK,
)
from stillwatch.evidence.postings import changes, distinct
from stillwatch.evidence.thresholds import MAJORITY, NEARLY_ALL

__all__ = ["Moments", "shifted"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# A day, an hour, a minute, in microseconds.
_ROUND = (86_400_000_000, 3_600_000_000, 60_000_000)


def _microseconds(seconds: float) -> int:
    return int(seconds * 1_000_000)


@dataclass(frozen=True)
class Moments:
    """Requests of some entities in order of time.

    Attributes:
        owner: entity of each of n requests.
        begin, end: microseconds since 1970; where the log does not say how long an answer took, both are one.
        lasted: whether it does say.
        refused: whether it was answered with an error.
        prompt: hash of each prompt.
        at_a_bell: which were made in one of the stretches in which the most meet; None where that was not asked.
    """

    owner: I64
    begin: I64
    end: I64
    lasted: Mask
    refused: Mask
    prompt: npt.NDArray[np.uint64]
    at_a_bell: Mask | None = None

    def __len__(self) -> int:
        return len(self.owner)

    def chosen(self, rows: npt.NDArray[np.bool_] | I64) -> Moments:
        """Some of the requests, in their order."""
        return Moments(
            self.owner[rows],
            self.begin[rows],
            self.end[rows],
            self.lasted[rows],
            self.refused[rows],
            self.prompt[rows],
            None if self.at_a_bell is None else self.at_a_bell[rows],
        )

    def bounded(self) -> Moments:
        """The first so many: a longer stretch says no more."""
        return self if len(self) <= MOST_MOMENTS else self.chosen(np.arange(MOST_MOMENTS))

    def in_common(self) -> npt.NDArray[np.bool_]:
        """Which requests were made while several times more of the entities than usual were at work (n).

        Cover keeps its own people's hours; what one clock sends out comes in common stretches.
        """
        stretch = self.begin // _microseconds(COMMON_SECONDS)
        at_work = distinct(stretch * (self.owner.max(initial=0) + 1) + self.owner) // (self.owner.max(initial=0) + 1)
        stretches, workers = np.unique(at_work, return_counts=True)
        usual = len(at_work) / max(int(np.ptp(stretch)) + 1, 1) if len(stretch) else 0.0
        many = stretches[workers >= max(LEAST_AT_WORK, TIMES_AT_WORK * usual)]
        return np.isin(stretch, many)

    def asked_first(self) -> Moments:
        """Each entity's first request with each prompt."""
        order = np.lexsort((self.prompt, self.owner))
        fresh = changes(self.owner[order]) | changes(self.prompt[order])
        return self.chosen(np.sort(order[fresh]))

    def stretch(self) -> I64 | None:
        """The stretch of time that each request was made in (n), -1 where its entity made one alone, or no other made
        two: the shortest stretches of which enough are left of most. None where there are none."""
        who, place = self.senders
        for seconds in STRETCH_SECONDS:
            stretch = self.begin // _microseconds(seconds)
            cells, of_cell, size = np.unique(stretch * len(who) + place, return_inverse=True, return_counts=True)
            _, of_stretch = np.unique(cells // len(who), return_inverse=True)
            several = size >= 2
            several &= np.bincount(of_stretch, weights=several)[of_stretch] >= 2
            inside = several[of_cell]
            told = np.bincount(place, weights=inside, minlength=len(who)) > 0
            if inside.mean() > MAJORITY and told.mean() >= NEARLY_ALL:
                return np.where(inside, of_stretch[of_cell], -1)
        return None

    def with_bells(self, seconds: float) -> Moments:
        """The same requests, told which were made at a bell: an account's first in one of the stretches in which most
        are met within so many seconds, and those of a job's first minute that begins by the clock on the wall.

        A class, an audience or a release has people ask at one moment, a few times over, and jobs of strangers begin at
        the full hour. A queue's workers meet for as long as it runs.
        """
        stretch = self.begin // _microseconds(BELL_SECONDS)
        busy, place = np.unique(stretch, return_inverse=True)
        met = np.bincount(place, weights=self.met(seconds), minlength=len(busy))
        bells = np.argsort(-met, kind="stable")[:BELLS]
        # Who comes at a bell asks a thing or two; a short queue has each ask on and on.
        key = place * (int(self.owner.max(initial=0)) + 1) + self.owner
        order = np.argsort(key, kind="stable")
        turn = np.empty(len(self), np.int64)
        turn[order] = np.arange(len(self)) - np.searchsorted(key[order], key[order])
        rang = np.isin(place, bells[met[bells] > 0]) & (turn < BELL_REQUESTS)
        return replace(self, at_a_bell=rang | self._by_the_clock())

    def _by_the_clock(self) -> Mask:
        """Which requests are of the first minute of a job that begins on a mark of the clock, where most of what its
        entity begins after a pause does (n)."""
        order = np.argsort(self.owner, kind="stable")
        owner, begin = self.owner[order], self.begin[order]
        fresh = changes(owner)
        fresh[1:] |= np.diff(begin) > _microseconds(MARK_EVERY_SECONDS)
        first = np.flatnonzero(fresh)
        on_mark = begin[first] % _microseconds(MARK_EVERY_SECONDS) < _microseconds(ON_MARK_SECONDS)
        _, who = np.unique(owner[first], return_inverse=True)
        most = np.bincount(who, weights=on_mark) > MAJORITY * np.bincount(who)
        job = np.cumsum(fresh) - 1
        soon = begin - begin[first][job] < _microseconds(ON_MARK_SECONDS)
        out = np.empty(len(self), np.bool_)
        out[order] = soon & (on_mark & most[who])[job]
        return out

    def met(self, seconds: float) -> Mask:
        """Which requests another entity's request begins within so many seconds after (n)."""
        soon = np.diff(self.begin) <= _microseconds(seconds)
        return np.append(soon & (np.diff(self.owner) != 0), False)

    @cached_property
    def senders(self) -> tuple[I64, I64]:
        """The entities, sorted, and the place of each request's among them (n)."""
        return np.unique(self.owner, return_inverse=True)

    @cached_property
    def _answered(self) -> tuple[I64, I64]:
        """Requests whose end is known, in order of it, and how many of them have ended as each begins (n)."""
        told = np.flatnonzero(self.lasted)
        order = told[np.argsort(self.end[told], kind="stable")]
        return order, np.searchsorted(self.end[order], self.begin, side="right")

    def handed_over(self, seconds: float) -> Mask:
        """Which requests begin within so many seconds after another entity's answer ended (n)."""
        order, ended = self._answered
        if not len(order):
            return np.zeros(len(self), np.bool_)
        before = order[np.maximum(ended, 1) - 1]
        near = (ended > 0) & (self.begin - self.end[before] <= _microseconds(seconds))
        return np.asarray(near & (self.owner[before] != self.owner), np.bool_)

    def in_flight(self) -> F64:
        """How many requests of the group are being answered as each begins (n)."""
        return np.asarray(np.cumsum(self.lasted) - self._answered[1], np.float64)

    def sent_again(self, seconds: float) -> Mask:
        """Which requests another entity sends, word for word, within so many seconds after (n)."""
        again = np.zeros(len(self), np.bool_)
        order = np.argsort(self.prompt, kind="stable")
        this, then = order[:-1], order[1:]
        again[this] = (
            (self.prompt[then] == self.prompt[this])
            & (self.owner[then] != self.owner[this])
            & (self.begin[then] - self.begin[this] <= _microseconds(seconds))
        )
        return again

    def asked_again(self, seconds: float) -> Mask:
        """Which refused requests another entity sends, word for word, within so many seconds (n)."""
        return self.sent_again(seconds) & self.refused if self.refused.any() else np.zeros(len(self), np.bool_)


def shifted(
    moments: Moments, rng: np.random.Generator, draws: int, by_seconds: tuple[float, float] = (LEAST_SHIFT, MOST_SHIFT)
) -> Moments:
    """The same requests, so many times, with each entity's sequence moved by some seconds either way, from the least to
    the most: one draw after another, too far apart to meet."""
    who, place = moments.senders
    away = rng.uniform(*by_seconds, (draws, len(who))) * rng.choice((-1.0, 1.0), (draws, len(who)))
    apart = int(moments.end.max() - moments.begin.min()) + 4 * _microseconds(by_seconds[1])
    by = _in_steps((away * _microseconds(1)).astype(np.int64), moments.begin) + apart * np.arange(draws)[:, None]
    begin = by[:, place] + moments.begin
    order = np.argsort(begin, axis=1, kind="stable")
    rows, begin = order.ravel(), np.take_along_axis(begin, order, axis=1).ravel()
    return Moments(
        moments.owner[rows],
        begin,
        begin + (moments.end - moments.begin)[rows],
        moments.lasted[rows],
        moments.refused[rows],
        moments.prompt[rows],
        None if moments.at_a_bell is None else moments.at_a_bell[rows],
    )


def _in_steps(away: I64, begin: I64) -> I64:
    """Shifts in steps of what most of the times were rounded to, if to anything coarser than a second."""
    for step in _ROUND:
        if (begin % step == 0).mean() > MAJORITY:
            return np.asarray(np.round(away / step) * step, np.int64)
    return away
