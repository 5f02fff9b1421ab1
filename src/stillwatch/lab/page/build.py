"""Everything the report's templates print, as one value worked out from a run's results."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stillwatch.lab.exposures import PRESETS
from stillwatch.lab.page.charts import Chart, Series, draw_chart
from stillwatch.lab.page.sections import (
    AttackRow,
    DefenceRow,
    GuardRow,
    RadioRow,
    attack_rows,
    defence_rows,
    guard_rows,
    radio_rows,
    roc,
)
from stillwatch.lab.tasks import make_task
from stillwatch.lab.values import CAVEATS, Curve, predict

__all__ = ["Page", "PressRow", "TaskPart", "build_page"]

Result = dict[str, Any]
_PRESS = (0.70, 0.80)


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
    recovery: Chart | None
    press: tuple[PressRow, ...]
    worth: tuple[tuple[str, tuple[tuple[float, float, float] | None, ...]], ...]
    attacks: tuple[AttackRow, ...]
    defences: tuple[DefenceRow, ...]
    guard_keep: Chart | None
    guard_queries: Chart | None
    guard: tuple[GuardRow, ...]
    radio: tuple[RadioRow, ...]
    roc: Chart | None
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
    chart, area = _roc_chart(results)
    return TaskPart(
        name=task,
        about="prompts from a file" if task.startswith("file:") else make_task(task).about,
        recovery=_recovery_chart(own),
        press=tuple(_press_row(curve) for curve in own),
        worth=tuple((_curve_name(c), tuple(_worth(c, queries) for queries in BUDGETS)) for c in own),
        attacks=tuple(attacks),
        defences=tuple(defence_rows(results)),
        guard_keep=_guard_keep_chart(guard),
        guard_queries=_guard_queries_chart(guard),
        guard=tuple(guard),
        radio=tuple(radio_rows(results)),
        roc=chart,
        roc_area=area,
    )


def _ladder_order(curve: Curve) -> tuple[int, str, str]:
    place = PRESETS.index(curve.interface) if curve.interface in PRESETS else len(PRESETS)
    return place, curve.interface, curve.attacker


def _curve_name(curve: Curve) -> str:
    return curve.interface if curve.attacker == "passive" else f"{curve.interface}, {curve.attacker}"


def _recovery_chart(curves: Sequence[Curve]) -> Chart | None:
    if not curves:
        return None
    series = []
    for curve in curves:
        first, last = curve.points[0].queries, curve.points[-1].queries
        trace = np.geomspace(first, last, 60)
        fitted = predict((curve.ceiling, curve.midpoint, curve.slope), trace)
        points = [(p.queries, p.mean, p.low, p.high) for p in curve.points]
        series.append(Series(_curve_name(curve), points, list(zip(trace.tolist(), fitted.tolist(), strict=True))))
    budgets = sorted({p.queries for curve in curves for p in curve.points})
    return draw_chart(
        "Recovery over queries, one line an interface; the table below holds the same figures",
        series,
        x_label="queries to the teacher",
        y_label="recovery of the teacher's skill",
        x_ticks=_thin(budgets),
        scale=math.log2,
        band=(*_PRESS, "70-80 % of the master"),
    )


def _thin(values: Sequence[int]) -> list[float]:
    """At most about one tick a doubling."""
    kept: list[float] = []
    for value in values:
        if not kept or value >= 1.9 * kept[-1]:
            kept.append(float(value))
    return kept


def _press_row(curve: Curve) -> PressRow:
    reached = tuple(_reach(curve, level) for level in LEVELS)
    low, high = _inverse((curve.ceiling, curve.midpoint, curve.slope), _PRESS)
    return PressRow(_curve_name(curve), curve.ceiling, reached, high / low if low and high else None)


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


def _guard_keep_chart(rows: Sequence[GuardRow]) -> Chart | None:
    series = []
    for exposure, queries in sorted({(r.exposure, r.queries) for r in rows}):
        own = [r for r in rows if (r.exposure, r.queries) == (exposure, queries)]
        if len(own) < 3:
            continue
        for name, pick in (("refuses", "refusal"), ("answers rightly", "harmful")):
            points = [(r.keep, getattr(r, pick).mean, getattr(r, pick).low, getattr(r, pick).high) for r in own]
            series.append(Series(f"{name}, {queries}", points))
    if not series:
        return None
    ticks = sorted({x for one in series for x, *_ in one.points})
    return draw_chart(
        "Refusals and harmful answers on forbidden prompts over the share of refusals kept",
        series,
        x_label="share of the teacher's refusals left in the training data",
        y_label="of forbidden prompts",
        x_ticks=ticks,
        scale=lambda share: math.log10(share + 0.003),
        x_format=lambda share: f"{100 * share:g} %",
    )


def _guard_queries_chart(rows: Sequence[GuardRow]) -> Chart | None:
    series = []
    for exposure, keep in sorted({(r.exposure, r.keep) for r in rows if r.exposure == "text+cot"}):
        own = [r for r in rows if (r.exposure, r.keep) == (exposure, keep)]
        if len(own) < 2:
            continue
        for name, pick in (("refuses", "refusal"), ("answers rightly", "harmful")):
            points = [(r.queries, getattr(r, pick).mean, getattr(r, pick).low, getattr(r, pick).high) for r in own]
            series.append(Series(f"{name}, keeps {100 * keep:g} %", points))
    if not series:
        return None
    return draw_chart(
        "Refusals and harmful answers on forbidden prompts over the query budget",
        series,
        x_label="queries to the teacher",
        y_label="of forbidden prompts",
        x_ticks=_thin(sorted({int(x) for one in series for x, *_ in one.points})),
        scale=math.log2,
    )


def _roc_chart(results: Sequence[Result]) -> tuple[Chart | None, float | None]:
    seen = [r for r in results if r["radioactivity"] and "answer-only" not in r["cell"]["exposure"]]
    clean = [r["radioactivity"]["z"] for r in seen if "watermark" not in r["cell"]["defences"]]
    kinds = sorted({r["cell"]["defences"] for r in seen if "watermark" in r["cell"]["defences"]})
    if not clean or not kinds:
        return None, None
    series, everyone = [], []
    for kind in kinds:
        tainted = [r["radioactivity"]["z"] for r in seen if r["cell"]["defences"] == kind]
        everyone += tainted
        points, area = roc(clean, tainted)
        series.append(Series(f"{kind} ({area:.2f})", [], points))
    chart = draw_chart(
        f"Tainted students found over clean students accused, {len(clean)} clean and {len(everyone)} tainted",
        series,
        x_label="clean students accused",
        y_label="tainted students found",
        x_ticks=(0, 0.25, 0.5, 0.75, 1.0),
        x_format=lambda share: f"{100 * share:g} %",
    )
    return chart, roc(clean, everyone)[1]
