"""Houses in a group that do not do what convicts it.

A firm's crew that asks what a campaign asks has a payment of its own and hardly anything of the campaign's. Each of its
accounts acts along with the others of the crew, so nobody leaves who is asked one by one. But where most of the others
keep one clock, and hardly any of a house does, the house has its own reason. And where most of a group are one house,
whose crew keeps one clock, a few strangers who ask alike make it no campaign.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from stillwatch.detection.cases import Case, Examiner
from stillwatch.evidence.hands import webs_of, webs_of_few
from stillwatch.evidence.thresholds import HOPELESS, LEAST_MEMBERS, MAJORITY, ONE_DOOR

__all__ = ["without_houses_apart"]

Mask = npt.NDArray[np.bool_]


def without_houses_apart(examiner: Examiner, case: Case) -> Case:
    """A case without the houses in it that keep none of the clocks that convict it; as it is where there is none, or
    what is left would not be convicted. One that is mostly a house is that house's, where the others show nothing.

    Args:
        examiner: tests what is left.
        case: a group that may be convicted.
    """
    hands = examiner.log.shared.get("infrastructure")
    if hands is None or not case.may_convict:
        return case
    web = webs_of(hands, case.members)
    size = np.bincount(web)
    few = webs_of_few(hands, case.members)
    most = few == np.bincount(few).argmax()
    if MAJORITY < most.mean() < 1 and examiner.one_house(case.members[most]):
        house = examiner.part(case, case.members[most])
        if not house.may_convict and examiner.part(case, case.members[~most]).p_value > HOPELESS:
            return replace(house, p_value=max(house.p_value, case.p_value), tests=case.tests)
    apart = np.zeros(len(case.members), np.bool_)
    for does in _clocks(examiner, case):
        for one in np.flatnonzero((size >= LEAST_MEMBERS) & (size < MAJORITY * len(case.members))):
            house = web == one
            beside = ~house & ~apart
            keeps_none = does[house].mean() <= 1 - ONE_DOOR and does[beside].mean() >= MAJORITY
            if keeps_none and examiner.one_house(case.members[house]):
                apart |= house
    if not apart.any() or len(case.members) - apart.sum() < LEAST_MEMBERS:
        return case
    beside = np.union1d(case.bystanders, case.members[apart])
    left = examiner.examine(case.members[~apart], beside, of_case=case.together)
    return replace(left, p_value=max(left.p_value, case.p_value), tests=case.tests) if left.may_convict else case


def _clocks(examiner: Examiner, case: Case) -> list[Mask]:
    """Who of a case does what shows beyond doubt that strangers act together, by each family that one owner's customers
    do not have by nature."""
    clocks = examiner.clocks(case).values()
    does = (one.acts_along(examiner.log, case.members, case.members) for one in clocks)
    return [one for one in does if one is not None]
