"""From several groups to campaigns: pieces joined, nobody in two, and each find counted once."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from handmade_families import (
    Explain,
    World,
    bits_for,
    explanation,
    larger_than,
    members,
    never,
    pairs_within,
    prompt_sets,
    told,
)

from stillwatch.engines import Engine
from stillwatch.evidence.families.timing import PROGRAM
from stillwatch.evidence.one_office import OFFICE
from stillwatch.evidence.thresholds import RECRUIT_BITS

E = 60
LATE = range(30, 40)


ONE, OTHER = tuple(range(8)), tuple(range(20, 28))
PIECES = {ONE: 1e-5, OTHER: 1e-4, ONE + OTHER: 0.04}


def two_pieces(
    there: float, back: float, p: Any, explain: Explain = never, along: Iterable[int] = (*ONE, *OTHER)
) -> World:
    """Two groups with a bystander each; so many bits have the members of each under the other's signature."""

    def bits(inside: np.ndarray) -> np.ndarray:
        out = np.full(E, -9.0)
        out[list(ONE)] = 9.0 if inside[0] < 20 else back
        out[list(OTHER)] = 9.0 if inside[-1] >= 20 else there
        return out

    return World(E).add(
        told("texts", "content", marks=True, p=1e-9, groups=[(*ONE, 10), (*OTHER, 11)], bits=bits),
        told("clock", "coordination", p=p, along=along, explain=explain),
    )


@pytest.mark.parametrize(
    ("there", "back", "joined"),
    [
        (RECRUIT_BITS, RECRUIT_BITS / 2, True),
        (RECRUIT_BITS / 2, RECRUIT_BITS, True),
        (RECRUIT_BITS - 0.01, RECRUIT_BITS - 0.01, False),
        (RECRUIT_BITS, RECRUIT_BITS / 2 - 0.01, False),
        (RECRUIT_BITS / 2 - 0.01, RECRUIT_BITS, False),
    ],
)
def test_pieces_of_one_campaign_are_joined_where_each_fits_the_other(
    engine: Engine, there: float, back: float, joined: bool
) -> None:
    # Six of eight act along: too few to join what fits no better.
    found = two_pieces(there, back, PIECES, along=[*range(2, 8), *range(22, 28)]).decide(engine).campaigns
    if joined:
        (case,) = found
        assert case.members.tolist() == [*ONE, *OTHER]
        assert case.bystanders.tolist() == [10, 11]
        # Three times the best test, for the choice: the whole need not show again what its pieces did.
        assert case.p_value == pytest.approx(3e-5)
    else:
        assert [case.members.tolist() for case in found] == [[*ONE], [*OTHER]]
        assert [case.bystanders.tolist() for case in found] == [[10], [11]]
        assert [case.p_value for case in found] == pytest.approx([1e-5, 1e-4])


@pytest.mark.parametrize(("there", "back", "joined"), [(1.0, 1.0, True), (1.0, 0.99, False), (0.99, 1.0, False)])
def test_pieces_of_which_nearly_all_act_along_need_only_not_be_unlike(
    engine: Engine, there: float, back: float, joined: bool
) -> None:
    found = two_pieces(there, back, PIECES).decide(engine)
    assert members(found) == ([[*ONE, *OTHER]] if joined else [[*ONE], [*OTHER]])


@pytest.mark.parametrize(
    ("alike", "along", "joined"),
    [
        (RECRUIT_BITS / 2, [*ONE, *OTHER], True),
        (RECRUIT_BITS / 2 - 0.01, [*ONE, *OTHER], False),
        (RECRUIT_BITS / 2, [*ONE, *OTHER[:6]], False),
    ],
)
def test_pieces_with_a_text_each_and_one_source_are_joined_where_nearly_all_act_along(
    engine: Engine, alike: float, along: list[int], joined: bool
) -> None:
    made = two_pieces(-9.0, -9.0, PIECES, along=along).add(told("topics", "content", bits=np.full(E, alike)))
    found = members(made.decide(engine))
    assert found == ([[*ONE, *OTHER]] if joined else [[*ONE], [*OTHER]])


