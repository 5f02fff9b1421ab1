"""The null: groups of entities drawn from the log's own background, like a cluster but for what is tested.

Members of a cluster were chosen by content, and people who ask alike are often alike in other ways: free accounts have
quotas, new accounts come on one day, one client is used in one country. So a member is stood in for by an entity of the
same plan, country, age and client, as far as those are known and enough others have them, and, where a statistic
would otherwise only show that the members are busy, of about the same volume. Members themselves are never drawn, nor
who asks as they do: a cluster may be a piece of a larger one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from stillwatch.evidence import HOUR, LogProfile
from stillwatch.evidence.log_profile import strata
from stillwatch.evidence.thresholds import LARGEST_DRAWN, LEAST_STAND_INS, LEAST_STRATUM, VOLUME_RATIO, VOLUME_WINDOW

__all__ = ["Background"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_MATCHED = (("plan", "country", "age", "agent"), ("plan", "age", "agent"), ("plan", "agent"), ("plan",), ())
# Sign-ups are tested on groups drawn so: their age must be free.
_PLAIN = (("plan", "country", "agent"), ("plan", "agent"), ("plan",), ())


@dataclass(frozen=True)
class Background:
    """Draws groups from a log of E entities.

    Attributes:
        log: the whole log.
        draws: how many groups a test draws.
        seed: of the draws; a group's members decide the rest, so tests do not depend on order.
        aside: entities that are never drawn (E); nobody if None.
        of_case: entities that were shown to act together with the group, and are no strangers to it: never drawn; none
            if None.
    """

    log: LogProfile
    draws: int
    seed: int
    aside: Mask | None = None
    of_case: I64 | None = None

    def beside(self, aside: Mask, draws: int | None = None, *, of_case: I64 | None = None) -> Background:
        """The same without some entities, for a part of a case."""
        made = replace(self, aside=aside, draws=draws or self.draws, of_case=of_case)
        made.__dict__["_strata"] = self._strata
        return made

    def size(self, members: I64) -> int:
        """Size of the drawn groups: the cluster's, up to a bound that keeps them cheap.

        A smaller group varies more than the cluster would, so the bound can only cost power.
        """
        return min(len(members), LARGEST_DRAWN)

    def plain(self, members: I64, draws: int | None = None, *, whole: bool = False, among: Mask | None = None) -> I64:
        """draws x size entities of any volume and age; ``whole`` lifts the bound on the size."""
        rng = self._rng(members)
        chosen = (
            members if whole or len(members) <= LARGEST_DRAWN else rng.choice(members, LARGEST_DRAWN, replace=False)
        )
        return self._drawn(self._pools(members, chosen, among, _PLAIN, volume=False), draws or self.draws, rng)

    def matched(self, members: I64, draws: int | None = None, *, among: Mask | None = None) -> I64:
        """draws x size entities, each of about the volume of a member.

        Args:
            members: the cluster.
            draws: how many groups, if not the usual number.
            among: which entities may be drawn (E).
        """
        rng = self._rng(members)
        chosen = members if len(members) <= LARGEST_DRAWN else rng.choice(members, LARGEST_DRAWN, replace=False)
        return self._drawn(self._pools(members, chosen, among, _MATCHED, volume=True), draws or self.draws, rng)

    def _rng(self, members: I64) -> np.random.Generator:
        return np.random.default_rng([self.seed, len(members), int(members[0]), int(members[-1])])

    @staticmethod
    def _drawn(pools: list[I64], draws: int, rng: np.random.Generator) -> I64:
        return np.column_stack([pool[rng.integers(0, len(pool), draws)] for pool in pools])

    @cached_property
    def _volume(self) -> F64:
        return np.log(np.maximum(self.log.exchanges, 1).astype(np.float64))

    @cached_property
    def _strata(self) -> dict[tuple[str, ...], tuple[I64, I64]]:
        """By columns: the stratum of each entity (E), and entities in order of stratum and volume (E)."""
        columns = {name: self.log.columns[name] for name in ("plan", "country", "agent") if name in self.log.columns}
        columns["age"] = _ages(self.log)
        out: dict[tuple[str, ...], tuple[I64, I64]] = {}
        for names in {*_MATCHED, *_PLAIN}:
            key = strata((columns[name] for name in names if name in columns), len(self.log))
            out[names] = key, np.lexsort((self._volume, key))
        return out

    def _pools(
        self, members: I64, chosen: I64, among: Mask | None, levels: tuple[tuple[str, ...], ...], *, volume: bool
    ) -> list[I64]:
        """Who may stand in for each of the chosen: of the finest stratum that has enough others."""
        free = self._free(members, among)
        pools: dict[int, I64] = {}
        for names in levels:
            left = np.array([number for number in range(len(chosen)) if number not in pools], np.int64)
            if not len(left):
                break
            key, order = self._strata[names]
            order = order[free[order]]
            run, volumes = key[order], self._volume[order]
            low = np.searchsorted(run, key[chosen[left]], "left")
            high = np.searchsorted(run, key[chosen[left]], "right")
            if volume:
                low, high = _alike(volumes, self._volume[chosen[left]], low, high, last=not names)
            enough = (high - low >= LEAST_STRATUM) | (not names)
            for number, begin, end in zip(*(one[enough].tolist() for one in (left, low, high)), strict=True):
                pools[number] = order[begin:end]
        return [pools[number] for number in range(len(chosen))]

    def _free(self, members: I64, among: Mask | None) -> Mask:
        """Who may be drawn; members and the like only where nearly nobody else is left."""
        allowed = np.ones(len(self.log), np.bool_) if among is None else among
        free = allowed.copy()
        free[members] = False
        if self.aside is not None:
            free &= ~self.aside
        if self.of_case is not None:
            free[self.of_case] = False
        return free if free.sum() >= LEAST_STAND_INS else allowed


def _alike(volumes: F64, mine: F64, low: I64, high: I64, *, last: bool) -> tuple[I64, I64]:
    """Of strata in order of volume, where the neighbours of each volume begin and end in its stratum; of the last one,
    whatever their distance.

    Args:
        volumes: of all (E).
        mine: of each member (m).
        low, high: where its stratum begins and ends (m).
        last: whether there is no wider stratum.
    """
    ratio = np.inf if last else np.log(VOLUME_RATIO)
    start, end = _place(volumes, mine - ratio, low, high), _place(volumes, mine + ratio, low, high, beyond=True)
    window = np.minimum(np.maximum(VOLUME_WINDOW, (high - low) // 40), end - start)
    middle = _place(volumes, mine, low, high)
    begin = np.clip(middle - window // 2, start, end - window)
    return begin, begin + window


def _place(volumes: F64, sought: F64, low: I64, high: I64, *, beyond: bool = False) -> I64:
    """``low + np.searchsorted(volumes[low:high], sought)`` of each, all of them halved at once; ``beyond`` its equals
    too."""
    low, high = low.copy(), high.copy()
    while (open_ := low < high).any():
        middle = (low + high) // 2
        found = volumes[np.minimum(middle, len(volumes) - 1)]
        before = open_ & ((found <= sought) if beyond else (found < sought))
        low, high = np.where(before, middle + 1, low), np.where(open_ & ~before, middle, high)
    return low


def _ages(log: LogProfile) -> npt.NDArray[np.float64]:
    """Age of each entity at its first exchange in doublings of days; -1 where unknown."""
    if "sign_up" not in log.columns:
        return np.full(len(log), -1.0)
    days = (log.first_seen - log.columns["sign_up"]) / (24 * HOUR)
    return np.where(np.isfinite(days), np.floor(np.log2(np.maximum(np.nan_to_num(days), 0.0) + 1)), -1.0)
