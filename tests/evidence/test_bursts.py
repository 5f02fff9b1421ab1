"""Who came at one time: bursts over what is usual around, and who came with a group."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.evidence import HOUR
from stillwatch.evidence.bursts import bursts, came_with

DAY = 24 * HOUR
LEAST = 5


def steady(count: int = 400, days: float = 200.0, seed: int = 0) -> np.ndarray:
    """So many who come when each likes."""
    return np.random.default_rng(seed).uniform(0, days * DAY, count)


def found(moments: np.ndarray, told: np.ndarray | None = None) -> list[set[int]]:
    known = np.ones(len(moments), np.bool_) if told is None else told
    return [set(one.tolist()) for one in bursts(moments, known, least=LEAST)]


@pytest.mark.parametrize("within", [3 * HOUR, DAY, 2.5 * DAY, 6 * DAY], ids=["an evening", "a day", "days", "a week"])
def test_those_who_came_at_once_are_found_among_those_who_did_not(within: float) -> None:
    rng = np.random.default_rng(1)
    moments = np.concatenate([steady(), 90 * DAY + rng.uniform(0, within, 40)])
    theirs = set(range(400, 440))
    best = max(found(moments), key=lambda one: len(one & theirs) - len(one - theirs))
    assert theirs <= best
    # Of the two a day who come anyway.
    assert len(best - theirs) <= 2 * 7 + 8


def test_who_come_when_each_likes_are_no_burst() -> None:
    assert sum(len(found(steady(seed=seed))) for seed in range(40)) <= 1


def test_evenings_of_every_day_are_no_bursts() -> None:
    """Three in four come in six hours of the day."""
    rng = np.random.default_rng(2)
    hour = np.where(rng.random(3_000) < 0.75, rng.uniform(16, 22, 3_000), rng.uniform(0, 24, 3_000))
    assert not found(rng.integers(0, 60, 3_000) * DAY + hour * HOUR)


def test_a_growing_stream_is_no_burst_at_its_end() -> None:
    """Of a young service half came in the last of four years' months; nobody can come after the last day."""
    rng = np.random.default_rng(3)
    moments = 1_000 * DAY * rng.beta(4, 1, 2_000)
    assert all(len(one) < 40 for one in found(moments))


def test_of_whom_it_is_not_known_is_in_none() -> None:
    moments = np.concatenate([steady(), np.full(30, 90 * DAY)])
    moments[400:410] = np.nan
    told = np.isfinite(moments)
    assert found(moments, told)
    assert all(not one & set(range(400, 410)) for one in found(moments, told))
    assert found(np.zeros(0)) == []
    assert found(moments, np.zeros(len(moments), np.bool_)) == []


@given(st.lists(st.floats(0, 100 * DAY), max_size=60), st.lists(st.integers(0, 59), max_size=40))
def test_bursts_of_one_length_have_nobody_in_common_and_are_no_smaller_than_asked(
    times: list[float], at_once: list[int]
) -> None:
    moments = np.array(times)
    moments[[place for place in at_once if place < len(times)]] = 50 * DAY
    for one in bursts(moments, np.ones(len(moments), np.bool_), least=LEAST):
        assert len(one) >= LEAST
        assert (np.diff(one) > 0).all()
        # Whoever came at the same moment is in it too.
        assert not np.isin(moments[np.setdiff1d(np.arange(len(moments)), one)], moments[one]).any()


# Who came with a group.


def with_group(scatter: float, away: float, others: int = 2_000) -> np.ndarray:
    """Of thirty who came within hours of day 7 and one who came ``away`` later, beside others over a fortnight, who came
    with the thirty."""
    rng = np.random.default_rng(4)
    group = 7 * DAY + rng.uniform(-scatter, scatter, 30)
    moments = np.concatenate([group, [7 * DAY + away], rng.uniform(0, 14 * DAY, others)])
    return came_with(moments, np.ones(len(moments), np.bool_), np.arange(30), np.arange(31))


def test_a_group_that_came_together_came_with_itself() -> None:
    assert with_group(0.4 * HOUR, 50 * HOUR)[:30].all()
    assert with_group(5 * HOUR, 50 * HOUR)[:30].all()


@pytest.mark.parametrize(
    ("scatter", "away", "with_them"),
    [(0.4, 0.2, True), (0.4, 5.0, False), (0.4, 50.0, False), (5.0, 5.0, True), (5.0, 50.0, False)],
)
def test_within_as_few_hours_as_the_group_itself(scatter: float, away: float, with_them: bool) -> None:
    """Of strangers one in fourteen comes within twelve hours of any moment; of whoever came within the group's own hour
    hardly one."""
    assert with_group(scatter * HOUR, away * HOUR)[30] == with_them


def test_nobody_comes_with_a_group_of_which_nothing_is_known() -> None:
    moments = steady()
    assert not came_with(moments, np.zeros(400, np.bool_), np.arange(10), np.arange(400)).any()
    assert not came_with(moments, np.ones(400, np.bool_), np.arange(0), np.arange(400)).any()
