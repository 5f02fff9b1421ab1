"""From groups to campaigns: what growing, joining and controlling may do to a group, and what they never do."""

from collections.abc import Iterable
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
from stillwatch.evidence import Explanation
from stillwatch.evidence.one_office import OFFICE
from stillwatch.evidence.thresholds import HOPELESS, LEAST_RHYTHM, MARK_BITS, MEMBER_BITS, NEAR_MISS, RECRUIT_BITS

E = 60
GROUP, LATE = range(8), range(30, 40)
WHOLE = (*GROUP, *LATE)


def world(
    *,
    p: Any = 1e-6,
    groups: Iterable[Iterable[int]] = (GROUP,),
    marked: np.ndarray | None = None,
    alike: np.ndarray | None = None,
    along: Iterable[int] | None = WHOLE,
    explain: Explain = never,
    linked: Iterable[Iterable[int]] = (),
    shown: Iterable[int] | None = None,
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
        told("clock", "coordination", p=p, along=along, explain=explain, shown=shown),
    )


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


@pytest.mark.parametrize(
    ("name", "size", "called"), [(OFFICE, 13, False), (OFFICE, 8, True), ("a set", 13, True)], ids=str
)
def test_a_group_that_is_most_of_what_may_be_one_house_is_not_told_from_it(
    engine: Engine, name: str, size: int, called: bool
) -> None:
    """Seven labellers of thirteen had been called: of the thirteen it could not be told whether they are one firm's."""
    group = range(size)

    def explains(inside: np.ndarray, beside: np.ndarray) -> Explanation:
        return explanation(None if len(inside) > size else False, name)

    found = world(groups=[group], marked=bits_for(E, [*group, *LATE], 9.0), along=range(E), explain=explains)
    assert members(found.decide(engine)) == ([[*group]] if called else [])


@pytest.mark.parametrize(("others", "kept"), [(range(40, 52), True), (range(9, E), False)])
def test_how_often_strangers_send_a_text_is_told_by_who_does_not_act_along(
    engine: Engine, others: range, kept: bool
) -> None:
    """Where a campaign is a third of a log others of it make its text common; where all act along nobody can tell."""

    def beside_kin(kin: np.ndarray) -> np.ndarray:
        return bits_for(E, GROUP, MARK_BITS if kin.tolist() == [*others] else 0.0, 0.0)

    common = bits_for(E, GROUP, MARK_BITS - 1, 0.0)
    made = World(E).add(
        told("texts", "content", marks=True, p=1e-9, groups=[GROUP], bits=common, beside_kin=beside_kin),
        told("topics", "content", p=1e-9, bits=np.full(E, 0.5)),
        told("clock", "coordination", p=by_size(1e-6, 1e-6), along=[*GROUP[2:], *others]),
        # What it finds nothing by says nothing of who acts along.
        told("hands", "coordination", p=1.0, along=range(2, E)),
    )
    assert members(made.decide(engine)) == [[*GROUP] if kept else [*GROUP[2:]]]


def test_newcomers_who_make_the_group_too_weak_are_withdrawn(engine: Engine) -> None:
    assert members(world(p=by_size(1e-6, 0.02)).decide(engine)) == [[*GROUP]]
    # At the level itself they stay, and cost the group what they cost.
    found = world(p=by_size(1e-6, 0.01)).decide(engine)
    assert members(found) == [[*WHOLE]]
    assert found.campaigns[0].p_value == pytest.approx(0.01)


@pytest.mark.parametrize(("left", "convicted"), [(HOPELESS, True), (HOPELESS + 1e-6, False)])
def test_who_leaves_takes_nothing_from_what_was_shown_of_nearly_all(
    engine: Engine, left: float, convicted: bool
) -> None:
    nineteen = range(19)
    marked = bits_for(E, range(20), 9.0)
    found = world(p=by_size(left, 1e-6, size=19), groups=[range(20)], marked=marked, along=nineteen).decide(engine)
    (case,) = found.campaigns if convicted else found.others
    assert case.members.tolist() == [*nineteen]
    assert case.p_value == pytest.approx(1e-6 if convicted else left)


