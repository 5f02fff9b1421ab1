"""What joint detection works on: one's own suspect groups, and what peers say of theirs.

A token is the pseudonym of an identifier that others hold too (``matching`` makes them). A peer's graph has groups of
nodes; a node is an account under a name of one round, known by its tokens alone. Of how common a token is, a
member says a class and no number; a token is as scarce as the side on which it is commoner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from stillwatch.core.terms import COORDINATION

__all__ = ["CONTENT_KINDS", "RARITIES", "SCARCE", "Own", "OwnGroup", "PeerGraph", "PeerGroup", "rarity"]

I64 = npt.NDArray[np.int64]
Token = bytes

CONTENT_KINDS = frozenset({"sentence", "template"})
"""Kinds that show one source of text; all others show the same hands."""

RARITIES = (0.002, 0.02, 0.15)
"""Upper bounds of the classes of rarity, as shares of a member's accounts; as a scan classes them."""

SCARCE = 2
"""Tokens of this class or beyond (common on either side) say nothing about two strangers."""


def rarity(holders: int, accounts: int) -> int:
    """Class of an identifier by how many of a member's accounts hold it, 0 (rare) to 3 (everywhere).

    Three holders are rare in any log, however small.

    >>> rarity(3, 100), rarity(300, 1000), rarity(10, 1000)
    (0, 3, 1)
    """
    if holders <= 3:
        return 0
    return int(np.searchsorted(RARITIES, holders / max(accounts, 1)))


@dataclass(frozen=True, slots=True)
class OwnGroup:
    """A suspect group of one's own.

    Attributes:
        members: accounts by number, sorted.
        content_p, coordination_p: how far one's own log gets: p-values of "no common content" and "no coordination".
        weights: mean match weight of its pairs by family, bits.
    """

    members: I64
    content_p: float
    coordination_p: float
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Own:
    """One's own side.

    Attributes:
        accounts: how many the log has, suspect or not.
        groups: suspect groups; they may overlap.
        holders: for each matched token, every account of the log that holds its identifier, sorted.
        kinds: kind of each matched token.
    """

    accounts: int
    groups: Sequence[OwnGroup]
    holders: Mapping[Token, I64]
    kinds: Mapping[Token, str]


@dataclass(frozen=True, slots=True)
class PeerGroup:
    """A group of a peer's: the tokens of each node, and what its own links weigh by family (bits)."""

    nodes: Sequence[frozenset[Token]]
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def acting_bits(self) -> float:
        """What its links weigh in the families that see acting together; 0 where nothing was weighed."""
        return sum(self.weights.get(family, 0.0) for family in COORDINATION)


@dataclass(frozen=True, slots=True)
class PeerGraph:
    """What one peer says: its groups, and how common each token is among its accounts."""

    member: str
    groups: Sequence[PeerGroup]
    classes: Mapping[Token, int]
