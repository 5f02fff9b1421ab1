"""When requests were made, to the second: what is counted, and what a shift of each account's hours leaves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.evidence import Moments
from stillwatch.evidence.dispatch_thresholds import (
    BELL_REQUESTS,
    BELLS,
    LEAST_SHIFT,
    MET_SECONDS,
    MOST_MOMENTS,
    MOST_SHIFT,
)
from stillwatch.evidence.moments import shifted


def requests(*rows: tuple[int, float, float, bool, int]) -> Moments:
    """Of entity, begin and length in seconds (below none: unknown), whether refused, prompt."""
    owner, begin, length, refused, prompt = (np.array(column) for column in zip(*rows, strict=True))
    start = (begin * 1e6).astype(np.int64)
    told = length >= 0
    return Moments(
        owner, start, start + np.where(told, length * 1e6, 0).astype(np.int64), told, refused, prompt.astype(np.uint64)
    )


def test_requests_meet_where_another_entity_begins_within_seconds() -> None:
    made = requests((1, 0, 1, False, 1), (1, 5, 1, False, 2), (2, 9, 1, False, 3), (1, 30, 1, False, 4))
    assert made.met(10).sum() == 1
    assert made.met(25).sum() == 2
    assert made.met(3).sum() == 0


def test_stretches_are_the_shortest_in_which_most_ask_twice_beside_another() -> None:
    """Six at work in one hour of each of five days: no quarter of it has two of each, the hour has."""
    hours = [(e, 86_400.0 * day + 901.0 * turn + e, 1, False, 10 * day + turn) for day in range(5) for turn in range(3)
             for e in range(6)]  # fmt: skip
    stretch = requests(*hours).stretch()
    assert stretch is not None
    assert np.unique(stretch).tolist() == [0, 1, 2, 3, 4]
    # Who asks once in it, or alone, is in none.
    more = requests(*hours, (7, 500_000.0, 1, False, 1), (7, 500_001.0, 1, False, 2))
    assert np.sum(more.stretch() == -1) == 2
    alone = [(e, 86_400.0 * (6 * e + day), 1, False, day) for e in range(6) for day in range(6)]
    assert requests(*sorted(alone, key=lambda row: row[1])).stretch() is None


def test_what_is_asked_again_counts_when_it_was_asked_first() -> None:
    made = requests((1, 0, 1, False, 5), (2, 1, 1, False, 5), (1, 2, 1, False, 6), (1, 3, 1, False, 5))
    first = made.asked_first()
    assert (first.begin / 1e6).tolist() == [0, 1, 2]
    assert first.prompt.tolist() == [5, 5, 6]


@pytest.mark.parametrize(("begins", "bells"), [(0.0, True), (140.0, False)])
def test_jobs_that_begin_by_the_clock_are_at_a_bell_and_a_queue_that_runs_at_any_time_is_not(
    begins: float, bells: bool
) -> None:
    """Four firms' jobs of six requests, one of them minutes later, at forty hours of their own."""
    jobs = [
        (firm, 3600.0 * (4 * hour + firm) + begins + (5 * n if n < 5 else 150), 1, False, n)
        for hour in range(40)
        for firm in range(4)
        for n in range(6)
    ]
    rang = requests(*jobs).with_bells(MET_SECONDS).at_a_bell
    assert rang is not None
    assert rang.sum() == (4 * 40 * 5 if bells else 0)


def test_common_moments_are_those_in_which_three_times_the_usual_number_are_at_work() -> None:
    """Six entities at work in one quarter of an hour; else each in its own."""
    wave = [(e, 100 * 900 + 10.0 * e, 1, False, e) for e in range(6)]
    own = [(e, 900.0 * (7 * e + k), 1, False, 10 * e + k) for e in range(6) for k in range(7)]
    made = requests(*sorted([*wave, *own], key=lambda row: row[1]))
    common = made.in_common()
    assert common.sum() == 6
    assert (made.begin[common] >= 100 * 900 * 1e6).all()
    # Two at once are chance, and where all are always at work no moment is a common one.
    assert not requests((1, 0, 1, False, 1), (2, 5, 1, False, 2), (1, 90_000, 1, False, 3)).in_common().any()
    always = [(e, 900.0 * k + e, 1, False, k) for k in range(20) for e in range(6)]
    assert not requests(*always).in_common().any()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40_000)), min_size=1, max_size=60))
