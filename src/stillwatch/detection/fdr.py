"""From p-values to decisions: families joined within a group, groups controlled together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
from scipy import stats

from stillwatch.evidence import Family, Finding

__all__ = ["campaign_p", "q_values"]

F64 = npt.NDArray[np.float64]


def campaign_p(findings: Iterable[Finding], families: Mapping[str, Family]) -> float:
    """P-value of "no common content, or no coordination".

    An intersection-union test (Berger 1982): no family alone can reject it, however small its p-value. Each side takes
    the smaller of its families' p-values, times their number (Bonferroni); the larger side is the test's p-value.
    Families of context take no part.

    Args:
        findings: at most one a family; those that could not be tested count as not there.
        families: by name.
    """
    sides: dict[str, list[float]] = {"content": [], "coordination": []}
    for finding in findings:
        side = families[finding.family].side
        if finding.tested and side in sides:
            sides[side].append(finding.p_value)
    return float(max(min(1.0, len(side) * min(side)) if side else 1.0 for side in sides.values()))


def q_values(p: F64) -> F64:
    """Benjamini and Hochberg's (1995) adjusted p-values."""
    return np.asarray(stats.false_discovery_control(p), np.float64) if len(p) else np.zeros(0)
