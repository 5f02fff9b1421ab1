"""Timing: accounts that act together by one clock, beyond what each one's own habits explain.

One function a test; each gives what it saw, or nothing where the log cannot tell.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from stillwatch.campaigns.significance import tail_p
from stillwatch.campaigns.world import HOUR, Finding, Seen, World, likeness, scatter, strongest

__all__ = ["timing"]

I64 = npt.NDArray[np.int64]

_EVEN = 0.5
_WEEKEND_HOURS = 64
_LEAST = 5


def _volumes(world: World, members: I64) -> list[Seen]:
    volume = np.log(world.traits.entities.exchanges.astype(np.float64))
    spread = float(volume[members].std(ddof=1))
    # A text fills an account of few exchanges by chance: such accounts are held against their like.
    like = np.flatnonzero(volume <= np.quantile(volume[members], 0.95))
    plain = volume[like[world.background.plain(members) % len(like)]].std(axis=1, ddof=1)
    # Even beyond the background, and even beyond a fixed margin: both must be shown.
    margin = float(stats.chi2.cdf((len(members) - 1) * spread**2 / _EVEN**2, len(members) - 1))
    return [
        (
            max(tail_p(-plain, -spread), margin),
            "spread of log volume",
            spread,
            float(plain.mean()),
            f"The accounts' volumes are even, as if a load balancer filled them: typical spread a factor of "
            f"{np.exp(spread):.2f}, against {np.exp(plain.mean()):.1f} in random groups.",
        )
    ]


def _edge(world: World, members: I64, name: str, times: I64, edge: int, least: int) -> list[Seen]:
    e = world.traits.entities
    # An account that was there at the log's edge began before it or goes on after it.
    gap = (e.last_seen - e.first_seen) / np.maximum(e.exchanges - 1, 1)
    # The quiet may be a weekend's: only longer ones count.
    inside = np.abs(times - edge) > np.maximum(_WEEKEND_HOURS * HOUR, 3 * gap)
    told = members[inside[members]]
    if len(told) < max(least, 0.5 * len(members)):
        return []
    mine = scatter(times[told][None, :])[0]
    null = scatter(times[world.background.matched(told, among=inside)])
    return [
        (
            tail_p(-np.log(null + 1), -float(np.log(mine + 1))),
            f"scatter of {name} exchange, hours",
            mine,
            float(np.median(null)),
            f"The accounts' {name} exchanges lie {mine:.1f} hours apart (typically), against "
            f"{np.median(null):.1f} in groups of like volume.",
        )
    ]


def _beats(world: World, members: I64, least: int) -> list[Seen]:
    told = members[world.has_rhythm[members]]
    if len(told) < least:
        return []
    groups = world.background.matched(told, among=world.has_rhythm)[:1000]
    mine = float(likeness(world.rhythm, told[None, :])[0])
    null = likeness(world.rhythm, groups)
    usual = float(null.mean())
    return [
        (
            tail_p(null, mine),
            "correlation of hourly activity",
            mine,
            usual,
            f"The accounts speed up and pause together: their hourly activity, beyond each one's own daily "
            f"habit, correlates by {mine:.2f}, against {usual:.2f} in groups of like volume.",
        ),
        (
            tail_p(-null, -mine),
            "correlation of hourly activity, below none",
            mine,
            usual,
            f"The accounts take turns: while some work others pause, beyond each one's own daily habit "
            f"(correlation {mine:.3f}, against {usual:.3f} in groups of like volume).",
        ),
    ]


def timing(world: World, members: I64, *, least: int = _LEAST) -> Finding:
    """Acting together: even volumes, common beginnings and ends, common bursts and pauses, turns taken.

    Fewer than ``least`` members have no common beginnings, ends or bursts.
    """
    e = world.traits.entities
    tests = [
        *_volumes(world, members),
        *_edge(world, members, "first", e.first_seen, e.first_seen.min(), least),
        *_edge(world, members, "last", e.last_seen, e.last_seen.max(), least),
        *_beats(world, members, least),
    ]
    return strongest("timing", tests)
