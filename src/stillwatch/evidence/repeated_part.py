"""Whether what a group repeats is what it has in common.

An evaluation harness or a class repeats the set that it has in common: what its accounts repeat and what they do not is
of one kind. Accounts that share out a pool, and hide it among a few hundred questions that anybody might ask, repeat
those: what they do not repeat is of another kind, and is what makes them one group.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.evidence.dispatch_thresholds import LEAST_DEALT, MOST_PHRASES
from stillwatch.evidence.icc import Icc, departure, icc_of_most, icc_of_source, spread
from stillwatch.evidence.log_profile import F32, I64, LogProfile
from stillwatch.evidence.thresholds import (
    CONTRADICTS,
    DEPARTED,
    LEAST_MEMBERS,
    LEAST_SWAPPED,
    MAJORITY,
    OF_ANOTHER_KIND,
    OVERLAP_TIMES,
    PHRASES,
    REPEATS,
    UNTOLD,
)

__all__ = ["repeats_beside", "repeats_without_own_words", "runs_one_set"]

U64 = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]


class Rest(NamedTuple):
    """What a group sends beside what it repeats.

    Attributes:
        same: intraclass correlation of it, shown to be below ``MARGIN``.
        few: how many prompts are repeated, where they are too few to be of a kind, or no set that each runs in part.
        sure: whether it is shown that they are none; users of one program carry its talk on alike.
    """

    same: Icc
    few: int | None
    sure: bool


def repeats_beside(log: LogProfile, group: I64, beside: I64) -> Rest | None:
    """Whether a group's accounts repeat what is of another kind than the rest of what they send, or turns of phrase
    that no set explains, and could swap the rest.

    Args:
        log: the whole log.
        group: entities, sorted.
        beside: others who may send the same.

    Returns:
        What no other of them sends, where it is shown to be of one source and to differ from what they repeat; None
        otherwise, and where the names of sampled prompts are not known.
    """
    if log.sampled is None:
        return None
    some = spread(log.content, group)
    rows = log.content.rows(some)
    everybody = np.concatenate([group, beside])
    twice = _sent_twice(log, everybody)
    repeated = np.isin(log.sampled[rows], twice)
    few = len(twice) if len(twice) <= PHRASES else None
    sure = few is not None or _of_another_kind(log.content.whitened[rows], log.sampled[rows], repeated)
    if not sure and not _beside_many_of_one(log, everybody):
        return None
    rest = rows[~repeated]
    # A stranger among them, who sends something else, says nothing of the others.
    others = log.content.among(rest)
    alike = some[(others.counts[some] > 0) & (departure(others, some, some) <= DEPARTED)]
    if len(alike) >= LEAST_SWAPPED * len(some):
        rest = rest[np.isin(log.content.owner[rest], alike)]
    same = icc_of_source(log.content, some, log.content.raw[rest], log.content.whitened[rest], log.content.owner[rest])
    return Rest(same, few if sure else len(twice), sure) if same.p_value <= UNTOLD else None


def repeats_without_own_words(log: LogProfile, group: I64, beside: I64) -> Icc | None:
    """Whether a group's accounts put words of their own around what none of them repeats, and could swap that.

    Args:
        log: the whole log.
        group: entities, sorted.
        beside: others who may send the same.

    Returns:
        Intraclass correlation of what stands beside those words, where it is below ``MARGIN`` beyond doubt; None
        otherwise, and where too few of the group have such words.
    """
    wrapped = group[log.payload.counts[group] > 0]
    if log.sampled_payload is None or len(wrapped) < max(LEAST_MEMBERS, LEAST_SWAPPED * len(group)):
        return None
    names = log.sampled_payload[log.payload.rows(wrapped)]
    if np.mean(_repeated(log, np.concatenate([group, beside]), names)) > REPEATS:
        return None
    same = icc_of_most(log.payload, wrapped)
    # A homework that some put in other words has a few runs of words that pass for an account's own.
    return same if same.p_value <= CONTRADICTS else None


def runs_one_set(log: LogProfile, group: I64) -> Mask:
    """Who of a group runs a set that others of it run too: whoever repeats them by more than twice what accounts with
    a pool of their own do, unless that is beside what the group has in common and the rest of it is like the group's.
    """
    shares = log.prompt_sets.repeats(group)
    runs = shares > 2 * REPEATS
    unsure = runs & (shares <= MAJORITY)
    if unsure.any() and repeats_without_own_words(log, group[shares <= MAJORITY], group[:0]) is not None:
        return runs & ~(unsure & _puts_own_words(log, group, group[shares <= MAJORITY]))
    beside = repeats_beside(log, group[shares <= MAJORITY], group[:0]) if unsure.any() else None
    if log.sampled is None or beside is None or not beside.sure:
        return runs
    rows = log.content.rows(group)
    rest = log.content.among(rows[~_repeated(log, group, log.sampled[rows])])
    sure = group[~runs] if np.sum(~runs) >= LEAST_MEMBERS else group[shares <= MAJORITY]
    sure = sure[rest.counts[sure] > 0]
    if len(sure) < LEAST_MEMBERS:
        return runs
    unlike = np.ones(len(group), np.bool_)
    unlike[unsure] = (departure(rest, sure, group[unsure]) > DEPARTED) | (rest.counts[group[unsure]] == 0)
    return runs & unlike


def _puts_own_words(log: LogProfile, group: I64, most: I64) -> Mask:
    """Who of a group puts words of its own around what none of it repeats and what is like that of most of them."""
    counts = log.payload.counts[group]
    like = (counts > 0) & (departure(log.payload, most[log.payload.counts[most] > 0], group) <= DEPARTED)
    rows = log.payload.rows(group)
    repeated = _repeated(log, group, log.sampled_payload[rows]) if log.sampled_payload is not None else rows >= 0
    share = np.bincount(np.repeat(np.arange(len(group)), counts), weights=repeated, minlength=len(group))
    return like & (share <= REPEATS * counts)


def _repeated(log: LogProfile, group: I64, names: U64) -> Mask:
    """Which prompts at least two of a group send."""
    return np.isin(names, _sent_twice(log, group))


def _sent_twice(log: LogProfile, group: I64) -> U64:
    """Prompts that at least two of a group send."""
    held = np.sort(log.prompt_sets.held(group)[2])
    return np.unique(held[1:][held[1:] == held[:-1]])


def _beside_many_of_one(log: LogProfile, group: I64) -> bool:
    """Whether nearly all different prompts of a group are sent by one of it, and the others by too many for a set of
    which nearly all would be, but by too few for an exercise, which most of a class do."""
    _, senders = np.unique(log.prompt_sets.held(group)[2], return_counts=True)
    several = senders[senders > 1]
    if not len(several) or len(several) > MOST_PHRASES * len(senders):
        return False
    return bool(OVERLAP_TIMES < several.mean() <= len(group) / OVERLAP_TIMES)


def _of_another_kind(whitened: F32, names: U64, repeated: Mask) -> bool:
    """Whether what is repeated is told from what is not, by prompts that did not draw the line between them.

    Each half of the different prompts is held against the direction in which the other half's two kinds differ
    (Mann and Whitney 1947), for a prompt sent twice would be on both sides of any line between accounts.
    """
    _, first = np.unique(names, return_index=True)
    whitened, repeated, half = whitened[first], repeated[first], names[first] % np.uint64(2) == 0
    scores = np.zeros(len(first))
    for drawn in (half, ~half):
        kinds = whitened[drawn & repeated], whitened[drawn & ~repeated]
        if min(len(kind) for kind in kinds) < LEAST_DEALT:
            return False
        scores[~drawn] = whitened[~drawn] @ (kinds[1].mean(axis=0) - kinds[0].mean(axis=0))
    above = scipy.stats.mannwhitneyu(scores[~repeated], scores[repeated], alternative="greater")
    share = above.statistic / (np.sum(repeated) * np.sum(~repeated))
    return bool(above.pvalue <= CONTRADICTS and share >= OF_ANOTHER_KIND)
