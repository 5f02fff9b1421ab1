"""Interchangeability is shown, never assumed."""

import numpy as np
import pytest
from made_log import content_of
from scipy import stats

from stillwatch.evidence import intraclass_correlation
from stillwatch.evidence.icc import asked_once, departure, icc_of


def vectors(accounts: int, prompts: int, icc: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(accounts), prompts)
    own = rng.normal(size=(accounts, 64)) * np.sqrt(icc)
    return (own[owner] + rng.normal(size=(len(owner), 64)) * np.sqrt(1 - icc)).astype(np.float32), owner


@pytest.mark.parametrize("icc", [0.0, 0.05, 0.3])
def test_the_estimate_is_the_planted_correlation(icc: float) -> None:
    found = [intraclass_correlation(*vectors(40, 20, icc, seed)).icc for seed in range(5)]
    assert np.mean(found) == pytest.approx(icc, abs=0.01)


def test_shards_of_one_pool_are_shown_to_be_interchangeable() -> None:
    assert intraclass_correlation(*vectors(40, 20, 0.0, 1)).p_value < 1e-3


def test_people_are_not() -> None:
    assert min(intraclass_correlation(*vectors(40, 20, 0.05, seed)).p_value for seed in range(10)) > 0.5


def test_at_the_margin_the_level_holds() -> None:
    p = [intraclass_correlation(*vectors(25, 10, 0.02, seed)).p_value for seed in range(200)]
    rejected = int(np.sum(np.array(p) < 0.05))
    assert stats.binomtest(rejected, 200, 0.05, alternative="greater").pvalue > 0.01


def test_three_accounts_can_show_nothing_small() -> None:
    assert intraclass_correlation(*vectors(2, 50, 0.0, 0)).p_value == 1.0
    assert intraclass_correlation(np.zeros((0, 8), np.float32), np.zeros(0, np.int64)).p_value == 1.0


def test_four_prompts_an_account_need_many_accounts() -> None:
    assert intraclass_correlation(*vectors(8, 4, 0.0, 3)).p_value > 0.001
    assert intraclass_correlation(*vectors(200, 4, 0.0, 3)).p_value < 1e-3


def test_who_asks_of_something_else_departs_and_a_member_does_not() -> None:
    """By standard deviations: about standard normal for members of one source, far more for others."""
    rows, owner = vectors(40, 12, 0.0, 3)
    rows[owner >= 35] += np.where(np.arange(64) < 8, 1.5, 0.0).astype(np.float32)
    counts = np.bincount(owner)
    content = content_of(owner, rows, counts, np.zeros((40, 64), np.float32), rows)
    away = departure(content, np.arange(35), np.arange(40))
    assert abs(away[:35].mean()) < 0.5
    assert 0.6 < away[:35].std() < 1.5
    assert away[35:].min() > 5
    silent = content_of(owner, rows, np.append(counts, 0), np.zeros((41, 64), np.float32), rows)
    assert departure(silent, np.arange(35), np.array([40])).tolist() == [0.0]


@pytest.mark.parametrize(("icc", "apart"), [(0.0, False), (0.2, True)])
def test_what_is_asked_several_times_over_is_no_content_of_ones_own(icc: float, apart: bool) -> None:
    """Six items an account, each sampled four times: it is the items that are one source's, or are not."""
    items, owner = vectors(60, 6, icc, 3)
    rng = np.random.default_rng(4)
    samples = np.repeat(items, 4, axis=0) + rng.normal(size=(len(items) * 4, 64)).astype(np.float32) * 0.1
    whose = np.repeat(owner, 4)
    assert asked_once(samples, whose).sum() == len(items)
    assert intraclass_correlation(samples, whose).sets_apart
    content = content_of(whose, samples, np.bincount(whose), np.zeros((60, 64)), samples)
    found = icc_of(content, np.arange(60))
    assert found.sets_apart is apart
    # What is left of them shows no more than it did: neither own nor one source's.
    assert found.told is apart
    assert apart or found.icc == pytest.approx(0.0, abs=0.03)


def test_what_everybody_asks_alike_is_nobodys_again() -> None:
    """Under one long wrapper any two prompts are nearly the same."""
    items, owner = vectors(40, 12, 0.3, 6)
    wrapped = items + 30 * np.eye(64, dtype=np.float32)[0]
    assert asked_once(wrapped, owner).all()
    content = content_of(owner, wrapped, np.bincount(owner), np.zeros((40, 64)), wrapped)
    assert icc_of(content, np.arange(40)).sets_apart


def test_who_asks_one_thing_alone_is_set_apart_by_it() -> None:
    items, owner = vectors(20, 1, 0.0, 5)
    vector, whose = np.repeat(items, 5, axis=0), np.repeat(owner, 5)
    assert asked_once(vector, whose).sum() == 20
    content = content_of(whose, vector, np.bincount(whose), np.zeros((20, 64)), vector)
    assert icc_of(content, np.arange(20)).sets_apart
    assert asked_once(items[:0], owner[:0]).tolist() == []