def test_what_a_whole_pays_for_its_pieces_does_not_bring_it_down_to_one_of_them(engine: Engine) -> None:
    """A pool and the one that took over from it do not work at one time: the whole is as strong as its first half."""
    first, second = tuple(range(10)), tuple(range(20, 30))
    whole, with_one = (*first, *second), (*first, *second, 40)
    says, bits = {whole: 1.0e-9, with_one: 1.1e-9, first: 1.5e-9}, bits_for(E, with_one, 9.0)
    linked, groups = pairs_within(E, [with_one]), [whole, with_one, first]
    made = World(E).add(
        told("topics", "content", within=True, groups=groups, p=1e-12, bits=bits, linked=linked),
        told("clock", "coordination", p=says, along=[*first, 40], explain=never),
    )
    assert members(made.decide(engine)) == [[*with_one]]


@pytest.mark.parametrize(("whole", "topics", "joined"), [(1e-6, 1e-12, True), (1e-3, 1e-12, False), (1e-6, 0.5, False)])
def test_of_pieces_much_the_same_whoever_makes_the_better_weaker_must_act_along(
    engine: Engine, whole: float, topics: float, joined: bool
) -> None:
    """Two licensed makers stood in a weaker piece of the same accounts; they keep no clock of the campaign's."""
    better, weaker = tuple(range(12)), (*range(10), 40, 41, 42)
    everyone = (*better, 40, 41, 42)

    def bits(inside: np.ndarray) -> np.ndarray:
        return bits_for(E, everyone if inside[-1] >= 40 else better, 9.0)

    made = World(E).add(
        told("texts", "content", marks=True, groups=[better, weaker], within=True, p=1e-12, bits=bits),
        told("topics", "content", p={better: 1e-12, weaker: 0.5, everyone: topics}),
        told("clock", "coordination", p={better: 1e-6, weaker: 1e-3, everyone: whole}, along=better, explain=never),
    )
    (found,) = made.decide(engine).campaigns
    assert found.members.tolist() == [*(everyone if joined else better)]


def test_many_pieces_of_one_campaign_cost_their_number_and_that_of_their_joins(engine: Engine) -> None:
    class Says(dict[tuple[int, ...], float]):
        def get(self, key: tuple[int, ...], default: float = 1.0) -> float:  # type: ignore[override]
            return 1e-5 if len(key) == 8 else 0.04

    pieces = [tuple(range(8 * n, 8 * n + 8)) for n in range(7)]
    everyone = [e for piece in pieces for e in piece]
    made = World(E).add(
        told("texts", "content", marks=True, p=1e-9, groups=pieces, bits=bits_for(E, everyone, 9.0)),
        told("clock", "coordination", p=Says(), along=everyone, explain=never),
    )
    (found,) = made.decide(engine).campaigns
    assert found.members.tolist() == everyone
    # Seven pieces, and what they came to six times.
    assert found.tests == 13
    assert found.p_value == pytest.approx(13e-5)


@pytest.mark.parametrize(("whole", "found"), [(1e-6, True), (0.04, False)])
def test_what_one_office_would_explain_is_joined_first_and_stands_its_own_test(
    engine: Engine, whole: float, found: bool
) -> None:
    """Three rooms of one campaign are an office each; the whole is none, and what they showed apart is not its test."""
    rooms = [tuple(range(start, start + 8)) for start in (0, 20, 40)]
    everyone = [e for room in rooms for e in room]

    def office(inside: np.ndarray, beside: np.ndarray) -> Any:
        return explanation(len(inside) <= 16, OFFICE)

    made = World(E).add(
        told("texts", "content", p=1e-9, groups=rooms, bits=bits_for(E, everyone, 9.0)),
        told(
            "clock",
            "coordination",
            p={**dict.fromkeys((*rooms, *(a + b for a, b in combinations(rooms, 2))), 1e-9), tuple(everyone): whole},
            along=everyone,
            explain=office,
        ),
    )
    assert members(made.decide(engine)) == ([everyone] if found else [])


@pytest.mark.parametrize(("size", "found"), [(18, True), (16, False)])
def test_a_piece_that_is_nearly_all_of_a_wider_one_is_not_lost_where_the_few_more_leave_a_doubt(
    engine: Engine, size: int, found: bool
) -> None:
    """Twenty accounts may be a program's users, and nearly all of them are not."""
    piece, wider = tuple(range(size)), tuple(range(20))

    def program(inside: np.ndarray, beside: np.ndarray) -> Any:
        return explanation(None if len(inside) == 20 else False, PROGRAM)

    made = World(E).add(
        told("texts", "content", marks=True, p=1e-9, groups=[wider, piece], bits=bits_for(E, wider, 9.0)),
        told("clock", "coordination", p=1e-9, along=piece, explain=program),
    )
    assert members(made.decide(engine)) == ([[*piece]] if found else [])


