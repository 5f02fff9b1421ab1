"""Families are joined so that none convicts alone, and groups so that the false discovery rate holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.detection.fdr import campaign_p, filtered_q_values, q_values
from stillwatch.evidence import Finding, all_families

probability = st.floats(1e-12, 1.0)


def joined(p: dict[str, float]) -> float:
    found = [Finding(family, "a statistic", 0.0, 0.0, value, "") for family, value in p.items()]
    return campaign_p(found, all_families())


@given(st.sampled_from(["structure", "semantics", "purpose", "shape", "timing", "infrastructure"]), probability)
def test_no_family_alone_convicts(family: str, weak: float) -> None:
    p = dict.fromkeys(["structure", "semantics", "purpose", "shape", "timing", "infrastructure"], weak)
    p[family] = 1e-12
    assert joined(p) >= min(1.0, weak)


@given(probability, probability)
def test_content_without_coordination_is_nothing(a: float, b: float) -> None:
    assert joined({"structure": a, "semantics": b, "purpose": a, "shape": b}) == 1.0
    assert joined({"timing": a, "infrastructure": b}) == 1.0


def test_a_missing_family_costs_the_others_nothing() -> None:
    assert joined({"structure": 1e-6, "timing": 1e-5}) == pytest.approx(1e-5)
    assert joined({"structure": 1e-6, "timing": 1e-5, "infrastructure": 1.0}) == pytest.approx(2e-5)


@given(st.lists(probability, min_size=1, max_size=30))
def test_q_values_keep_the_order_of_p_values(p: list[float]) -> None:
    q = q_values(np.array(p))
    assert (q >= np.array(p) - 1e-15).all()
    assert (np.diff(q[np.argsort(p)]) >= -1e-15).all()


@given(st.lists(st.tuples(probability, probability), min_size=1, max_size=30))
def test_the_filter_tells_no_less_than_all_together_and_is_they_where_all_show_one_side(
    sides: list[tuple[float, float]],
) -> None:
    p, least = np.array([max(one) for one in sides]), np.array([min(one) for one in sides])
    q = filtered_q_values(p, least, np.ones(len(p)))
    assert (q <= q_values(p) + 1e-12).all()
    assert filtered_q_values(p, np.zeros(len(p)), np.full(len(p), 3.0)) == pytest.approx(q_values(p))
    assert (np.diff(q[np.argsort(p)]) >= -1e-15).all()


def test_groups_that_show_neither_side_cost_the_others_nothing() -> None:
    told, hopeless = np.array([0.004, 0.9]), np.full(50, 0.8)
    q = filtered_q_values(np.concatenate([told, hopeless]), np.concatenate([[1e-9, 1e-9], hopeless]), np.ones(52))
    assert q[0] == pytest.approx(2 * 0.004)
    # Each of which one side is beyond doubt could have come to this by chance.
    assert filtered_q_values(np.concatenate([told, hopeless]), np.zeros(52), np.ones(52))[0] == pytest.approx(
        52 * 0.004
    )


@pytest.mark.parametrize("common", [0, 40])
def test_the_false_discovery_rate_of_the_filter_is_within_the_level(common: int) -> None:
    """A hundred groups a log: ten campaigns, some that have a text in common and nothing else, strangers."""
    rng, level, shares = np.random.default_rng(5), 0.1, []
    for _ in range(2_000):
        content, acting = rng.random(100), rng.random(100)
        content[: 10 + common] *= 1e-6
        acting[:10] = rng.beta(0.05, 1, 10)
        weight = np.sqrt(rng.integers(5, 200, 100))
        told = filtered_q_values(np.maximum(content, acting), np.minimum(content, acting), weight) <= level
        shares.append(told[10:].sum() / max(told.sum(), 1))
    assert np.mean(shares) <= level + 3 * np.std(shares) / np.sqrt(len(shares))


def test_a_weight_moves_the_line_to_where_much_can_be_shown() -> None:
    p, shown = np.array([0.004, 0.9, 0.9, 0.9]), np.zeros(4)
    assert filtered_q_values(p, shown, np.ones(4))[0] == pytest.approx(0.016)
    assert filtered_q_values(p, shown, np.array([8.0, 2.0, 2.0, 2.0]))[0] == pytest.approx(0.004 / 8 * 14)
    assert filtered_q_values(p, shown, np.array([2.0, 8.0, 8.0, 8.0]))[0] == pytest.approx(0.004 / 2 * 26)


def test_a_family_that_could_not_be_tested_counts_as_not_there() -> None:
    told = [Finding("structure", "shared text", 1.0, 0.0, 1e-6, ""), Finding("timing", "a clock", 1.0, 0.0, 1e-5, "")]
    blind = Finding("infrastructure", "none", 0.0, 0.0, 1e-9, "The log has no columns to see this by.")
    assert campaign_p([*told, blind], all_families()) == pytest.approx(1e-5)
    assert campaign_p([told[0], blind], all_families()) == 1.0
