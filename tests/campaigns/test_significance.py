"""The statistics keep their promises: level, conjunction, order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stillwatch.campaigns import campaign_p, q_values, tail_p

probability = st.floats(1e-12, 1.0)


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


@given(st.sampled_from(["structure", "semantics", "purpose", "shape", "timing", "infrastructure"]), probability)
def test_no_family_alone_convicts(family: str, weak: float) -> None:
    p = dict.fromkeys(["structure", "semantics", "purpose", "shape", "timing", "infrastructure"], weak)
    p[family] = 1e-12
    assert campaign_p(p) >= min(1.0, weak)


@given(probability, probability)
def test_content_without_coordination_is_nothing(a: float, b: float) -> None:
    assert campaign_p({"structure": a, "semantics": b, "purpose": a, "shape": b}) == 1.0
    assert campaign_p({"timing": a, "infrastructure": b}) == 1.0


def test_a_missing_family_costs_the_others_nothing() -> None:
    assert campaign_p({"structure": 1e-6, "timing": 1e-5}) == pytest.approx(1e-5)
    assert campaign_p({"structure": 1e-6, "timing": 1e-5, "infrastructure": 1.0}) == pytest.approx(2e-5)


@given(st.lists(probability, min_size=1, max_size=30))
def test_q_values_keep_the_order_of_p_values(p: list[float]) -> None:
    q = q_values(np.array(p))
    assert (q >= np.array(p) - 1e-15).all()
    assert (np.diff(q[np.argsort(p)]) >= -1e-15).all()
