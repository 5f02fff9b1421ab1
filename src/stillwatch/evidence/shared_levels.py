"""Levels of likeness by shared things: two rare ones, then one of each class of rarity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.base import Level
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.thresholds import RARITIES

__all__ = ["reached", "shared_levels"]

I64 = npt.NDArray[np.int64]


def shared_levels(column: str, things: Postings | None, m: tuple[float, ...]) -> list[Level]:
    """The levels over what ``reached`` gives; none where nothing is known of anybody.

    Args:
        column: name of the pair's column.
        things: u comes from how many entities have each, which random pairs would be too few to show.
        m: of each level, one more than there are classes.
    """
    if things is None:
        return []
    chance = things.chance()
    # Two things are rarely independent (an address comes with its network): short of the square.
    chain = [Level("two rare things", f"p.{column} = 0", m[0], float(max(chance[0] ** 1.5, 1e-9)))]
    for number, (name, _) in enumerate(RARITIES, start=1):
        chain.append(Level(f"one {name} thing", f"p.{column} = {number}", m[number], float(chance[number - 1])))
    return chain


def reached(column: str, things: Postings | None, a: I64, b: I64) -> Mapping[str, npt.NDArray[Any]]:
    """The level each pair reaches, one beyond the last where none; masked where of either nothing is known.

    For m pairs, an array of length m under the name ``column``.
    """
    if things is None:
        return {}
    shared = things.shared(a, b)
    hits = np.column_stack([shared[:, 0] >= 2, shared > 0, np.ones(len(a), np.bool_)])
    unknown = ~(things.known[a] & things.known[b])
    return {column: np.ma.MaskedArray(np.argmax(hits, axis=1).astype(np.int8), mask=unknown)}
