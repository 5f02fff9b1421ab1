"""Axes as every chart has them: small ticks and words under a line, hair lines across."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from stillwatch.drawing.svg import tag

__all__ = ["Tick", "draw_bottom_axis", "draw_grid"]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis; the words of a ``minor`` one are left out on a narrow screen."""

    at: float
    label: str
    minor: bool = False


def draw_bottom_axis(ticks: Iterable[Tick], y: float, *, unit: str = "", middle: bool = True) -> Markup:
    """Ticks under ``y`` with their words below.

    Args:
        ticks: from left to right.
        y: of the line they hang from; ticks are 5 long, words stand 18 below.
        unit: ``%`` where places are per cent of the width, so that words keep their size.
        middle: whether words stand under their tick or begin at it.
    """
    drawn = []
    for tick in ticks:
        x = f"{tick.at:g}{unit}"
        line = tag("line", class_="base", x1=x, x2=x, y1=y, y2=y + 5)
        words = tag("text", tick.label, class_="axis middle" if middle else "axis", x=x, y=y + 18)
        drawn.append(tag("g", line, words, class_="minor" if tick.minor else None))
    return Markup("\n").join(drawn)


def draw_grid(ticks: Iterable[Tick], left: float, right: float) -> Markup:
    """A hair line from left to right at each tick, and its words before it."""
    return Markup("\n").join(
        tag("line", class_="hair", x1=left, x2=right, y1=tick.at, y2=tick.at)
        + tag("text", tick.label, class_="axis end", x=left - 6, y=tick.at + 4)
        for tick in ticks
    )