@settings(deadline=None)
def test_common_moments_are_the_same_for_requests_of_one_quarter_of_an_hour(rows: list[tuple[int, int]]) -> None:
    made = requests(*((owner, float(begin), 1, False, 0) for owner, begin in sorted(rows, key=lambda row: row[1])))
    common = made.in_common()
    for quarter in np.unique(made.begin // (900 * 1_000_000)):
        there = made.begin // (900 * 1_000_000) == quarter
        assert len(set(common[there].tolist())) == 1
        assert not common[there].any() or len(set(made.owner[there].tolist())) >= 3


def test_work_is_handed_over_where_another_entitys_answer_has_just_ended() -> None:
    made = requests((1, 0, 10, False, 1), (2, 11, 10, False, 2), (2, 21.5, 5, False, 3), (1, 60, -1, False, 4))
    assert made.handed_over(2).sum() == 1, "one's own answer hands over nothing"
    assert made.handed_over(0.5).sum() == 0
    assert requests((1, 0, -1, False, 1), (2, 1, -1, False, 1)).handed_over(2).sum() == 0


def test_requests_in_flight_are_counted_as_each_begins() -> None:
    made = requests((1, 0, 10, False, 1), (2, 5, 10, False, 2), (3, 12, 10, False, 3), (1, 50, 1, False, 4))
    assert made.in_flight().tolist() == [1, 2, 2, 1]


def test_a_refused_prompt_is_asked_again_by_another() -> None:
    made = requests((1, 0, -1, True, 7), (2, 60, 1, False, 7), (1, 100, -1, True, 8), (1, 101, 1, False, 8))
    assert made.asked_again(900).sum() == 1
    assert made.asked_again(30).sum() == 0
    assert requests((1, 0, 1, False, 7), (2, 60, 1, False, 7)).asked_again(900).sum() == 0, "an answered one is not"


def test_bells_are_the_stretches_in_which_most_are_met() -> None:
    lessons = [(n % 20, 3600.0 * (1 + n // 20) + n % 20 / 4, 1.0, False, n) for n in range(3 * 20)]
    alone = [(n % 20, 86_500.0 + 600 * n, 1.0, False, 100 + n) for n in range(40)]
    made = requests(*lessons, *alone).with_bells(MET_SECONDS)
    assert made.at_a_bell is not None
    assert made.at_a_bell.tolist() == [True] * 60 + [False] * 40
    queue = requests(*((n % 20, 5.0 * n, 1.0, False, n) for n in range(2000))).with_bells(MET_SECONDS)
    assert queue.at_a_bell is not None
    assert queue.at_a_bell.sum() == BELLS * 20 * BELL_REQUESTS, "in a queue each asks on, and it runs on"


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(1, 6), st.integers(2, 60))
def test_a_shift_moves_each_entity_as_a_whole_and_keeps_order(seed: int, entities: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    begin = np.sort(rng.uniform(0, 86_400, count))
    made = requests(*((int(rng.integers(entities)), b, 3.0, False, n) for n, b in enumerate(begin)))
    moved = shifted(made, rng, draws=3)
    for draw in range(3):
        one = moved.chosen(np.arange(draw * count, (draw + 1) * count))
        assert (np.diff(one.begin) >= 0).all()
        place = np.argsort(one.prompt)
        apart = draw * (np.ptp(np.append(made.begin, made.end)) + 4 * MOST_SHIFT * 1e6)
        by = (one.begin[place] - made.begin - apart) / 1e6
        assert (one.owner[place] == made.owner).all()
        for entity in np.unique(made.owner):
            mine = by[made.owner == entity]
            assert np.ptp(mine) == pytest.approx(0, abs=1e-6)
            assert LEAST_SHIFT - 1 <= abs(mine[0]) <= MOST_SHIFT + 1


@pytest.mark.parametrize("step", [60, 3600, 86_400])
def test_strangers_of_a_log_of_whole_minutes_meet_as_often_as_by_chance(step: int) -> None:
    """Each at times of its own, rounded as the log rounds them: a shift finer than that would find few that meet."""
    rng = np.random.default_rng(step)
    begin = np.sort(rng.uniform(0, 5 * 86_400, 4000))
    rounded = begin // step * step
    made = requests(*((int(rng.integers(40)), b, -1.0, False, n) for n, b in enumerate(rounded.tolist())))
    drawn = shifted(made, rng, draws=20).met(MET_SECONDS).reshape(20, -1).sum(axis=1)
    mine = int(made.met(MET_SECONDS).sum())
    assert drawn.min() * 0.9 <= mine <= drawn.max() * 1.1
    to_the_second = requests(*((int(o), float(b), -1.0, False, 0) for o, b in zip(made.owner, begin // 1, strict=True)))
    assert np.unique(shifted(to_the_second, rng, draws=2).begin % 60_000_000).size > 1000, "seconds are drawn anew"


def test_many_draws_at_once_count_as_each_by_itself_does() -> None:
    rng = np.random.default_rng(1)
    rows = zip(
        rng.integers(5, size=400).tolist(), np.sort(rng.uniform(0, 20_000, 400)).tolist(),
        rng.uniform(-5, 200, 400).tolist(), (rng.random(400) < 0.2).tolist(), rng.integers(30, size=400).tolist(),
        strict=True,
    )  # fmt: skip
    together = shifted(requests(*rows), rng, draws=4)
    each = [together.chosen(np.arange(400 * draw, 400 * (draw + 1))) for draw in range(4)]
    for name, seconds in (("met", 10), ("handed_over", 5), ("asked_again", 900), ("in_flight", None)):
        told = () if seconds is None else (seconds,)
        found = getattr(together, name)(*told)
        assert found.sum() > 0
        assert found.tolist() == np.concatenate([getattr(one, name)(*told) for one in each]).tolist()


def test_only_so_many_are_read() -> None:
    many = requests(*((n % 3, float(n), 1.0, False, n) for n in range(MOST_MOMENTS + 5)))
    assert len(many.bounded()) == MOST_MOMENTS
