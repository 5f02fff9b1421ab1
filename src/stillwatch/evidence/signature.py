"""Which texts a group has in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.p_values import log10_often_tail, log10_sharing_tail
from stillwatch.evidence.thresholds import COMMON_TEXT, LEAST_SHARE, NEARLY_ALL, RARITIES, TALK, TALK_TIMES

__all__ = ["filling", "filling_texts", "outside_share", "own_texts", "senders", "signature"]

F64 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
U64 = npt.NDArray[np.uint64]


def signature(log: LogProfile, members: I64, *, common: bool = False) -> tuple[I64, F64, F64]:
    """Texts shared within a group: their numbers, how many members use each, and log10 p.

    The p-value of a text is that of as many holders among blindly drawn entities, times the number
    of texts, and no less than that of as many strangers who send it as often as accounts of the provider's other weeks,
    where those are known. What is beyond a common share of the log is left out unless ``common``: a campaign may be a
    third of a log, and nobody else is asked about what so many send.
    """
    return log.asked.answer((members.tobytes(), common), lambda: _signature(log, members, common=common))


def _signature(log: LogProfile, members: I64, *, common: bool) -> tuple[I64, F64, F64]:
    texts = log.shared["structure"]
    if texts is None:
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    within = texts.matrix[members]
    things = within.indices[within.data >= LEAST_SHARE]
    if not common:
        things = things[texts.classes[things] < len(RARITIES)]
    number, used = np.unique(things, return_counts=True)
    number, count = number[used >= 2].astype(np.int64), used[used >= 2].astype(np.float64)
    chance = log10_sharing_tail(count, len(members), texts.holders[number], texts.matrix.shape[0])
    if log.ordinary is not None:
        often = log.ordinary.share(texts.names[number])
        chance = np.maximum(chance, np.where(often > 0, log10_often_tail(count, len(members), often), -np.inf))
    chance += np.log10(max(len(texts.names), 1))
    order = np.argsort(chance + 1e-6 * -count, kind="stable")
    return number[order], count[order], np.minimum(chance[order], 0.0)


def outside_share(log: LogProfile, members: I64, number: I64, used: F64) -> F64:
    """Share of everybody else who sends each text.

    Args:
        log: the whole log's.
        members: the group.
        number, used: texts, and how many members send each.
    """
    texts = log.shared["structure"]
    return np.zeros(0) if texts is None else (texts.holders[number] - used) / max(len(log) - len(members), 1)


def own_texts(log: LogProfile, members: I64, number: I64, used: F64) -> Mask:
    """Which texts are not what others send too: a great part of everybody, or many more than the members.

    A group may have been found by what is in all of it. What people at large say, such as "can you give an example",
    is in every such group, and a group that is a small part of those who say it, or that says a small part of it, has
    it by being chosen so: who sends much has some turn of phrase in a tenth of it.
    """
    texts = log.shared["structure"]
    outside = outside_share(log, members, number, used)
    own = np.asarray(outside <= COMMON_TEXT)
    often = np.flatnonzero(outside > TALK)
    if texts is None or not len(often):
        return own
    mine = np.asarray(texts.matrix[members][:, number[often]].sum(axis=0)).ravel()
    others, theirs = outside[often] * (len(log) - len(members)), texts.sent[number[often]] - mine
    own[often] &= (others < TALK_TIMES * used[often]) & (theirs < TALK_TIMES * mine)
    return own


def filling(log: LogProfile, members: I64) -> I64:
    """Numbers of the texts that nearly all of a group send and few others, the rarest first."""
    number, used, _ = signature(log, members, common=True)
    return number[(used >= NEARLY_ALL * len(members)) & own_texts(log, members, number, used)]


def filling_texts(log: LogProfile, members: I64) -> U64:
    """Names of the texts that nearly all of a group send and few others, sorted."""
    texts = log.shared["structure"]
    return np.zeros(0, np.uint64) if texts is None else np.sort(texts.names[filling(log, members)])


def senders(log: LogProfile, members: I64, share: float) -> I64:
    """Everybody, members or not, of whose exchanges at least this share has the rarest text that nearly all of a group
    send and few others."""
    texts, rarest = log.shared["structure"], filling(log, members)[:1]
    if texts is None or not len(rarest):
        return members[:0]
    return np.flatnonzero(texts.matrix[:, rarest].toarray()[:, 0] >= share)
