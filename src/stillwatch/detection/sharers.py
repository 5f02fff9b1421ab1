"""Everyone else who sends the text that fills a found group.

Where a campaign is a third of a log, its text is no rare thing among those of it that are not found yet: held against
them one by one, it weighs too little to name anybody. Held together they can be tested as any group is, with the found
ones and without.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from stillwatch.detection.cases import Case, Examiner
from stillwatch.detection.membership import running_no_set, tell_apart
from stillwatch.evidence.thresholds import HOPELESS, LEAST_MEMBERS

__all__ = ["with_sharers"]

I64 = npt.NDArray[np.int64]


def with_sharers(examiner: Examiner, case: Case, taken: npt.NDArray[np.bool_], fdr: float) -> Case:
    """A case with those others who send its text, where they ask from one source and act together too, nothing honest
    explains them, and the whole still acts together.

    Args:
        examiner: tests them, and the whole.
        case: a group.
        taken: entities that belong to another group already (E).
        fdr: what shows a group by itself.
    """
    if not case.may_convict or case.p_value > fdr:
        return case
    log, families = examiner.log, examiner.families
    having = [family.holders(log, case.members) for family in families.values()]
    others = np.setdiff1d(np.concatenate(having), case.members)
    others = others[~taken[others]]
    if len(others) < LEAST_MEMBERS:
        return case
    inside, _ = tell_apart(log, families, np.union1d(case.members, running_no_set(log, others, case.members)))
    others = np.setdiff1d(inside, case.members)
    if len(others) < LEAST_MEMBERS or not (examiner.asks_as_one(others) and examiner.acts_as_one(others)):
        return case
    members = np.union1d(case.members, others)
    whole = examiner.examine(members, np.setdiff1d(case.bystanders, members))
    if not whole.may_convict or whole.p_value > HOPELESS:
        return case
    # What convicts is what the found ones show; of the others it is shown that they are of them.
    return replace(whole, p_value=case.p_value, tests=case.tests)
