"""Whether what convicts a group is shown by all of it.

What half of a group does can be so clear that it speaks for the whole, and accuses the other half. So a group is split
by what single accounts show or do not: its commonest client, its text, its hands. Where those who show it stand the
tests by themselves and the others do not, the others stay only as far as each is tied to those. Where those who show it
may be one house, nobody is left to convict; and where both stand the tests, but are no pieces of one campaign, whoever
may be honest leaves.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from stillwatch.detection.cases import Case, Examiner
from stillwatch.detection.membership import acting_along, fit
from stillwatch.detection.pieces import act_as_one, same_campaign
from stillwatch.evidence.thresholds import GROWTH_ROUNDS, HOPELESS, LEAST_MEMBERS, MEMBER_BITS
from stillwatch.linking import Links

__all__ = ["without_onlookers", "without_passengers"]

I64 = npt.NDArray[np.int64]


def without_passengers(examiner: Examiner, links: Links, case: Case, fdr: float) -> Case:
    """A case without the members for whom only the others speak.

    Args:
        examiner: tests what is left.
        links: weighed pairs, those of every member included.
        case: a group that may be convicted.
        fdr: what shows a group by itself.
    """
    for family in examiner.families.values():
        shown = family.shown_by(examiner.log, case.members) if case.may_convict and case.p_value <= fdr else None
        if shown is None or shown.sum() < LEAST_MEMBERS or shown.all():
            continue
        core, rest = examiner.part(case, case.members[shown]), case.members[~shown]
        if core.p_value > fdr:
            continue
        if len(rest) < LEAST_MEMBERS:
            # Too few to be tested by themselves make no more of one house than it is.
            if core.may_convict or not core.one_office:
                continue
        elif (other := examiner.part(case, rest)).p_value <= HOPELESS:
            two = other.p_value <= fdr and not (
                same_campaign(examiner, core, other) or act_as_one(examiner, core, other)
            )
            if two and core.may_convict is not other.may_convict:
                # Of two groups one may be honest: neither speaks for the other.
                case = _alone(core if core.may_convict else other, case)
            continue
        elif not core.may_convict:
            if core.one_office:
                # One house acts together, and strangers who ask alike add nothing to it.
                return replace(core, p_value=max(core.p_value, case.p_value), tests=case.tests)
            continue
        tied = _tied(links, rest, core.members)
        # Of many who ask of the same matter one acts along by chance, and has nothing else of theirs.
        fits = fit(examiner.log, examiner.families, core.members, rest).bits >= MEMBER_BITS
        tied |= fits & acting_along(examiner.log, examiner.families, core.members, rest)
        kept = np.union1d(core.members, rest[tied])
        whole = examiner.examine(kept, np.union1d(case.bystanders, rest[~tied]), of_case=case.together)
        if core.may_convict and not whole.explained and whole.p_value > fdr:
            # Who is tied to them takes nothing from what they show by themselves.
            case = _alone(core, case)
        else:
            case = replace(whole, p_value=max(whole.p_value, case.p_value), tests=case.tests)
    return case


def without_onlookers(examiner: Examiner, case: Case, fdr: float) -> Case:
    """A case without the members who do nothing of what its accounts are shown to do together, where those who do stand
    the tests by themselves and the others do not act together: many may ask from one source.

    Fewer keep one clock more closely, so it is asked again of those who are left.

    Args:
        examiner: tests who acts, and who does not.
        case: a group that may be convicted.
        fdr: what shows a group by itself.
    """
    for _ in range(GROWTH_ROUNDS):
        if not case.may_convict or case.p_value > fdr:
            return case
        along = acting_along(examiner.log, examiner.showing(case), case.members, case.members)
        rest = case.members[~along]
        if min(int(along.sum()), len(rest)) < LEAST_MEMBERS or examiner.acts_as_one(rest):
            return case
        core = examiner.examine(case.members[along], np.union1d(case.bystanders, rest), of_case=case.together)
        if not core.may_convict or core.p_value > fdr or _comes_with(examiner, core, examiner.part(case, rest), fdr):
            return case
        case = replace(core, p_value=max(core.p_value, case.p_value), tests=case.tests)
    return case


def _comes_with(examiner: Examiner, core: Case, other: Case, fdr: float) -> bool:
    """Whether those of a group who do nothing of what its others do together are a group by themselves, which nothing
    but being one house's, or having signed up together, might explain, and a piece of the same campaign."""
    return other.p_value <= fdr and other.one_office and same_campaign(examiner, core, other)


def _alone(part: Case, case: Case) -> Case:
    """A part of a group without the rest of it."""
    bystanders = np.setdiff1d(np.union1d(case.bystanders, case.members), part.members)
    return replace(part, bystanders=bystanders, p_value=max(part.p_value, case.p_value), tests=case.tests)


def _tied(links: Links, who: I64, members: I64) -> npt.NDArray[np.bool_]:
    """Which of ``who`` a likely link ties to one of ``members``."""
    likely = links.likely()
    tied = [likely.a[np.isin(likely.b, members)], likely.b[np.isin(likely.a, members)]]
    return np.isin(who, np.concatenate(tied))
