"""Whether most of a group is behind addresses, networks and mail domains that many have and nobody else.

A campaign that is a quarter of its log makes its own addresses and mail domains common, and what is common ties nobody.
But whoever has them is of the group, where of a public mail domain or a carrier's network a group has what its size
gives it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.core.counted import percent
from stillwatch.evidence.base import Null, Observed
from stillwatch.evidence.hands import is_kind, within_of
from stillwatch.evidence.hands_thresholds import OWN_DOORS_BY_CHANCE
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.thresholds import BLOCKED_CLASSES, MAJORITY, P_FLOOR, RARITIES

__all__ = ["own_doors"]

F64 = npt.NDArray[np.float64]


def own_doors(log: LogProfile, members: I64, null: Null) -> Observed | None:
    """Doors that are mostly a group's, the commonest mail domain and the commonest place left out, perhaps a school's
    or a firm's, and what is behind the same; None where most of the group are not behind such doors, or those of one
    owner are all.

    Who is of one country and one plan shares carriers and mail providers: a door counts where the group has far more of
    it than of its country and plan (binomial, as each holder may be of the group).

    Args:
        log: the whole log.
        members: the group, of whose hands something is known.
        null: says who else asks as the group does, and is no stranger to it.
    """
    hands = log.shared["infrastructure"]
    if hands is None:
        return None
    within, _ = within_of(hands, members)
    theirs = members if null.aside is None else np.union1d(members, np.flatnonzero(null.aside & hands.known))
    _, held = within_of(hands, theirs)
    common = (hands.classes >= BLOCKED_CLASSES) & (hands.classes < len(RARITIES))
    doors = common & is_kind(hands, "domain", "address", "network")
    own = np.flatnonzero(doors & (held > MAJORITY * hands.holders))
    if not len(own):
        return None
    p = _by_chance(log, hands, theirs, own, held)
    own, p = own[p <= OWN_DOORS_BY_CHANCE], p[p <= OWN_DOORS_BY_CHANCE]
    behind = _behind(within, own)
    left = _behind_no_other(within, own, _commonest(hands, own, held))
    if behind.mean() <= MAJORITY or not left.any():
        return None
    best = max(float(min(1.0, doors.sum() * p[left].min())), P_FLOOR)
    expected, of_all = float(len(theirs) / hands.known.sum()), float((held[own] / hands.holders[own]).mean())
    return Observed(
        best,
        "share of accounts behind doors of the group's own",
        float(behind.mean()),
        expected,
        f"{percent(float(behind.mean()))} of the accounts are behind {len(own):,} addresses, networks or mail domains "
        f"that many have, and mostly they or others who ask as they do: of all who have one, {percent(of_all)} are of "
        f"these, who are {percent(expected)} of the log.",
        best,
    )


def _by_chance(log: LogProfile, hands: Postings, members: I64, things: I64, held: I64) -> F64:
    """For each of some things, how likely so many of its holders are of the group, if being of it has nothing to do
    with the thing beyond country and plan."""
    inside = np.zeros(len(log), np.bool_)
    inside[members] = True
    of, known = log.by_country_and_plan, hands.known
    count = int(of.max(initial=-1)) + 1
    share = np.bincount(of[known], inside[known], count) / np.maximum(np.bincount(of[known], minlength=count), 1)
    has: Any = hands.of(things) > 0
    chance = np.asarray(has.T @ share[of]).ravel() / np.maximum(hands.holders[things], 1)
    return np.asarray(scipy.stats.binom.sf(held[things] - 1, hands.holders[things], np.clip(chance, 0, 1)), np.float64)


def _behind(within: Any, things: I64) -> npt.NDArray[np.bool_]:
    """Which members have any of some things."""
    return np.asarray(np.asarray(within[:, things].sum(axis=1)).ravel() > 0)


def _behind_no_other(within: Any, things: I64, doors: I64) -> npt.NDArray[np.bool_]:
    """Which of some things are none of these doors, nor mostly theirs who are behind one: a school's address lies in a
    network of its own."""
    has = (within[:, things] > 0).astype(np.int64)
    both = (has.T @ (within[:, doors] > 0).astype(np.int64)).toarray()
    most = both > MAJORITY * np.maximum(np.asarray(has.sum(axis=0)).ravel(), 1)[:, None]
    return np.asarray(~most.any(axis=1))


def _commonest(hands: Postings, own: I64, held: I64) -> I64:
    """Of mail domains and of places, the one that most of the group have."""
    kinds = (own[is_kind(hands, *one)[own]] for one in (("domain",), ("address", "network")))
    return np.array([of[held[of].argmax()] for of in kinds if len(of)], np.int64)
