"""What a group sends with the text that nearly all of it sends: cover carries none of it."""

from __future__ import annotations

import numpy as np

from stillwatch.evidence.content import Content
from stillwatch.evidence.icc import spread
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.signature import filling_texts
from stillwatch.evidence.thresholds import NEARLY_ALL

__all__ = ["carried"]


def carried(log: LogProfile, members: I64) -> Content | None:
    """Prompts of a group that carry its own text; of a bounded number of members, evenly spread, where it sends much.

    Returns:
        None where it has no such text, or of too few members more than one prompt is known.
    """
    if log.carrying is None:
        return None
    texts = filling_texts(log, members)
    if not len(texts):
        return None
    some = spread(log.content, members)
    sent = log.carrying(some, texts)
    return sent if sent is not None and np.mean(sent.counts[some] > 1) >= NEARLY_ALL else None
