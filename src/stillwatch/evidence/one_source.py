"""Whether several accounts are shown to ask from one source, and who of them does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.icc import Icc, departure, icc_of, icc_of_source, spread, z_of
from stillwatch.evidence.icc_in_stretches import nested_correlation
from stillwatch.evidence.log_profile import LogProfile
from stillwatch.evidence.thresholds import DEPARTED, LEAST_FOR_ICC, MAJORITY, MARGIN, NEARLY_ALL, UNTOLD

__all__ = [
    "asking_alike",
    "icc_as_far_as_told",
    "icc_in_common",
    "icc_in_stretches",
    "icc_of_more",
    "of_one_source",
    "shown_one_source",
]

I64 = npt.NDArray[np.int64]


def of_one_source(log: LogProfile, entities: I64) -> I64:
    """Who of several accounts is shown to ask from one source: those who ask alike, or nobody.

    Args:
        log: the whole log.
        entities: sorted.
    """
    kept = asking_alike(log, entities)
    return kept if len(kept) and shown_one_source(log, kept) else kept[:0]


def asking_alike(log: LogProfile, entities: I64) -> I64:
    """Several accounts without those whose questions are others: a class and a crew in one web have no one source.
    Nobody, where they are too few to tell.

    Args:
        log: the whole log.
        entities: sorted.
    """
    if len(entities) < LEAST_FOR_ICC:
        return entities[:0]
    return entities[departure(log.content, entities, entities) <= DEPARTED]


def shown_one_source(log: LogProfile, kept: I64) -> bool:
    """Whether accounts that ask alike are shown to ask from one source; more of what they ask is read where the sample
    leaves it open."""
    return icc_as_far_as_told(log, kept).p_value <= UNTOLD


def icc_as_far_as_told(log: LogProfile, members: I64) -> Icc:
    """Intraclass correlation of what was sampled, or of more where that leaves it open."""
    same = icc_of(log.content, members)
    closer = icc_of_more(log, members) if UNTOLD < same.p_value < MAJORITY else None
    return closer or same


def icc_of_more(log: LogProfile, members: I64) -> Icc | None:
    """Intraclass correlation of more prompts of each account than the sample has: a few of each cannot tell a few
    accounts apart. None where no more can be read."""
    if log.closer is None:
        return None
    some = spread(log.content, members)
    return icc_of_source(log.content, some, *log.closer(some))


def icc_in_common(log: LogProfile, members: I64) -> Icc | None:
    """Intraclass correlation of what the members sent in their common moments; None where it speaks of too few of them,
    or of so few prompts that none at all could not be shown."""
    some = spread(log.content, members)
    sent = log.in_common(some) if log.in_common is not None else None
    if sent is None or np.sum(np.bincount(np.searchsorted(some, sent[2]), minlength=1) > 1) < NEARLY_ALL * len(some):
        return None
    same = icc_of_source(log.content, some, *sent)
    return same if same.told or z_of(UNTOLD) * same.standard_error <= MARGIN else None


def icc_in_stretches(log: LogProfile, members: I64) -> Icc | None:
    """Intraclass correlation of what the members sent at any one time; None where they were hardly at work together."""
    sent = log.in_stretches(spread(log.content, members)) if log.in_stretches is not None else None
    return None if sent is None else nested_correlation(*sent)
