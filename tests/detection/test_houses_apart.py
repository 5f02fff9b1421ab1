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