def test_a_room_that_asks_alike_and_does_not_act_along_is_not_taken_in(engine: Engine) -> None:
    """Two houses of one source of questions: one is a campaign, the other may be an office."""

    def office(inside: np.ndarray, beside: np.ndarray) -> Any:
        return explanation(None if set(inside) == set(OTHER) else False, OFFICE)

    def found(along: Iterable[int]) -> list[list[int]]:
        pieces = {ONE: 1e-5, OTHER: 0.02, ONE + OTHER: 1e-5}
        return members(two_pieces(9.0, 9.0, pieces, explain=office, along=along).decide(engine))

    assert found(ONE) == [[*ONE]]
    assert found((*ONE, *OTHER)) == [[*ONE, *OTHER]]


def test_no_group_takes_in_the_members_of_another(engine: Engine) -> None:
    # The other's members have the first's text, and would make it no weaker; the first's have not the other's.
    def bits(inside: np.ndarray) -> np.ndarray:
        return bits_for(E, [*ONE, *OTHER] if inside[0] < 20 else OTHER, 9.0)

    made = World(E).add(
        told("texts", "content", marks=True, p=1e-9, groups=[ONE, OTHER], bits=bits),
        told("clock", "coordination", p={**PIECES, ONE + OTHER: 1e-9}, along=range(E), explain=never),
    )
    assert members(made.decide(engine)) == [[*ONE], [*OTHER]]


@pytest.mark.parametrize("holds", [True, None])
def test_pieces_that_are_explained_or_untold_together_stay_apart(engine: Engine, holds: bool | None) -> None:
    made = two_pieces(9.0, 9.0, PIECES, explain=larger_than(8, holds))
    assert members(made.decide(engine)) == [[*ONE], [*OTHER]]


def test_pieces_of_which_nothing_coordinates_the_whole_stay_apart(engine: Engine) -> None:
    made = two_pieces(9.0, 9.0, {**PIECES, ONE + OTHER: 0.06})
    assert members(made.decide(engine)) == [[*ONE], [*OTHER]]


def test_three_pieces_are_joined_for_as_long_as_two_are(engine: Engine) -> None:
    groups = [range(8), range(10, 18), range(20, 28)]
    p = {**{tuple(one): 1e-4 for one in groups[:2]}, tuple(groups[2]): 1e-5}
    wholes = [(0, 1), (0, 2), (1, 2), (0, 1, 2)]
    p |= {tuple(e for n in whole for e in groups[n]): 0.04 for whole in wholes}
    made = World(E, exchanges=np.full(E, 20)).add(
        told("texts", "content", p=1e-9, groups=groups, bits=bits_for(E, range(30), 9.0)),
        told("clock", "coordination", p=p, along=range(30), explain=never),
    )
    (case,) = made.decide(engine).campaigns
    assert case.members.tolist() == [e for group in groups for e in group]
    # Three, and what they came to twice.
    assert case.p_value == pytest.approx(5e-5)


def test_nobody_is_in_two_campaigns(engine: Engine) -> None:
    # Both groups would take in the same newcomers; the stronger has them.
    both = World(E).add(
        told(
            "texts",
            "content",
            marks=True,
            p=1e-9,
            groups=[range(8), range(10, 18)],
            bits=lambda inside: bits_for(E, [*inside, *LATE], 9.0),
        ),
        told(
            "clock",
            "coordination",
            p={
                tuple(range(8)): 1e-4,
                tuple(range(10, 18)): 1e-5,
                (*range(10, 18), *LATE): 1e-5,
                (*range(8), *LATE): 1e-4,
            },
            along=range(E),
            explain=never,
        ),
    )
    found = both.decide(engine)
    assert members(found) == [[*range(10, 18), *LATE], [*range(8)]]
    everyone = np.concatenate([case.members for case in found.campaigns])
    assert len(everyone) == len(set(everyone.tolist()))


