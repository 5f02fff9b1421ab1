"""Everything the report's templates print, as one value worked out from a run's results."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stillwatch.drawing import Curves
from stillwatch.lab.exposures import PRESETS
from stillwatch.lab.page.charts import (
    PRESS,
    curve_name,
    guard_keep_chart,
    guard_queries_chart,
    recovery_chart,
    roc_chart,
)
from stillwatch.lab.page.sections import (
    AttackRow,
    DefenceRow,
    GuardRow,
    RadioRow,
    attack_rows,
    defence_rows,
    guard_rows,
    radio_rows,
)
from stillwatch.lab.tasks import make_task
from stillwatch.lab.values import CAVEATS, Curve, predict

__all__ = ["Page", "PressRow", "TaskPart", "build_page"]

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PressRow:
    """Where a curve passes recoveries: median and 95 % interval of the redrawn curves; None where it does not."""

    curve: str
    ceiling: float
    reached: tuple[tuple[float, float, float] | None, ...]
    band_factor: float | None


@dataclass(frozen=True, slots=True)
class TaskPart:
    """One task's charts and tables."""

    name: str
    about: str
    recovery: Curves | None
    press: tuple[PressRow, ...]
    worth: tuple[tuple[str, tuple[tuple[float, float, float] | None, ...]], ...]
    attacks: tuple[AttackRow, ...]
    defences: tuple[DefenceRow, ...]
    guard_keep: Curves | None
    guard_queries: Curves | None
    guard: tuple[GuardRow, ...]
    radio: tuple[RadioRow, ...]
    roc: Curves | None
    roc_area: float | None


@dataclass(frozen=True, slots=True)
class Page:
    """The report."""

    students: int
    seeds: int
    fewest_seeds: int
    cpu_seconds: float
    parts: tuple[TaskPart, ...]
    caveats: tuple[str, ...]
    versions: dict[str, str]
    levels: tuple[float, ...]
    budgets: tuple[int, ...]


LEVELS = (0.10, 0.70, 0.80, 0.95)
BUDGETS = (256, 1024, 4096)


def build_page(results: Sequence[Result], curves: Sequence[Curve]) -> Page:
    """Work out a report from results, which must not be empty, and the curves fitted to them."""
    tasks = sorted({r["cell"]["task"] for r in results}, key=lambda name: (name != "codebook", name))
    points = Counter(
        tuple(value for name, value in r["cell"].items() if name not in ("seed", "teacher_seed")) for r in results
    )
    return Page(
        students=len(results),
        seeds=len({r["cell"]["seed"] for r in results}),
        fewest_seeds=min(points.values()),
        cpu_seconds=sum(r["seconds"] for r in results),
        parts=tuple(_part(name, [r for r in results if r["cell"]["task"] == name], curves) for name in tasks),
        caveats=CAVEATS,
        versions=results[0]["versions"],
        levels=LEVELS,
        budgets=BUDGETS,
    )


def _part(task: str, results: list[Result], curves: Sequence[Curve]) -> TaskPart:
    own = sorted((c for c in curves if c.task == task), key=_ladder_order)
    attacks, guard = attack_rows(results), guard_rows(results)
    chart, area = roc_chart(results)
    return TaskPart(
        name=task,
        about="prompts from a file" if task.startswith("file:") else make_task(task).about,
        recovery=recovery_chart(own),
        press=tuple(_press_row(curve) for curve in own),
        worth=tuple((curve_name(c), tuple(_worth(c, queries) for queries in BUDGETS)) for c in own),
        attacks=tuple(attacks),
        defences=tuple(defence_rows(results)),
        guard_keep=guard_keep_chart(guard),
        guard_queries=guard_queries_chart(guard),
        guard=tuple(guard),
        radio=tuple(radio_rows(results)),
        roc=chart,
        roc_area=area,
    )


def _ladder_order(curve: Curve) -> tuple[int, str, str]:
    place = PRESETS.index(curve.interface) if curve.interface in PRESETS else len(PRESETS)
    return place, curve.interface, curve.attacker


def _press_row(curve: Curve) -> PressRow:
    reached = tuple(_reach(curve, level) for level in LEVELS)
    low, high = _inverse((curve.ceiling, curve.midpoint, curve.slope), PRESS)
    return PressRow(curve_name(curve), curve.ceiling, reached, high / low if low and high else None)


def _inverse(parameters: tuple[float, float, float], levels: Sequence[float]) -> list[float | None]:
    ceiling, midpoint, slope = parameters
    return [2 ** (midpoint - math.log(ceiling / one - 1) / slope) if ceiling > one else None for one in levels]


def _reach(curve: Curve, level: float) -> tuple[float, float, float] | None:
    """Queries at which a recovery is reached, within what was measured."""
    found = [_inverse(draw, [level])[0] for draw in curve.draws]
    inside = [math.inf if one is None else one for one in found]
    middle, low, high = (float(np.quantile(inside, q, method="nearest")) for q in (0.5, 0.025, 0.975))
    return (middle, low, high) if middle <= curve.points[-1].queries else None


def _worth(curve: Curve, queries: int) -> tuple[float, float, float] | None:
    if not curve.points[0].queries <= queries <= curve.points[-1].queries:
        return None
    drawn = [float(predict(draw, queries)) for draw in curve.draws]
    best = float(predict((curve.ceiling, curve.midpoint, curve.slope), queries))
    return best, float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))
