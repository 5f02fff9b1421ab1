"""What a group sends, held against people at large: a reseller's customers ask for themselves, and a source is shown."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from made_log import made_log
from made_people import EACH, at_large_of, people, source

from stillwatch.detection.own_matter import OwnMatter
from stillwatch.evidence import AtLarge

GROUP = np.arange(20)


@pytest.fixture(scope="module")
def strangers() -> AtLarge:
    return at_large_of(0)


class Sent:
    """What one group sent, by key; and people at large, where they are known."""

    def __init__(self, features: np.ndarray, strangers: AtLarge | None) -> None:
        self._features, self._strangers = features.astype(np.float32), strangers

    def streams(self, groups: Sequence[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
        keys = np.arange(len(self._features))
        return [(keys, keys) for _ in groups]

    def features(self, sets: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
        yield from (self._features[keys] for keys in sets)

    def read(self, reader: object, seed: int) -> AtLarge | None:
        return self._strangers


def resold(
    strangers: AtLarge | None, of_source: int, of_people: int, *, hardly: bool
) -> tuple[bool | None, str] | None:
    rng = np.random.default_rng(of_source + 7)
    sent = Sent(np.concatenate([source(rng, of_source), people(rng, -(-of_people // EACH))[0][:of_people]]), strangers)
    given: Any = sent
    found = OwnMatter(given, made_log(), lambda: given, seed=0).resold(GROUP, hardly=hardly)
    return None if found is None else (found.holds, found.statement)


@pytest.mark.parametrize("hardly", [False, True])
def test_what_people_ask_for_themselves_may_be_a_resellers_customers(strangers: AtLarge, hardly: bool) -> None:
    told = resold(strangers, 0, 900, hardly=hardly)
    assert told is not None
    assert told[0] is True


@pytest.mark.parametrize("hardly", [False, True])
def test_a_source_that_is_shared_out_under_cover_is_no_resellers(strangers: AtLarge, hardly: bool) -> None:
    told = resold(strangers, 300, 600, hardly=hardly)
    assert told is not None
    assert told[0] is False


@pytest.mark.parametrize("hardly", [False, True])
def test_of_a_little_of_one_matter_it_cannot_be_told_whether_a_relay_carries_it(
    strangers: AtLarge, hardly: bool
) -> None:
    told = resold(strangers, 78, 1_422, hardly=hardly)
    assert told is not None
    assert told[0] is None


@pytest.mark.parametrize(
    ("of_source", "of_people", "why"), [(0, 299, "they are fewer than 300"), (900, 0, "hardly ask about")]
)
def test_of_few_requests_and_of_matters_of_their_own_it_is_left_open(
    strangers: AtLarge, of_source: int, of_people: int, why: str
) -> None:
    told = resold(strangers, of_source, of_people, hardly=True)
    assert told is not None
    assert told[0] is None
    assert why in told[1]


def test_where_nobody_is_known_it_is_not_thought_of() -> None:
    assert resold(None, 0, 900, hardly=True) is None