@pytest.mark.parametrize("holds", [True, None])
def test_an_explanation_that_comes_to_hold_of_nearly_the_same_accounts_takes_nothing_from_them(
    engine: Engine, holds: bool | None
) -> None:
    """Of twenty it is ruled out; of the nineteen who are left, once one has no evidence of its own, it would not be."""
    nineteen = range(19)
    marked = bits_for(E, range(20), 9.0)

    def explain(inside: np.ndarray, beside: np.ndarray) -> Any:
        return explanation(holds if len(inside) < 20 else False)

    found = world(groups=[range(20)], marked=marked, along=nineteen, explain=explain).decide(engine)
    assert members(found) == [[*nineteen]]
    assert found.campaigns[0].may_convict


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
    marked[:3] = 0.0
    alike = np.zeros(E)
    alike[:3] = 9.0
    lone = world(marked=marked, alike=alike, along=WHOLE[3:]).decide(engine)
    assert members(lone) == [[*WHOLE[3:]]]
    assert lone.campaigns[0].bystanders.tolist() == [0, 1, 2]
    along = world(marked=marked, alike=alike).decide(engine)
    assert members(along) == [[*WHOLE]]
    has_text = world(along=WHOLE[3:]).decide(engine)
    assert members(has_text) == [[*WHOLE]]


def test_who_lacks_what_nearly_all_have_or_asks_what_they_do_not_is_a_bystander(engine: Engine) -> None:
    """A text, or acting along, that nearly all have; and questions that are likelier the log's than the group's, where
    they are more than a few that happen to be, or the text is one that others have too."""
    group = range(20)
    marked, unlike = bits_for(E, range(1, 20), 9.0), np.zeros(E)
    marked[0], unlike[1] = 3.0, -3.0
    found = world(groups=[group], marked=marked, along=range(2, 20), alike=np.zeros(E)).decide(engine)
    assert members(found) == [[*range(2, 20)]]
    assert found.campaigns[0].bystanders.tolist() == [0, 1]
    found = world(groups=[group], marked=bits_for(E, group, 9.0), alike=unlike, along=group).decide(engine)
    assert members(found) == [[0, *range(2, 20)]]
    unlike[1] = -1.0
    for bits, kept in ((9.0, [*group]), (6.0, [0, *range(2, 20)])):
        found = world(groups=[group], marked=bits_for(E, group, bits), alike=unlike, along=group).decide(engine)
        assert members(found) == [kept]


def test_who_is_far_busier_or_idler_than_a_group_of_even_volumes_is_a_bystander(engine: Engine) -> None:
    group = range(20)
    exchanges = np.full(E, 30)
    exchanges[list(group)] = 100 + np.arange(20)
    exchanges[:2] = 8, 2_000
    given: dict[str, Any] = {"groups": [group], "marked": bits_for(E, group, 9.0), "along": group}
    assert members(world(**given, exchanges=exchanges).decide(engine)) == [[*range(2, 20)]]
    # Volumes that are not even say nothing of anybody.
    exchanges[list(group)] = np.geomspace(1, 2_000, 20).astype(np.int64)
    assert members(world(**given, exchanges=exchanges).decide(engine)) == [[*group]]
    # Nor does having sent little outweigh a text and questions that are beyond doubt; having sent far more does.
    exchanges[list(group)] = 100
    exchanges[:2] = 3, 2_000
    found = members(world(**given, exchanges=exchanges, alike=bits_for(E, group, 5.0)).decide(engine))
    assert found == [[0, *range(2, 20)]]


@pytest.mark.parametrize("shares", [True, False])
def test_few_requests_do_not_hide_whose_hands_they_are_by(engine: Engine, shares: bool) -> None:
    group, exchanges = range(20), np.full(E, 30)
    exchanges[0] = LEAST_RHYTHM - 1
    given: dict[str, Any] = {"marked": bits_for(E, group, 9.0), "alike": bits_for(E, group, 5.0), "along": group[1:]}
    found = world(groups=[group], exchanges=exchanges, **given, shown=group if shares else group[1:]).decide(engine)
    assert members(found) == [[*(group if shares else group[1:])]]


