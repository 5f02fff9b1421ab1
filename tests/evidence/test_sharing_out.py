"""Whether prompts are dealt out by count, against accounts that choose for themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.evidence import PromptSets
from stillwatch.evidence.dispatch_thresholds import DEALT, LEAST_DEALT
from stillwatch.evidence.sharing_out import sharing_out

ACCOUNTS = np.arange(40)


def sets(held: list[np.ndarray]) -> PromptSets:
    held = [np.unique(one) for one in held]
    return PromptSets(
        np.concatenate(held).astype(np.uint64), np.concatenate([[0], np.cumsum([len(one) for one in held])])
    )


def dealt(rng: np.random.Generator, prompts: int, times: int) -> list[np.ndarray]:
    """Every prompt to so many different accounts."""
    to = np.stack([rng.choice(len(ACCOUNTS), times, replace=False) for _ in range(prompts)])
    return [np.flatnonzero((to == account).any(axis=1)) for account in ACCOUNTS]


@pytest.mark.parametrize("times", [2, 4, 12])
@pytest.mark.parametrize("seed", range(3))
def test_prompts_dealt_out_by_count_are_seen(times: int, seed: int) -> None:
    found = sharing_out(sets(dealt(np.random.default_rng(seed), 500, times)), ACCOUNTS)
    assert found is not None
    assert found.p_value <= DEALT
    assert found.times == pytest.approx(times)


@pytest.mark.parametrize("seed", range(3))
def test_cover_does_not_hide_a_prompt_dealt_to_many(seed: int) -> None:
    rng = np.random.default_rng(seed)
    own = [np.concatenate([part, 10_000 * (n + 1) + np.arange(30)]) for n, part in enumerate(dealt(rng, 150, 12))]
    found = sharing_out(sets(own), ACCOUNTS)
    assert found is not None
    assert found.p_value <= DEALT


@pytest.mark.parametrize("seed", range(3))
def test_a_prompt_that_stands_in_the_pool_several_times_does_not_hide_how_evenly_all_are_dealt(seed: int) -> None:
    """Each is asked eight times, of whoever is free, also of one that asked it before; some stand there four times."""
    rng = np.random.default_rng(seed)
    pool = np.repeat(np.concatenate([np.arange(500), np.repeat(np.arange(25), 3)]), 8)
    by = rng.choice(len(ACCOUNTS), len(pool))
    found = sharing_out(sets([pool[by == account] for account in ACCOUNTS]), ACCOUNTS)
    assert found is not None
    assert found.p_value <= DEALT


@pytest.mark.parametrize("lost", [0.0, 0.1, 0.15])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_lost_on_the_way_does_not_hide_what_is_dealt(seed: int, lost: float) -> None:
    """Each is asked eight times, of whoever is free, also of one that asked it before; some fail, and the last prompts
    are not through when the log ends."""
    rng = np.random.default_rng(seed)
    pool = np.repeat(np.arange(280), 8)
    ended = rng.random(len(pool)) < np.where(pool > 220, (280 - pool) / 60, 1.0)
    pool = pool[ended & (rng.random(len(pool)) >= lost)]
    by = rng.choice(len(ACCOUNTS), len(pool))
    own = [np.r_[pool[by == account], 1_000 * (account + 1) + np.arange(18)] for account in ACCOUNTS]
    found = sharing_out(sets(own), ACCOUNTS)
    assert found is not None
    assert found.p_value <= DEALT


@pytest.mark.parametrize("seed", range(3))
def test_a_part_of_a_group_shows_what_the_whole_was_dealt(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pool = np.repeat(np.arange(280), 8)
    by = rng.choice(len(ACCOUNTS), len(pool))
    own = [np.r_[pool[by == account], 1_000 * (account + 1) + np.arange(18)] for account in ACCOUNTS[:32]]
    found = sharing_out(sets(own), ACCOUNTS[:32])
    assert found is not None
    assert found.p_value <= DEALT


@pytest.mark.parametrize("seed", range(3))
def test_one_busy_account_does_not_hide_that_each_is_asked_twice(seed: int) -> None:
    """Of two accounts that each prompt goes to, one is mostly the same."""
    rng = np.random.default_rng(seed)
    busy = np.r_[20.0, np.exp(rng.normal(0, 1, len(ACCOUNTS) - 1))]
    to = np.stack([rng.choice(len(ACCOUNTS), 2, replace=False, p=busy / busy.sum()) for _ in range(900)])
    found = sharing_out(sets([np.flatnonzero((to == account).any(axis=1)) for account in ACCOUNTS]), ACCOUNTS)
    assert found is not None
    assert found.p_value <= DEALT


@pytest.mark.parametrize("full", [1, 3])
def test_who_choose_for_themselves_beside_whoever_runs_all_are_dealt_nothing(full: int) -> None:
    p = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        held = [rng.choice(300, rng.integers(20, 120), replace=False) for _ in ACCOUNTS[full:]]
        found = sharing_out(sets([*[np.arange(300)] * full, *held]), ACCOUNTS)
        p.append(1.0 if found is None else found.p_value)
    assert min(p) > DEALT


@pytest.mark.parametrize("seed", range(3))
def test_what_goes_to_others_too_is_dealt_to_nobody(seed: int) -> None:
    """Users of a program to whom it shows threads in turn, and some who read those threads for themselves."""
    rng = np.random.default_rng(seed)
    threads = np.stack([rng.choice(30, 3, replace=False) for _ in range(360)])
    users = [np.flatnonzero((threads == account).any(axis=1)) for account in range(30)]
    likes = rng.permutation(360)
    readers = [np.r_[likes[: rng.integers(60, 200)], 9_999 + 60 * n + np.arange(40)] for n in range(10)]
    assert sharing_out(sets(users), np.arange(30)) is not None
    found = sharing_out(sets([*users, *readers]), np.arange(30))
    assert found is None or found.p_value > DEALT


@pytest.mark.parametrize("of", [150, 400])
def test_who_leave_one_list_on_the_way_are_dealt_nothing(of: int) -> None:
    """Each takes a list in its order as far as it likes, or most of what it comes by."""
    p = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        far = rng.integers(10, of // 3, len(ACCOUNTS))
        for taken in (1.0, 0.7):
            held = [np.flatnonzero(rng.random(one) < taken) for one in far]
            own = [np.r_[one, 1_000 * (n + 1) + np.arange(20)] for n, one in enumerate(held)]
            found = sharing_out(sets(own), ACCOUNTS)
            p.append(1.0 if found is None else found.p_value)
    assert min(p) > DEALT


@pytest.mark.parametrize("favourites", [0, 3, 40])
def test_who_choose_for_themselves_and_like_some_prompts_more_are_dealt_nothing(favourites: int) -> None:
    p = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        liked = np.repeat(np.arange(favourites), 30)
        held = [rng.choice(np.concatenate([np.arange(600), liked]), rng.integers(30, 120)) for _ in ACCOUNTS]
        found = sharing_out(sets(held), ACCOUNTS)
        p.append(1.0 if found is None else found.p_value)
    assert min(p) > DEALT


@pytest.mark.parametrize("cover", [10, 40])
@pytest.mark.parametrize("seed", range(3))
def test_cover_does_not_hide_a_prompt_dealt_to_eight(seed: int, cover: int) -> None:
    rng = np.random.default_rng(seed)
    own = [np.concatenate([part, 1_000 * (n + 1) + np.arange(cover)]) for n, part in enumerate(dealt(rng, 120, 8))]
    found = sharing_out(sets(own), ACCOUNTS)
    assert found is not None
    assert found.p_value <= DEALT


@pytest.mark.parametrize("each", [20, 24, 30])
def test_under_cover_who_choose_for_themselves_are_dealt_nothing(each: int) -> None:
    """Of 150 prompts each takes some, so that five to eight of forty send one, and twenty of its own."""
    p = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        held = [
            np.r_[rng.choice(150, each + rng.integers(-9, 9), replace=False), 999 + 30 * n + np.arange(20)]
            for n in ACCOUNTS
        ]
        found = sharing_out(sets(held), ACCOUNTS)
        p.append(1.0 if found is None else found.p_value)
    assert min(p) > DEALT
    assert np.mean(np.array(p) <= 0.05) <= 0.17


@pytest.mark.parametrize("size", [400, 2_000, 20_000])
def test_accounts_that_choose_from_one_set_are_not(size: int) -> None:
    p = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        found = sharing_out(sets([rng.choice(size, rng.integers(20, 150)) for _ in ACCOUNTS]), ACCOUNTS)
        p.append(1.0 if found is None else found.p_value)
    assert min(p) > DEALT
    assert np.mean(np.array(p) <= 0.05) <= 0.125


def test_who_runs_most_of_a_set_is_dealt_nothing() -> None:
    assert sharing_out(sets([np.arange(200)] * len(ACCOUNTS)), ACCOUNTS) is None
    rng = np.random.default_rng(0)
    homework = [rng.choice(15, rng.integers(6, 15), replace=False) for _ in ACCOUNTS]
    assert sharing_out(sets(homework), ACCOUNTS) is None
    assert sharing_out(sets([np.arange(20) + 100 * n for n in ACCOUNTS]), ACCOUNTS) is None, "nothing repeats"


@pytest.mark.parametrize("runners", [2, 3])
def test_several_sets_that_a_few_run_each_in_full_are_not_dealt(runners: int) -> None:
    """Every prompt is sent by as many accounts, and none has half of all that the group sends."""
    harnesses = [np.arange(300) + 1_000 * number for number in range(4) for _ in range(runners)]
    assert sharing_out(sets(harnesses), np.arange(len(harnesses))) is None
    rng = np.random.default_rng(0)
    nearly = [rng.choice(one, 270, replace=False) for one in harnesses]
    assert sharing_out(sets(nearly), np.arange(len(nearly))) is None


@pytest.mark.parametrize("seed", range(3))
def test_parts_of_sets_that_others_run_in_full_are_not_dealt(seed: int) -> None:
    """Three run one set, two another: each prompt is sent by three or by two, and by those who chose it."""
    rng = np.random.default_rng(seed)
    whole = [np.arange(1_500)] * 3 + [np.arange(5_000, 6_500)] * 2
    parts = [rng.choice(np.concatenate([whole[0], whole[-1]]), 300, replace=False) for _ in range(6)]
    found = sharing_out(sets([*whole, *parts]), np.arange(11))
    assert found is None or found.p_value > DEALT


@given(st.lists(st.lists(st.integers(0, 30), max_size=25), min_size=1, max_size=12))
@settings(deadline=None, max_examples=100)
def test_whatever_accounts_send_there_is_an_answer(held: list[list[int]]) -> None:
    found = sharing_out(sets([np.array(one, np.int64) for one in held]), np.arange(len(held)))
    assert found is None or 0 < found.p_value <= 1


@given(st.lists(st.lists(st.integers(0, 60), max_size=40), min_size=4, max_size=12))
@settings(deadline=None, max_examples=100)
def test_who_runs_what_some_send_has_three_of_it_and_more_than_a_tenth(held: list[list[int]]) -> None:
    prompts, members = sets([np.array(one, np.int64) for one in held]), np.arange(3)
    several = {name for name in range(61) if sum(name in held[account] for account in members) > 1}
    runs = {
        n for n, one in enumerate(held) if len(found := set(one) & several) >= 3 and 10 * len(found) > len(set(one))
    }
    assert set(prompts.runners(members)) == ({0, 1, 2} | runs if len(several) >= LEAST_DEALT else {0, 1, 2})
