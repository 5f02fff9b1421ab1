"""What a campaign's exchanges may have been worth to a student, from curves that a lab measured.

An estimate, never a finding: it says how far a student would have come on one skill, had all of the
campaign's exchanges been about that skill and been shown as the campaign's were. Nothing here says
that a student exists.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Curve", "interfaces_shown", "worth"]

F64 = npt.NDArray[np.float64]

_MAJORITY = 0.5
_TOP_K = re.compile(r"top-(\d+)")


@dataclass(frozen=True, slots=True)
class Curve:
    """Recovery of one skill over queries: ``ceiling / (1 + exp(-slope (log2 queries - midpoint)))``.

    Attributes:
        task, interface, attacker: what was measured, by the lab's names.
        best: ceiling, midpoint, slope.
        draws: the same of every bootstrap fit (draws x 3).
        least, most: range of queries that was measured.
    """

    task: str
    interface: str
    attacker: str
    best: F64
    draws: F64
    least: int
    most: int

    def at(self, queries: int) -> tuple[float, float, float]:
        """Recovery after so many queries, and the 95 % interval of it."""
        fits = np.vstack([self.best, self.draws])
        place = np.clip(fits[:, 2] * (np.log2(max(queries, 1)) - fits[:, 1]), -60, 60)
        recovery = fits[:, 0] / (1 + np.exp(-place))
        low, high = np.percentile(recovery, [2.5, 97.5])
        # The fit to all seeds may lie outside the middle of its own bootstrap.
        return float(recovery[0]), float(min(low, recovery[0])), float(max(high, recovery[0]))


def interfaces_shown(*, logprobs: float, top_logprobs: int, reasoning: float) -> tuple[str, ...]:
    """What the campaign may have been shown, by the lab's names.

    Answers that nobody asked to be reasoned out may hold their working all the same: then both are given.

    Args:
        logprobs: share of exchanges with log-probabilities.
        top_logprobs: most alternatives a word asked for.
        reasoning: share of exchanges that show reasoning or ask for it to be written out.

    >>> interfaces_shown(logprobs=0.0, top_logprobs=0, reasoning=0.9)
    ('text+cot',)
    """
    if logprobs >= _MAJORITY:
        return (f"top-{max(top_logprobs, 1)}",)
    return ("text+cot",) if reasoning >= _MAJORITY else ("text", "text+cot")


def worth(curves: Sequence[Curve], interfaces: Sequence[str], exchanges: int) -> list[dict[str, Any]]:
    """Estimates for one campaign, one for every task and attacker that was measured at its interfaces.

    Args:
        curves: of a values file.
        interfaces: what the campaign may have been shown; of the top-k curves, the one with the nearest k serves.
        exchanges: how many it made.
    """
    rows = []
    for curve in (curve for interface in interfaces for curve in _fitting(curves, interface)):
        recovery, low, high = curve.at(exchanges)
        rows.append(
            {
                "task": curve.task,
                "interface": curve.interface,
                "attacker": curve.attacker,
                "recovery": recovery,
                "low": low,
                "high": high,
                "beyond": not curve.least <= exchanges <= curve.most,
            }
        )
    return rows


def _fitting(curves: Sequence[Curve], interface: str) -> list[Curve]:
    asked = _TOP_K.fullmatch(interface)
    if asked is None:
        return [curve for curve in curves if curve.interface == interface]
    offered = {int(found[1]) for curve in curves if (found := _TOP_K.fullmatch(curve.interface))}
    if not offered:
        return []
    nearest = min(offered, key=lambda k: (abs(np.log(k / int(asked[1]))), k))
    return [curve for curve in curves if curve.interface == f"top-{nearest}"]
