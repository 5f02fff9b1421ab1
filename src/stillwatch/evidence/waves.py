"""Do accounts that ask a few times each come in waves together?

Of a few requests an account nobody can tell whether it follows the group's rhythm; of all of the group's together it
can be told whether they come at one another's hours. What is expected of an hour is the group's own day times its own
hour of the day, so that a working day, a time zone, a common beginning or a daily reminder leaves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.evidence.base import Null, Observed
from stillwatch.evidence.dispatch_thresholds import (
    BUSIEST_HOURS,
    DRAWS_WAVES,
    LEAST_IN_WAVES,
    LEAST_WAVES,
    PARTS_IN_WAVES,
)
from stillwatch.evidence.log_profile import LogProfile
from stillwatch.evidence.p_values import tail_p
from stillwatch.evidence.rhythm import DAY, Rhythm
from stillwatch.evidence.thresholds import LEAST_DAYS, LEAST_RHYTHM, LONGEST_WEEKS, UNTOLD

__all__ = ["Hours", "hourly_counts", "in_waves", "waves"]

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


class Hours(NamedTuple):
    """When entities are at work.

    Attributes:
        rhythm: hourly activity of each beyond its own daily habit.
        counts: its requests in each hour (E x hours).
    """

    rhythm: Rhythm
    counts: sparse.csr_array


def hourly_counts(entity: I64, hour: I64, uses: F64, entities: int) -> sparse.csr_array:
    """Requests of each entity in each hour, from a day's first: entities x hours; of a longer log the latest weeks.

    Args:
        entity, hour, uses: one row an entity and hour since 1970.
        entities: how many there are.
    """
    if not len(hour):
        return sparse.csr_array((entities, DAY), dtype=np.float64)
    first = max(int(hour.min()), int(hour.max()) - DAY * 7 * LONGEST_WEEKS + 1)
    first -= first % DAY
    hours = -(-(int(hour.max()) - first + 1) // DAY) * DAY
    kept = hour >= first
    table = uses[kept].astype(np.float64), (entity[kept], hour[kept] - first)
    return sparse.csr_array(table, shape=(entities, hours))


def waves(counts: sparse.csr_array, groups: I64) -> F64:
    """How much oftener requests of different members of each group fall into one hour than its days and its hours of
    the day would have them, but for the hours in which most do: a lesson or a launch brings people a few times (draws).

    Args:
        counts: requests of each entity in each hour (E x hours).
        groups: draws x size entities.
    """
    draws, size = groups.shape
    # Of those alone who are in a group: a log has many more.
    who, place = np.unique(groups, return_inverse=True)
    counts, groups = counts[who], place.reshape(draws, size)
    chosen = sparse.csr_array(
        (np.ones(groups.size), groups.ravel(), np.arange(0, groups.size + 1, size)), shape=(draws, counts.shape[0])
    )
    every = np.asarray((chosen @ counts).todense())
    pairs = every**2 - np.asarray((chosen @ counts.multiply(counts).tocsr()).todense())
    volume = np.asarray(counts.sum(axis=1)).ravel()
    total, own = chosen @ volume, chosen @ volume**2
    days = every.reshape(draws, -1, DAY)
    expected = (days.sum(axis=2, keepdims=True) * days.sum(axis=1, keepdims=True)).reshape(draws, -1)
    # Of all pairs of requests those of different members: so many are of one hour by chance.
    expected = (expected / np.maximum(total, 1)[:, None]) ** 2 * (1 - own / np.maximum(total**2, 1))[:, None]
    beyond = np.argsort(expected - pairs, axis=1, kind="stable")[:, :BUSIEST_HOURS]
    for table in (pairs, expected):
        np.put_along_axis(table, beyond, 0.0, axis=1)
    return np.asarray(pairs.sum(axis=1) / np.maximum(expected.sum(axis=1), 1e-9), np.float64)


def in_waves(log: LogProfile, counts: sparse.csr_array, members: I64, null: Null) -> Iterable[Observed]:
    """Waves in common, of accounts too quiet for their own hours to tell."""
    quiet = np.median(log.exchanges[members]) < LEAST_RHYTHM
    if not quiet or log.exchanges[members].sum() < LEAST_IN_WAVES or counts.shape[1] < LEAST_DAYS * DAY:
        return
    groups = null.matched(members)[:DRAWS_WAVES]
    drawn, size = waves(counts, groups), groups.shape[1]
    # The more there are, the less a few hours take away: a part is held against parts as large.
    rng = np.random.default_rng([len(members), int(members[0])])
    parts = [rng.choice(members, size, replace=False) for _ in range(PARTS_IN_WAVES if size < len(members) else 1)]
    mine, usual = float(np.median(waves(counts, np.stack(parts)))), float(drawn.mean())
    # Weekends have hours of their own: people meet a little oftener than days times hours would have it.
    p_value = tail_p(drawn, mine) if mine >= LEAST_WAVES else 1.0
    come = "The accounts come in waves: requests" if p_value <= UNTOLD else "Requests"
    yield Observed(
        p_value,
        "requests of different accounts in one hour, times the usual",
        mine,
        usual,
        f"{come} of different ones fall into one hour {mine:.2f} times as often as their days and their hours "
        f"of the day would have it, without the {BUSIEST_HOURS} hours in which most do; in random groups of like "
        f"volume {usual:.2f} times.",
    )
