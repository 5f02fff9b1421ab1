"""What was observed when: rotated files are one source, two gateways are two, and one wrong clock moves nothing."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pytest
from made_exchanges import opened

from stillwatch.evidence import HOUR
from stillwatch.evidence.thresholds import ROTATION_HOURS
from stillwatch.profiles import source_windows
from stillwatch.profiles.windows import windows

DAY = 24 * HOUR
GAP = int(ROTATION_HOURS * HOUR)


def covered(files: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """What each file's source covers, in days."""
    first, last = (np.array([round(times[side] * DAY) for times in files.values()]) for side in (0, 1))
    begin, end = source_windows(files, first, last)
    return {name: (begin[n] / DAY, end[n] / DAY) for n, name in enumerate(files)}


def test_files_that_a_log_was_rotated_into_are_one_source() -> None:
    daily = {f"gate-2025-03-{day:02d}.jsonl": (day, day + 1.0) for day in (3, 1, 2)}
    assert set(covered(daily).values()) == {(1, 4)}


def test_files_of_other_names_are_other_sources() -> None:
    both = covered({"east-1": (0, 7), "west-1": (7, 14), "east-2": (7, 8)})
    assert both == {"east-1": (0, 8), "east-2": (0, 8), "west-1": (7, 14)}


def test_files_within_files_are_joined_by_the_farthest_end() -> None:
    assert set(covered({"a1": (0, 10), "a2": (1, 2), "a3": (10.5, 12)}).values()) == {(0, 12)}


@pytest.mark.parametrize(("gap", "joined"), [(GAP, True), (GAP + 1, False)])
def test_a_pause_longer_than_a_night_parts_two_sources(gap: int, joined: bool) -> None:
    first, last = np.array([0, DAY + gap]), np.array([DAY, 3 * DAY + gap])
    begin, end = source_windows(["log-1", "log-2"], first, last)
    assert bool(begin[1] == 0) is joined
    assert bool(end[0] == last[1]) is joined
    assert begin[0] == 0
    assert end[1] == last[1]


def test_what_is_given_is_left_as_it_was() -> None:
    first, last = np.array([0, DAY]), np.array([DAY, 2 * DAY])
    source_windows(["log-1", "log-2"], first, last)
    assert first.tolist() == [0, DAY]
    assert last.tolist() == [DAY, 2 * DAY]


def entity_windows(rows: list[tuple[str, str, int]], entities: dict[str, int]) -> list[tuple[int, int]]:
    """From account, file and time of each exchange."""
    account, file, time = zip(*rows, strict=True)
    table = pa.table({"account_id": account, "source_file": file, "time": pa.array(time, pa.timestamp("us", tz="UTC"))})
    with opened() as engine:
        accounts = engine.keep(pa.table({"account_id": list(entities), "entity": list(entities.values())}))
        begin, end = windows(engine, exchanges=engine.keep(table), accounts=accounts)
    return list(zip(begin.tolist(), end.tolist(), strict=True))


def test_an_entity_is_observed_where_its_accounts_appear() -> None:
    rows = [("east", "east.jsonl", n * HOUR) for n in range(10)]
    rows += [("west", "west.jsonl", 100 * HOUR + n * HOUR) for n in range(20)]
    rows += [("both", "east.jsonl", 3 * HOUR), ("both", "west.jsonl", 110 * HOUR)]
    assert entity_windows(rows, {"east": 1, "west": 0, "both": 2}) == [
        (100 * HOUR, 119 * HOUR),
        (0, 9 * HOUR),
        (0, 119 * HOUR),
    ]
    as_one = entity_windows(rows, {"east": 0, "west": 0, "both": 1})
    assert as_one == [(0, 119 * HOUR), (0, 119 * HOUR)]


def test_one_wrong_clock_moves_no_edge() -> None:
    rows = [("a", "log.jsonl", 1000 * DAY + n * HOUR) for n in range(3000)]
    right = entity_windows(rows, {"a": 0})[0]
    wrong = entity_windows([*rows, ("a", "log.jsonl", 0), ("a", "log.jsonl", 9000 * DAY)], {"a": 0})[0]
    assert abs(wrong[0] - right[0]) <= HOUR
    assert abs(wrong[1] - right[1]) <= HOUR
    assert right[0] - 1000 * DAY <= 3 * HOUR
    assert 1000 * DAY + 2999 * HOUR - right[1] <= 4 * HOUR
