"""The log's own background: groups of entities drawn at random, like a cluster but for its links.

Two kinds of draw. A plain group takes any entities. A matched group takes, for each member of the
cluster, an entity of about the same volume, where a statistic would otherwise only show that the
members are busy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["Background"]

I64 = npt.NDArray[np.int64]

_LARGEST = 150
_WINDOW = 60


@dataclass(frozen=True)
class Background:
    """Draws groups from a log of E entities.

    Attributes:
        volume: exchanges of each entity (E).
        draws: how many groups a test draws.
        seed: of the draws; a group's members decide the rest, so tests do not depend on order.
    """

    volume: I64
    draws: int
    seed: int

    @cached_property
    def _by_volume(self) -> I64:
        return np.argsort(self.volume, kind="stable")

    def size(self, members: I64) -> int:
        """Size of the drawn groups: the cluster's, up to a bound that keeps them cheap.

        A smaller group varies more than the cluster would, so the bound can only cost power.
        """
        return min(len(members), _LARGEST)

    def _rng(self, members: I64) -> np.random.Generator:
        return np.random.default_rng([self.seed, len(members), int(members[0]), int(members[-1])])

    def plain(self, members: I64, draws: int | None = None, *, whole: bool = False) -> I64:
        """draws x size entities, each group without regard to the cluster; ``whole`` lifts the bound."""
        size = len(members) if whole else self.size(members)
        return self._rng(members).integers(0, len(self.volume), (draws or self.draws, size))

    def matched(self, members: I64, draws: int | None = None, *, among: npt.NDArray[np.bool_] | None = None) -> I64:
        """draws x size entities, each of about the volume of a member.

        Args:
            members: the cluster.
            draws: how many groups, if not the usual number.
            among: which entities may be drawn (E); must hold for the members.
        """
        rng = self._rng(members)
        order = self._by_volume
        if among is not None:
            order = order[among[order]]
        rank = np.zeros(len(self.volume), np.int64)
        rank[order] = np.arange(len(order))
        chosen = members if len(members) <= _LARGEST else rng.choice(members, _LARGEST, replace=False)
        window = min(max(_WINDOW, len(order) // 40), len(order))
        low = np.clip(rank[chosen] - window // 2, 0, len(order) - window)
        return np.asarray(order[low + rng.integers(0, window, (draws or self.draws, len(chosen)))])
