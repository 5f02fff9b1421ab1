"""Is one pair of models more alike than its members lead one to expect? The statistic behind every behaviour test.

Similarity of models a and b is taken as u_a + u_b + e_ab: some models agree with everybody, because
they are good or bland; what is left is the pair's own. All pairs but (suspect, teacher) are fitted,
and the pair's own part is held against the spread of theirs (a deleted studentised residual; the
additive model of pairs is Warner, Kenny & Stoto's social relations model, 1979, for symmetric ties).

Two p-values come of it, and both are reported:

    t       the e_ab are normal with one variance: Student's t. Pairs that share a model are no strangers, and
            models, not pairs, are what was drawn: so it has m - 1 degrees of freedom for m controls, and not
            the n(n-3)/2 - 1 that pairs would give
    exact   no normality: if all n models are exchangeable, each of the n(n-1)/2 pairs is as likely as any
            other to lie furthest out; every pair is put in the suspect's and teacher's place in turn,
            with the rest as its controls, and p is the rank. It cannot be less than 2/(n(n-1)).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import scipy

__all__ = ["FEWEST_CONTROLS", "POWER", "Alike", "PairTest", "compare_pairs", "deleted_residual", "errors_found"]

Floats = npt.NDArray[np.float64]
FEWEST_CONTROLS = 3
"""With two, nothing is left to judge the spread by."""
POWER = 0.8
"""What is called detectable is found this often."""


@dataclass(frozen=True, slots=True)
class Alike:
    """How alike models are.

    Attributes:
        values: (n, n) symmetric similarities; nan where a pair has nothing to be judged by.
        noise: sampling variance of one of them, over prompts: the spread is never taken to be less.
    """

    values: Floats
    noise: float


@dataclass(frozen=True, slots=True)
class PairTest:
    """What came out for the pair of interest.

    Attributes:
        observed, expected, error: similarity, the additive model's prediction, standard error of their difference.
        degrees: of freedom.
        t: excess in errors.
        p_value: Student's upper tail.
        exact_p: rank among all pairs.
        exact_floor: the least it can be.
        null_points: t of every other pair in the pair's place.
    """

    observed: float
    expected: float
    error: float
    degrees: int
    t: float
    p_value: float
    exact_p: float
    exact_floor: float
    null_points: tuple[float, ...]


def deleted_residual(alike: Alike, a: int, b: int) -> tuple[float, float, float, int] | None:
    """Observed, expected, standard error and degrees of freedom of the pair (a, b), fitted without it.

    None where too few pairs are left to judge by.
    """
    values = alike.values
    n = len(values)
    rows = [(i, j) for i, j in itertools.combinations(range(n), 2) if not np.isnan(values[i, j])]
    pair = (min(a, b), max(a, b))
    if pair not in rows:
        return None
    rows.remove(pair)
    design = np.zeros((len(rows), n))
    for row, (i, j) in enumerate(rows):
        design[row, i] = design[row, j] = 1.0
    degrees = len(rows) - n
    gram = design.T @ design
    if degrees < 1 or np.linalg.matrix_rank(gram) < n:
        return None
    found = np.array([values[i, j] for i, j in rows])
    effects = np.linalg.solve(gram, design.T @ found)
    spread = float(((found - design @ effects) ** 2).sum()) / degrees
    degrees = min(degrees, n - 3)
    place = np.zeros(n)
    place[list(pair)] = 1.0
    reach = float(place @ np.linalg.solve(gram, place))
    error = float(np.sqrt(max(spread, alike.noise) * (1 + reach)))
    return float(values[pair]), float(place @ effects), error, degrees


@cache
def errors_found(controls: int, level: float) -> float:
    """Standard errors of excess that a test at ``level`` finds with ``POWER``; infinite with too few controls.

    The spread itself is estimated, from all pairs: the statistic is noncentral t.
    """
    if controls < FEWEST_CONTROLS:
        return float("inf")
    n = controls + 2
    bar = float(scipy.stats.t.isf(level, n - 3))
    pairs = n * (n - 3) // 2 - 1
    return float(scipy.optimize.brentq(lambda excess: scipy.stats.nct.sf(bar, pairs, excess) - POWER, 0.0, 3 * bar + 9))


def compare_pairs(measure: Callable[[int, int], Alike | None], n: int) -> PairTest | None:
    """Test the pair of models 0 (suspect) and 1 (teacher); the rest are controls.

    Args:
        measure: how alike all models are when a pair is in the suspect's and teacher's place: what it
            weighs prompts by must come from the others alone.
        n: models.

    Returns:
        None where the pair cannot be judged.
    """
    own = _studentised(measure, 0, 1)
    if own is None:
        return None
    observed, expected, error, degrees, t = own
    others = [_studentised(measure, a, b) for a, b in itertools.combinations(range(n), 2) if (a, b) != (0, 1)]
    points = tuple(other[4] for other in others if other is not None)
    as_far = sum(point >= t for point in points)
    return PairTest(
        observed=observed,
        expected=expected,
        error=error,
        degrees=degrees,
        t=t,
        p_value=float(scipy.stats.t.sf(t, degrees)),
        exact_p=(1 + as_far) / (1 + len(points)),
        exact_floor=1 / (1 + len(points)),
        null_points=points,
    )


def _studentised(
    measure: Callable[[int, int], Alike | None], a: int, b: int
) -> tuple[float, float, float, int, float] | None:
    alike = measure(a, b)
    found = None if alike is None else deleted_residual(alike, a, b)
    if found is None or found[2] == 0.0:
        return None
    return (*found, (found[0] - found[1]) / found[2])
