"""Places for up to ten thousand accounts of a graph, in time that grows with its links, the same for the same links.

Small graphs get the places of ``drawing``, which weigh every pair. For large ones every account is pulled to its links'
ends and pushed from a rotating sample of all others, as in LargeVis (Tang et al. 2016), with nothing left to chance.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["set_apart", "spread_accounts"]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

_ROUNDS = 60
_PUSHED_BY = 12
_IN_A_ROW = 40
_NAMED_IN_A_ROW, _NAMED = 6, 24
"""So few have room for their names."""


def spread_accounts(size: int, ends: I64, weights: F32) -> F32:
    """Places (N x 2) about the middle.

    Args:
        size: how many accounts.
        ends: links as pairs of accounts, E x 2.
        weights: of the links, E; heavier ones pull closer.
    """
    turn = np.arange(size, dtype=np.float32) * np.float32(2.399963)
    radius = np.sqrt((np.arange(size, dtype=np.float32) + 0.5) / max(size, 1))
    places = np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1).astype(np.float32)
    if size < 3:
        return places
    strength = np.clip(weights / max(float(np.abs(weights).max(initial=0)), 1e-6), 0.1, 1).astype(np.float32)
    total = sum((np.bincount(ends[:, side], strength, size) for side in (0, 1)), np.full(size, 1e-6)).astype(np.float32)
    others = np.arange(size)
    for step in range(_ROUNDS):
        gap = (places[ends[:, 1]] - places[ends[:, 0]]) * strength[:, None]
        pulled = _summed(ends[:, 0], gap, size) - _summed(ends[:, 1], gap, size)
        move = 0.5 * pulled / total[:, None]
        for n in range(_PUSHED_BY):
            # A stride that differs each time meets other accounts each time.
            far = places - places[(others + 1 + (step * _PUSHED_BY + n) * 7919) % size]
            # Sums along a row of two take ten times as long as adding two columns.
            squared = far[:, 0] * far[:, 0] + far[:, 1] * far[:, 1]
            move += far * (np.float32(0.02 / _PUSHED_BY) / (squared + np.float32(0.01)))[:, None]
        places = places + move * np.float32(1 - 0.8 * step / _ROUNDS) - np.float32(0.01) * places
    return places.astype(np.float32)


def set_apart(places: F32, linked: npt.NDArray[np.bool_]) -> F32:
    """The same places where some accounts have no link: these in rows below, for pushed away they make the rest small.

    Args:
        places: of all accounts, N x 2.
        linked: whether each has a link.
    """
    if linked.all() or not linked.any():
        return places
    low, high = places[linked].min(axis=0), places[linked].max(axis=0)
    put: F32 = (2 * (places - (low + high) / 2) / np.maximum(high - low, np.float32(1e-6)).max()).astype(np.float32)
    bottom = put[linked, 1].min()
    alone = int((~linked).sum())
    in_a_row = _NAMED_IN_A_ROW if alone <= _NAMED else _IN_A_ROW
    row, column = np.divmod(np.arange(alone), in_a_row)
    wide = min(len(row), in_a_row)
    put[~linked, 0] = (column - (wide - 1) / 2) * (2 / max(wide, 4))
    put[~linked, 1] = bottom - np.float32(0.25) - 0.1 * row
    return put


def _summed(at: I64, values: F32, size: int) -> F32:
    """Rows of ``values`` added up by account."""
    return np.stack([np.bincount(at, values[:, axis], size) for axis in (0, 1)], axis=1).astype(np.float32)
