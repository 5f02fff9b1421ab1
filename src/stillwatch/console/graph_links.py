"""Which links of a graph are drawn first: what holds it together, then each account's strongest, step by step.

A slider by weight alone shows all or nothing where thousands of links weigh about the same. Here each link has a rank:
0 where it is one of the strongest that hold the graph together (a maximum spanning forest, Kruskal 1956), else the
place that it has among the links of that of its two accounts for which it matters more. Links whose odds are the same
within a doubling count as equal; of these the shorter ones in the drawing come first, then those of the earlier
accounts, so that the same links have the same ranks each time and none crosses the picture without need.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

__all__ = ["rank_links", "strongest_links"]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

_MIXED = np.uint64(0x9E3779B97F4A7C15)


def strongest_links(ends: I64, weights: F32, most: int) -> I64:
    """Places of the strongest links, so many at most; of equals those that a fixed mix of their ends puts first.

    Without the mix the first accounts would keep all of theirs, and the last none.
    """
    if len(ends) <= most:
        return np.arange(len(ends))
    mixed = (ends[:, 0].astype(np.uint64) * _MIXED) ^ (ends[:, 1].astype(np.uint64) * (_MIXED >> np.uint64(7)))
    order = np.lexsort((mixed * _MIXED, -np.round(weights)))
    return np.sort(order[:most]).astype(np.int64)


def rank_links(size: int, ends: I64, weights: F32, places: F32) -> I64:
    """The rank of each link.

    Args:
        size: how many accounts.
        ends: links as pairs of different accounts, E x 2, each pair once.
        weights: of the links, E.
        places: of the accounts in the drawing, N x 2.

    >>> ends, even = np.array([[0, 1], [1, 2], [0, 2]]), np.ones(3, np.float32)
    >>> rank_links(3, ends, even, np.array([[0, 0], [1, 0], [3, 0]], np.float32)).tolist()
    [0, 0, 2]
    """
    if not len(ends):
        return np.zeros(0, np.int64)
    length = np.square(places[ends[:, 0]] - places[ends[:, 1]]).sum(axis=1)
    order = np.lexsort((ends[:, 1], ends[:, 0], length, -np.round(weights)))
    turn = np.empty(len(ends), np.int64)
    turn[order] = np.arange(len(ends))
    ranks = _places_at_accounts(ends, turn)
    ranks[_forest(size, ends, turn)] = 0
    return ranks


def _places_at_accounts(ends: I64, turn: I64) -> I64:
    """From 1: the better of the places that a link has among those of its two accounts."""
    at, turns = ends.T.ravel(), np.tile(turn, 2)
    order = np.lexsort((turns, at))
    sorted_at = at[order]
    begins = np.flatnonzero(np.r_[True, sorted_at[1:] != sorted_at[:-1]])
    lengths = np.diff(np.r_[begins, len(at)])
    place = np.empty(len(at), np.int64)
    place[order] = np.arange(len(at)) - np.repeat(begins, lengths) + 1
    return np.minimum(place[: len(turn)], place[len(turn) :])


def _forest(size: int, ends: I64, turn: I64) -> I64:
    """Places of the links of the spanning forest that takes those whose turn comes first."""
    # No two turns are the same, so that there is one such forest, however it is looked for.
    graph = sparse.coo_matrix((turn + 1.0, (ends[:, 0], ends[:, 1])), (size, size)).tocsr()
    taken = csgraph.minimum_spanning_tree(graph).data.astype(np.int64) - 1
    of_turn = np.empty(len(turn), np.int64)
    of_turn[turn] = np.arange(len(turn))
    found: I64 = of_turn[taken]
    return found
