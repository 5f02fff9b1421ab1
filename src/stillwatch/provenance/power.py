"""How many queries and controls an audit needs, what it costs, and what a null result leaves open.

The error of a pair's excess is sqrt((spread^2 + noise / prompts) (1 + reach)): ``spread`` is how far
unrelated pairs lie from what their members lead one to expect, whatever the number of prompts; ``noise`` is
the variance of one prompt's similarity; ``reach`` comes of estimating the members. The planning values are those of
the project's own families of models and can be given anew; after an audit its own error takes their place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from stillwatch.provenance.behaviour import BEHAVIOUR_TESTS
from stillwatch.provenance.pairs import FEWEST_CONTROLS, Alike, deleted_residual, errors_found

__all__ = ["Cost", "Need", "detectable_excess", "plan_power", "reach_of"]

SPREAD, NOISE = 0.015, 0.10
"""Planning values: model-to-model spread of a similarity, and variance of one prompt's."""
_MOST_PROMPTS = 5_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What an audit asks, over all its models.

    Attributes:
        queries: requests.
        tokens_in, tokens_out: at most.
        price: in the currency of the prices given; None where none was.
    """

    queries: int
    tokens_in: int
    tokens_out: int
    price: float | None


@dataclass(frozen=True, slots=True)
class Need:
    """What an audit can find, before it runs.

    Attributes:
        effect: excess similarity asked for.
        controls, prompts: as they are.
        detectable: excess found four times in five with those; infinite with too few controls.
        prompts_needed: for the effect with these controls; None where no number would do.
        controls_needed: for the effect with these prompts; None where no number up to 40 would do.
        exact_floor: least exact p-value with these controls.
    """

    effect: float
    controls: int
    prompts: int
    detectable: float
    prompts_needed: int | None
    controls_needed: int | None
    exact_floor: float

    @property
    def enough(self) -> bool:
        """Whether the effect asked for would be found four times in five."""
        return self.detectable <= self.effect


@cache
def reach_of(controls: int) -> tuple[float, int]:
    """What estimating the members adds to the variance, and the degrees of freedom, with so many controls."""
    n = controls + 2
    values = np.random.default_rng(0).normal(size=(n, n))
    found = deleted_residual(Alike((values + values.T) / 2, 0.0), 0, 1)
    if found is None:
        return np.inf, 0
    # The error of a fit is linear in its spread: the ratio does not depend on the values.
    unit = deleted_residual(Alike(np.zeros((n, n)), 1.0), 0, 1)
    return (np.inf if unit is None else unit[2] ** 2 - 1), found[3]


def detectable_excess(controls: int, prompts: int, level: float, spread: float = SPREAD, noise: float = NOISE) -> float:
    """Excess that one test finds four times in five at ``level`` after correction over all of them."""
    reach, degrees = reach_of(controls)
    if degrees < 1 or controls < FEWEST_CONTROLS:
        return float("inf")
    error = np.sqrt((spread**2 + noise / max(prompts, 1)) * (1 + reach))
    return float(errors_found(controls, level / len(BEHAVIOUR_TESTS)) * error)


def plan_power(
    controls: int, prompts: int, effect: float, level: float, spread: float = SPREAD, noise: float = NOISE
) -> Need:
    """What these controls and prompts can find, and what the effect asked for needs."""

    def detects(m: int, n: int) -> bool:
        return detectable_excess(m, n, level, spread, noise) <= effect

    prompts_needed = None
    if detects(controls, _MOST_PROMPTS):
        low, high = 1, _MOST_PROMPTS
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if detects(controls, middle) else (middle + 1, high)
        prompts_needed = low
    controls_needed = next((m for m in range(FEWEST_CONTROLS, 41) if detects(m, prompts)), None)
    return Need(
        effect,
        controls,
        prompts,
        detectable_excess(controls, prompts, level, spread, noise),
        prompts_needed,
        controls_needed,
        2 / ((controls + 2) * (controls + 1)),
    )
