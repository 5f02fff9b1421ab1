"""The evidence as a waterfall of match weights: from the prior, family by family, to the total.

The chart is a table with a bar in each row, so that it reads the same to the eye and to a screen
reader. A bar has its family's colour, and is hollow where the family speaks against. Geometry is
in per cent of the bar's column. After Splink's waterfall chart (Linacre et al. 2022); weights are
log2 Bayes factors (Fellegi and Sunter 1969).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from markupsafe import Markup

from stillwatch.drawing import wording
from stillwatch.drawing.axes import Tick, draw_bottom_axis
from stillwatch.drawing.palette import Palette, order_families
from stillwatch.drawing.scales import Scale, decade_ticks
from stillwatch.drawing.svg import tag

__all__ = ["Step", "Waterfall", "draw_waterfall", "lay_out_waterfall"]

_PRIOR = "prior"
_BAR_TOP, _BAR_HEIGHT, _ROW = 7, 16, 30


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
class Waterfall:
    """Rows from the prior to the total; ``even`` is where the odds are even, in per cent."""

    steps: tuple[Step, ...]
    ticks: tuple[Tick, ...]
    even: float
    total: float
    probability: float


def lay_out_waterfall(weights: Mapping[str, float | None], families: Sequence[str]) -> Waterfall | None:
    """Lays out match weights by family, ``prior`` among them; None where no weight is known.

    Args:
        weights: by family; a family with None had nothing to compare.
        families: those that the run looked at; one without a weight is shown as silent.
    """
    known = {name: value for name, value in weights.items() if value is not None}
    if not known:
        return None
    rows = _rows(known, (*families, *weights))
    levels = [0.0, *accumulate(value or 0.0 for _, value in rows)]
    pad = max(1.0, 0.08 * (max(levels) - min(levels)))
    scale = Scale(min(levels) - pad, max(levels) + pad, 0, 100)
    steps = []
    level = 0.0
    for family, value in rows:
        if value is None:
            steps.append(Step(family, "silent", None, "nothing to compare in this log", 0, 0, scale.place(level)))
        else:
            steps.append(_step(family, value, scale.place(level), scale.place(level + value)))
            level += value
    steps.append(_bar("total", "total", level, wording.odds(level), scale.place(0), scale.place(level)))
    ticks = tuple(
        Tick(scale.place(at), wording.odds(at), n % 2 == 1) for n, at in enumerate(decade_ticks(scale.low, scale.high))
    )
    return Waterfall(tuple(steps), ticks, scale.place(0), level, _probability(level))


def draw_waterfall(fall: Waterfall, palette: Palette) -> Markup:
    """The table.

    Args:
        fall: as laid out.
        palette: of families of evidence.
    """
    heads = (
        tag("th", "Evidence", scope="col"),
        tag("th", "Weight", scope="col", class_="num"),
        tag("td", class_="bar-head"),
        tag("th", "In words", scope="col"),
    )
    axis = tag("svg", draw_bottom_axis(fall.ticks, 0, unit="%"), width="100%", height=22)
    foot = (
        tag("td") + tag("td") + tag("td", axis, class_="bar", aria_hidden="true"),
        tag("td", "odds that a pair acts together", class_="words soft"),
    )
    return tag(
        "table",
        tag("caption", "Match weight by family of evidence, from the prior to the total", class_="unseen"),
        tag("thead", tag("tr", *heads)),
        tag("tbody", Markup("\n").join(_row(step, fall, palette) for step in fall.steps)),
        tag("tfoot", tag("tr", *foot)),
        class_="waterfall",
    )


def _row(step: Step, fall: Waterfall, palette: Palette) -> Markup:
    probability = f", a probability of {wording.probability(fall.probability)}" if step.kind == "total" else ""
    silent = step.match_weight is None
    return tag(
        "tr",
        tag("th", step.label, scope="row"),
        tag("td", "–" if silent else wording.weight(step.match_weight), class_="num"),
        tag("td", _row_bar(step, fall.even, palette), class_="bar", aria_hidden="true"),
        tag("td", step.words + probability, class_="words"),
        class_=f"step-{step.kind}",
    )


def _row_bar(step: Step, even: float, palette: Palette) -> Markup:
    silent = step.match_weight is None
    at, joint = f"{even:g}%", f"{step.joint:g}%"
    drawn = [tag("line", class_="even", x1=at, x2=at, y1=0, y2=_ROW)]
    if not silent:
        hue = f" {palette.hue(step.label)}" if step.kind in ("for", "against") else ""
        place = {"x": f"{step.left:g}%", "width": f"{step.width:g}%"}
        drawn.append(tag("rect", class_=f"bar-{step.kind}{hue}", y=_BAR_TOP, height=_BAR_HEIGHT, **place))
    if step.kind != "total":
        top = 0 if silent else _BAR_TOP
        drawn.append(tag("line", class_="joint", x1=joint, x2=joint, y1=top, y2=_ROW))
    return tag("svg", *drawn, width="100%", height=_ROW)


def _rows(known: Mapping[str, float], families: Sequence[str]) -> list[tuple[str, float | None]]:
    """The prior, then every family in the order in which reports show them."""
    prior: list[tuple[str, float | None]] = [(_PRIOR, known[_PRIOR])] if _PRIOR in known else []
    return prior + [(name, known.get(name)) for name in order_families(families) if name != _PRIOR]


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


def _probability(total: float) -> float:
    return 1.0 if total > 60 else 2.0**total / (1 + 2.0**total)
