"""q-values over the groups of a log: which of them count, and how much of the rate of false finds each may use up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from stillwatch.detection.cases import Case, Examiner
from stillwatch.detection.fdr import filtered_q_values
from stillwatch.evidence.thresholds import COVERED

__all__ = ["controlled", "lies_in"]

F64 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def controlled(examiner: Examiner, cases: list[Case], fdr: float) -> list[Case]:
    """q-values over the groups, a part of a found whole not counted as a find of its own.

    Each find makes the next easier in Benjamini and Hochberg's procedure; ten pieces of one campaign would let a
    chance group through.

    Args:
        examiner: tests what was left early, where it matters.
        cases: every group that was tested.
        fdr: share of false campaigns to accept among those reported.
    """
    asked, shown = _hypotheses(examiner, cases, fdr)
    while True:
        q = np.ones(len(cases))
        q[asked] = filtered_q_values(_convicting(cases)[asked], shown[asked], _weights(cases)[asked])
        cases = [replace(case, q_value=float(value)) for case, value in zip(cases, q, strict=True)]
        wholes = [case for case in cases if case.q_value <= fdr]
        alone = np.array([not any(_is_part(case, whole) for whole in wholes) or case.q_value > fdr for case in cases])
        if alone.all():
            return cases
        cases = [case for case, kept in zip(cases, alone, strict=True) if kept]
        asked, shown = asked[alone], shown[alone]


def lies_in(case: Case, whole: Case) -> bool:
    """Whether nearly all members of one case are another's."""
    return len(np.intersect1d(case.members, whole.members)) >= COVERED * len(case.members)


def _hypotheses(examiner: Examiner, cases: Sequence[Case], fdr: float) -> tuple[Mask, F64]:
    """Which groups are hypotheses, and the p-value of the side that shows more of each.

    Those are hypotheses that no honest explanation holds of. What explains them is measured by other things than what
    would convict them (independent filtering: Bourgon, Gentleman and Huber 2010), but for content of each one's own,
    which is content's own test the other way: a group that fails it beyond doubt is no hypothesis (discarding
    conservative nulls: Zhao, Small and Su 2019). Groups that were left early are looked at only where their number
    decides about another; until then each counts, as if one side of it were beyond doubt.
    """
    asked, shown = np.array([not case.excused for case in cases], np.bool_), np.zeros(len(cases))
    if not _count_decides(cases, asked, shown, fdr):
        return asked, shown
    asked = np.array([not examiner.explained(case) for case in cases], np.bool_)
    if _count_decides(cases, asked, shown, fdr):
        shown[asked] = [examiner.shown(case) for case, one in zip(cases, asked, strict=True) if one]
    return asked, shown


def _count_decides(cases: Sequence[Case], asked: Mask, shown: F64, fdr: float) -> bool:
    p = _convicting(cases)[asked]
    return bool(((p <= fdr) & (filtered_q_values(p, shown[asked], _weights(cases)[asked]) > fdr)).any())


def _weights(cases: Sequence[Case]) -> F64:
    return np.array([case.weight for case in cases])


def _convicting(cases: Sequence[Case]) -> F64:
    """p-values, 1 where a group may not be convicted."""
    return np.array([case.p_value if case.may_convict else 1.0 for case in cases])


def _is_part(case: Case, whole: Case) -> bool:
    return len(whole.members) > len(case.members) and lies_in(case, whole)