def separate(
    p: list[float], *, explained: Iterable[int] = (), tested: bool = False, text: Sequence[float] = ()
) -> tuple[World, list[list[int]]]:
    """Groups of eight that have nothing in common, each with a p-value of acting together and one of its ``text``."""
    groups = [[*range(10 * n, 10 * n + 8)] for n in range(len(p))]
    held = {10 * n for n in explained}

    def bits(inside: np.ndarray) -> np.ndarray:
        return bits_for(10 * len(p), groups[int(inside[0]) // 10], 9.0)

    made = World(10 * len(p)).add(
        told(
            "texts",
            "content",
            marks=True,
            p={tuple(group): one for group, one in zip(groups, text or [1e-12] * len(p), strict=True)},
            groups=groups,
            bits=bits,
        ),
        told(
            "clock",
            "coordination",
            p={tuple(group): one for group, one in zip(groups, p, strict=True)},
            along=range(10 * len(p)),
            explain=lambda inside, beside: replace(explanation(int(inside[0]) in held), tested=tested),
        ),
    )
    return made, groups


@pytest.mark.parametrize(("follows", "found"), [(range(10), [*range(10)]), (range(13), [*range(13)])])
def test_who_is_only_in_a_wider_and_weaker_piece_is_a_member_where_it_acts_along(
    engine: Engine, follows: range, found: list[int]
) -> None:
    """Three more, whose text and questions are the campaign's, make its evidence weaker: they do as they like."""
    core, wide = [*range(10)], [*range(13)]
    made = World(E, exchanges=np.full(E, 20)).add(
        told("texts", "content", p=1e-12, groups=[core, wide], bits=bits_for(E, wide, 9.0)),
        told("clock", "coordination", p={tuple(core): 1e-9, tuple(wide): 1e-4}, along=follows, explain=never),
    )
    assert members(made.decide(engine)) == [found]


def test_campaigns_are_those_whose_q_value_is_at_most_the_level_strongest_first(engine: Engine) -> None:
    made, groups = separate([0.9, 0.02, 1e-5, 0.004, 1e-9, 0.5])
    found = made.decide(engine, fdr=0.01)
    assert members(found) == [groups[4], groups[2], groups[3]]
    assert [case.q_value for case in found.campaigns] == pytest.approx([6e-9, 3e-5, 0.008])
    assert [case.members[0] for case in found.others] == [10, 50, 0]
    assert found.others[0].q_value == pytest.approx(0.03)
    looser = made.decide(engine, fdr=found.others[0].q_value)
    assert members(looser) == [groups[4], groups[2], groups[3], groups[1]]
    assert [case.members[0] for case in looser.others] == [50, 0]


def test_equally_strong_campaigns_come_in_order_of_size_and_then_of_members(engine: Engine) -> None:
    made, groups = separate([1e-5, 1e-5, 1e-5])
    assert members(made.decide(engine)) == groups


@pytest.mark.parametrize(
    ("tested", "fdr", "q"), [(True, 0.013, 0.012), (True, 0.011, 0.008), (False, 0.013, 0.008), (False, 0.011, 0.008)]
)
def test_a_group_that_is_excused_is_no_hypothesis(engine: Engine, tested: bool, fdr: float, q: float) -> None:
    """Leaving it out chooses among no p-values; one that is excused by what a test of it measures is left out where that
    decides about another."""
    made, groups = separate([1e-9, 0.004, 0.9], explained=[0], tested=tested)
    found = made.decide(engine, fdr=fdr)
    # Were it a find, the second would have a q-value of .006.
    assert members(found) == [groups[1]]
    assert found.campaigns[0].q_value == pytest.approx(q)
    assert {int(case.members[0]): case.q_value for case in found.others} == {0: 1.0, 20: 1.0}


def test_what_was_left_unexplained_is_held_against_the_sample_where_its_number_decides(engine: Engine) -> None:
    """Three groups whose hours are hopeless are never explained; that two of them are honest makes the fourth a find."""
    made, groups = separate([0.004, 0.9, 0.9, 0.9], explained=[1, 2])
    assert members(made.decide(engine, fdr=0.01)) == [groups[0]]
    made, groups = separate([0.004, 0.9, 0.9, 0.9], explained=[1])
    assert members(made.decide(engine, fdr=0.01)) == []


@pytest.mark.parametrize(("text", "found"), [(1.0, True), (1e-12, False)])
def test_groups_that_show_neither_side_do_not_count_against_one_that_shows_both(
    engine: Engine, text: float, found: bool
) -> None:
    made, groups = separate([0.004, 0.9, 0.9, 0.9], text=[1e-12, text, text, text])
    assert members(made.decide(engine, fdr=0.01)) == ([groups[0]] if found else [])


def test_many_accounts_may_use_up_more_of_the_rate_and_growth_adds_nothing_to_it(engine: Engine) -> None:
    """A group of thirty at .004 beside three of eight; eight that grow to thirty are held to what eight are held to."""
    wide, few = [*range(30)], [[*range(n, n + 8)] for n in (30, 40, 50)]
    texts = told(
        "texts",
        "content",
        marks=True,
        p=1e-12,
        groups=[wide, *few],
        bits=lambda group: bits_for(E, wide if group[0] < 30 else group, 9.0),
    )
    acts = told("clock", "coordination", p={tuple(wide): 0.004}, along=range(E), explain=never)
    (case,) = World(E).add(texts, acts).decide(engine, fdr=0.012).campaigns
    assert case.q_value == pytest.approx(0.004 * (1 + 3 * np.sqrt(8 / 30)))
    texts.groups = lambda log, *, least, seed: [np.array(one) for one in (wide[:8], *few)]  # type: ignore[method-assign]
    acts = told("clock", "coordination", p={tuple(wide): 0.004, tuple(wide[:8]): 0.004}, along=range(E), explain=never)
    found = World(E).add(texts, acts).decide(engine, fdr=0.012)
    assert (found.campaigns, found.others[0].members.tolist()) == ([], wide)
    assert found.others[0].q_value == pytest.approx(0.016)


@pytest.mark.parametrize(("inside", "part"), [(8, True), (7, False)])
def test_parts_of_a_found_whole_are_no_finds_of_their_own(engine: Engine, inside: int, part: bool) -> None:
    """Ten of which eight are in the whole are a part of it; of seven, they are not."""
    whole, piece = [*range(20)], [*range(20 - inside, 30 - inside)]
    chance = [*range(40, 48)]
    made = World(E).add(
        told(
            "texts",
            "content",
            marks=True,
            p=1e-12,
            groups=[whole, piece, chance],
            bits=lambda members: bits_for(E, members, 9.0),
        ),
        told(
            "clock",
            "coordination",
            p={tuple(whole): 1e-9, tuple(piece): 1e-8, tuple(chance): 0.0125},
            along=range(E),
            explain=never,
        ),
    )
    found = made.decide(engine, fdr=0.017)
    assert members(found) == [whole, *([] if part else [piece]), chance]
    assert found.others == []


def test_a_part_does_not_help_a_chance_group_through(engine: Engine) -> None:
    whole = [*range(20)]
    parts = [[*range(n, n + 10)] for n in range(0, 10, 2)]
    chance = [*range(40, 48)]
    idle = [[*range(50, 58)]]
    p = {tuple(whole): 1e-9, tuple(chance): 0.0075, **{tuple(one): 1e-8 for one in parts}, tuple(idle[0]): 0.9}
    made = World(E).add(
        told(
            "texts",
            "content",
            marks=True,
            p=1e-12,
            groups=[whole, *parts, chance, *idle],
            bits=lambda members: bits_for(E, members, 9.0),
        ),
        told("clock", "coordination", p=p, along=range(E), explain=never),
    )
    found = made.decide(engine)
    assert members(found) == [whole]
    # Of three groups, of 20, 8 and 8, chance is the second. Of eight, five of them of 10, it would be the seventh: .0098.
    assert found.others[0].q_value == pytest.approx(0.0075 / np.sqrt(8) * (np.sqrt(20) + 2 * np.sqrt(8)) / 2)


@pytest.mark.parametrize(("asked", "marks", "stays"), [(1, False, False), (2, False, True), (1, True, True)])
def test_who_asked_one_thing_and_has_not_the_campaigns_text_is_no_member(
    asked: int, marks: bool, stays: bool, engine: Engine
) -> None:
    """It asks what the campaign asks, twice the same, and shares a mail domain with it."""
    group, exchanges = [*range(10)], np.arange(E) % 4 + 2
    sets = prompt_sets(E, {3: range(asked)})
    made = World(E, exchanges=exchanges, prompt_sets=sets).add(
        told("texts", "content", marks=marks, p=1e-12, groups=[group], bits=bits_for(E, group, 9.0)),
        told("hands", "coordination", p=1e-9, along=group, explain=never),
    )
    assert members(made.decide(engine)) == [[one for one in group if stays or one != 3]]
