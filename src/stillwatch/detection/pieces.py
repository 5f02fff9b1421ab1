"""Whether two groups are pieces of one campaign."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.detection.cases import Case, Examiner
from stillwatch.detection.membership import acting_along, fit
from stillwatch.evidence.thresholds import ALIKE_BITS, MAJORITY, NEARLY_ALL, RECRUIT_BITS

__all__ = ["act_as_one", "same_campaign"]


def same_campaign(examiner: Examiner, a: Case, b: Case) -> bool:
    """Whether two cases are pieces of one: each one's members fit the other's signature, or fit it somewhat and nearly
    all act along with the other. A piece that may be an office must act along, or have come along: two houses may ask
    alike."""
    log, families = examiner.log, examiner.families
    for one, other in ((a, b), (b, a)):
        if not one.may_convict and _along(examiner, other, one).mean() <= MAJORITY:
            return False
    there, back = fit(log, families, a.members, b.members), fit(log, families, b.members, a.members)
    bits = np.median(there.bits), np.median(back.bits)
    if min(bits) >= RECRUIT_BITS / 2 and max(bits) >= RECRUIT_BITS:
        return True
    # Each may have a text of its own, and one source.
    alike = min(np.median(there.alike), np.median(back.alike)) >= RECRUIT_BITS / 2
    return bool((alike or min(bits) >= ALIKE_BITS) and act_as_one(examiner, a, b))


def act_as_one(examiner: Examiner, a: Case, b: Case) -> bool:
    """Whether nearly all of two cases act along with the other: whatever text one of them has, one hand moves both."""
    return all(
        acting_along(examiner.log, examiner.families, one.members, other.members).mean() >= NEARLY_ALL
        for one, other in ((a, b), (b, a))
    )


def _along(examiner: Examiner, one: Case, other: Case) -> npt.NDArray[np.bool_]:
    """Who of another case acts along with one, or came when it did: of those who were chosen by their common hands, and
    those who were left for having none, all may have signed up in the same days."""
    log, families = examiner.log, examiner.families
    along = acting_along(log, families, one.members, other.members)
    for family in families.values():
        came = family.came_along(log, one.members, other.members)
        along |= False if came is None else came
    return along
