"""From groups to campaigns: what growing, joining and controlling may do to a group, and what they never do."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from handmade_families import World, bits_for, explanation, pairs_within, prompt_sets, told

from stillwatch.detection import Decided
from stillwatch.engines import Engine
from stillwatch.evidence import Explanation
from stillwatch.evidence.thresholds import MARK_BITS, MEMBER_BITS, NEAR_MISS, RECRUIT_BITS

E = 60
GROUP, LATE = range(8), range(30, 40)
WHOLE = (*GROUP, *LATE)

Explain = Callable[[np.ndarray, np.ndarray], Explanation]


def never(members: np.ndarray, beside: np.ndarray) -> Explanation:
    return explanation(False)


def larger_than(size: int, holds: bool | None) -> Explain:
    """An explanation of groups beyond a size."""
    return lambda members, beside: explanation(holds if len(members) > size else False)


def world(
    *,
    p: Any = 1e-6,
    groups: Iterable[Iterable[int]] = (GROUP,),
    marked: np.ndarray | None = None,
    alike: np.ndarray | None = None,
    along: Iterable[int] | None = WHOLE,
    explain: Explain = never,
    linked: Iterable[Iterable[int]] = (),
    **given: Any,
) -> World:
    """A group that one text fills and one clock drives, and whoever else has the text."""
    return World(E, **given).add(
        told(
            "texts",
            "content",
            marks=True,
            p=1e-9,
            groups=tuple(groups),
            bits=bits_for(E, WHOLE, 9.0) if marked is None else marked,
        ),
        told("topics", "content", p=1e-9, bits=np.zeros(E) if alike is None else alike, linked=pairs_within(E, linked)),
        told("clock", "coordination", p=p, along=along, explain=explain),
    )


def members(found: Decided) -> list[list[int]]:
    return [case.members.tolist() for case in found.campaigns]


def by_size(small: float, large: float, size: int = 8) -> Any:
    class Says(dict[tuple[int, ...], float]):
        def get(self, key: tuple[int, ...], default: float = 1.0) -> float:  # type: ignore[override]
            return small if len(key) <= size else large

    return Says()


def test_a_group_with_everyone_who_belongs_to_it_is_a_campaign(engine: Engine) -> None:
    found = world().decide(engine)
    assert members(found) == [[*WHOLE]]
    (case,) = found.campaigns
    assert case.p_value == case.q_value == pytest.approx(1e-6)
    assert found.others == []


def test_a_group_that_nothing_coordinates_is_none(engine: Engine) -> None:
    found = world(p=0.9).decide(engine)
    assert found.campaigns == []
    (case,) = found.others
    assert case.members.tolist() == [*GROUP]
    assert case.q_value > 0.01


@pytest.mark.parametrize(("p", "grown"), [(NEAR_MISS, True), (NEAR_MISS + 1e-6, False)])
def test_only_a_promising_group_is_grown(engine: Engine, p: float, grown: bool) -> None:
    (case,) = world(p=p).decide(engine, fdr=0.2).campaigns or world(p=p).decide(engine, fdr=0.2).others
    assert case.members.tolist() == ([*WHOLE] if grown else [*GROUP])


@pytest.mark.parametrize("holds", [True, None])
def test_a_group_that_is_explained_or_untold_is_neither_grown_nor_convicted(engine: Engine, holds: bool | None) -> None:
    found = world(explain=lambda inside, beside: explanation(holds)).decide(engine)
    assert found.campaigns == []
    (case,) = found.others
    assert case.members.tolist() == [*GROUP]
    assert case.p_value == pytest.approx(1e-6)
    assert case.q_value == 1.0


def test_a_group_that_grew_into_an_explained_one_is_not_convicted(engine: Engine) -> None:
    found = world(explain=larger_than(8, True)).decide(engine)
    assert found.campaigns == []
    (case,) = found.others
    assert case.members.tolist() == [*WHOLE]
    assert case.explained


def test_newcomers_of_whom_it_cannot_be_told_are_withdrawn(engine: Engine) -> None:
    found = world(explain=larger_than(8, None)).decide(engine)
    assert members(found) == [[*GROUP]]
    assert found.campaigns[0].p_value == pytest.approx(1e-6)


def test_newcomers_who_make_the_group_too_weak_are_withdrawn(engine: Engine) -> None:
    assert members(world(p=by_size(1e-6, 0.02)).decide(engine)) == [[*GROUP]]
    # At the level itself they stay, and cost the group what they cost.
    found = world(p=by_size(1e-6, 0.01)).decide(engine)
    assert members(found) == [[*WHOLE]]
    assert found.campaigns[0].p_value == pytest.approx(0.01)


def test_growth_brings_no_conviction(engine: Engine) -> None:
    found = world(p=by_size(0.02, 1e-9)).decide(engine)
    assert found.campaigns == []
    (case,) = found.others
    assert case.members.tolist() == [*GROUP]
    assert case.p_value == pytest.approx(0.02)


def test_growth_makes_no_case_stronger(engine: Engine) -> None:
    (case,) = world(p=by_size(1e-4, 1e-9)).decide(engine).campaigns
    assert case.members.tolist() == [*WHOLE]
    assert case.p_value == pytest.approx(1e-4)


def test_one_who_merely_asks_alike_is_no_member(engine: Engine) -> None:
    """Of those by whom the group was found, a text or acting along is enough; of others, both, or a link."""
    marked = bits_for(E, WHOLE, 9.0)
    marked[0] = 0.0
    alike = np.zeros(E)
    alike[0] = 9.0
    lone = world(marked=marked, alike=alike, along=WHOLE[1:]).decide(engine)
    assert members(lone) == [[*WHOLE[1:]]]
    assert lone.campaigns[0].bystanders.tolist() == [0]
    along = world(marked=marked, alike=alike).decide(engine)
    assert members(along) == [[*WHOLE]]
    has_text = world(along=WHOLE[1:]).decide(engine)
    assert members(has_text) == [[*WHOLE]]


@pytest.mark.parametrize(("bits", "kept"), [(MARK_BITS, True), (MARK_BITS - 0.01, False)])
def test_a_first_member_has_the_text_from_a_line_on(engine: Engine, bits: float, kept: bool) -> None:
    marked = bits_for(E, WHOLE, 9.0)
    marked[0] = bits
    assert members(world(marked=marked, along=WHOLE[1:]).decide(engine)) == [[*WHOLE] if kept else [*WHOLE[1:]]]


def test_a_newcomer_needs_text_and_acting_along_or_a_link(engine: Engine) -> None:
    assert members(world(along=GROUP).decide(engine)) == [[*GROUP]]
    linked = [[*GROUP, 30, 31]]
    # Weighed among the group alone, so that newcomers' links are found by growing.
    found = world(along=GROUP, linked=linked).decide(engine, among=GROUP)
    assert members(found) == [[*GROUP, 30, 31]]
    pairs = set(zip(found.links.a.tolist(), found.links.b.tolist(), strict=True))
    assert {(0, 30), (30, 31)} <= pairs or any((a, 30) in pairs for a in GROUP)
    assert len(pairs) == len(found.links.a)


def test_a_newcomer_who_only_acts_along_and_asks_alike_is_withdrawn(engine: Engine) -> None:
    marked, alike = bits_for(E, GROUP, 9.0, 0.0), bits_for(E, WHOLE, 9.0)
    assert members(world(marked=marked, alike=alike).decide(engine)) == [[*GROUP]]


def test_a_group_of_which_too_few_have_evidence_stands_as_it_was_tested(engine: Engine) -> None:
    marked, alike = bits_for(E, [], 9.0, 0.0), bits_for(E, GROUP, 9.0)
    found = world(marked=marked, alike=alike, along=[0, 1, 2, 3]).decide(engine)
    assert members(found) == [[*GROUP]]
    five = world(marked=marked, alike=alike, along=[0, 1, 2, 3, 4]).decide(engine)
    assert members(five) == [[0, 1, 2, 3, 4]]
    assert five.campaigns[0].bystanders.tolist() == [5, 6, 7]


def test_bystanders_of_a_found_group_are_told_from_its_members(engine: Engine) -> None:
    marked = bits_for(E, GROUP[:6], 9.0)
    marked[6] = MEMBER_BITS - 0.1
    marked[7] = MEMBER_BITS
    (case,) = world(marked=marked, along=range(8)).decide(engine).campaigns
    assert case.members.tolist() == [0, 1, 2, 3, 4, 5, 7]
    assert case.bystanders.tolist() == [6]


@pytest.mark.parametrize(("size", "tested"), [(5, True), (4, False)])
def test_a_group_with_fewer_than_five_members_is_not_tested(engine: Engine, size: int, tested: bool) -> None:
    marked = bits_for(E, range(size), 9.0)
    found = world(marked=marked).decide(engine)
    assert bool(found.campaigns) is tested
    assert found.others == []


def test_those_who_repeat_one_another_are_tested_apart(engine: Engine) -> None:
    same = {e: list(range(10)) for e in range(8, 14)}
    sets = prompt_sets(E, same)
    # An explanation of the whole keeps the two from being joined again.
    found = world(
        groups=[range(14)],
        marked=bits_for(E, range(14), 9.0),
        along=range(14),
        explain=larger_than(8, True),
        prompt_sets=sets,
    ).decide(engine)
    assert sorted(case.members.tolist() for case in found.campaigns) == [[*range(8)], [*range(8, 14)]]
    assert sorted(case.bystanders.tolist() for case in found.campaigns) == [[*range(8)], [*range(8, 14)]]
    assert all(not np.isin(case.bystanders, case.members).any() for case in found.campaigns)


# Several groups.


ONE, OTHER = tuple(range(8)), tuple(range(20, 28))
PIECES = {ONE: 1e-5, OTHER: 1e-4, ONE + OTHER: 0.04}


def two_pieces(there: float, back: float, p: Any, explain: Explain = never) -> World:
    """Two groups with a bystander each; so many bits have the members of each under the other's signature."""

    def bits(inside: np.ndarray) -> np.ndarray:
        out = np.full(E, -9.0)
        out[list(ONE)] = 9.0 if inside[0] < 20 else back
        out[list(OTHER)] = 9.0 if inside[-1] >= 20 else there
        return out

    return World(E).add(
        told("texts", "content", p=1e-9, groups=[(*ONE, 10), (*OTHER, 11)], bits=bits),
        told("clock", "coordination", p=p, along=[*ONE, *OTHER], explain=explain),
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
    found = two_pieces(there, back, PIECES).decide(engine).campaigns
    if joined:
        (case,) = found
        assert case.members.tolist() == [*ONE, *OTHER]
        assert case.bystanders.tolist() == [10, 11]
        # Twice the better test, for the choice: the whole need not show again what its pieces did.
        assert case.p_value == pytest.approx(2e-5)
    else:
        assert [case.members.tolist() for case in found] == [[*ONE], [*OTHER]]
        assert [case.bystanders.tolist() for case in found] == [[10], [11]]
        assert [case.p_value for case in found] == pytest.approx([1e-5, 1e-4])


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
    made = World(E).add(
        told("texts", "content", p=1e-9, groups=groups, bits=bits_for(E, range(30), 9.0)),
        told("clock", "coordination", p=p, along=range(30), explain=never),
    )
    (case,) = made.decide(engine).campaigns
    assert case.members.tolist() == [e for group in groups for e in group]
    assert case.p_value == pytest.approx(4e-5)


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


def separate(p: list[float], *, explained: Iterable[int] = (), fdr: float = 0.01) -> tuple[World, list[list[int]]]:
    """Groups of eight that have nothing in common, each with a p-value."""
    groups = [[*range(10 * n, 10 * n + 8)] for n in range(len(p))]
    held = {10 * n for n in explained}

    def bits(inside: np.ndarray) -> np.ndarray:
        return bits_for(10 * len(p), groups[int(inside[0]) // 10], 9.0)

    made = World(10 * len(p)).add(
        told("texts", "content", marks=True, p=1e-12, groups=groups, bits=bits),
        told(
            "clock",
            "coordination",
            p={tuple(group): one for group, one in zip(groups, p, strict=True)},
            along=range(10 * len(p)),
            explain=lambda inside, beside: explanation(int(inside[0]) in held),
        ),
    )
    return made, groups


def test_campaigns_are_those_whose_q_value_is_at_most_the_level_strongest_first(engine: Engine) -> None:
    made, groups = separate([0.9, 0.02, 1e-5, 0.004, 1e-9, 0.5])
    found = made.decide(engine, fdr=0.01)
    assert members(found) == [groups[4], groups[2], groups[3]]
    assert [case.q_value for case in found.campaigns] == pytest.approx([6e-9, 3e-5, 0.008])
    assert [case.members[0] for case in found.others] == [10, 50, 0]
    assert found.others[0].q_value == pytest.approx(0.03)
    assert members(made.decide(engine, fdr=0.03)) == [groups[4], groups[2], groups[3], groups[1]]


def test_equally_strong_campaigns_come_in_order_of_size_and_then_of_members(engine: Engine) -> None:
    made, groups = separate([1e-5, 1e-5, 1e-5])
    assert members(made.decide(engine)) == groups


def test_an_explained_group_counts_as_one_that_shows_nothing(engine: Engine) -> None:
    made, groups = separate([1e-9, 0.004, 0.9], explained=[0])
    found = made.decide(engine, fdr=0.013)
    # Were it a find, the second would have a q-value of .006.
    assert members(found) == [groups[1]]
    assert found.campaigns[0].q_value == pytest.approx(0.012)
    assert {int(case.members[0]): case.q_value for case in found.others} == {0: 1.0, 20: 1.0}


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
    found = made.decide(engine, fdr=0.015)
    assert members(found) == [whole, *([] if part else [piece]), chance]
    assert found.others == []


def test_a_part_does_not_help_a_chance_group_through(engine: Engine) -> None:
    whole = [*range(20)]
    parts = [[*range(n, n + 10)] for n in range(0, 10, 2)]
    chance = [*range(40, 48)]
    idle = [[*range(50, 58)]]
    p = {tuple(whole): 1e-9, tuple(chance): 0.008, **{tuple(one): 1e-8 for one in parts}, tuple(idle[0]): 0.9}
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
    # Of three groups, chance is the second: .008 * 3 / 2. Of eight, it would be the seventh: .0091.
    assert found.others[0].q_value == pytest.approx(0.012)


def test_a_log_without_groups_decides_nothing(engine: Engine) -> None:
    found = World(E).add(told("texts", "content"), told("clock", "coordination")).decide(engine)
    assert (found.campaigns, found.others) == ([], [])


def test_weighed_pairs_come_back_whether_they_link_or_not(engine: Engine) -> None:
    made = world(linked=[GROUP])
    found = made.decide(engine, among=range(10))
    assert set(zip(found.links.a.tolist(), found.links.b.tolist(), strict=True)) >= {(0, 1), (6, 7)}
    assert (found.links.a < found.links.b).all()
