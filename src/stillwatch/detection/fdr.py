"""From p-values to decisions: families joined within a group, groups controlled together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.evidence import Family, Finding

__all__ = ["campaign_p", "filtered_q_values", "q_values"]

F64 = npt.NDArray[np.float64]


def campaign_p(findings: Iterable[Finding], families: Mapping[str, Family]) -> float:
    """P-value of "no common content, or no coordination".

    An intersection-union test (Berger 1982): no family alone can reject it, however small its p-value. Each side takes
    the smaller of its families' p-values, times their number (Bonferroni); the larger side is the test's p-value.
    Families of context take no part. One owner's customers have a text and hands in common by nature, so those two
    together show an owner, not a campaign: one side at least must be shown by something else, or the hands be those of
    many owners, as payments are of which each is shared by some. The same goes for
    questions that are interchangeable and no nearer to one another than strangers' are, as a relay's mixed customers'
    are. The p-value is never below that of the test of all families, so it stays one.

    Args:
        findings: at most one a family; those that could not be tested count as not there.
        families: by name.
    """
    tested = [(finding, families[finding.family]) for finding in findings if finding.tested]

    def side(name: str, *, owners: bool) -> float:
        known = [(f, family) for f, family in tested if family.side == name and (owners or not family.owners)]
        told = [f.p_value if owners else f.among_strangers for f, _ in known]
        return min(1.0, len(told) * min(told)) if told else 1.0

    def of_several_owners(name: str) -> float:
        """What an owner's families show that no one owner's customers have, or that they have by a text."""
        known = [f for f, family in tested if family.side == name]
        theirs = [f for f in known if families[f.family].owners]
        told = [f.among_strangers if name == "content" or f.p_strangers is not None else 1.0 for f in theirs]
        return min(1.0, len(known) * min(told)) if told else 1.0

    content, coordination = side("content", owners=True), side("coordination", owners=True)
    apart = min(
        max(content, side("coordination", owners=False)),
        max(side("content", owners=False), coordination),
        max(of_several_owners("content"), of_several_owners("coordination")),
    )
    return float(max(content, coordination, apart))


def q_values(p: F64) -> F64:
    """Benjamini and Hochberg's (1995) adjusted p-values."""
    return np.asarray(scipy.stats.false_discovery_control(p), np.float64) if len(p) else np.zeros(0)


def filtered_q_values(p: F64, least: F64, weight: F64) -> F64:
    """Adjusted p-values of tests of which each needs two things shown, at a line that counts only those with one shown.

    A group with neither side at or below the line could not be told at it, and takes no part in the count of what is
    told by chance; of one that has one side, the other's p-value stays uniform or larger where it is not a campaign's
    (adaptive filtering of partial conjunctions: Wang, Gui, Su, Sabatti and Owen 2022, their filter for two of two).
    Weights that say nothing of the p-values move the line from where little can be shown to where much can (Genovese,
    Roeder and Wasserman 2006): each is held against ``weight`` times the line, and counts as much by chance.

    Args:
        p: of both sides together, the larger (N).
        least: of the side that shows more (N); never above ``p``.
        weight: above 0 (N); only their ratios matter.

    Returns:
        The smallest rate at which each is told (N). Where all of ``least`` are 0 and all weights equal, Benjamini and
        Hochberg's.
    """
    if not len(p):
        return np.zeros(0)
    order = np.argsort(p / weight, kind="stable")
    line = (p / weight)[order]
    told = np.searchsorted(line, line, "right")
    by_least = np.argsort(np.minimum(least, p) / weight, kind="stable")
    taken = np.searchsorted((np.minimum(least, p) / weight)[by_least], line, "right")
    counted = np.concatenate([[0.0], np.cumsum(weight[by_least])])[taken]
    rate = np.minimum.accumulate((line * counted / told)[::-1])[::-1]
    q = np.empty(len(p))
    q[order] = np.minimum(rate, 1.0)
    return q
