"""What an exchange is worth: recovery as a curve over queries, with its uncertainty, in a small file.

Recovery over the logarithm of queries rises like a switch. The curve is

    recovery(q) = ceiling / (1 + exp(-slope (log2 q - midpoint)))

fitted by least squares over all seeds of an interface, attacker and task. Its uncertainty comes from
the bootstrap: seeds are redrawn within every budget and the curve is fitted again; a reader gets the
redrawn curves themselves, so that it can put an interval on any number of queries.

What was not measured is not said: ``queries`` gives the range, and beyond it a reader must say so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.core.whole_files import put_whole
from stillwatch.lab.cell import versions
from stillwatch.lab.intervals import mean_interval
from stillwatch.lab.tasks import make_task

__all__ = ["CAVEATS", "FORMAT", "Curve", "Point", "fit_curves", "predict", "write_values"]

FORMAT = "stillwatch-values/1"
CAVEATS = (
    "Measured on small models and made-up skills: shape and order of interfaces may carry over, query counts do not.",
    "Every exchange is assumed to be about one skill; a campaign that asks about many spreads its queries.",
    "Students start from nothing; a student that already knows most of a skill needs less.",
    "A fixed number of training steps; more compute moves a curve to the left.",
)
_DRAWS = 40
_LEAST_POINTS = 3

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """Measured recovery at one budget: mean and a 95 % interval of it over seeds."""

    queries: int
    mean: float
    low: float
    high: float
    seeds: int


@dataclass(frozen=True, slots=True)
class Curve:
    """Recovery over queries for one interface, attacker and task.

    Attributes:
        task: the skill.
        facts: independent facts it rests on; queries divided by it is a volume without a unit.
        interface: an exposure's short name.
        attacker: an attacker's short name.
        ceiling: recovery at the far right, 0 to 1.
        midpoint: log2 of the queries at which half of the ceiling is reached.
        slope: of the logistic, per doubling of queries.
        draws: ceiling, midpoint and slope of every bootstrap fit.
        points: what was measured.
    """

    task: str
    facts: int
    interface: str
    attacker: str
    ceiling: float
    midpoint: float
    slope: float
    draws: tuple[tuple[float, float, float], ...]
    points: tuple[Point, ...]


def predict(parameters: Sequence[float] | Floats, queries: npt.ArrayLike) -> Floats:
    """Recovery at numbers of queries, by ceiling, midpoint and slope."""
    ceiling, midpoint, slope = parameters
    place = np.clip(slope * (np.log2(np.asarray(queries, dtype=np.float64)) - midpoint), -60, 60)
    return np.asarray(ceiling / (1 + np.exp(-place)), dtype=np.float64)


def fit_curves(results: Iterable[Mapping[str, Any]], seed: int = 0) -> list[Curve]:
    """A curve for every undefended interface and attacker with three budgets or more.

    Args:
        results: of cells; those with defences, other steps than most, or kept refusals are left out.
        seed: of the bootstrap.
    """
    grouped: dict[tuple[str, str, str], dict[int, list[float]]] = {}
    results = list(results)
    compute = Counter((r["cell"].get("steps"), r["cell"].get("width")) for r in results).most_common(1)
    for result in results:
        cell = result["cell"]
        # One amount of compute, one size of student; what keeps refusals belongs to the guardrail curves.
        if (cell.get("steps"), cell.get("width")) != compute[0][0] or "keep" in cell["attacker"]:
            continue
        if cell["defences"] == "none" and result["recovery"] is not None and not cell["task"].startswith("file:"):
            key = (cell["task"], cell["exposure"], cell["attacker"])
            grouped.setdefault(key, {}).setdefault(cell["queries"], []).append(result["recovery"])
    rng = np.random.default_rng([seed, 13])
    curves = []
    for (task, interface, attacker), budgets in sorted(grouped.items()):
        if len(budgets) >= _LEAST_POINTS:
            curves.append(_curve(task, interface, attacker, dict(sorted(budgets.items())), rng))
    return curves


def _curve(
    task: str, interface: str, attacker: str, budgets: Mapping[int, Sequence[float]], rng: np.random.Generator
) -> Curve:
    best = _fit(budgets)
    redrawn = [_fit({q: rng.choice(r, size=len(r)).tolist() for q, r in budgets.items()}) for _ in range(_DRAWS)]
    points = tuple(Point(q, *mean_interval(r), len(r)) for q, r in budgets.items())
    facts = make_task(task).facts
    return Curve(task, facts, interface, attacker, *_rounded(best), tuple(_rounded(one) for one in redrawn), points)


def _rounded(parameters: Floats) -> tuple[float, float, float]:
    ceiling, midpoint, slope = (round(float(value), 4) for value in parameters)
    return ceiling, midpoint, slope


def _fit(budgets: Mapping[int, Sequence[float]]) -> Floats:
    queries = np.array([q for q, seeds in budgets.items() for _ in seeds], dtype=np.float64)
    found = np.clip(np.array([r for seeds in budgets.values() for r in seeds]), 0.0, 1.0)
    low, high = np.log2(queries.min()) - 3, np.log2(queries.max()) + 3
    fits = [
        scipy.optimize.least_squares(
            lambda parameters: predict(parameters, queries) - found,
            (min(max(found.max(), 0.02), 0.999), start, 3.0),
            bounds=((0.0, low - 0.01, 0.3), (1.0, high + 0.01, 20.0)),
        )
        for start in np.linspace(low + 1, high - 1, 5)
    ]
    return np.asarray(min(fits, key=lambda fit: fit.cost).x, dtype=np.float64)


def write_values(path: Path, curves: Sequence[Curve], results: Sequence[Mapping[str, Any]]) -> Path:
    """Write curves as a values file, read by ``stillwatch scan``; see docs/reference/values-file.md."""
    value = {
        "format": FORMAT,
        "versions": versions(),
        "results": len(results),
        "data_hashes": sorted({result["data_hash"] for result in results})[:1000],
        "caveats": list(CAVEATS),
        "curves": [asdict(curve) for curve in curves],
    }
    return put_whole(path, json.dumps(value, indent=1).encode() + b"\n")
