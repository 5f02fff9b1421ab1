"""Accounts of a few requests that come in waves together, and others that merely keep days and hours."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_log import made_log
from scipy import sparse

from stillwatch.detection import Background
from stillwatch.evidence import LogProfile, Observed, all_families
from stillwatch.evidence.rhythm import DAY
from stillwatch.evidence.thresholds import LONGEST_WEEKS
from stillwatch.evidence.waves import hourly_counts, waves

DAYS = 14


def sent(rng: np.random.Generator, accounts: int, hours: np.ndarray | None = None) -> sparse.csr_array:
    """Four requests each, in any hour of the working day, or in one of these."""
    each = rng.choice(hours, (accounts, 4)) if hours is not None else working_hours(rng, accounts)
    return hourly_counts(np.repeat(np.arange(accounts), 4), each.ravel(), np.ones(4 * accounts), accounts)


def working_hours(rng: np.random.Generator, accounts: int) -> np.ndarray:
    """Nine to seventeen of any day; the first and last hours of the log are known by two who always ask."""
    each = rng.integers(0, DAYS, (accounts, 4)) * DAY + rng.integers(9, 18, (accounts, 4))
    each[0] = 0, DAYS * DAY - 1, 12, 13
    return each


def test_who_comes_in_waves_meets_oftener_than_days_and_hours_would_have_it() -> None:
    rng = np.random.default_rng(0)
    waved = rng.choice(DAYS * DAY, 30, replace=False)
    counts = sparse.vstack([sent(rng, 200), sent(rng, 200, np.append(waved, [0, DAYS * DAY - 1]))], format="csr")
    strangers, together = waves(counts, np.stack([np.arange(200), np.arange(200, 400)]))
    assert strangers < 1.1
    assert together > 2


def test_a_daily_reminder_a_launch_and_a_lesson_or_two_are_no_waves() -> None:
    rng = np.random.default_rng(1)
    daily = np.arange(DAYS) * DAY + 9
    launch = np.arange(100, 104)
    edges = np.array([0, DAYS * DAY - 1])
    for hours in (daily, launch):
        counts = sent(rng, 200, np.append(hours, edges))
        assert waves(counts, np.arange(200)[None])[0] < 1.3


@given(st.integers(0, 1000), st.integers(20, 60))
@settings(max_examples=20)
def test_groups_are_measured_each_by_itself(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    counts = sent(rng, 120)
    groups = np.stack([rng.choice(120, size, replace=False) for _ in range(4)])
    alone = [waves(counts, one[None])[0] for one in groups]
    assert waves(counts, groups) == pytest.approx(alone)


def test_of_a_long_log_the_latest_weeks_are_held_and_of_an_empty_one_nothing() -> None:
    last = 24 * 7 * LONGEST_WEEKS * 3
    counts = hourly_counts(np.array([0, 1]), np.array([5, last]), np.ones(2), 2)
    assert counts.shape[1] <= DAY * (7 * LONGEST_WEEKS + 1)
    assert counts.sum(axis=1).tolist() == [0, 1]
    none = np.zeros(0, np.int64)
    assert hourly_counts(none, none, np.zeros(0), 3).shape == (3, DAY)


@pytest.mark.parametrize("together", [True, False])
def test_timing_sees_waves_of_accounts_too_quiet_for_their_own_hours_to_tell(together: bool) -> None:
    """A hundred of six hundred accounts are called thirty times in a fortnight, four requests each; or are not."""
    rng = np.random.default_rng(2)
    called = np.append(rng.choice(DAYS * DAY, 30, replace=False), [0, DAYS * DAY - 1])
    counts = sparse.vstack([sent(rng, 100, called if together else None), sent(rng, 500)], format="csr")
    same: dict[str, Any] = {name: np.ones(600, np.uint64) for name in ("plan", "country", "agent")}
    log = made_log(entities=600, exchanges=np.full(600, 4), sign_up=np.full(600, np.nan), hours=counts, **same)

    def seen(of: LogProfile) -> list[Observed]:
        tests = all_families()["timing"].test(of, np.arange(100), Background(of, 300, 1))
        return [one for one in tests if "one hour" in one.statistic]

    (waved,) = seen(log)
    assert (waved.p_value < 1e-4) is together
    assert ("in waves" in waved.statement) is together
    assert not seen(replace(log, exchanges=np.full(600, 40)))
