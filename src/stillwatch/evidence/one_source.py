"""Whether several accounts are shown to ask from one source, and who of them does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.icc import Icc, departure, icc_of, icc_of_source, spread
from stillwatch.evidence.log_profile import LogProfile
from stillwatch.evidence.thresholds import DEPARTED, LEAST_FOR_ICC, MAJORITY, UNTOLD

__all__ = ["icc_of_more", "of_one_source"]

I64 = npt.NDArray[np.int64]


def of_one_source(log: LogProfile, entities: I64) -> I64:
    """Who of several accounts is shown to ask from one source, without those whose questions are others: a class and a
    crew in one web have none.

    Args:
        log: the whole log.
        entities: sorted.
    """
    if len(entities) < LEAST_FOR_ICC:
        return entities[:0]
    kept = entities[departure(log.content, entities, entities) <= DEPARTED]
    same = icc_of(log.content, kept)
    closer = icc_of_more(log, kept) if UNTOLD < same.p_value < MAJORITY else None
    return kept if (closer or same).p_value <= UNTOLD else kept[:0]


def icc_of_more(log: LogProfile, members: I64) -> Icc | None:
    """Intraclass correlation of more prompts of each account than the sample has: a few of each cannot tell a few
    accounts apart. None where no more can be read."""
    if log.closer is None:
        return None
    some = spread(log.content, members)
    return icc_of_source(log.content, some, *log.closer(some))
