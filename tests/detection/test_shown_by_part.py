"""Members for whom only the others speak are no members."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from handmade_families import Explain, World, bits_for, explanation, never, pairs_within, told

from stillwatch.detection import Background, Case, Examiner
from stillwatch.detection.shown_by_part import without_onlookers, without_passengers
from stillwatch.engines import Engine
from stillwatch.evidence import Explanation
from stillwatch.evidence.families.infrastructure import COHORT
from stillwatch.evidence.one_office import OFFICE
from stillwatch.evidence.thresholds import HOPELESS, LEAST_MEMBERS

CORE, REST = range(8), range(8, 20)
FDR = 0.01


def left(
    engine: Engine,
    core: float = 1e-9,
    rest: float = 1.0,
    tied: int = 0,
    both: float = 1e-9,
    shows: range = CORE,
    explains: Explain = never,
    also: Sequence[Iterable[int]] = (),
) -> Case:
    """Twenty accounts that stand the tests together, eight of which show what is found."""
    linked = pairs_within(60, [CORE, [0, *REST[:tied]], *also])
    says = {tuple(CORE): core, tuple(REST): rest, (*CORE, *REST): 1e-9}
    says |= {tuple(range(size)): core for size in range(len(CORE) + 1, 20)}
    says |= {(*CORE, *REST[:tied]): both} if tied else {}
    world = World(60).add(
        told("texts", "content", p=says, shown=shows, explain=explains, linked=linked),
        told("clock", "coordination", p=says),
    )
    links = world.linker(engine).weigh(*np.nonzero(np.triu(linked, 1)))
    examiner = Examiner(world.log, world.families, Background(world.log, 500, 0))
    whole = examiner.examine(np.arange(20), np.array([40]))
    return without_passengers(examiner, links, whole, FDR)


def test_who_does_not_show_it_and_does_not_stand_alone_leaves(engine: Engine) -> None:
    case = left(engine)
    assert case.members.tolist() == [*CORE]
    assert case.bystanders.tolist() == [*REST, 40]
    assert case.may_convict


def test_who_is_tied_to_those_who_show_it_stays(engine: Engine) -> None:
    assert left(engine, tied=3).members.tolist() == [*CORE, *REST[:3]]


@pytest.mark.parametrize(("both", "stay"), [(FDR, True), (FDR + 1e-6, False)])
def test_who_is_tied_to_them_takes_nothing_from_what_they_show(engine: Engine, both: float, stay: bool) -> None:
    """With 76 who were tied to them 193 accounts came from p = 1e-11 to 1, and a campaign was lost."""
    case = left(engine, tied=3, both=both)
    assert case.members.tolist() == ([*CORE, *REST[:3]] if stay else [*CORE])
    assert case.may_convict
    assert case.p_value <= FDR
    assert set(case.bystanders.tolist()) == {*range(20), 40} - set(case.members.tolist())


@pytest.mark.parametrize(("rest", "all_stay"), [(HOPELESS, True), (HOPELESS + 1e-6, False)])
def test_who_stands_by_itself_stays(engine: Engine, rest: float, all_stay: bool) -> None:
    assert (len(left(engine, rest=rest).members) == 20) is all_stay


@pytest.mark.parametrize(("core", "all_stay"), [(FDR, False), (FDR + 1e-6, True)])
def test_all_stay_where_those_who_show_it_do_not_stand_alone(engine: Engine, core: float, all_stay: bool) -> None:
    assert (len(left(engine, core=core).members) == 20) is all_stay


@pytest.mark.parametrize(
    ("name", "rest", "whole"), [(OFFICE, 1.0, False), (OFFICE, HOPELESS, True), ("a set", 1.0, True)]
)
def test_where_those_who_show_it_may_be_one_house_nobody_is_left_to_convict(
    engine: Engine, name: str, rest: float, whole: bool
) -> None:
    """What else cannot be told of a part of a group is ruled out of the whole of it, and the whole stands."""

    def explains(members: np.ndarray, beside: np.ndarray) -> Explanation:
        return explanation(None if len(members) == len(CORE) else False, name)

    case = left(engine, rest=rest, explains=explains)
    assert case.may_convict is whole
    assert len(case.members) == (20 if whole else len(CORE))


@pytest.mark.parametrize(("rest", "whole"), [(FDR, False), (FDR + 1e-6, True)])
@pytest.mark.parametrize("honest", [CORE, REST])
def test_of_two_groups_in_one_whoever_may_be_honest_leaves(
    engine: Engine, honest: range, rest: float, whole: bool
) -> None:
    """A crew's text and a campaign's clock, chained by a carrier's address, had called the crew's 57 accounts."""

    def explains(members: np.ndarray, beside: np.ndarray) -> Explanation:
        return explanation(None if len(members) == len(honest) else False, OFFICE)

    case = left(engine, rest=rest, explains=explains)
    assert case.may_convict
    left_over = REST if honest is CORE else CORE
    assert case.members.tolist() == ([*CORE, *REST] if whole else [*left_over])
    assert whole or set(honest) <= set(case.bystanders.tolist())


@pytest.mark.parametrize("tied", [0, 1])
def test_a_few_who_show_nothing_make_no_more_of_one_house_than_it_is(engine: Engine, tied: int) -> None:
    """Ten on one address with four strangers beside them who ask alike are an office still."""

    def explains(members: np.ndarray, beside: np.ndarray) -> Explanation:
        return explanation(False if len(members) == 20 else None, OFFICE)

    inside = range(20 - LEAST_MEMBERS + 1)
    linked = [[inside[0], *range(len(inside), len(inside) + tied)]]
    case = left(engine, core=1e-9, shows=inside, explains=explains, also=linked)
    assert not case.may_convict
    assert case.members.tolist() == [*range(len(inside) + tied)]


@pytest.mark.parametrize(("size", "all_stay"), [(LEAST_MEMBERS - 1, True), (20 - LEAST_MEMBERS + 1, True)])
def test_a_part_too_small_to_test_changes_nothing(engine: Engine, size: int, all_stay: bool) -> None:
    assert (len(left(engine, shows=range(size)).members) == 20) is all_stay


# Onlookers.


def acting(rest: float = 1.0, core: float = 1e-9, along: range = CORE, explains: Explain = never) -> Case:
    """Twenty accounts that stand the tests together; some of them do what is shown."""
    says = {tuple(along): core, tuple(range(len(along), 20)): rest, (*CORE, *REST): 1e-9}
    world = World(60).add(
        told("texts", "content", p={(*CORE, *REST): 1e-9, tuple(along): 1e-9}, explain=explains),
        told("clock", "coordination", p=says, along=along),
        # Everybody shares a carrier's address, which shows nothing.
        told("hands", "coordination", p=1.0, along=range(20)),
    )
    examiner = Examiner(world.log, world.families, Background(world.log, 500, 0))
    whole = examiner.examine(np.arange(20), np.array([40]))
    return without_onlookers(examiner, whole, FDR)


def test_who_does_nothing_of_what_is_shown_and_does_not_act_together_leaves() -> None:
    case = acting()
    assert case.members.tolist() == [*CORE]
    assert case.bystanders.tolist() == [*REST, 40]
    assert case.may_convict


@pytest.mark.parametrize(
    "given",
    [{"rest": HOPELESS / 2}, {"core": 2 * FDR}, {"along": range(20 - LEAST_MEMBERS + 1)}, {"along": range(20)}],
    ids=["the others act together too", "who acts does not stand alone", "a few", "nobody"],
)
def test_all_stay(given: dict[str, Any]) -> None:
    assert acting(**given).members.tolist() == [*range(20)]


@pytest.mark.parametrize("holds", [True, None])
def test_all_stay_where_something_honest_may_explain_who_acts(holds: bool | None) -> None:
    explains: Explain = lambda members, beside: explanation(holds if len(members) == len(CORE) else False, "a set")  # noqa: E731
    assert acting(explains=explains).members.tolist() == [*range(20)]


def signed_up_with(came: Iterable[int], name: str = COHORT, bits: float = 9.0, rest: float = FDR) -> Case:
    """Twenty accounts of one text, eight of which share hands; of the others it cannot be told whether they are a
    class, or something else, by whatever shows that they are a group too."""
    says = {tuple(CORE): 1e-9, tuple(REST): rest, (*CORE, *REST): 1e-9}

    def explains(members: np.ndarray, beside: np.ndarray) -> Explanation:
        return explanation(None if len(members) == len(REST) else False, name)

    world = World(60).add(
        told("texts", "content", marks=True, p=1e-9, bits=bits_for(60, range(20), bits), explain=explains),
        told("hands", "coordination", p=says, along=CORE, came=came, among_strangers=1.0),
    )
    examiner = Examiner(world.log, world.families, Background(world.log, 500, 0))
    return without_onlookers(examiner, examiner.examine(np.arange(20), np.array([40])), FDR)


@pytest.mark.parametrize(
    ("given", "all_stay"),
    [
        ({"came": range(20)}, True),
        ({"came": range(12)}, False),
        ({"came": range(20), "bits": 1.0}, False),
        ({"came": range(20), "rest": 2 * FDR}, False),
        ({"came": range(20), "name": "a set"}, False),
    ],
    ids=["all in the same days", "at other times", "of other texts", "no group by themselves", "a set each runs"],
)
def test_who_has_the_text_and_signed_up_with_those_who_act_stays(given: dict[str, Any], all_stay: bool) -> None:
    """478 accounts on shared cards had left 314 without, who signed up in the same weeks."""
    assert (len(signed_up_with(**given).members) == 20) is all_stay
