"""One value among others on a line: the others as dots, one's own as a diamond among or beyond them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from stillwatch.drawing.axes import Tick, draw_bottom_axis
from stillwatch.drawing.scales import Scale, round_ticks
from stillwatch.drawing.svg import tag

__all__ = ["HEIGHT", "WIDTH", "Strip", "draw_strip"]

WIDTH, HEIGHT = 640, 64
_LEFT, _RIGHT, _LINE = 14.0, 626.0, 40


@dataclass(frozen=True, slots=True)
class Strip:
    """What a strip shows, in data units.

    Attributes:
        name: of what is measured along it.
        others: values of those it is compared with, by who they are.
        who: whose value is the diamond.
        own: that value.
        expected: where it was expected, with an error to each side (low, middle, high); None where nothing was.
    """

    name: str
    others: Mapping[str, float]
    who: str
    own: float
    expected: tuple[float, float, float] | None = None


def draw_strip(strip: Strip, at: str) -> Markup:
    """The strip; ids within the page begin with ``at``."""
    values = [strip.own, *strip.others.values(), *(strip.expected or ())]
    reach = 0.03 * ((max(values) - min(values)) or 1.0)
    scale = Scale(min(values) - reach, max(values) + reach, _LEFT, _RIGHT)
    own, said = scale.place(strip.own), f"{strip.who}: {strip.own:.3g}"
    ticks = [Tick(scale.place(value), f"{value:g}") for value in round_ticks(scale.low, scale.high)]
    return tag(
        "svg",
        tag("title", f"{strip.name}; {said}", id=f"{at}-name"),
        tag("line", class_="base", x1=8, x2=WIDTH - 8, y1=_LINE, y2=_LINE),
        draw_bottom_axis(ticks, _LINE),
        *_expected(strip, scale),
        *(
            tag("circle", tag("title", f"{name}: {value:.3g}"), class_="dot", cx=scale.place(value), cy=_LINE, r=4.5)
            for name, value in strip.others.items()
        ),
        tag("path", tag("title", said), class_="own", d=f"M{own:g} 4l7 8l-7 8l-7 -8z"),
        tag("line", class_="own-stem", x1=own, x2=own, y1=20, y2=_LINE),
        class_="strip",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_labelledby=f"{at}-name",
    )


def _expected(strip: Strip, scale: Scale) -> list[Markup]:
    if strip.expected is None:
        return []
    low, middle, high = (scale.place(value) for value in strip.expected)
    return [
        tag("line", class_="expected", x1=low, x2=high, y1=26, y2=26),
        tag("line", tag("title", "expected"), class_="expected", x1=middle, x2=middle, y1=20, y2=32),
    ]
