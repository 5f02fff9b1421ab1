"""Who of a group has evidence of its own: by links, and by acting along."""

import numpy as np
import pytest
from handmade_families import World, never, told

from stillwatch.detection import Background, Case, Examiner
from stillwatch.detection.own_evidence import linked_to_who_stay, with_evidence
from stillwatch.linking import Links

GROUP = np.arange(20)
ALL = np.ones(20, np.bool_)
NONE = np.zeros(20, np.bool_)


def links(pairs: list[tuple[int, int]]) -> Links:
    a, b = np.array(sorted((min(p), max(p)) for p in pairs), np.int64).T
    return Links(a, b, np.full(len(a), 6.0), np.full(len(a), 0.99), {})


CHAIN = [(n, n + 1) for n in range(15)]
CREW = [(a, b) for a in range(16, 20) for b in range(a + 1, 20)]


def stayed(pairs: list[tuple[int, int]], stays: np.ndarray, first: np.ndarray, by_itself: np.ndarray) -> list[int]:
    return np.flatnonzero(linked_to_who_stay(links(pairs), GROUP, stays, first, by_itself)).tolist()


def test_newcomers_that_are_linked_to_one_another_only_came_as_a_house_of_their_own() -> None:
    first = GROUP < 16
    assert stayed(CHAIN + CREW, ALL, first, NONE) == list(range(16))
    assert stayed(CHAIN + CREW, ALL, ALL, NONE) == list(range(20))


def test_who_is_linked_to_those_who_leave_has_no_link() -> None:
    stays = GROUP < 17
    assert stayed(CHAIN + CREW, stays, ALL, NONE) == list(range(16))
    # One after another: who hangs on by one who leaves has none either.
    assert stayed([*CHAIN, (16, 17), (17, 18)], GROUP != 16, ALL, GROUP == 18) == [*range(16), 17, 18]


def test_evidence_by_itself_needs_no_link_but_for_who_is_one_of_others() -> None:
    pairs = [*CHAIN, (16, 40), (16, 41)]
    alone = GROUP >= 16
    # Of twenty, sixteen are linked to one another: who is not may be like them otherwise.
    assert stayed(pairs, ALL, ALL, alone) == list(range(20))
    # Where nearly all are, who is linked to others alone is one of those, and who is to nobody is not.
    assert stayed(pairs, GROUP < 17, ALL, alone) == list(range(16))
    assert stayed(CHAIN, GROUP < 17, ALL, alone) == list(range(17))


KEEP_THE_CLOCK = range(12)


def pays_with(members: np.ndarray) -> list[int]:
    """A crew of three share a card, and so do the members from ten on with whoever is twelve or thirteen."""
    inside = set(members.tolist())
    found = [17, 18, 19] if {17, 18, 19} <= inside else []
    return found + ([12, 13] if {10, 11} <= inside else [])


def left_of(*, clock: float, keep: range = KEEP_THE_CLOCK) -> Case:
    """Twenty who ask alike, of whom some keep a clock and others share cards."""
    bits = np.full(60, -9.0)
    bits[:20] = 9.0
    made = World(60).add(
        told("questions", "content", p=1e-12, bits=bits),
        told("timing", "coordination", p=clock, along=keep),
        told("cards", "coordination", p=1.0, along=pays_with),
        told("reasons", "context", explain=never),
    )
    made.families["cards"].owners = True  # type: ignore[misc]
    examiner = Examiner(made.log, made.families, Background(made.log, 200, 0))
    none = Links(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0), {})
    return with_evidence(examiner, none, examiner.examine(GROUP, np.array([40])), GROUP)


@pytest.mark.parametrize(
    ("clock", "keep", "left"),
    [
        (1e-9, KEEP_THE_CLOCK, [*range(14)]),
        (1e-3, KEEP_THE_CLOCK, [*range(14), 17, 18, 19]),
        (1e-9, range(6, 12), [*range(6, 14), 17, 18, 19]),
    ],
    ids=["most keep one clock", "no clock is beyond doubt", "few keep it"],
)
def test_who_keeps_no_clock_of_the_groups_must_be_tied_to_those_who_do(
    clock: float, keep: range, left: list[int]
) -> None:
    assert left_of(clock=clock, keep=keep).members.tolist() == left


def test_who_acts_along_with_those_who_are_unlike_the_group_has_nothing_of_its_own() -> None:
    """Two act along with three who ask of other matters than the group."""
    bits = np.full(60, -9.0)
    bits[:17] = 9.0

    def along(members: np.ndarray) -> list[int]:
        return [*range(14), *([14, 15] if {17, 18, 19} <= set(members.tolist()) else [])]

    made = World(60).add(
        told("questions", "content", p=1e-12, bits=bits),
        told("timing", "coordination", p=1e-3, along=along),
        told("reasons", "context", explain=never),
    )
    examiner = Examiner(made.log, made.families, Background(made.log, 200, 0))
    none = Links(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0), {})
    found = with_evidence(examiner, none, examiner.examine(GROUP, np.array([40])), GROUP)
    assert found.members.tolist() == [*range(14)]
