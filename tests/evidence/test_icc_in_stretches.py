"""What changes with the time sets nobody apart who works at that time, and content of one's own still does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.evidence import intraclass_correlation
from stillwatch.evidence.icc_in_stretches import nested_correlation


def a_list_in_its_order(own: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Twenty stretches, each of a matter of its own; ten of sixty accounts are at work in each, and ask six times."""
    rng = np.random.default_rng(seed)
    stretch = np.repeat(np.arange(20), 60)
    owner = (np.tile(np.repeat(np.arange(10), 6), 20) + 3 * stretch) % 60
    matter, habit = rng.normal(size=(20, 32)), rng.normal(size=(60, 32)) * own
    vectors = (matter[stretch] + habit[owner] + rng.normal(size=(1200, 32))).astype(np.float32)
    return vectors, owner, stretch


@given(st.integers(0, 10_000), st.integers(3, 12), st.integers(2, 9))
@settings(max_examples=30)
def test_in_one_stretch_it_is_the_correlation_of_everything(seed: int, accounts: int, prompts: int) -> None:
    rng = np.random.default_rng(seed)
    owner = rng.permutation(np.repeat(np.arange(accounts), rng.integers(1, prompts + 1, accounts)))
    vectors = rng.normal(size=(len(owner), 5)).astype(np.float32)
    nested, plain = (
        nested_correlation(vectors, owner, np.zeros(len(owner), np.int64)),
        intraclass_correlation(vectors, owner),
    )
    assert (np.isnan(nested.icc) and np.isnan(plain.icc)) or nested.icc == pytest.approx(plain.icc, abs=1e-9)
    assert nested.p_value == pytest.approx(plain.p_value, rel=1e-6)


@pytest.mark.parametrize("own", [0.0, 0.4])
def test_a_list_that_is_worked_through_sets_accounts_apart_and_shows_one_source_at_any_one_time(own: float) -> None:
    plain, nested = [], []
    for seed in range(5):
        vectors, owner, stretch = a_list_in_its_order(own, seed)
        plain.append(intraclass_correlation(vectors, owner))
        nested.append(nested_correlation(vectors, owner, stretch))
    assert all(one.sets_apart for one in plain)
    assert all(one.sets_apart is (own > 0) for one in nested)
    assert np.median([one.p_value for one in nested]) < 1e-4 or own > 0


def test_its_error_is_that_of_leaving_each_account_out() -> None:
    vectors, owner, stretch = a_list_in_its_order(0.3, 1)
    left = [nested_correlation(vectors[owner != a], owner[owner != a], stretch[owner != a]).icc for a in range(60)]
    by_hand = np.sqrt(59 / 60 * np.sum((np.array(left) - np.mean(left)) ** 2)) * (1 + 2 / 60)
    assert nested_correlation(vectors, owner, stretch).standard_error == pytest.approx(by_hand, rel=1e-6)


def test_who_was_never_at_work_with_another_cannot_be_told() -> None:
    vectors, owner, _ = a_list_in_its_order(0.0, 0)
    assert nested_correlation(vectors, owner, owner).p_value == 1.0
