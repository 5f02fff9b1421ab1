"""Whose links say that they belong to a group."""

import numpy as np

from stillwatch.detection.own_evidence import linked_to_who_stay
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
