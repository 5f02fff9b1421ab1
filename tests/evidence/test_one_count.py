"""Whether more prompts are sent by just so many accounts than any choice of their own leaves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.evidence.dispatch_thresholds import DEALT
from stillwatch.evidence.one_count import at_one_count

Pairs = tuple[np.ndarray, np.ndarray]


def pairs(held: list[np.ndarray]) -> Pairs:
    held = [np.unique(one) for one in held]
    return np.repeat(np.arange(len(held)), [len(one) for one in held]), np.concatenate(held)


def p_of(found: Pairs) -> float:
    seen = at_one_count(*found)
    return 1.0 if seen is None else seen.p_value


def dealt(rng: np.random.Generator, accounts: int, prompts: int, times: int, uneven: float = 0.0) -> list[np.ndarray]:
    """Every prompt to so many accounts, some of which are given more."""
    given = rng.lognormal(0, uneven, accounts)
    to = np.stack([rng.choice(accounts, times, replace=False, p=given / given.sum()) for _ in range(prompts)])
    return [np.flatnonzero((to == account).any(axis=1)) for account in range(accounts)]


def with_own(rng: np.random.Generator, held: list[np.ndarray], own: int) -> list[np.ndarray]:
    """The same beside prompts that each account alone sends, and greetings that anybody sends."""
    greetings = -1 - np.arange(60)
    return [
        np.r_[one, 10**6 * (n + 1) + np.arange(own), rng.choice(greetings, 5, replace=False)]
        for n, one in enumerate(held)
    ]


@pytest.mark.parametrize("times", [2, 3, 5])
@pytest.mark.parametrize("uneven", [0.0, 0.8])
def test_what_is_dealt_by_count_stands_out_whatever_each_sends_beside_it(times: int, uneven: float) -> None:
    rng = np.random.default_rng(times)
    held = with_own(rng, dealt(rng, 25, 900, times, uneven), 60)
    seen = at_one_count(*pairs(held))
    assert seen is not None
    assert seen.times == times
    assert seen.prompts > seen.allowed
    assert seen.p_value < 1e-6
    # Of what is dealt twice, half of the accounts show it too: none of it goes to three of them.
    assert times > 2 or uneven or p_of(pairs(held[:13])) <= DEALT


@pytest.mark.parametrize("liked", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("size", [300, 3_000])
def test_who_choose_for_themselves_leave_no_hump_however_some_prompts_are_liked(liked: float, size: int) -> None:
    weight = 1 / np.arange(1.0, size + 1) ** liked
    p = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        held = [rng.choice(size, rng.integers(10, 120), p=weight / weight.sum()) for _ in range(30)]
        p.append(p_of(pairs(held)))
    assert np.mean(np.array(p) <= 0.05) <= 0.15
    assert min(p) > DEALT


@pytest.mark.parametrize(("accounts", "chapters", "each"), [(20, 57, 20), (12, 20, 30), (30, 57, 50)])
def test_whole_chapters_are_chosen_once_each(accounts: int, chapters: int, each: int) -> None:
    p = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        chosen = [rng.choice(chapters, rng.integers(3, 10), replace=False) for _ in range(accounts)]
        p.append(p_of(pairs([(each * one[:, None] + np.arange(each)).ravel() for one in chosen])))
    assert min(p) > DEALT


def test_two_accounts_of_one_customer_choose_once() -> None:
    """Twelve customers who send the same by two accounts each, among strangers of one set."""
    rng = np.random.default_rng(0)
    strangers = [rng.choice(5_000, 40, replace=False) for _ in range(20)]
    twins = [10_000 + 100 * (n // 2) + np.arange(40) for n in range(24)]
    assert p_of(pairs([*strangers, *twins])) > DEALT


def test_an_organisation_that_has_many_of_the_accounts_hides_nothing() -> None:
    rng = np.random.default_rng(0)
    held = dealt(rng, 60, 3_000, 2)
    together = [np.concatenate(held[:24]), *held[24:]]
    assert p_of(pairs(with_own(rng, together, 100))) <= DEALT


def test_nothing_is_told_of_little() -> None:
    assert at_one_count(np.zeros(0, np.int64), np.zeros(0, np.int64)) is None
    assert at_one_count(*pairs([np.arange(9), np.arange(9)])) is None
    assert at_one_count(*pairs([np.arange(500)])) is None


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.integers(0, 40), max_size=30), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_it_is_a_p_value_whatever_is_sent_and_in_whatever_order(held: list[list[int]], random: object) -> None:
    owner, prompt = pairs([np.array(one, np.int64) for one in held])
    seen = at_one_count(owner, prompt)
    order = np.random.default_rng(random.randrange(100)).permutation(len(owner))  # type: ignore[attr-defined]
    again = at_one_count(owner[order], prompt[order])
    assert (seen is None) == (again is None)
    if seen is not None and again is not None:
        assert 0 < seen.p_value <= 1
        assert seen == pytest.approx(again)
