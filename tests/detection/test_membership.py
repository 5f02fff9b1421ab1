"""Who belongs: bits on either side of every line, signs of acting along, and who repeats whom."""

from dataclasses import replace

import numpy as np
import pytest
from handmade_families import bits_for, prompt_sets, told
from made_log import made_content, made_log

from stillwatch.detection.membership import (
    acting_along,
    fit,
    recruited,
    repeating_apart,
    repeating_others,
    tell_apart,
)
from stillwatch.evidence import Family, LogProfile, Postings
from stillwatch.evidence.thresholds import ALIKE_BITS, LEAST_MEMBERS, MARK_BITS, MEMBER_BITS, RECRUIT_BITS

E = 60
GROUP = np.arange(8)
NOBODY = np.zeros(E, np.bool_)
LESS = 1e-9


@pytest.fixture(scope="module")
def log() -> LogProfile:
    return made_log(entities=E)


def families(*given: Family) -> dict[str, Family]:
    return {family.name: family for family in given}


def test_bits_of_marks_and_of_likeness_are_summed_apart(log: LogProfile) -> None:
    told_of = families(
        told("texts", "content", marks=True, bits=np.full(E, 3.0)),
        told("more texts", "content", marks=True, bits=np.full(E, 1.0)),
        told("topics", "content", bits=np.arange(float(E))),
        told("manner", "context", bits=np.full(E, -0.5)),
        told("clock", "coordination"),
    )
    found = fit(log, told_of, GROUP, np.array([4, 50]))
    assert found.marked.tolist() == [4.0, 4.0]
    assert found.alike.tolist() == [3.5, 49.5]
    assert found.bits.tolist() == [7.5, 53.5]


def test_a_family_holds_entities_against_the_members_it_is_given(log: LogProfile) -> None:
    seen = []

    def bits(members: np.ndarray) -> np.ndarray:
        seen.append(members.tolist())
        return np.zeros(E)

    fit(log, families(told("topics", "content", bits=bits)), GROUP[:3], np.arange(E))
    assert seen == [[0, 1, 2]]


@pytest.mark.parametrize(("bits", "inside"), [(MEMBER_BITS, True), (MEMBER_BITS - LESS, False)])
def test_whoever_reaches_the_line_is_a_member_and_nobody_below_it(log: LogProfile, bits: float, inside: bool) -> None:
    known = bits_for(E, GROUP[:7], 9.0)
    known[7] = bits
    members, bystanders = tell_apart(log, families(told("topics", "content", bits=known)), GROUP)
    assert members.tolist() == [*range(7), *([7] if inside else [])]
    assert bystanders.tolist() == ([] if inside else [7])


def test_bystanders_are_told_again_against_those_who_are_left(log: LogProfile) -> None:
    group = np.arange(10)

    def bits(members: np.ndarray) -> np.ndarray:
        # Who is left out takes the next with it, and three rounds are made.
        return np.where(np.arange(E) < len(members) - 1, 9.0, 0.0)

    members, bystanders = tell_apart(log, families(told("topics", "content", bits=bits)), group)
    assert members.tolist() == list(range(7))
    assert bystanders.tolist() == [7, 8, 9]


@pytest.mark.parametrize("left", [LEAST_MEMBERS, LEAST_MEMBERS - 1, 0])
def test_telling_apart_stops_where_too_few_are_left(log: LogProfile, left: int) -> None:
    rounds = []

    def bits(members: np.ndarray) -> np.ndarray:
        rounds.append(len(members))
        return bits_for(E, range(left), 9.0, 0.0)

    members, _ = tell_apart(log, families(told("topics", "content", bits=bits)), GROUP)
    assert len(members) == left
    assert rounds == ([8, left] if left >= LEAST_MEMBERS else [8])


