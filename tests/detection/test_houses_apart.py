"""A house in a group that does not do what convicts the group is no part of it."""

import numpy as np
import pytest
from handmade_families import World, explanation, never, told

from stillwatch.detection import Background, Examiner
from stillwatch.detection.houses_apart import without_houses_apart
from stillwatch.evidence import Explanation, Postings
from stillwatch.evidence.one_office import OFFICE

E, GROUP, CREW = 60, np.arange(20), np.arange(14, 20)


def hands() -> Postings:
    """Two payments of a campaign, bridged by an address of its own, and one of a crew."""
    cards = [(0, 0, range(7)), (0, 1, range(7, 14)), (0, 2, CREW.tolist()), (2, 3, range(5, 10))]
    rows = [(kind, name, e) for kind, name, who in cards for e in who]
    rows += [(0, 100 + e, e) for e in range(20, E)]
    kind, name, entity = (np.array(column) for column in zip(*rows, strict=True))
    known = np.ones((4, E), np.bool_)
    return Postings.build(
        entity, name.astype(np.uint64), np.ones(len(entity)), E, kind=kind.astype(np.int8), told=known
    )


@pytest.mark.parametrize(
    ("clock", "follows", "one_house", "crew_stays"),
    [
        (1e-9, range(14), True, False),
        (1e-9, range(20), True, True),
        (1e-9, range(6), True, True),
        (1e-9, range(14), False, True),
        (1e-3, range(14), True, True),
    ],
    ids=["a crew of its own hours", "all keep the clock", "half of the others do", "no one house", "no clock is shown"],
)
def test_a_house_that_does_not_keep_the_clock_leaves(
    clock: float, follows: range, one_house: bool, crew_stays: bool
) -> None:
    def house(inside: np.ndarray, beside: np.ndarray) -> Explanation:
        return explanation(None if one_house and set(inside) <= set(CREW.tolist()) else False, OFFICE)

    made = World(E, hands=hands()).add(
        told("texts", "content", p=1e-12),
        told("timing", "coordination", p=clock, along=follows, explain=house),
        told("reasons", "context", explain=never),
    )
    examiner = Examiner(made.log, made.families, Background(made.log, 200, 0))
    case = examiner.examine(GROUP, np.array([40]))
    left = without_houses_apart(examiner, case)
    assert left.members.tolist() == (GROUP.tolist() if crew_stays else [*range(14)])
    assert left.bystanders.tolist() == ([40] if crew_stays else [*CREW, 40])
    assert left.p_value >= case.p_value


@pytest.mark.parametrize(
    ("house", "rest", "may_be_one", "convicted"),
    [(14, 1.0, True, False), (14, 1e-9, True, True), (14, 1.0, False, True), (9, 1.0, True, True)],
    ids=["strangers beside a house", "they act together too", "no one house", "half of it is a house"],
)
def test_a_few_strangers_make_a_house_no_campaign(house: int, rest: float, may_be_one: bool, convicted: bool) -> None:
    """Most of a group have one payment and keep one clock; the others have none of it."""
    group, inside = np.arange(20), np.arange(house)
    kind = np.zeros(house + E - 20, np.int8)
    name = np.concatenate([np.zeros(house), 100 + np.arange(20, E)]).astype(np.uint64)
    holder = np.concatenate([inside, np.arange(20, E)])
    told_of = np.ones((4, E), np.bool_)
    paid = Postings.build(holder, name, np.ones(len(holder)), E, kind=kind, told=told_of)

    def one_house(members: np.ndarray, beside: np.ndarray) -> Explanation:
        return explanation(None if may_be_one and set(members) <= set(inside.tolist()) else False, OFFICE)

    clock = {tuple(group.tolist()): 1e-9, tuple(inside.tolist()): 1e-9, tuple(range(house, 20)): rest}
    made = World(E, hands=paid).add(
        told("texts", "content", p=1e-12),
        told("timing", "coordination", p=clock, along=group.tolist(), explain=one_house),
        told("reasons", "context", explain=never),
    )
    examiner = Examiner(made.log, made.families, Background(made.log, 200, 0))
    left = without_houses_apart(examiner, examiner.examine(group, np.array([40])))
    assert left.may_convict is convicted
    assert left.members.tolist() == (group if convicted else inside).tolist()
