"""Groups of houses that ask alike: accounts behind several payments that show nothing in common but their questions.

Cover drowns what an account has of a source, and ten accounts on a card are an office. But what a house of them asks
together is known ten times better, and of people who ask for themselves it is what people ask: two houses that ask the
same, in the same measure, are hardly strangers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from stillwatch.evidence import LogProfile, communities
from stillwatch.evidence.hands import is_kind
from stillwatch.evidence.thresholds import ALWAYS_RARE, OFFICE_SIZE, POOL_COSINE, RESOLUTION_ALIKE

__all__ = ["houses_alike"]

I64 = npt.NDArray[np.int64]


def houses_alike(log: LogProfile, *, least: int, seed: int) -> Iterator[I64]:
    """Entities of houses that ask alike, sorted, largest first.

    Args:
        log: the whole log.
        least: smaller groups are left out.
        seed: of clustering.
    """
    hands = log.shared.get("infrastructure")
    if hands is None:
        return
    houses = is_kind(hands, "payment") & (hands.holders >= ALWAYS_RARE) & (hands.holders <= OFFICE_SIZE)
    of = (hands.matrix[:, np.flatnonzero(houses)] > 0).tocsc()
    near = log.content.together(of).neighbours
    alike = near.cosine >= POOL_COSINE
    found = communities(
        near.a[alike],
        near.b[alike],
        np.ones(int(alike.sum())),
        of.shape[1],
        resolution=RESOLUTION_ALIKE,
        least=2,
        seed=seed,
    )
    for group in found:
        members = np.unique(of[:, group].indices).astype(np.int64)
        if len(members) >= least:
            yield members