@pytest.mark.parametrize("hands", [1e-9, 1e-3])
def test_who_does_not_what_convicts_a_group_and_nearly_all_do_is_a_bystander(engine: Engine, hands: float) -> None:
    """Four of a few requests each, with most of the text, from the same networks: the queue is the other twenty's. Where
    the hands are what convicts, theirs are as good as anybody's."""
    group, few = range(24), range(20, 24)
    exchanges = np.full(E, 60)
    exchanges[list(few)] = 4
    made = World(E, exchanges=exchanges).add(
        told("texts", "content", p=1e-9, groups=[group], bits=bits_for(E, group, 5.0)),
        told("queue", "coordination", p=1e-6, along=range(20), explain=never),
        told("hands", "coordination", p=hands, along=group),
    )
    assert members(made.decide(engine)) == [[*(group if hands < 1e-6 else range(20))]]


@pytest.mark.parametrize(("bits", "kept"), [(MARK_BITS, True), (MARK_BITS - 0.01, False)])
def test_a_first_member_has_the_text_from_a_line_on(engine: Engine, bits: float, kept: bool) -> None:
    marked = bits_for(E, WHOLE, 9.0)
    marked[:3] = bits
    assert members(world(marked=marked, along=WHOLE[3:]).decide(engine)) == [[*WHOLE] if kept else [*WHOLE[3:]]]


def test_a_newcomer_needs_text_and_acting_along_or_a_link(engine: Engine) -> None:
    assert members(world(along=GROUP).decide(engine)) == [[*GROUP]]
    linked = [[*GROUP, 30, 31]]
    # Weighed among the group alone, so that newcomers' links are found by growing.
    found = world(along=GROUP, linked=linked).decide(engine, among=GROUP)
    assert members(found) == [[*GROUP, 30, 31]]
    pairs = set(zip(found.links.a.tolist(), found.links.b.tolist(), strict=True))
    assert {(0, 30), (30, 31)} <= pairs or any((a, 30) in pairs for a in GROUP)
    assert len(pairs) == len(found.links.a)


def test_a_newcomer_who_only_acts_along_and_asks_alike_joins_no_group_that_has_a_text(engine: Engine) -> None:
    marked, alike = bits_for(E, GROUP, 9.0, 0.0), bits_for(E, WHOLE, 9.0)
    assert members(world(marked=marked, alike=alike).decide(engine)) == [[*GROUP]]
    nothing = bits_for(E, [], 9.0, 0.0)
    assert members(world(marked=nothing, alike=alike).decide(engine)) == [[*WHOLE]]
    # Who merely asks alike is no member there either.
    assert members(world(marked=nothing, alike=alike, along=GROUP).decide(engine)) == [[*GROUP]]


@pytest.mark.parametrize(
    ("bits", "requests", "joins"),
    [
        (RECRUIT_BITS / 2, LEAST_RHYTHM, True),
        (RECRUIT_BITS / 2 - 0.01, LEAST_RHYTHM, False),
        (RECRUIT_BITS - 0.01, LEAST_RHYTHM - 1, False),
        (RECRUIT_BITS, LEAST_RHYTHM - 1, True),
    ],
)
def test_who_acts_along_with_a_group_without_a_text_joins_it_from_a_likeness_on(
    engine: Engine, bits: float, requests: int, joins: bool
) -> None:
    """Of many who ask a few times some act along by chance: it takes twice the likeness."""
    alike = bits_for(E, GROUP, 9.0)
    alike[8:] = np.where(np.isin(np.arange(8, E), WHOLE), bits, alike[8:])
    of_each = np.full(E, requests)
    found = world(marked=bits_for(E, [], 9.0, 0.0), alike=alike, exchanges=of_each).decide(engine)
    assert members(found) == [[*WHOLE] if joins else [*GROUP]]


