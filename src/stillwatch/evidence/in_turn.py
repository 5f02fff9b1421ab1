"""Do accounts ask in turn, each again only when others have?

A dispatcher that gives the next request to whoever has waited longest keeps each account's requests apart by about as
many of the others' as there are accounts. Whoever asks for itself asks again at any time, as a program does that many
use, or soon, as people do who ask in bursts: so independent accounts ask again early as often as chance has it, and
more. A schedule keeps its pause and people sleep, and neither waits for anybody: where most pauses are alike, or
accounts keep hours of the day, nothing is told.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.core.counted import percent
from stillwatch.evidence.base import Observed
from stillwatch.evidence.dispatch_thresholds import (
    ANY_HOUR,
    EARLY,
    LEAST_MOMENTS,
    LEAST_PAUSE_SECONDS,
    LEAST_PAUSES,
    SAME_PAUSE,
)
from stillwatch.evidence.log_profile import HOUR
from stillwatch.evidence.moments import Moments
from stillwatch.evidence.thresholds import MAJORITY, P_FLOOR, UNTOLD

__all__ = ["asked_in_turn"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


def asked_in_turn(moments: Moments, *, one_owner: bool) -> Observed | None:
    """Whether accounts ask again early less often than chance has it.

    Were each account's requests at times of its own, the next of the group's would be its own with the chance that its
    share of the requests is, or a higher one; that of so few early ones is binomial.

    Args:
        moments: the group's requests, in order of time.
        one_owner: whether the group may be one owner's, whose keys its own software uses in turn.

    Returns:
        None where too few ask again to tell, where they typically do so within the hour, as a crew at work does, at
        the same pause each, or at hours of the day.
    """
    _, owner = np.unique(moments.owner, return_inverse=True)
    order = np.argsort(owner, kind="stable")
    again = np.flatnonzero(np.diff(owner[order]) == 0)
    this, then = order[again], order[again + 1]
    pause = (moments.begin[then] - moments.begin[this]) / 1e6
    if len(again) < LEAST_MOMENTS or np.median(pause) < LEAST_PAUSE_SECONDS:
        return None
    if _on_schedule(owner[this], pause) or _kept_hours(owner, moments.begin) > ANY_HOUR:
        return None
    accounts = int(owner.max()) + 1
    few = max(int(EARLY * accounts), 1)
    early = int(np.sum(then - this <= few))
    share = np.bincount(owner) / len(owner)
    chance = float(np.mean(1 - (1 - share[owner[this]]) ** few))
    p_value = float(max(scipy.stats.binom.cdf(early, len(again), chance), P_FLOOR))
    return Observed(
        p_value,
        "requests made again before others' turn",
        early / len(again),
        chance,
        f"Of {len(again):,} times that one of the accounts asked again, {percent(early / len(again))} came with fewer "
        f"than {few:,} requests of the others in between; had each asked at times of its own, it would be "
        f"{percent(chance)} at least."
        f"{' So they ask in turn, each again when others have.' if p_value <= UNTOLD else ''}",
        1.0 if one_owner else None,
    )


def _on_schedule(owner: I64, pause: F64) -> bool:
    """Whether most pauses are about as long as their account's typical one, as a program's are that sleeps as long each
    time; also where no account has enough of them to tell."""
    order = np.lexsort((pause, owner))
    owner, pause = owner[order], pause[order]
    first = np.searchsorted(owner, np.arange(int(owner.max()) + 1))
    size = np.bincount(owner)
    typical = pause[np.minimum(first + size // 2, len(pause) - 1)][owner]
    told = (size >= LEAST_PAUSES)[owner]
    return not told.any() or bool(np.mean(np.abs(pause - typical)[told] <= SAME_PAUSE * typical[told]) > MAJORITY)


def _kept_hours(owner: I64, begin: I64) -> float:
    """How near two requests of one account lie by the hour of the day: 1 at the same hour, 0 at any."""
    angle = 2 * np.pi * (begin % (24 * HOUR)) / (24 * HOUR)
    size = np.bincount(owner).astype(np.float64)
    resultant = np.bincount(owner, np.cos(angle)) ** 2 + np.bincount(owner, np.sin(angle)) ** 2
    return float((resultant - size).sum() / max((size * (size - 1)).sum(), 1.0))
