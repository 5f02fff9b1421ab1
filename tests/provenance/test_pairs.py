"""The statistic of a pair: never too often small under its null, blind to what a model shows towards everybody, exact by rank."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stillwatch.provenance.pairs import Alike, PairTest, compare_pairs, deleted_residual


def similarities(rng: np.random.Generator, n: int, spread: float = 0.05) -> npt.NDArray[np.float64]:
    effects = rng.normal(0.3, 0.2, size=n)
    own = rng.normal(0.0, spread, size=(n, n))
    return np.asarray(effects[:, None] + effects[None] + np.triu(own, 1) + np.triu(own, 1).T)


def judged(values: npt.NDArray[np.float64], noise: float = 0.0) -> PairTest:
    found = compare_pairs(lambda a, b: Alike(values, noise), len(values))
    assert found is not None
    return found


@pytest.mark.parametrize("models", [5, 6, 10])
def test_p_holds_its_level_where_every_pair_is_an_ordinary_one(models: int) -> None:
    rng = np.random.default_rng(models)
    found = [judged(similarities(rng, models)) for _ in range(150)]
    p = np.array([one.p_value for one in found])
    # Fewer degrees of freedom than pairs would give: never more often below a level than it says, and seldom less.
    for level in (0.01, 0.05, 0.2, 0.5):
        assert (p <= level).mean() <= level + 3 * np.sqrt(level * (1 - level) / len(p))
    assert stats.kstest(p, "uniform").statistic < 0.2
    pairs = models * (models - 1) // 2
    floor = 1 / pairs
    assert {one.exact_floor for one in found} == {floor}
    # The rank takes each of its values equally often.
    ranks = np.round(np.array([one.exact_p for one in found]) / floor).astype(int)
    assert set(ranks) <= set(range(1, pairs + 1))
    assert (ranks <= pairs / 2).mean() == pytest.approx(0.5, abs=0.13)


def test_a_pair_of_its_own_is_found_and_a_model_that_agrees_with_all_is_not() -> None:
    rng = np.random.default_rng(1)
    values = similarities(rng, 9)
    values[0, 1] += 1.0
    values[1, 0] += 1.0
    found = judged(values)
    assert found.p_value < 1e-5
    assert found.exact_p == found.exact_floor == pytest.approx(1 / 36)
    bland = similarities(rng, 9)
    bland[0] += 1.0
    bland[:, 0] += 1.0
    assert judged(bland).p_value > 0.01


@given(st.integers(0, 10_000), st.integers(5, 9))
def test_what_a_model_shows_towards_everybody_falls_out(seed: int, models: int) -> None:
    rng = np.random.default_rng(seed)
    values = similarities(rng, models)
    shift = rng.normal(size=models)
    moved = values + shift[:, None] + shift[None]
    assert judged(values).t == pytest.approx(judged(moved).t, rel=1e-6, abs=1e-6)


def test_the_spread_is_never_taken_to_be_less_than_the_noise_of_the_prompts() -> None:
    values = np.zeros((6, 6))
    values[0, 1] = values[1, 0] = 0.1
    assert judged(values, noise=0.01).p_value > 0.2
    assert judged(values, noise=0.0001).p_value < 0.01


def test_too_few_models_or_pairs_judge_nothing() -> None:
    assert deleted_residual(Alike(np.zeros((4, 4)), 1.0), 0, 1) is not None
    assert deleted_residual(Alike(np.zeros((3, 3)), 1.0), 0, 1) is None
    gaps = np.zeros((5, 5))
    gaps[2, 3] = gaps[3, 2] = np.nan
    assert deleted_residual(Alike(gaps, 1.0), 0, 1) is not None
    gaps[0, 1] = gaps[1, 0] = np.nan
    assert compare_pairs(lambda a, b: Alike(gaps, 1.0), 5) is None
