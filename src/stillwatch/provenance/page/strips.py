"""Which strips a test has: the controls as dots on a line, the suspect as a diamond among or beyond them."""

from __future__ import annotations

from stillwatch.drawing import Strip
from stillwatch.provenance.results import Test

__all__ = ["strips"]

_WHO = "suspect"


def strips(test: Test) -> list[Strip]:
    """The strips of a test: similarity or rate beside the controls', and the statistic beside all other pairs'."""
    found = []
    if test.observed is not None and test.controls:
        spread = None
        if test.expected is not None and test.error is not None:
            spread = (test.expected - test.error, test.expected, test.expected + test.error)
        name = "Rate, suspect beside controls" if test.family != "behaviour" else "Similarity to the teacher"
        found.append(Strip(name, test.controls, _WHO, test.observed, spread))
    if test.family == "behaviour" and test.statistic is not None and test.null_points:
        points = {f"pair {i + 1}": value for i, value in enumerate(test.null_points)}
        name = "Excess of every pair, each put in the suspect's place, in standard errors"
        found.append(Strip(name, points, _WHO, test.statistic))
    return found
