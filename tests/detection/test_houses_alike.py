"""Houses that ask alike are proposed together, where no two of their accounts would be."""

import numpy as np
import pytest
from made_log import made_log

from stillwatch.detection.houses_alike import houses_alike
from stillwatch.evidence import Content, Postings, whiten
from stillwatch.evidence.hands import KINDS
from stillwatch.evidence.thresholds import LEAST_MEMBERS, OFFICE_SIZE

E, EACH, D = 1200, 12, 40
CREW = np.arange(60)


def covered(seed: int, pull: float) -> Content:
    """Strangers, and a crew of whose prompts a half is of one matter, so that hardly two of its accounts are neighbours."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(E), EACH)
    features = rng.normal(size=(len(owner), D))
    matter = rng.normal(size=D)
    features[np.isin(owner, CREW) & (rng.random(len(owner)) < 0.5)] += pull * matter / np.sqrt(np.mean(matter**2))
    return whiten(features.astype(np.float16), owner, E, embedded=D // 2)


def houses(size: int, kind: str = "payment", *, shift: int = 0) -> Postings:
    """Everybody in houses of so many, the crew in its own; of the crew's each has the first ``shift`` of the next too."""
    entity, house = np.arange(E), np.arange(E) // size
    more = np.flatnonzero((entity % size < shift) & (entity >= size) & np.isin(entity, CREW))
    entity, house = np.concatenate([entity, more]), np.concatenate([house, house[more] - 1])
    kinds = np.full(E // size + 1, KINDS.index(kind), np.int8)
    return Postings.build(entity, house.astype(np.uint64), np.ones(len(entity)), E, kind=kinds[house])


def proposed(content: Content, hands: Postings | None, least: int = LEAST_MEMBERS) -> list[list[int]]:
    log = made_log(entities=E, content=content, hands=hands)
    return [group.tolist() for group in houses_alike(log, least=least, seed=0)]


@pytest.mark.parametrize("kind", ["payment", "domain", "address"])
@pytest.mark.parametrize("seed", range(3))
def test_houses_of_one_covered_source_are_one_group_and_strangers_houses_none(kind: str, seed: int) -> None:
    content = covered(seed, pull=0.27)
    assert len(content.neighbours.a) < 5
    assert proposed(content, houses(10, kind)) == [CREW.tolist()]
    assert proposed(covered(seed, pull=0.0), houses(10, kind)) == []


def test_nobody_is_a_house_by_itself_nor_with_more_than_an_office_has() -> None:
    content = covered(1, pull=0.27)
    assert proposed(content, houses(1)) == []
    assert proposed(content, houses(20)) == [CREW.tolist()]
    assert OFFICE_SIZE < 60
    assert proposed(content, houses(60)) == []


def test_houses_with_an_account_in_common_say_nothing_of_each_other() -> None:
    # Each has one of the next: only houses further apart stand for each other.
    assert proposed(covered(1, pull=0.27), houses(10, shift=1)) == [CREW.tolist()]
    assert proposed(covered(1, pull=0.27), houses(30, shift=1)) == []


def test_networks_are_no_houses_and_unknown_hands_propose_nobody() -> None:
    content = covered(1, pull=0.27)
    assert proposed(content, houses(10, "network")) == []
    assert proposed(content, None) == []
    assert proposed(content, houses(10), least=len(CREW) + 1) == []