@pytest.mark.parametrize("has_text", [True, False])
def test_who_sends_nothing_that_can_be_compared_belongs_by_the_text_alone(has_text: bool) -> None:
    content = made_content(entities=E)
    counts = content.counts.copy()
    counts[7] = 0
    holders = np.arange(8 if has_text else 7)
    texts = Postings.build(holders, np.zeros(len(holders), np.uint64), np.ones(len(holders)), E)
    silent = made_log(entities=E, texts=texts, content=replace(content, counts=counts))
    members, bystanders = tell_apart(silent, families(told("topics", "content", bits=bits_for(E, GROUP, 9.0))), GROUP)
    assert members.tolist() == [*range(7), *([7] if has_text else [])]
    assert bystanders.tolist() == ([] if has_text else [7])


def repeating(shared: int) -> LogProfile:
    """Entities 0 to 3 send so many of their ten prompts alike; 4 to 7 none."""
    same = {e: [*range(shared), *range(100 * (e + 1), 100 * (e + 1) + 10 - shared)] for e in range(4)}
    return made_log(entities=E, prompt_sets=prompt_sets(E, same))


def test_who_repeats_others_in_more_than_a_fifth_is_set_apart() -> None:
    assert [(a.tolist(), b.tolist()) for a, b in repeating_apart(repeating(2), GROUP)] == [(list(range(8)), [])]
    assert [(a.tolist(), b.tolist()) for a, b in repeating_apart(repeating(3), GROUP)] == [
        ([4, 5, 6, 7], [0, 1, 2, 3]),
        ([0, 1, 2, 3], [4, 5, 6, 7]),
    ]


def test_a_group_of_which_all_repeat_stays_whole() -> None:
    ((group, beside),) = repeating_apart(repeating(9), np.arange(4))
    assert group.tolist() == [0, 1, 2, 3]
    assert len(beside) == 0


def circles(*sizes: int, shared: int = 9) -> LogProfile:
    """Accounts one after another that share so many of ten prompts with the others of their circle."""
    same: dict[int, list[int]] = {}
    for circle, size in enumerate(sizes):
        for _ in range(size):
            e = len(same)
            same[e] = [
                *range(1000 * circle, 1000 * circle + shared),
                *range(100_000 + 20 * e, 100_010 + 20 * e - shared),
            ]
    return made_log(entities=E, prompt_sets=prompt_sets(E, same))


def test_who_repeats_others_than_most_of_a_group_do_is_no_one_group_with_them() -> None:
    log = circles(10, 6, 4)
    others = repeating_others(log, np.arange(20))
    assert np.flatnonzero(others).tolist() == list(range(10, 20))
    apart = [(a.tolist(), b.tolist()) for a, b in repeating_apart(log, np.arange(20))]
    whole = set(range(20))
    assert apart == [
        (part, sorted(whole - set(part))) for part in (list(range(10)), list(range(10, 16)), list(range(16, 20)))
    ]


@pytest.mark.parametrize(("shared", "beside"), [(9, [10, 11, 12]), (3, [10, 11]), (1, [])])
def test_who_repeats_nobody_leaves_where_most_of_what_is_sent_is_repeated(shared: int, beside: list[int]) -> None:
    """Ten repeat one another, two each other, and one nobody."""
    log = circles(10, 2, 1, shared=shared)
    assert np.flatnonzero(repeating_others(log, np.arange(13))).tolist() == beside


