"""Groups worth testing: communities of linked entities, and groups that families see without links.

What chose a group is no test of it: those that content chose are tested on acting together, those that acting together
chose on what they ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillwatch.detection.houses_alike import houses_alike
from stillwatch.evidence import Family, LogProfile, Side, communities
from stillwatch.evidence.thresholds import COVERED, LEAST_COHORT, LEAST_MEMBERS, LIKELY, RESOLUTION
from stillwatch.linking import Links

__all__ = ["Proposal", "candidate_groups", "content_groups"]

I64 = npt.NDArray[np.int64]


class Proposal(NamedTuple):
    """A group and the side of evidence that chose it.

    Attributes:
        members: entities, sorted.
        by: ``content`` or ``coordination``.
        whole: whether it is tested as it is alone: where likeness chose it, who is unlike speaks against it.
        mixed: whether strangers are in it by nature, so that it is never tested as it is.
    """

    members: I64
    by: Side
    whole: bool = False
    mixed: bool = False


def candidate_groups(
    log: LogProfile,
    families: Mapping[str, Family],
    links: Links,
    seed: int,
    least: int = LEAST_MEMBERS,
    cohort: int = LEAST_COHORT,
) -> list[Proposal]:
    """Groups from every side: what content chose, by ``content_groups`` of the same arguments, what acting together
    chose, who came at once or shares hands with somebody, and houses that ask alike."""
    acting = [family for family in families.values() if family.side == "coordination"]
    crowds = (group for family in acting for group in family.crowds(log, least=least))
    return [
        *(Proposal(group, "content") for group in content_groups(log, families, links, seed, least, cohort)),
        *(Proposal(group, "coordination") for family in acting for group in family.groups(log, least=least, seed=seed)),
        *(Proposal(group, "coordination", mixed=True) for group in crowds),
        *(Proposal(group, "coordination", whole=True) for group in houses_alike(log, least=least, seed=seed)),
    ]


def content_groups(
    log: LogProfile,
    families: Mapping[str, Family],
    links: Links,
    seed: int,
    least: int = LEAST_MEMBERS,
    cohort: int = LEAST_COHORT,
) -> list[I64]:
    """Groups from three sides: all content together, questions alone, texts alone.

    A group that an earlier one covers is left out, unless its family says that it is worth a look of its own.

    Args:
        log: the whole log.
        families: those of content may propose groups.
        links: weighed pairs.
        seed: of clustering.
        least, cohort: smaller groups are left out; those of one text need more, for their links are not asked.
    """
    coordinated = [name for name, family in families.items() if family.side == "coordination"]
    probability = links.without(coordinated)
    kept = probability > LIKELY
    found = communities(
        links.a[kept], links.b[kept], probability[kept], len(log), resolution=RESOLUTION, least=least, seed=seed
    )
    covered = np.full(len(log), -1)
    for number, group in enumerate(found):
        covered[group] = number
    content = [family for family in families.values() if family.side == "content"]
    # Likeness first: whoever asks alike stands for a cohort that one text fills.
    for family in sorted(content, key=lambda family: family.marks):
        for group in family.groups(log, least=cohort if family.marks else least, seed=seed):
            if family.within or _cover(covered, group) < COVERED:
                if not family.marks:
                    covered[group] = len(found)
                found.append(group)
    return found


def _cover(covered: I64, group: I64) -> float:
    """Largest share of a group that one earlier group holds."""
    return float(np.bincount(covered[group] + 1, minlength=1)[1:].max(initial=0) / len(group))
