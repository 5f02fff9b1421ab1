"""When the accounts of a group signed up: together, and then a class, a crew or a campaign; or when each liked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.core.counted import duration, percent
from stillwatch.evidence.base import Null, Observed
from stillwatch.evidence.group_statistics import scatter
from stillwatch.evidence.hands import ties_of
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.p_values import tail_p
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.thresholds import (
    BLOCKED_CLASSES,
    COHORT_HOURS,
    DRAWS_RHYTHM,
    EVEN_SPREAD,
    MAJORITY,
    OCCASION_REQUESTS,
    OCCASION_SIZE,
    P_FLOOR,
    SEVERAL_PAYMENTS,
    UNTOLD,
)

__all__ = [
    "EDGE_SCATTER",
    "EVEN_VOLUMES",
    "came_at_once",
    "said_apart",
    "set_as_much",
    "signed_up",
    "signed_up_together",
    "tied_at_sign_up",
    "together_within",
    "who_signed_up_then",
]


EDGE_SCATTER = {edge: f"scatter of {edge} exchange, hours" for edge in ("first", "last")}
"""Names of the statistics that find the first or last exchanges of a group close together."""

EVEN_VOLUMES = "spread of log volume"
"""Name of the statistic that finds volumes even, as a class's are that is set as much each."""


def signed_up(log: LogProfile, members: I64, null: Null, least: int) -> Observed | None:
    """Sign-ups together; None where too few are known."""
    known = log.known("sign_up")
    told = members[known[members]]
    if len(told) < least:
        return None
    created = log.columns["sign_up"]
    mine = float(scatter(created[told][None, :])[0])
    drawn = scatter(created[null.plain(told, among=known)])
    # Closer than by chance is not yet together: whoever is taken on over half a year shows nothing by it.
    p_value = tail_p(-np.log(drawn + 1), -float(np.log(mine + 1))) if mine <= together_within(log, len(told)) else 1.0
    return Observed(
        p_value,
        "scatter of sign-up, hours",
        mine,
        float(np.median(drawn)),
        f"The accounts signed up {'close together: ' if p_value <= UNTOLD else ''}{said_apart(mine)}, in random groups "
        f"{duration(float(np.median(drawn)))}.",
        1.0,
    )


def tied_at_sign_up(hands: Postings, members: I64, came: Observed) -> Observed | None:
    """Sign-ups together of accounts that several things tie, the commonest left out: a class or a crew has a door or
    two, and one owner's customers come when they like. Both must be shown, so the larger p-value counts; None where
    nothing ties most of them."""
    tied, things = ties_of(hands, members, cards=1)
    if things < SEVERAL_PAYMENTS or tied <= MAJORITY:
        return None
    chance = hands.chance_beside(members, hands.classes < BLOCKED_CLASSES)
    p = float(max(scipy.stats.binom.sf(round(tied * len(members)) - 1, len(members), chance), P_FLOOR, came.p_value))
    return Observed(
        p,
        "share of accounts that signed up together and share one of several payments, addresses or mail domains",
        tied,
        chance,
        f"{came.statement} And {percent(tied)} of them share one of {things:,} payments, addresses and mail domains "
        f"with another (the commonest not counted); of random accounts, {percent(chance)} would.",
        p,
    )


def came_at_once(log: LogProfile, members: I64, house: I64) -> bool:
    """Whether the houses signed up closer to one another than as many accounts do by chance: firms that have nothing to
    do with one another come when each likes."""
    told = log.known("sign_up")
    known, of = members[told[members]], house[told[members]]
    created = log.columns["sign_up"]
    came = [float(np.median(created[known[of == one]])) for one in range(int(house.max()) + 1) if np.any(of == one)]
    return len(came) > int(house.max()) and float(scatter(np.array([came]))[0]) <= _young(log, len(came))


def who_signed_up_then(created: npt.NDArray[np.float64], members: I64, others: I64) -> I64:
    """Others who signed up while the members did."""
    if not len(members):
        return others[:0]
    first, last = np.quantile(created[members], [0.05, 0.95])
    then = (created[others] >= first) & (created[others] <= last)
    return np.asarray(others[then], np.int64)


def signed_up_together(log: LogProfile, members: I64) -> bool:
    """Whether the sign-ups of most of a group are known, and as close together as a class's, a crew's or a campaign's
    are."""
    known = members[log.known("sign_up")[members]]
    if len(known) <= MAJORITY * len(members):
        return False
    return float(scatter(log.columns["sign_up"][known][None, :])[0]) <= together_within(log, len(known))


def together_within(log: LogProfile, size: int) -> float:
    """Hours within which so many sign-ups are together, as a class's or a crew's are, which is let in within a
    fortnight or taken on over months."""
    return max(COHORT_HOURS, _young(log, size))


def _young(log: LogProfile, size: int) -> float:
    """Hours within which the sign-ups of so many are closer than those of a thousand groups by chance, and than half of
    what is usual, at a fixed draw."""
    told = log.known("sign_up")
    created = log.columns["sign_up"][told] if told.any() else np.zeros(1)
    drawn = scatter(created[np.random.default_rng(size).integers(len(created), size=(DRAWS_RHYTHM, max(size, 1)))])
    return float(min(drawn.min(), MAJORITY * np.median(drawn)))


def set_as_much(log: LogProfile, members: I64) -> bool:
    """Whether accounts are as few, and ask as little and as much each, as those who are set one task."""
    asked = log.exchanges[members]
    if len(members) > OCCASION_SIZE or np.median(asked) > OCCASION_REQUESTS:
        return False
    return bool(scipy.stats.median_abs_deviation(np.log(np.maximum(asked, 1)), scale="normal") < EVEN_SPREAD)


def said_apart(hours: float) -> str:
    """How far apart sign-ups lie, in words."""
    return f"on average {duration(hours)} from the middle one of their sign-ups"
