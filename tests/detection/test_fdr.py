"""Families are joined so that none convicts alone, and groups so that the false discovery rate holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.detection.fdr import campaign_p, q_values
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


def test_a_family_that_could_not_be_tested_counts_as_not_there() -> None:
    told = [Finding("structure", "shared text", 1.0, 0.0, 1e-6, ""), Finding("timing", "a clock", 1.0, 0.0, 1e-5, "")]
    blind = Finding("infrastructure", "none", 0.0, 0.0, 1e-9, "The log has no columns to see this by.")
    assert campaign_p([*told, blind], all_families()) == pytest.approx(1e-5)
    assert campaign_p([told[0], blind], all_families()) == 1.0
