"""Everyone else who sends the text of a found group is held together, and with it."""

import numpy as np
import pytest
from handmade_families import Explain, World, bits_for, explanation, never, told

from stillwatch.detection import Background, Case, Examiner
from stillwatch.detection.sharers import with_sharers
from stillwatch.evidence.families.infrastructure import COHORT
from stillwatch.evidence.thresholds import HOPELESS, LEAST_MEMBERS, UNTOLD

E = 60
CORE, OTHERS = range(8), range(20, 32)
WHOLE = (*CORE, *OTHERS)
FDR = 0.01


def grown(
    *,
    core: float = 1e-9,
    source: float = UNTOLD,
    whole: float = HOPELESS,
    together: float = HOPELESS,
    others: range = OTHERS,
    explain: Explain = never,
    taken: range = range(0),
    fits: tuple[int, ...] = WHOLE,
) -> Case:
    """A found group of eight, and twelve others who have its text; at their lines, if not said otherwise."""
    world = World(E).add(
        told("texts", "content", marks=True, p=1e-9, bits=bits_for(E, fits, 9.0), holders=(*CORE, *others)),
        told("semantics", "content", p={tuple(CORE): 1e-9, tuple(OTHERS): source, WHOLE: 1e-9}),
        told("clock", "coordination", p={tuple(CORE): core, tuple(OTHERS): together, WHOLE: whole}, explain=explain),
    )
    examiner = Examiner(world.log, world.families, Background(world.log, 500, 0))
    case = examiner.examine(np.array(CORE), np.array([20, 40]))
    mask = np.zeros(E, np.bool_)
    mask[list(taken)] = True
    return with_sharers(examiner, case, mask, FDR)


def test_who_has_the_text_and_asks_from_one_source_is_of_the_group() -> None:
    case = grown()
    assert case.members.tolist() == [*WHOLE]
    assert case.bystanders.tolist() == [40]
    # What convicts is what the found ones show.
    assert case.p_value == pytest.approx(2e-9, rel=0.6)


@pytest.mark.parametrize(
    "given",
    [
        {"core": 0.02},
        {"source": UNTOLD * 1.01},
        {"whole": HOPELESS * 1.01},
        {"together": HOPELESS * 1.01},
        {"taken": OTHERS},
        {"others": OTHERS[: LEAST_MEMBERS - 1]},
        {"fits": (*CORE, *OTHERS[: LEAST_MEMBERS - 1])},
    ],
)
def test_nobody_comes_where_one_thing_is_not_shown(given: dict[str, object]) -> None:
    assert grown(**given).members.tolist() == [*CORE]  # type: ignore[arg-type]


def of_the_others(holds: bool | None, name: str) -> Explain:
    return lambda members, beside: explanation(holds if len(members) == len(OTHERS) else False, name)


@pytest.mark.parametrize(
    ("holds", "name", "join"),
    [(True, "a class", False), (None, "a class", False), (True, COHORT, False), (None, COHORT, True)],
)
def test_nobody_comes_whom_something_honest_may_explain(holds: bool | None, name: str, join: bool) -> None:
    # Whether they are one house is for the whole to say.
    assert grown(explain=of_the_others(holds, name)).members.tolist() == [*(WHOLE if join else CORE)]
