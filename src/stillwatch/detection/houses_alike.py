"""Groups of houses that ask alike: accounts behind several payments that show nothing in common but their questions.

Cover drowns what an account has of a source, and ten accounts on a card are an office. But what a house of them asks
together is known ten times better, and of people who ask for themselves it is what people ask: two houses that ask the
same, in the same measure, are hardly strangers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.evidence import LogProfile, communities
from stillwatch.evidence.hands import is_kind
from stillwatch.evidence.thresholds import ALWAYS_RARE, DEPARTED, OFFICE_SIZE, POOL_COSINE, RESOLUTION_ALIKE

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
    for kind in ("payment", "domain", "address"):
        houses = is_kind(hands, kind) & (hands.holders >= ALWAYS_RARE) & (hands.holders <= OFFICE_SIZE)
        of = (hands.matrix[:, np.flatnonzero(houses)] > 0).astype(np.int64).tocsc()
        for group in _groups(log, of, seed):
            members = np.unique(of[:, group].indices).astype(np.int64)
            if len(members) >= least:
                yield members


def _groups(log: LogProfile, of: sparse.csc_array, seed: int) -> list[I64]:
    """Houses that ask alike, in the same measure, and have nobody in common, in groups.

    A crew that sends nothing else asks what a campaign asks beneath its cover, and is told by its measure.

    Args:
        log: the whole log.
        of: which entities each house has (entities x houses).
        seed: of clustering.
    """
    content = log.content.together(of)
    near = content.neighbours
    both = np.asarray(of[:, near.a].multiply(of[:, near.b]).sum(axis=0)).ravel()
    alike = (near.cosine >= POOL_COSINE) & (both == 0) & (content.departs(near.a, near.b) <= DEPARTED)
    a, b = near.a[alike], near.b[alike]
    return communities(a, b, np.ones(len(a)), of.shape[1], resolution=RESOLUTION_ALIKE, least=2, seed=seed)
