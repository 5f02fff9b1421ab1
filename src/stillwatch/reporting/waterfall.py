"""The evidence as a waterfall of match weights: from the prior, family by family, to the total.

The chart is a table with a bar in each row, so that it reads the same to the eye and to a screen
reader. Geometry is in per cent of the bar's column. After Splink's waterfall chart (Linacre et
al. 2022); weights are log2 Bayes factors (Fellegi and Sunter 1969).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from stillwatch.reporting import wording
from stillwatch.tables import FAMILIES

__all__ = ["Step", "Tick", "Waterfall", "draw_waterfall"]

_PRIOR = "prior"


@dataclass(frozen=True, slots=True)
class Step:
    """A row: ``kind`` is ``prior``, ``for``, ``against``, ``silent`` or ``total``."""

    label: str
    kind: str
    match_weight: float | None
    words: str
    left: float
    width: float
    joint: float  # where the running total stands after this row


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the axis: its place and the odds there in words."""

    left: float
    words: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Rows from the prior to the total; ``even`` is where the odds are even, in per cent."""

    steps: tuple[Step, ...]
    ticks: tuple[Tick, ...]
    even: float
    total: float
    probability: float


def draw_waterfall(rows: Sequence[Mapping[str, Any]]) -> Waterfall | None:
    """Lays out ``{family, match_weight}`` rows, the prior first; None where there are none.

    A family without a row or with a null weight had nothing to compare and is shown as silent.
    """
    known = {str(row["family"]): float(row["match_weight"]) for row in rows if row["match_weight"] is not None}
    if not known:
        return None
    levels = [0.0, *accumulate(value or 0.0 for _, value in _ordered(known))]
    low, high = min(levels), max(levels)
    pad = max(1.0, 0.08 * (high - low))
    low, high = low - pad, high + pad

    def place(level: float) -> float:
        return round(100 * (level - low) / (high - low), 2)

    steps = []
    level = 0.0
    for family, value in _ordered(known):
        if value is None:
            steps.append(Step(family, "silent", None, "nothing to compare in this log", 0, 0, place(level)))
        else:
            steps.append(_step(family, value, place(level), place(level + value)))
            level += value
    total = level
    steps.append(_bar("total", "total", total, wording.odds(total), place(0), place(total)))
    return Waterfall(tuple(steps), _ticks(low, high, place), place(0), total, _probability(total))


def _ordered(known: Mapping[str, float]) -> list[tuple[str, float | None]]:
    """The prior, then every family in the order in which reports show them, then any other row."""
    prior: list[tuple[str, float | None]] = [(_PRIOR, known[_PRIOR])] if _PRIOR in known else []
    others = [name for name in known if name != _PRIOR and name not in FAMILIES]
    return prior + [(name, known.get(name)) for name in (*FAMILIES, *others)]


def _step(family: str, value: float, start: float, end: float) -> Step:
    if family == _PRIOR:
        return _bar("prior", "prior", value, f"{wording.odds(value)} of pairs, before any evidence", start, end)
    if abs(value) < 0.05:
        return _bar(family, "for", value, "changes nothing", start, end)
    kind, direction = ("for", "likelier") if value > 0 else ("against", "less likely")
    factor = wording.decimal(float(f"{2.0 ** min(abs(value), 60):.2g}"))
    return _bar(family, kind, value, f"{factor} times {direction}", start, end)


def _bar(label: str, kind: str, value: float, words: str, start: float, end: float) -> Step:
    left, right = sorted((start, end))
    # A weight near nought still gets a sliver, or the row would look like a missing one.
    return Step(label, kind, value, words, left, max(round(right - left, 2), 0.4), end)


def _ticks(low: float, high: float, place: Any) -> tuple[Tick, ...]:
    """Round odds (powers of ten) inside the axis, five at most."""
    decade = math.log2(10)
    stride = next(n for n in (1, 2, 3, 6, 9, 12, 18, 24, 36, 72, 144) if (high - low) / (n * decade) <= 5)
    first, last = math.ceil(low / (stride * decade)), math.floor(high / (stride * decade))
    return tuple(Tick(place(n * stride * decade), wording.odds(n * stride * decade)) for n in range(first, last + 1))


def _probability(total: float) -> float:
    return 1.0 if total > 60 else 2.0**total / (1 + 2.0**total)
