"""Shares over a quantity: measured points with whiskers, lines named at their right end, a band to look at.

A chart is 720 by 360 SVG units with room for axes and names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from stillwatch.drawing.axes import Tick, draw_bottom_axis, draw_grid
from stillwatch.drawing.palette import hue_class
from stillwatch.drawing.scales import Scale
from stillwatch.drawing.svg import tag

__all__ = ["Curves", "Series", "draw_curves", "lay_out_curves"]

WIDTH, HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 550, 14, 320
_LABEL_GAP = 15.0
_UP = Scale(0, 1, _BOTTOM, _TOP)


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart in data units.

    Attributes:
        name: written at its right end.
        points: x, y, low and high of what was measured; drawn as dots with whiskers.
        curve: x and y of a line; the points joined where it is empty.
    """

    name: str
    points: Sequence[tuple[float, float, float, float]]
    curve: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True, slots=True)
class Dot:
    """A measured point with its interval and what it says when pointed at, in SVG units."""

    x: float
    y: float
    low: float
    high: float
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """A series laid out: its class of colour, path, dots, and how high its name stands."""

    name: str
    hue: str
    trace: tuple[tuple[float, float], ...]
    dots: tuple[Dot, ...]
    label_y: float


@dataclass(frozen=True, slots=True)
class Curves:
    """A chart laid out.

    Attributes:
        title: what a reader who cannot see it is told.
        x_label, y_label: of the axes; the y label is left to the caption.
        x_ticks: in SVG units.
        lines: in SVG units.
        band: low, high (shares) and label of a stretch of y that is pointed out.
    """

    title: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    band: tuple[float, float, str] | None


def lay_out_curves(
    title: str,
    series: Sequence[Series],
    *,
    x_label: str,
    y_label: str,
    x_ticks: Sequence[float],
    bend: Callable[[float], float] = float,
    x_format: Callable[[float], str] = "{:,.0f}".format,
    band: tuple[float, float, str] | None = None,
) -> Curves:
    """Lay out shares (0 to 1) over x.

    Args:
        title: what a reader who cannot see it is told.
        series: at least one; beyond eight, colours come round with dashed lines.
        x_label: under the axis.
        y_label: for the caption.
        x_ticks: data values marked on the x axis; they set its range with the points.
        bend: of x, such as ``math.log2``.
        x_format: of tick labels and titles.
        band: low, high and label of a stretch of y to point out.
    """
    xs = [*x_ticks, *(p[0] for one in series for p in one.points), *(c[0] for one in series for c in one.curve)]
    across = Scale(min(xs), max(xs), _LEFT, _RIGHT, bend)
    lines = [_line(one, hue_class(i), across, x_format) for i, one in enumerate(series)]
    return Curves(
        title=title,
        x_label=x_label,
        y_label=y_label,
        x_ticks=tuple(Tick(across.place(value), x_format(value)) for value in x_ticks),
        lines=tuple(_spread(lines)),
        band=band,
    )


def draw_curves(chart: Curves, at: str) -> Markup:
    """The chart; ids within the page begin with ``at``."""
    middle = (_LEFT + _RIGHT) / 2
    grid = [Tick(_UP.place(value / 100), f"{value} %") for value in (0, 25, 50, 75, 100)]
    return tag(
        "svg",
        tag("title", chart.title, id=f"{at}-name"),
        *_band(chart, draw_grid(grid, _LEFT, _RIGHT)),
        tag("line", class_="base", x1=_LEFT, x2=_RIGHT, y1=_BOTTOM, y2=_BOTTOM),
        draw_bottom_axis(chart.x_ticks, _BOTTOM),
        tag("text", chart.x_label, class_="axis middle", x=middle, y=_BOTTOM + 36),
        *map(_draw_line, chart.lines),
        class_="curves",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_labelledby=f"{at}-name",
    )


def _band(chart: Curves, grid: Markup) -> list[Markup]:
    """The band under the grid, its label over it."""
    if chart.band is None:
        return [grid]
    low, high, label = chart.band
    top, bottom = _UP.place(high), _UP.place(low)
    return [
        tag("rect", class_="band", x=_LEFT, width=_RIGHT - _LEFT, y=top, height=bottom - top),
        grid,
        tag("text", label, class_="axis band-label", x=_LEFT + 6, y=(top + bottom) / 2 + 4),
    ]


def _draw_line(line: Line) -> Markup:
    (x, y), label_y = line.trace[-1], line.label_y
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in line.trace)
    return tag(
        "g",
        tag("path", class_="line", d=path),
        *(
            tag("line", class_="whisker", x1=dot.x, x2=dot.x, y1=dot.low, y2=dot.high)
            + tag("circle", tag("title", dot.title), cx=dot.x, cy=dot.y, r=3.5)
            for dot in line.dots
        ),
        tag("path", class_="leader", d=f"M{x + 4:g} {y:g}L{_RIGHT + 12} {label_y:g}"),
        tag("text", line.name, class_="name", x=_RIGHT + 15, y=label_y + 4),
        class_=f"series {line.hue}",
    )


def _line(one: Series, hue: str, across: Scale, x_format: Callable[[float], str]) -> Line:
    dots = tuple(
        Dot(
            across.place(x),
            _up(y),
            _up(low),
            _up(high),
            f"{one.name}, {x_format(x)}: {100 * y:.0f} % ({100 * low:.0f} to {100 * high:.0f})",
        )
        for x, y, low, high in one.points
    )
    trace = tuple((across.place(x), _up(y)) for x, y in one.curve) or tuple((dot.x, dot.y) for dot in dots)
    return Line(one.name, hue, trace, dots, trace[-1][1])


def _up(share: float) -> float:
    return _UP.place(min(max(share, 0.0), 1.0))


def _spread(lines: Sequence[Line]) -> list[Line]:
    """Names at the right end moved apart until none covers another, in the order of their lines."""
    order = sorted(range(len(lines)), key=lambda i: (lines[i].label_y, i))
    places: dict[int, float] = {}
    at = -math.inf
    for i in order:
        at = max(lines[i].label_y, at + _LABEL_GAP)
        places[i] = at
    limit = math.inf if at <= _BOTTOM else _BOTTOM + _LABEL_GAP
    for i in reversed(order):
        places[i] = min(places[i], limit - _LABEL_GAP)
        limit = places[i]
    return [replace(one, label_y=round(places[i], 1)) for i, one in enumerate(lines)]
