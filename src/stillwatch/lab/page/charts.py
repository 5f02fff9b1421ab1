"""Geometry of the report's charts: series in data units become SVG paths and marks.

A chart is 720 by 360 units with room for axes; templates draw it and choose nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["HEIGHT", "WIDTH", "Band", "Chart", "Dot", "Line", "Series", "Tick", "draw_chart"]

WIDTH, HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 170, 14, 40
_LABEL_GAP = 15.0
COLOURS = 9


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
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A measured point with its interval and what it says when pointed at."""

    x: float
    y: float
    low: float
    high: float
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """A series drawn: its path, dots, colour number and where its name goes."""

    name: str
    colour: int
    path: str
    dots: tuple[Dot, ...]
    label_y: float
    end_x: float
    end_y: float


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the y axis that is pointed out."""

    top: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart laid out, all in SVG units."""

    title: str
    x_label: str
    y_label: str
    left: float
    right: float
    top: float
    bottom: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    band: Band | None


def draw_chart(
    title: str,
    series: Sequence[Series],
    *,
    x_label: str,
    y_label: str,
    x_ticks: Sequence[float],
    scale: Callable[[float], float] = float,
    x_format: Callable[[float], str] = "{:,.0f}".format,
    band: tuple[float, float, str] | None = None,
) -> Chart:
    """Lay out shares (0 to 1) over x.

    Args:
        title: what a reader who cannot see it is told.
        series: at most nine are told apart by colour.
        x_label: under the axis.
        y_label: over the axis.
        x_ticks: data values marked on the x axis; they set its range with the points.
        scale: of x, such as ``math.log2``.
        x_format: of tick labels and titles.
        band: low, high and label of a stretch of y to point out.
    """
    xs = [*x_ticks, *(p[0] for one in series for p in one.points), *(c[0] for one in series for c in one.curve)]
    low, high = min(map(scale, xs)), max(map(scale, xs))
    span = (high - low) or 1.0

    def x_at(value: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (scale(value) - low) / span, 1)

    lines = [_line(one, i % COLOURS, x_at, x_format) for i, one in enumerate(series)]
    return Chart(
        title=title,
        x_label=x_label,
        y_label=y_label,
        left=_LEFT,
        right=WIDTH - _RIGHT,
        top=_TOP,
        bottom=HEIGHT - _BOTTOM,
        x_ticks=tuple(Tick(x_at(value), x_format(value)) for value in x_ticks),
        y_ticks=tuple(Tick(_y(value / 100), f"{value} %") for value in (0, 25, 50, 75, 100)),
        lines=tuple(_spread(lines)),
        band=None if band is None else Band(_y(band[1]), round(_y(band[0]) - _y(band[1]), 1), band[2]),
    )


def _y(share: float) -> float:
    return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - min(max(share, 0.0), 1.0)), 1)


def _line(one: Series, colour: int, x_at: Callable[[float], float], x_format: Callable[[float], str]) -> Line:
    dots = tuple(
        Dot(
            x_at(x),
            _y(y),
            _y(low),
            _y(high),
            f"{one.name}, {x_format(x)}: {100 * y:.0f} % ({100 * low:.0f} to {100 * high:.0f})",
        )
        for x, y, low, high in one.points
    )
    trace = [(x_at(x), _y(y)) for x, y in one.curve] or [(dot.x, dot.y) for dot in dots]
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in trace)
    return Line(one.name, colour, path, dots, trace[-1][1], *trace[-1])


def _spread(lines: Sequence[Line]) -> list[Line]:
    """Names at the right end moved apart until none covers another, in the order of their lines."""
    order = sorted(range(len(lines)), key=lambda i: (lines[i].label_y, i))
    places: dict[int, float] = {}
    at = -math.inf
    for i in order:
        at = max(lines[i].label_y, at + _LABEL_GAP)
        places[i] = at
    over = max((at - (HEIGHT - _BOTTOM)), 0.0) if lines else 0.0
    limit = math.inf
    for i in reversed(order):
        places[i] = min(places[i], HEIGHT - _BOTTOM if over else places[i], limit - _LABEL_GAP)
        limit = places[i]
    return [
        Line(one.name, one.colour, one.path, one.dots, round(places[i], 1), one.end_x, one.end_y)
        for i, one in enumerate(lines)
    ]
