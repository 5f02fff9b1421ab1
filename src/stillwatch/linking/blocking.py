"""Pairs of entities worth weighing: holders of one rare thing, and what families propose besides."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from stillwatch.evidence import Family, LogProfile
from stillwatch.evidence.postings import distinct

__all__ = ["candidate_pairs"]

I64 = npt.NDArray[np.int64]


def candidate_pairs(log: LogProfile, families: Iterable[Family], seed: int) -> tuple[I64, I64]:
    """Pairs ``a < b``, each once, sorted.

    Args:
        log: the whole log.
        families: who know what entities share, and whom else to compare.
        seed: of the blocks into which holders of a common thing are cut.
    """
    rng = np.random.default_rng(seed)
    count = len(log)
    keys: list[I64] = []
    # Blocks of one size are handled at once: there are many blocks and few sizes.
    by_size: dict[int, list[I64]] = {}
    for family in families:
        a, b = family.pairs(log)
        keys.append(np.minimum(a, b) * count + np.maximum(a, b))
        shared = log.shared[family.name]
        for block in shared.blocks(rng) if shared is not None else ():
            by_size.setdefault(len(block), []).append(block)
    for size, alike in by_size.items():
        i, j = np.triu_indices(size, 1)
        table = np.sort(np.stack(alike), axis=1)
        keys.append((table[:, i] * count + table[:, j]).ravel())
    pairs = distinct(np.concatenate(keys)) if keys else np.zeros(0, np.int64)
    return pairs // max(count, 1), pairs % max(count, 1)
