"""Times in words, with zones by name and in parts are one moment each; what could be two is none."""

from typing import Any

import pytest

from stillwatch.ingest.record import RecordError
from stillwatch.ingest.time_notations import in_parts
from stillwatch.ingest.timestamps import timestamps, to_microseconds

NINE = 1772442000_000_000
TOLD: list[Any] = [
    "2026-03-02 10:00:00 Europe/Berlin",
    "2026-03-02 10:00:00 CET",
    "2026-03-02T01:00:00 PST",
    "2026-03-02 04:00:00 -0500 EST",
    "2026-03-02-09:00:00",
    "2026-03-02-09.00.00.000000",
    "2026-03-02T09-00-00Z",
    "02MAR2026:09:00:00",
    "Monday, March 2, 2026 9:00:00 AM",
    "2 mars 2026 09:00:00",
    "2. März 2026 09:00:00",
    "2 de marzo de 2026 09:00:00",
    "2 de março de 2026, 09:00:00",
    "2026-03-02 上午9:00:00",
    "2026/03/02 午前 9:00:00",
    "2026. 3. 2. 오전 9:00:00",
    [2026, 3, 2, 9, 0],
    [2026, 3, 2, 9, 0, 0],
    [2026, 3, 2, 9, 0, 0, 0],
]
NONE: list[Any] = [
    "2026-03-02 09:00:00 CST",
    "2026-03-02 09:00:00 Europe/Nowhere",
    "2 Ventose 2026 09:00:00",
    "2026-03-02 上午13:00:00",
    "2 mars 2026",
    "02/03/2026 09:00:00",
    [2026, 13, 2, 9, 0],
    [2026, 3, 2],
]


@pytest.mark.parametrize("written", TOLD, ids=str)
def test_it_is_that_moment(written: Any) -> None:
    assert to_microseconds(written) == NINE
    found, bad = timestamps([written])
    assert (found.to_pylist()[0].timestamp(), bad) == (NINE / 1_000_000, {})


@pytest.mark.parametrize("written", NONE, ids=str)
def test_it_is_no_time(written: Any) -> None:
    with pytest.raises(RecordError):
        to_microseconds(written)


def test_afternoons_are_afternoons() -> None:
    assert to_microseconds("2026-03-02 下午9:00:00") == NINE + 12 * 3_600_000_000
    assert to_microseconds("2026-03-02 上午12:00:00") == NINE - 9 * 3_600_000_000


@pytest.mark.parametrize(
    "held",
    [
        {"epochSecond": 1772442000, "nanoOfSecond": 0},
        {"seconds": "1772442000", "nanos": 0},
        [1772442000, 0],
    ],
)
def test_parts_are_one_number(held: Any) -> None:
    assert in_parts(held) == NINE


def test_what_a_time_is_shown_as_beside_itself_is_left_aside() -> None:
    assert in_parts({"repr": "x", "timestamp": 1772442000.5}) == 1772442000.5
