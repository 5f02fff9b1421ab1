"""Groups that ask from one source and are too few, or too weakly tied, to be called a campaign here.

What a campaign spread over several providers leaves at each of them. A suspicion is chosen by content alone, as
clusters are, so that whether its accounts act together stays untested until it is tested. The tests are the
scan's own, with their least sizes lowered: what they come to does not convict, for on three or four accounts
interchangeability cannot be shown. It says how far a group has got before others are asked about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.detection.candidates import content_groups
from stillwatch.detection.explanations import explain
from stillwatch.detection.membership import repeating_apart
from stillwatch.detection.nulls import Background
from stillwatch.evidence import Family, LogProfile, tail_p
from stillwatch.evidence.group_statistics import likeness
from stillwatch.evidence.one_office import OFFICE
from stillwatch.evidence.published_set import PUBLISHED
from stillwatch.evidence.thresholds import DRAWS_ALIKE, LEAST_SUSPECTS, LEAST_TIMED, REPEATS, SAME_SUSPECTS
from stillwatch.linking import Links

__all__ = ["LEAST_SUSPECTS", "Suspicion", "suspicions"]

I64 = npt.NDArray[np.int64]


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


def suspicions(
    log: LogProfile, families: Mapping[str, Family], links: Links, *, draws: int, seed: int
) -> list[Suspicion]:
    """Groups worth asking others about: no honest explanation holds for them.

    Args:
        log: the whole log.
        families: of evidence, by name.
        links: weighed pairs.
        draws: groups redrawn from the log's background for each test.
        seed: of clustering and of every draw.

    Returns:
        Groups, largest first. One text's holders and those who ask alike may overlap: which of them acts together is
        for the tests to say.
    """
    background = Background(log, draws, seed)
    found: list[Suspicion] = []
    for group in content_groups(log, families, links, seed, least=LEAST_SUSPECTS, cohort=LEAST_SUSPECTS):
        for members, beside in repeating_apart(log, group):
            if len(members) < LEAST_SUSPECTS or any(_alike(members, s.members) for s in found):
                continue
            if not _explained(log, families, members, beside):
                tests = _tests(log, families, background, members)
                found.append(Suspicion(members, *tests, _weights(links, members)))
    return sorted(found, key=lambda s: (-len(s.members), int(s.members[0])))


def _alike(a: I64, b: I64) -> bool:
    """Whether two groups are nearly one."""
    common = len(np.intersect1d(a, b))
    return common >= SAME_SUSPECTS * (len(a) + len(b) - common)


def _explained(log: LogProfile, families: Mapping[str, Family], members: I64, beside: I64) -> bool:
    """Whether an honest explanation holds. One office's few accounts and a campaign's few look alike from here: that
    is asked of the whole, where others are known. Of so few, whoever repeats what others send runs a set."""
    repeats = log.prompt_sets.repeats(np.concatenate([members, beside]))[: len(members)]
    runs = float(np.median(repeats)) > REPEATS
    considered = explain(log, families, members, beside)
    return any(e.name != OFFICE and (e.holds or (runs and e.name == PUBLISHED)) for e in considered)


def _tests(
    log: LogProfile, families: Mapping[str, Family], background: Background, members: I64
) -> tuple[float, float]:
    """p-values of both sides of the scan's test, each side's families by Bonferroni."""
    means, origin = log.content.means, log.content.middle_beside(members)
    drawn = likeness(means, background.matched(members, DRAWS_ALIKE), origin)
    alike = tail_p(drawn, float(likeness(means, members[None, :], origin)[0]))
    content = min(1.0, 2 * min(families["structure"].find(log, members, background).p_value, alike))
    coordination = [family for family in families.values() if family.side == "coordination"]
    acts = [family.find(log, members, background, least=LEAST_TIMED) for family in coordination]
    known = [f.p_value for f in acts if f.tested]
    return content, min(1.0, len(known) * min(known)) if known else 1.0


def _weights(links: Links, members: I64) -> dict[str, float]:
    inside = np.isin(links.a, members) & np.isin(links.b, members)
    return {
        family: float(np.nanmean(w[inside])) if inside.any() and np.isfinite(w[inside]).any() else float("nan")
        for family, w in links.families.items()
    }
