"""Who came at one time: groups of more within a stretch than the days around it explain, and who came with a group."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.evidence.log_profile import HOUR, I64
from stillwatch.evidence.thresholds import BURST, BURST_HOURS, NEARLY_ALL, TOGETHER, TOGETHER_HOURS

__all__ = ["bursts", "came_with"]

F64 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def bursts(moments: F64, told: Mask, *, least: int) -> Iterator[I64]:
    """Entities of each burst, sorted; of each length of a stretch those that chance explains least first, none in two.

    How many others came around a stretch, before it and after it, says how many to expect in it (Poisson).

    Args:
        moments: microseconds since 1970, when each of E entities came.
        told: of which entities it is known (E).
        least: smaller bursts are left out.
    """
    who = np.flatnonzero(told)
    who = who[np.argsort(moments[who], kind="stable")]
    came = moments[who]
    for hours in BURST_HOURS:
        for first, last in _stretches(came, hours * HOUR, least):
            yield np.sort(who[first:last])


def came_with(moments: I64 | F64, told: Mask, members: I64, who: I64) -> Mask:
    """Who came within hours of more of a group than chance has, for the log's own come so often then; within as few of
    them as nearly as many members come within, for an hour that many share singles nobody out.

    Args:
        moments: microseconds since 1970, when each of E entities came.
        told: of which entities it is known (E).
        members: the group.
        who: the entities to hold against it.
    """
    theirs = members[told[members]]
    if not len(theirs):
        return np.zeros(len(who), np.bool_)
    came = np.asarray(moments, np.float64)
    everyone, group = np.sort(came[told]), np.sort(came[theirs])
    *shorter, longest = (hours * HOUR for hours in TOGETHER_HOURS)
    least = NEARLY_ALL * _meets(came[theirs], everyone, group, longest, itself=True).sum()
    close = (within for within in shorter if _meets(came[theirs], everyone, group, within, itself=True).sum() >= least)
    reach = next(close, longest)
    inside = np.isin(who, members)
    found = np.zeros(len(who), np.bool_)
    for itself in (True, False):
        some = told[who] & (inside == itself)
        found[some] = _meets(came[who[some]], everyone, group, reach, itself=itself)
    return found


def _meets(came: F64, everyone: F64, group: F64, reach: float, *, itself: bool) -> Mask:
    """Of which moments more of a group's, itself one of them or not, lie within reach than chance has."""

    def near(ordered: F64) -> I64:
        return np.searchsorted(ordered, came + reach, "right") - np.searchsorted(ordered, came - reach)

    others = max(len(everyone) - len(group), 1)
    chance = np.clip((near(everyone) - near(group) + 1.0) / others, 0.0, 1.0)
    return np.asarray(scipy.stats.binom.sf(near(group) - itself - 1, len(group) - itself, chance) <= TOGETHER)


def _stretches(came: F64, width: float, least: int) -> Iterator[tuple[int, int]]:
    """First and one after last place of the stretches of a width in which more came than around them, none in two."""
    if not len(came):
        return
    last = np.searchsorted(came, came + width, "right")
    count = last - np.arange(len(came))
    # Around it, and where that is not a day: an evening is like the evenings beside it.
    usual = np.maximum(*(_usual(came, width, step) for step in (width, max(width, 24 * HOUR))))
    many, chance = BURST
    # One of them begins it: so many others came then.
    p = scipy.special.pdtrc(count - 2, usual)
    found = np.flatnonzero((count >= least) & (count >= many * usual) & (p * len(came) <= chance))
    taken = np.zeros(len(came), np.bool_)
    for one in found[np.lexsort((-count[found], p[found]))].tolist():
        if not taken[one : last[one]].any():
            taken[one : last[one]] = True
            yield one, int(last[one])


def _usual(came: F64, width: float, step: float) -> F64:
    """How many come in a stretch of a width some steps from each moment, one more than came on average.

    Nobody could come before the first that is known and after the last.
    """
    begin = came[:, None] + step * np.array([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5])
    seen = (begin >= came[0]) & (begin + width <= came[-1])
    count = seen * (np.searchsorted(came, begin + width, "right") - np.searchsorted(came, begin))
    return np.asarray((count.sum(axis=1) + 1) / np.maximum(seen.sum(axis=1), 1))
