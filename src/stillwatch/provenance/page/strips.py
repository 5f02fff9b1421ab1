"""Geometry of the strips: the controls as dots on a line, the suspect as a diamond among or beyond them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stillwatch.provenance.results import Test

__all__ = ["HEIGHT", "WIDTH", "Mark", "Strip", "strips"]

WIDTH, HEIGHT = 640, 64
_LEFT, _RIGHT = 14.0, 626.0
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on a strip, and what it says."""

    x: float
    title: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One strip, in SVG units.

    Attributes:
        name: of what is measured along it.
        dots: controls, or pairs with a control.
        suspect: the pair in question.
        expected: where the pair was expected, with an error to each side; None where the strip has none.
        ticks: of the axis.
    """

    name: str
    dots: tuple[Mark, ...]
    suspect: Mark
    expected: tuple[float, float, float] | None
    ticks: tuple[Mark, ...]


def strips(test: Test) -> list[Strip]:
    """The strips of a test: similarity or rate beside the controls', and the statistic beside all other pairs'."""
    found = []
    if test.observed is not None and test.controls:
        spread = None
        values = [test.observed, *test.controls.values()]
        if test.expected is not None and test.error is not None:
            spread = (test.expected - test.error, test.expected, test.expected + test.error)
            values += spread
        name = "Rate, suspect beside controls" if test.family != "behaviour" else "Similarity to the teacher"
        found.append(_strip(name, values, test.controls, test.observed, spread))
    if test.family == "behaviour" and test.statistic is not None and test.null_points:
        points = {f"pair {i + 1}": value for i, value in enumerate(test.null_points)}
        name = "Excess of every pair, each put in the suspect's place, in standard errors"
        found.append(_strip(name, [test.statistic, *points.values()], points, test.statistic, None))
    return found


def _strip(
    name: str,
    values: Sequence[float],
    dots: Mapping[str, float],
    own: float,
    spread: tuple[float, float, float] | None,
) -> Strip:
    low, high = min(values), max(values)
    reach = (high - low) or 1.0
    low, high = low - 0.03 * reach, high + 0.03 * reach

    def at(value: float) -> float:
        return round(_LEFT + (value - low) / (high - low) * (_RIGHT - _LEFT), 1)

    return Strip(
        name,
        tuple(Mark(at(value), f"{who}: {value:.3g}") for who, value in dots.items()),
        Mark(at(own), f"suspect: {own:.3g}"),
        None if spread is None else (at(spread[0]), at(spread[1]), at(spread[2])),
        tuple(Mark(at(value), f"{value:g}") for value in _ticks(low, high)),
    )


def _ticks(low: float, high: float) -> list[float]:
    step = 10 ** math.floor(math.log10((high - low) / _TICKS))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= _TICKS + 1)
    first = math.ceil(low / step)
    return [round(i * step, 10) for i in range(first, math.floor(high / step) + 1)]
