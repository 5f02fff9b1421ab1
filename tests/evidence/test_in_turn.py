"""Whether accounts ask in turn, each again when others have, against those who ask at times of their own."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.evidence import Moments
from stillwatch.evidence.base import Observed
from stillwatch.evidence.in_turn import asked_in_turn

HOUR = 3_600.0
DAY = 24 * HOUR
Rows = tuple[np.ndarray, np.ndarray]
"""Of each request: who sends it, and when in seconds."""


def seen(rows: Rows, *, one_owner: bool = False) -> Observed | None:
    owner, begin = rows
    order = np.argsort(begin, kind="stable")
    start = (begin[order] * 1e6).astype(np.int64)
    never, prompt = np.zeros(len(owner), np.bool_), np.arange(len(owner)).astype(np.uint64)
    return asked_in_turn(Moments(owner[order], start, start, never, never, prompt), one_owner=one_owner)


def dealt(rng: np.random.Generator, accounts: int, each: int, days: float, among: int) -> Rows:
    """Each request goes to whoever of so many, taken at random, has waited longest."""
    begin = np.sort(rng.uniform(0, days * DAY, accounts * each))
    last = rng.uniform(-1, 0, accounts)
    owner = np.empty(len(begin), np.int64)
    for place, moment in enumerate(begin):
        some = rng.choice(accounts, among, replace=False)
        owner[place] = some[last[some].argmin()]
        last[owner[place]] = moment
    return owner, begin


def at_any_time(rng: np.random.Generator, accounts: int = 40, days: float = 14) -> Rows:
    """Programs that many use, each as busy as it is."""
    size = np.maximum(rng.lognormal(3, 0.7, accounts), 4).astype(np.int64)
    return np.repeat(np.arange(accounts), size), rng.uniform(0, days * DAY, size.sum())


def paused(pauses: np.ndarray, start: np.ndarray) -> Rows:
    """Accounts that pause as long as told between requests (accounts x requests)."""
    begin = start[:, None] + np.cumsum(pauses, axis=1)
    return np.repeat(np.arange(len(pauses)), pauses.shape[1]), begin.ravel()


def people(rng: np.random.Generator) -> Rows:
    """Sittings at any time of day, of some requests each."""
    sittings = at_any_time(rng, days=20)
    size = rng.integers(1, 6, len(sittings[0]))
    return np.repeat(sittings[0], size), np.repeat(sittings[1], size) + rng.uniform(0, 4 * HOUR, size.sum())


def evenings(rng: np.random.Generator) -> Rows:
    """Each asks once in the evening, as it likes."""
    days = np.arange(14) * DAY + 19 * HOUR
    return np.repeat(np.arange(40), 14), (days + rng.uniform(0, 3 * HOUR, (40, 14))).ravel()


def every_few_hours(rng: np.random.Generator) -> Rows:
    """A plan that lets each ask once in three hours, of people who sleep."""
    pauses = 3 * HOUR + rng.exponential(HOUR, (40, 40))
    owner, begin = paused(pauses, rng.uniform(0, DAY, 40))
    awake = (begin / HOUR) % 24 > 8
    return owner[awake], begin[awake]


def crew(rng: np.random.Generator) -> Rows:
    """Labellers at work from nine to five, each at a steady pace."""
    pauses = rng.uniform(240, 360, (20, 90))
    owner, worked = paused(pauses, rng.uniform(0, 300, 20))
    return owner, (worked // (8 * HOUR)) * DAY + 9 * HOUR + worked % (8 * HOUR)


@pytest.mark.parametrize(
    ("accounts", "among"), [(12, 2), (12, 4), (12, 12), (40, 2), (40, 4), (40, 12), (150, 2), (150, 4)]
)
def test_a_dispatcher_that_takes_whoever_waited_longest_is_seen(accounts: int, among: int) -> None:
    for seed in range(2):
        found = seen(dealt(np.random.default_rng(seed), accounts, 30, 14, among))
        assert found is not None
        assert found.p_value < 1e-5
        assert found.value < 0.6 * found.background
        assert found.statement.endswith("So they ask in turn, each again when others have.")


def test_one_owners_keys_in_turn_are_no_strangers() -> None:
    found = seen(dealt(np.random.default_rng(0), 40, 30, 14, 4), one_owner=True)
    assert found is not None
    assert (found.p_value < 1e-6, found.p_strangers) == (True, 1.0)


@pytest.mark.parametrize(
    "honest",
    [
        pytest.param(people, id="people in sittings"),
        pytest.param(evenings, id="people of an evening"),
        pytest.param(every_few_hours, id="people under a limit"),
        pytest.param(crew, id="a crew at work"),
        pytest.param(
            lambda rng: paused(rng.normal(6, 0.1, (12, 50)) * HOUR, rng.uniform(0, 6, 12) * HOUR), id="monitors"
        ),
        pytest.param(lambda rng: paused(np.full((12, 14), DAY), rng.uniform(0, 24, 12) * HOUR), id="daily jobs"),
    ],
)
def test_who_ask_at_times_of_their_own_are_not_in_turn(honest: Callable[[np.random.Generator], Rows]) -> None:
    for seed in range(5):
        found = seen(honest(np.random.default_rng(seed)))
        assert found is None or found.p_value > 0.05


def test_p_values_of_programs_at_any_time_are_no_smaller_than_they_say() -> None:
    found = [seen(at_any_time(np.random.default_rng(seed))) for seed in range(100)]
    told = [one.p_value for one in found if one is not None]
    assert len(told) == 100
    assert sum(p <= 0.05 for p in told) <= 10
    assert sum(p <= 0.01 for p in told) <= 4


@given(st.integers(0, 1000), st.floats(0, 1e9))
@settings(deadline=None, max_examples=15)
def test_it_is_the_same_at_any_time_and_under_any_names(seed: int, later: float) -> None:
    rng = np.random.default_rng(seed)
    owner, begin = dealt(rng, 20, 20, 10, 4)
    first = seen((owner, begin))
    again = seen((rng.permutation(1000)[:20][owner], begin + float(round(later / 3600) * 3600)))
    assert first is not None
    assert again is not None
    assert again.value == first.value
    assert again.background == pytest.approx(first.background)


def test_too_few_requests_say_nothing() -> None:
    assert seen(dealt(np.random.default_rng(0), 12, 4, 14, 4)) is None
    assert seen((np.arange(60), np.arange(60) * HOUR)) is None
