"""Pairs of entities worth weighing: holders of one rare thing, and nearest neighbours by content."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.campaigns.content import Neighbours
from stillwatch.campaigns.linkage import Traits
from stillwatch.campaigns.postings import distinct

__all__ = ["candidate_pairs"]

I64 = npt.NDArray[np.int64]


def candidate_pairs(traits: Traits, near: Neighbours, seed: int) -> tuple[I64, I64]:
    """Pairs ``a < b``, each once, sorted.

    Args:
        traits: what entities are compared by.
        near: entities that ask alike.
        seed: of the blocks into which holders of a common thing are cut.
    """
    rng = np.random.default_rng(seed)
    blocks = traits.texts.blocks(rng)
    if traits.hands is not None:
        blocks += traits.hands.blocks(rng)
    count = len(traits.entities)
    keys = [near.a * count + near.b]
    # Blocks of one size are handled at once: there are many blocks and few sizes.
    by_size: dict[int, list[I64]] = {}
    for block in blocks:
        by_size.setdefault(len(block), []).append(block)
    for size, alike in by_size.items():
        i, j = np.triu_indices(size, 1)
        table = np.sort(np.stack(alike), axis=1)
        keys.append((table[:, i] * count + table[:, j]).ravel())
    pairs = distinct(np.concatenate(keys))
    return pairs // count, pairs % count
