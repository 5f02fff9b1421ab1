"""Which accounts and links of a large campaign are drawn, so that what is shown hangs together.

Breadth first from the most linked account; then each account's strongest links before others'.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["pick_accounts", "pick_links"]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

_MOST_NODES = 400
_MOST_BYSTANDERS = 80
_MOST_EDGES = 1_500


def pick_accounts(size: int, members: int, ends: I64) -> I64:
    """Indices of the accounts to show, members first: a neighbourhood grown from the most linked."""
    room = min(size - members, _MOST_BYSTANDERS)
    inside = ends[(ends < members).all(axis=1)]
    shown = _neighbourhood(members, inside, min(members, _MOST_NODES - room))
    mask = np.zeros(size, bool)
    mask[shown] = True
    # Bystanders linked to a member in the picture say more than those that would float alone.
    touching = np.zeros(size, np.int64)
    np.add.at(touching, ends[:, 0], mask[ends[:, 1]])
    np.add.at(touching, ends[:, 1], mask[ends[:, 0]])
    others = members + np.argsort(-touching[members:], kind="stable")[:room]
    if len(shown) < members:
        others = others[touching[others] > 0]
    others = np.sort(others)
    return np.concatenate([shown, others])


def _neighbourhood(size: int, ends: I64, wanted: int) -> I64:
    if wanted >= size:
        return np.arange(size)
    degree = np.bincount(ends.ravel(), minlength=size)
    order = np.argsort(-degree, kind="stable")
    inside = np.zeros(size, bool)
    taken = 0
    while taken < wanted:
        # The next ring, or the most linked account that no ring has reached.
        reached = np.unique(np.concatenate([ends[inside[ends[:, 0]], 1], ends[inside[ends[:, 1]], 0]]))
        ring = reached[~inside[reached]]
        if len(ring) == 0:
            ring = order[~inside[order]][:1]
        ring = ring[np.argsort(-degree[ring], kind="stable")][: wanted - taken]
        inside[ring] = True
        taken += len(ring)
    return np.flatnonzero(inside)


def pick_links(chosen: I64, ends: I64, weights: F32) -> I64:
    """Link indices to draw: each account's strongest first, so that none hangs loose, then by weight."""
    mask = np.zeros(int(max(ends.max(initial=0), chosen.max(initial=0))) + 1, bool)
    mask[chosen] = True
    usable = np.flatnonzero(mask[ends].all(axis=1)) if len(ends) else np.zeros(0, np.int64)
    usable = usable[np.argsort(-weights[usable], kind="stable")]
    if len(usable) <= _MOST_EDGES:
        return np.sort(usable)
    first = np.unique(np.concatenate([np.unique(ends[usable, side], return_index=True)[1] for side in (0, 1)]))
    rest = np.setdiff1d(np.arange(len(usable)), first)
    return np.sort(usable[np.concatenate([first, rest])[:_MOST_EDGES]])
