"""P-values keep their level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stillwatch.evidence import tail_p
from stillwatch.evidence.p_values import cauchy_p, drawn_until_told
from stillwatch.evidence.thresholds import DRAWS_AT_ONCE, ENOUGH


def test_p_values_of_null_statistics_are_uniform() -> None:
    rng = np.random.default_rng(5)
    p = [tail_p(rng.normal(size=300), float(rng.normal())) for _ in range(600)]
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_the_tail_beyond_the_draws_is_no_bolder_than_the_truth() -> None:
    rng = np.random.default_rng(6)
    for observed in (4.0, 5.0, 6.0):
        got = np.median([tail_p(rng.normal(size=1000), observed) for _ in range(40)])
        assert got >= 0.3 * stats.norm.sf(observed)
    assert tail_p(rng.normal(size=1000), 6.0) < 1e-3


@given(st.lists(st.floats(-5, 5), min_size=60, max_size=80), st.floats(-6, 6), st.floats(0, 2))
def test_more_extreme_is_never_less_significant(draws: list[float], observed: float, more: float) -> None:
    null = np.array(draws)
    assert tail_p(null, observed + more) <= tail_p(null, observed) + 1e-12


def test_too_few_draws_and_missing_values_prove_nothing() -> None:
    assert tail_p(np.zeros(10), 1.0) == 1.0
    assert tail_p(np.random.default_rng(0).normal(size=200), float("nan")) == 1.0


def test_what_is_nothing_rare_is_drawn_for_no_longer() -> None:
    rng = np.random.default_rng(7)

    def draw(draws: int) -> np.ndarray:
        return rng.normal(size=(draws, 2))

    assert len(drawn_until_told(draw, np.array([-3.0, -1.0]), 200)) == DRAWS_AT_ONCE
    assert len(drawn_until_told(draw, np.array([-3.0, 5.0]), 200)) == 200, "one rare statistic of two"
    drawn = drawn_until_told(draw, np.array([0.5, 0.0]), 200)
    assert tail_p(drawn[:, 0], 0.5) == (np.sum(drawn[:, 0] >= 0.5) + 1) / (len(drawn) + 1) > ENOUGH / 200


def test_p_values_of_draws_that_stop_early_keep_their_level() -> None:
    rng = np.random.default_rng(8)
    observed = rng.normal(size=1000)
    p = np.array(
        [tail_p(drawn_until_told(lambda n: rng.normal(size=(n, 1)), np.array([x]), 200)[:, 0], x) for x in observed]
    )
    for level in (0.01, 0.05, 0.1, 0.3):
        assert np.mean(p <= level) <= level + 3 * np.sqrt(level / 1000)


def test_several_that_are_small_are_no_larger_for_their_number() -> None:
    assert cauchy_p([0.003] * 6) == pytest.approx(0.003, rel=1e-6)
    assert cauchy_p([1e-6, 1.0, 1.0, 1.0]) == pytest.approx(4e-6, rel=0.01)
    assert cauchy_p([1.0, 1.0]) > 0.5


def test_uniform_p_values_joined_are_no_smaller_than_they_say() -> None:
    """However they hang together: apart, all one, and in halves that are each other's opposite."""
    rng = np.random.default_rng(0)
    one = rng.uniform(size=40_000)
    for together in (rng.uniform(size=(40_000, 3)), np.column_stack([one] * 3), np.column_stack([one, 1 - one, one])):
        joined = np.array([cauchy_p(row) for row in together])
        assert np.mean(joined <= 0.01) <= 0.0125
