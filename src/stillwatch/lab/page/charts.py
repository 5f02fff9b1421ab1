"""Which charts the lab's report has, and what each shows. To add one, lay it out here and give it to a ``TaskPart``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from stillwatch.drawing import Curves, Series, lay_out_curves
from stillwatch.lab.page.sections import GuardRow, roc
from stillwatch.lab.values import Curve, predict

__all__ = ["PRESS", "curve_name", "guard_keep_chart", "guard_queries_chart", "recovery_chart", "roc_chart"]

Result = dict[str, Any]
PRESS = (0.70, 0.80)
"""Shares of a teacher's skill between which the press puts adversarial distillation."""


def curve_name(curve: Curve) -> str:
    """How a curve is called beside others: its interface, and its attacker where that is not the passive one."""
    return curve.interface if curve.attacker == "passive" else f"{curve.interface}, {curve.attacker}"


def recovery_chart(curves: Sequence[Curve]) -> Curves | None:
    """Recovery over queries, a line for each curve; None where there is none."""
    if not curves:
        return None
    series = []
    for curve in curves:
        first, last = curve.points[0].queries, curve.points[-1].queries
        trace = np.geomspace(first, last, 60)
        fitted = predict((curve.ceiling, curve.midpoint, curve.slope), trace)
        points = [(p.queries, p.mean, p.low, p.high) for p in curve.points]
        series.append(Series(curve_name(curve), points, list(zip(trace.tolist(), fitted.tolist(), strict=True))))
    budgets = sorted({p.queries for curve in curves for p in curve.points})
    return lay_out_curves(
        "Recovery over queries, one line an interface; the table below holds the same figures",
        series,
        x_label="queries to the teacher",
        y_label="recovery of the teacher's skill",
        x_ticks=_thin(budgets),
        bend=math.log2,
        band=(*PRESS, "70-80 % of the master"),
    )


def _thin(values: Sequence[int]) -> list[float]:
    """At most about one tick a doubling."""
    kept: list[float] = []
    for value in values:
        if not kept or value >= 1.9 * kept[-1]:
            kept.append(float(value))
    return kept


def guard_keep_chart(rows: Sequence[GuardRow]) -> Curves | None:
    """Refusals and harmful answers over the share of refusals kept; None below three shares."""
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
    return lay_out_curves(
        "Refusals and harmful answers on forbidden prompts over the share of refusals kept",
        series,
        x_label="share of the teacher's refusals left in the training data",
        y_label="of forbidden prompts",
        x_ticks=ticks,
        bend=lambda share: math.log10(share + 0.003),
        x_format=lambda share: f"{100 * share:g} %",
    )


def guard_queries_chart(rows: Sequence[GuardRow]) -> Curves | None:
    """Refusals and harmful answers over the query budget; None below two budgets."""
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
    return lay_out_curves(
        "Refusals and harmful answers on forbidden prompts over the query budget",
        series,
        x_label="queries to the teacher",
        y_label="of forbidden prompts",
        x_ticks=_thin(sorted({int(x) for one in series for x, *_ in one.points})),
        bend=math.log2,
    )


def roc_chart(results: Sequence[Result]) -> tuple[Curves | None, float | None]:
    """Tainted students found over clean ones accused, a line for each watermark, and the area under all of them."""
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
    chart = lay_out_curves(
        f"Tainted students found over clean students accused, {len(clean)} clean and {len(everyone)} tainted",
        series,
        x_label="clean students accused",
        y_label="tainted students found",
        x_ticks=(0, 0.25, 0.5, 0.75, 1.0),
        x_format=lambda share: f"{100 * share:g} %",
    )
    return chart, roc(clean, everyone)[1]
