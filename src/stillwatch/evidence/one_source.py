"""Whether several accounts are shown to ask from one source, and who of them does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.icc import departure, icc_of, icc_of_source, spread
from stillwatch.evidence.log_profile import LogProfile
from stillwatch.evidence.thresholds import DEPARTED, LEAST_FOR_ICC, MAJORITY, UNTOLD

__all__ = ["of_one_source"]

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
    if UNTOLD < same.p_value < MAJORITY and log.closer is not None:
        # A few prompts an account cannot tell a few accounts apart: more of them may.
        some = spread(log.content, kept)
        same = icc_of_source(log.content, some, *log.closer(some))
    return kept if same.p_value <= UNTOLD else kept[:0]
