"""Groups that ask from one source and are too few, or too weakly tied, to be called a campaign here.

What a campaign spread over several providers leaves at each of them. A suspicion is chosen by content alone, as
clusters are, so that whether its accounts act together stays untested until it is tested. The tests are the
scan's own, with their least sizes lowered: what they come to does not convict, for on three or four accounts
interchangeability cannot be shown. It says how far a group has got before others are asked about it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.campaigns.content import Neighbours
from stillwatch.campaigns.explanations import OFFICE, explain
from stillwatch.campaigns.families import infrastructure, structure
from stillwatch.campaigns.investigate import candidate_groups, parts
from stillwatch.campaigns.linkage import Links
from stillwatch.campaigns.significance import tail_p
from stillwatch.campaigns.timing import timing
from stillwatch.campaigns.world import World, likeness

__all__ = ["LEAST_SUSPECTS", "Suspicion", "suspicions"]

LEAST_SUSPECTS = 2
"""Smallest group worth asking others about."""

I64 = npt.NDArray[np.int64]

_LEAST_TIMED = 3
_DRAWS = 400
_ONE_GROUP = 0.8


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A group of entities and how far this log alone gets with it.

    Attributes:
        members: entities, sorted.
        content_p: p-value of "no common content", from this log.
        coordination_p: p-value of "no coordination", from this log.
        weights: mean match weight of the group's pairs by family, in bits; NaN where no pair was weighed.
    """

    members: I64
    content_p: float
    coordination_p: float
    weights: dict[str, float]


def suspicions(world: World, links: Links, near: Neighbours, *, seed: int) -> list[Suspicion]:
    """Groups worth asking others about: no honest explanation holds for them.

    Args:
        world: the log as the tests see it.
        links: weighed pairs.
        near: entities that ask alike.
        seed: of clustering.

    Returns:
        Groups, largest first. One text's holders and those who ask alike may overlap: which of them acts together is
        for the tests to say.
    """
    found: list[Suspicion] = []
    for group in candidate_groups(world, links, near, seed, least=LEAST_SUSPECTS, cohort=LEAST_SUSPECTS):
        for members, beside in parts(world, group):
            if len(members) < LEAST_SUSPECTS or any(_alike(members, s.members) for s in found):
                continue
            if not _explained(world, members, beside):
                found.append(Suspicion(members, *_tests(world, members), _weights(links, members)))
    return sorted(found, key=lambda s: (-len(s.members), int(s.members[0])))


def _alike(a: I64, b: I64) -> bool:
    """Whether two groups are nearly one."""
    common = len(np.intersect1d(a, b))
    return common >= _ONE_GROUP * (len(a) + len(b) - common)


def _explained(world: World, members: I64, beside: I64) -> bool:
    """Whether an honest explanation holds. One office's few accounts and a campaign's few look alike from here: that
    is asked of the whole, where others are known."""
    return any(e.holds and e.name != OFFICE for e in explain(world, members, beside))


def _tests(world: World, members: I64) -> tuple[float, float]:
    """p-values of both sides of the scan's test, each side's families by Bonferroni."""
    means = world.traits.content.means
    draws = world.background.matched(members, _DRAWS)
    alike = tail_p(likeness(means, draws), float(likeness(means, members[None, :])[0]))
    content = min(1.0, 2 * min(structure(world, members).p_value, alike))
    acts = [timing(world, members, least=_LEAST_TIMED), infrastructure(world, members, least=_LEAST_TIMED)]
    known = [f.p_value for f in acts if f.statistic != "none"]
    return content, min(1.0, len(known) * min(known)) if known else 1.0


def _weights(links: Links, members: I64) -> dict[str, float]:
    inside = np.isin(links.a, members) & np.isin(links.b, members)
    return {
        family: float(np.nanmean(w[inside])) if inside.any() and np.isfinite(w[inside]).any() else float("nan")
        for family, w in links.families.items()
    }