@pytest.mark.parametrize(("size", "leave"), [(8, []), (11, list(range(11, 20)))])
def test_a_circle_must_be_most_of_a_group_that_repeats_a_little(size: int, leave: list[int]) -> None:
    log = circles(size, *[20 - size - (20 - size) // 2, (20 - size) // 2], shared=3)
    assert np.flatnonzero(repeating_others(log, np.arange(20))).tolist() == leave


def stranger(log: LogProfile, marked: float, alike: float, *, along: bool = False, taken: bool = False) -> bool:
    """Whether entity 20 is recruited by a group with so many bits."""
    texts, topics = (bits_for(E, GROUP, 9.0) for _ in range(2))
    texts[20], topics[20] = marked, alike
    told_of = families(
        told("texts", "content", marks=True, bits=texts),
        told("topics", "content", bits=topics),
        told("clock", "coordination", along=[20] if along else []),
    )
    mask = NOBODY.copy()
    mask[20] = taken
    return 20 in recruited(log, told_of, GROUP, mask)


@pytest.mark.parametrize(
    ("marked", "alike", "along", "belongs"),
    [
        (MARK_BITS, RECRUIT_BITS - MARK_BITS, False, True),
        (MARK_BITS, RECRUIT_BITS - MARK_BITS - LESS, False, False),
        (MARK_BITS - 0.01, RECRUIT_BITS, False, False),
        (RECRUIT_BITS, 0.0, False, True),
        # Alike alone, or a mark alone, needs acting along.
        (0.0, 11.0, False, False),
        (0.0, RECRUIT_BITS / 2, True, True),
        (-0.5, RECRUIT_BITS / 2, True, True),
        (0.0, RECRUIT_BITS / 2 - LESS, True, False),
        (MARK_BITS, ALIKE_BITS - MARK_BITS, True, True),
        (MARK_BITS, ALIKE_BITS - MARK_BITS - 0.01, True, False),
        (MARK_BITS - 0.01, ALIKE_BITS - MARK_BITS + 0.01, True, False),
        (MARK_BITS, -1.0, False, False),
        (-9.0, -9.0, True, False),
    ],
)
def test_a_stranger_belongs_by_marks_and_bits_or_by_likeness_and_acting_along(
    log: LogProfile, marked: float, alike: float, along: bool, belongs: bool
) -> None:
    assert stranger(log, marked, alike, along=along) is belongs
    assert stranger(log, marked, alike, along=along, taken=True) is False


def test_those_who_belong_bring_others_for_three_rounds(log: LogProfile) -> None:
    def bits(members: np.ndarray) -> np.ndarray:
        return np.where(np.arange(E) <= len(members), 9.0, -9.0)

    told_of = families(told("texts", "content", marks=True, bits=bits))
    assert recruited(log, told_of, GROUP, NOBODY).tolist() == list(range(11))


def test_nobody_new_ends_the_rounds_and_members_stay_sorted(log: LogProfile) -> None:
    rounds = []

    def bits(members: np.ndarray) -> np.ndarray:
        rounds.append(len(members))
        return bits_for(E, [3, 4, 30, 31, 32, 33, 34], 9.0)

    told_of = families(told("texts", "content", marks=True, bits=bits))
    found = recruited(log, told_of, np.array([30, 31, 32, 33, 34]), NOBODY)
    assert found.tolist() == [3, 4, 30, 31, 32, 33, 34]
    assert rounds == [5, 7]


@pytest.mark.parametrize(("shared", "belongs"), [(2, True), (3, False)])
def test_who_runs_a_published_set_that_others_run_is_not_recruited(shared: int, belongs: bool) -> None:
    same = {e: [*range(shared), *range(100 * e, 100 * e + 10 - shared)] for e in (20, 21)}
    log = made_log(entities=E, prompt_sets=prompt_sets(E, same))
    told_of = families(told("texts", "content", marks=True, bits=bits_for(E, [*GROUP, 20, 21, 22], 9.0)))
    found = recruited(log, told_of, GROUP, NOBODY)
    assert found.tolist() == [*GROUP, *([20, 21] if belongs else []), 22]


def test_repeating_the_members_themselves_keeps_a_stranger_out() -> None:
    same = {0: list(range(10)), 20: list(range(10))}
    log = made_log(entities=E, prompt_sets=prompt_sets(E, same))
    told_of = families(told("texts", "content", marks=True, bits=bits_for(E, [*GROUP, 20, 22], 9.0)))
    assert recruited(log, told_of, GROUP, NOBODY).tolist() == [*GROUP, 22]


def test_acting_along_by_any_family_counts_and_silence_does_not(log: LogProfile) -> None:
    told_of = families(
        told("clock", "coordination", along=[1, 30]),
        told("hands", "coordination", along=[2]),
        told("texts", "content"),
    )
    assert acting_along(log, told_of, GROUP, np.array([1, 2, 3, 30])).tolist() == [True, True, False, True]
    assert acting_along(log, families(told("texts", "content")), GROUP, GROUP).tolist() == [False] * 8