def test_a_group_of_which_too_few_have_evidence_convicts_nobody(engine: Engine) -> None:
    marked, alike = bits_for(E, [], 9.0, 0.0), bits_for(E, GROUP, 9.0)
    found = world(marked=marked, alike=alike, along=[0, 1, 2, 3]).decide(engine)
    assert members(found) == []
    five = world(marked=marked, alike=alike, along=[0, 1, 2, 3, 4]).decide(engine)
    assert members(five) == [[0, 1, 2, 3, 4]]
    assert five.campaigns[0].bystanders.tolist() == [5, 6, 7]


def test_bystanders_of_a_found_group_are_told_from_its_members(engine: Engine) -> None:
    marked = bits_for(E, GROUP[:5], 9.0)
    marked[5:8] = MEMBER_BITS - 0.1, MEMBER_BITS, MEMBER_BITS
    (case,) = world(marked=marked, along=range(8)).decide(engine).campaigns
    assert case.members.tolist() == [0, 1, 2, 3, 4, 6, 7]
    assert case.bystanders.tolist() == [5]


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


def test_a_log_without_groups_decides_nothing(engine: Engine) -> None:
    found = World(E).add(told("texts", "content"), told("clock", "coordination")).decide(engine)
    assert (found.campaigns, found.others) == ([], [])


def test_weighed_pairs_come_back_whether_they_link_or_not(engine: Engine) -> None:
    made = world(linked=[GROUP])
    found = made.decide(engine, among=range(10))
    assert set(zip(found.links.a.tolist(), found.links.b.tolist(), strict=True)) >= {(0, 1), (6, 7)}
    assert (found.links.a < found.links.b).all()


def test_a_newcomer_without_a_text_does_all_that_nearly_all_do(engine: Engine) -> None:
    alike = bits_for(E, WHOLE, 9.0)
    for hands, joins in ((WHOLE, True), (GROUP, False), (range(6), True)):
        made = world(marked=bits_for(E, [], 9.0, 0.0), alike=alike).add(
            told("hands", "coordination", p=1e-3, along=hands)
        )
        # What fewer than nearly all of the group do is asked of nobody.
        assert members(made.decide(engine)) == [[*WHOLE] if joins else [*GROUP]]


@pytest.mark.parametrize(("house", "joins"), [(False, True), (None, False), (True, False)])
def test_newcomers_with_hands_of_their_own_join_unless_they_may_be_one_house(
    engine: Engine, house: bool | None, joins: bool
) -> None:
    def hands(group: np.ndarray) -> Iterable[int]:
        """The first share theirs; a second pool shares its own."""
        return WHOLE if len(group) > len(GROUP) else GROUP

    def office(group: np.ndarray, beside: np.ndarray) -> Explanation:
        return explanation(house if group.tolist() == [*LATE] else False, OFFICE)

    made = world(marked=bits_for(E, [], 9.0, 0.0), alike=bits_for(E, WHOLE, 9.0), explain=office).add(
        told("hands", "coordination", p=1e-3, along=hands)
    )
    assert members(made.decide(engine)) == [[*WHOLE] if joins else [*GROUP]]


@pytest.mark.parametrize(
    ("have", "shown", "found"),
    [(12, 0.009, True), (12, 0.011, False), (10, 0.009, False)],
    ids=["most, who show it by themselves", "who do not", "half"],
)
def test_what_many_show_together_convicts_those_who_have_evidence_of_their_own(
    engine: Engine, have: int, shown: float, found: bool
) -> None:
    """Of 554 shown beyond doubt 365 had evidence of their own, and by themselves they were no longer beyond it."""
    group, own = range(20), range(have)
    made = world(
        p={tuple(group): 1e-9, tuple(own): shown},
        groups=[group],
        marked=bits_for(E, own, 9.0, 0.0),
        alike=bits_for(E, group, 9.0),
        along=own,
    )
    decided = made.decide(engine, fdr=1e-4)
    assert members(decided) == ([[*own]] if found else [])
    assert not found or decided.campaigns[0].p_value == pytest.approx(1e-9, rel=3)
