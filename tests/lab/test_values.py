"""Curves are found again from their own points, and a values file says what it must."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.lab import fit_curves
from stillwatch.lab.intervals import mean_interval
from stillwatch.lab.values import FORMAT, predict, write_values

BUDGETS = (128, 256, 512, 1024, 2048, 4096)


def results(ceiling: float, midpoint: float, slope: float, noise: float = 0.0) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return [
        {
            "cell": {
                "task": "codebook",
                "exposure": "text",
                "attacker": "passive",
                "defences": "none",
                "queries": q,
                "seed": s,
            },
            "recovery": float(predict((ceiling, midpoint, slope), q) + rng.normal(0, noise)),
            "data_hash": f"{q}-{s}",
        }
        for q in BUDGETS
        for s in range(3)
    ]


@given(st.floats(0.3, 1.0), st.floats(8.5, 10.5), st.floats(1.0, 4.0))
@settings(max_examples=5, deadline=None)
def test_a_curve_is_found_again(ceiling: float, midpoint: float, slope: float) -> None:
    (curve,) = fit_curves(results(ceiling, midpoint, slope))
    found = predict((curve.ceiling, curve.midpoint, curve.slope), BUDGETS)
    np.testing.assert_allclose(found, predict((ceiling, midpoint, slope), BUDGETS), atol=0.02)


@given(st.floats(0, 1), st.floats(4, 12), st.floats(0.3, 20))
def test_more_queries_never_recover_less(ceiling: float, midpoint: float, slope: float) -> None:
    found = predict((ceiling, midpoint, slope), np.geomspace(1, 1e9, 200))
    assert (np.diff(found) >= -1e-12).all()
    assert found.min() >= 0
    assert found.max() <= ceiling + 1e-12


def test_redrawn_curves_spread_where_seeds_differ() -> None:
    (sure,), (unsure,) = fit_curves(results(0.9, 9.5, 2.0)), fit_curves(results(0.9, 9.5, 2.0, noise=0.1))
    spread = [float(np.std([predict(draw, 512) for draw in c.draws])) for c in (sure, unsure)]
    assert spread[0] < 0.01 < spread[1]


def test_two_budgets_make_no_curve() -> None:
    assert fit_curves([r for r in results(0.9, 9.5, 2.0) if r["cell"]["queries"] < 512]) == []


def test_the_file_holds_curves_draws_range_and_caveats(tmp_path: Path) -> None:
    made = results(0.9, 9.5, 2.0, noise=0.05)
    path = write_values(tmp_path / "values.json", fit_curves(made), made)
    value = json.loads(path.read_text())
    assert value["format"] == FORMAT
    assert len(value["caveats"]) >= 3
    (curve,) = value["curves"]
    assert [p["queries"] for p in curve["points"]] == list(BUDGETS)
    assert all(p["low"] <= p["mean"] <= p["high"] for p in curve["points"])
    assert all(len(draw) == 3 for draw in curve["draws"])
    assert len(curve["draws"]) >= 20
    assert not list(tmp_path.glob(".*"))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_intervals_hold_their_mean(values: list[float]) -> None:
    mean, low, high = mean_interval(values)
    assert low <= mean <= high
