"""Times as logs write them, read as the moment that was meant or not at all."""

import json
import tempfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.ingest import plan, read_slice
from stillwatch.ingest.timestamps import to_microseconds

NOON = datetime(2026, 11, 24, 12, 0, 0, 250_000, tzinfo=UTC)
MICROSECONDS = 1_795_521_600_250_000
LAST = "2099-12-31T23:59:59.999999Z"


def read(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    results = [result for part in plan([path]) for result in read_slice(part)]
    exchanges = [row for result in results for row in result.exchanges.to_pylist()]
    return exchanges, [row for result in results for row in result.dead_letters.to_pylist()]


def read_times(folder: Path, times: list[Any], name: str = "time") -> tuple[list[Any], list[dict[str, Any]]]:
    """Times as read of a log with these, and the dead letters; a good record comes first."""
    good = {"time": "2026-11-24T00:00:00Z", "account_id": "a", "prompt": "p"}
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps({**good, name: time}) + "\n" for time in [good["time"], *times]))
    exchanges, letters = read(path)
    return [row[name] for row in exchanges][1:], letters


@pytest.mark.parametrize(
    "written",
    [
        MICROSECONDS / 10**6,
        MICROSECONDS // 1000,
        float(MICROSECONDS // 1000),
        MICROSECONDS,
        MICROSECONDS * 1000,
        MICROSECONDS * 1000 + 999,
        str(MICROSECONDS / 10**6),
        str(MICROSECONDS * 1000),
        f" {MICROSECONDS} ",
        "2026-11-24T12:00:00.25Z",
        "2026-11-24T12:00:00.250000",
        "2026-11-24 12:00:00.250+00:00",
        "2026-11-24 12:00:00.250 UTC",
        "2026-11-24T13:00:00.25+01:00",
        "2026-11-24T06:30:00.25-05:30",
        "20261124T120000.250Z",
        # Kibana's, databases', and Go's with its own clock behind.
        "Nov 24, 2026 @ 12:00:00.250",
        "24-Nov-2026 12:00:00.25",
        "2026-11-24 12:00:00.25 +0000 UTC",
        "2026-11-24 12:00:00.250000 +0000 UTC m=+0.012345678",
        "2026-11-24 13:00:00.250 +0100",
        # A clock's digits in a row, .NET's ticks, a day before its month where that is the only order.
        "20261124120000250",
        20261124120000250,
        639_311_184_002_500_000,
        "639311184002500000",
        "24.11.2026 12:00:00.250",
        "2026-11-24 12:00:00.250 Z",
    ],
)
@pytest.mark.parametrize("name", ["time", "created"])
def test_every_notation_is_the_same_moment(tmp_path: Path, written: Any, name: str) -> None:
    assert read_times(tmp_path, [written], name) == ([NOON], [])


@pytest.mark.parametrize(
    "written",
    [
        "[24/Nov/2026:12:00:00 +0000]",
        "24 Nov 2026 12:00:00 +0000",
        "24 Nov 2026 14:00:00 +0200",
        "24 Nov 2026 12:00:00 GMT",
        "Tue, 24 Nov 2026 12:00:00 +0000",
        "24-Nov-2026 12:00:00",
        "Nov 24, 2026 @ 12:00:00",
        "Nov 24, 2026, 12:00:00 PM",
        "Nov 24, 2026, 12:00:00\u202fPM",
        "November 24, 2026 at 12:00:00 PM",
        "24.11.2026 12:00:00",
        "24.11.2026, 12:00:00",
        "20261124120000",
        "2026年11月24日 12:00:00",
        "2026年11月24日 12时00分00秒",
        "2026年11月24日 12時00分00秒",
    ],
)
def test_notations_of_whole_seconds(tmp_path: Path, written: str) -> None:
    assert read_times(tmp_path, [written]) == ([datetime(2026, 11, 24, 12, tzinfo=UTC)], [])


@pytest.mark.parametrize("written", ["Nov 24, 2026 @ 12:00", "24-Nov-2026", "[24/Nov/2026]", "24 Nov 2026 12:00 +0000"])
def test_a_notation_without_its_second_is_none(tmp_path: Path, written: str) -> None:
    times, letters = read_times(tmp_path, [written])
    assert times == []
    assert len(letters) == 1


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        (946_684_800, datetime(2000, 1, 1, tzinfo=UTC)),
        (4_102_444_799, datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (4_102_444_799_999, datetime(2099, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
        (4_102_444_799_999_999, datetime(2099, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        (LAST, datetime(2099, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("2100-01-01T00:30:00+01:00", datetime(2099, 12, 31, 23, 30, tzinfo=UTC)),
    ],
)
def test_the_first_and_the_last_moment(tmp_path: Path, written: Any, moment: datetime) -> None:
    assert read_times(tmp_path, [written]) == ([moment], [])


@pytest.mark.parametrize(
    "written",
    [
        946_684_799,
        4_102_444_800,
        "1999-12-31T23:59:59.999999Z",
        "2100-01-01T00:00:00Z",
        "2026-11-24T25:00:00Z",
        "2026-02-30T00:00:00Z",
        "yesterday",
        "nan",
        "1e400",
        -1,
        True,
        [1],
        {"second": 1},
        "20261324120000",
        20261124250000,
        "31.02.2026 12:00:00",
        "11/12/2026 12:00:00",
    ],
)
def test_what_is_no_time_is_a_dead_letter_that_shows_it(tmp_path: Path, written: Any) -> None:
    times, letters = read_times(tmp_path, [written, LAST])
    assert len(times) == 1
    (letter,) = letters
    assert letter["line"] == 2
    assert letter["reason"].startswith("`time`: ")
    assert repr(written) in letter["reason"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2026-11-24", "a day"),
        ("20261124", "a day"),
        ("2026/11/24", "a day"),
        ("2026-W48-2", "a day"),
        (" 2026-11-24 ", "a day"),
        ("2026-11-24T09", "an hour"),
        ("2026-11-24T00", "an hour"),
        ("2026-11-24T09+02:00", "an hour"),
        ("2026-11-24 09:15", "a minute"),
        ("2026-11-24T09:15Z", "a minute"),
        ("2026-11-24T00:00+02:00", "a minute"),
        ("20261124T0915", "a minute"),
        ("2026-11-24 09:15 UTC", "a minute"),
    ],
)
def test_a_time_that_says_no_second_is_none(tmp_path: Path, written: str, told: str) -> None:
    """The rest of it would be made up, and strangers would come at once. An account may be of a day."""
    times, (letter,) = read_times(tmp_path, [written, LAST])
    assert len(times) == 1
    assert f"{written!r} is {told}, and no time" in letter["reason"]
    (created,), letters = read_times(tmp_path, [written], "created")
    assert created is not None
    assert letters == []


@pytest.mark.parametrize(
    "written", ["2026-11-24T00:00:00", "20261124T000000Z", "2026-11-24 00:00:00+02:00", "1795478400"]
)
def test_midnight_to_the_second_is_a_time(tmp_path: Path, written: str) -> None:
    times, letters = read_times(tmp_path, [written])
    assert len(times) == 1
    assert letters == []


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_a_column_of_days_is_no_column_of_times(tmp_path: Path, kind: pa.DataType) -> None:
    day = pa.array([20_781], pa.int32()).cast(pa.date32()).cast(kind)
    pq.write_table(pa.table({"time": day, "account_id": ["a"], "prompt": ["p"]}), tmp_path / "t.parquet")
    rows, (letter,) = read(tmp_path / "t.parquet")
    assert rows == []
    assert "is a day, and no time" in letter["reason"]
    pq.write_table(
        pa.table({"time": [LAST], "created": day, "account_id": ["a"], "prompt": ["p"]}), tmp_path / "t.parquet"
    )
    (row,), letters = read(tmp_path / "t.parquet")
    assert row["created"] == datetime(2026, 11, 24, tzinfo=UTC)
    assert letters == []


def test_a_bad_created_costs_itself_alone(tmp_path: Path) -> None:
    """It is optional: the request stays, and says what it lacks."""
    times, letters = read_times(tmp_path, ["2026-11-24", "never", None], "created")
    assert times == [datetime(2026, 11, 24, tzinfo=UTC), None, None]
    assert letters == []
    rows, _ = read(tmp_path / "log.jsonl")
    assert [row["note"] and row["note"][:18] for row in rows] == [None, None, "`created`: expecte", None]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)), min_size=1, max_size=6),  # noqa: DTZ001
    st.integers(0, 5),
)
def test_a_column_reads_as_its_values_do(made: list[datetime], odd: int) -> None:
    """All in the common notation are parsed at once; one in another notation has all parsed one by one."""
    common = [moment.isoformat() + "Z" for moment in made]
    meant = [moment.replace(tzinfo=UTC) for moment in made]
    mixed = [*common[:odd], (meant[odd % len(made)] - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)]
    with tempfile.TemporaryDirectory() as folder:
        assert read_times(Path(folder), common) == (meant, [])
        assert read_times(Path(folder), [*mixed, *common])[0] == [*meant[:odd], meant[odd % len(made)], *meant]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Kolkata"])
def test_columns_of_timestamps_are_moments(tmp_path: Path, unit: str, zone: str | None) -> None:
    moments = [datetime(2026, 11, 24, 12, tzinfo=UTC), datetime(1999, 1, 1, tzinfo=UTC)]
    times = pa.array([m.replace(tzinfo=None) for m in moments], pa.timestamp(unit))
    if zone:
        times = times.cast(pa.timestamp(unit, tz=zone))
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"time": times, "account_id": ["a", "b"], "prompt": ["p", "q"]}), path)
    (row,), (letter,) = read(path)
    assert row["time"] == moments[0]
    assert letter["line"] == 2
    assert "'account_id': 'b'" in letter["excerpt"]


@pytest.mark.parametrize(
    ("start", "end", "latency"),
    [
        ("2026-11-24T00:00:00Z", "2026-11-24T00:00:01.5Z", 1500.0),
        (1_795_490_904.0, 1_795_490_904.25, 250.0),
        ("2026-11-24T00:00:00Z", "2026-11-24T01:00:00+01:00", 0.0),
        ("2026-11-24T00:00:00Z", "later", None),
        ("2026-11-24T00:00:00Z", None, None),
    ],
)
def test_latency_is_what_lies_between_two_times(tmp_path: Path, start: Any, end: Any, latency: float | None) -> None:
    record = {"request_id": "r", "call_type": "acompletion", "api_key": "k", "startTime": start, "endTime": end}
    record["proxy_server_request"] = {"messages": [{"role": "user", "content": "Why?"}]}
    (tmp_path / "log.jsonl").write_text(json.dumps(record))
    (row,), _ = read(tmp_path / "log.jsonl")
    assert row["latency_ms"] == latency


def test_an_offset_is_never_dropped(tmp_path: Path) -> None:
    written = [datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=h))) for h in range(-12, 15)]
    times, _ = read_times(tmp_path, [moment.isoformat() for moment in written])
    assert times == written


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001 - a clock's digits have no zone
def test_digits_and_ticks_are_no_other_count(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    micros = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    digits = f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03}"
    written = (digits, int(digits), 621_355_968_000_000_000 + micros * 10, micros, micros * 1000, micros // 1000)
    assert {to_microseconds(one) for one in written} == {micros}
    assert abs(to_microseconds(float(written[2])) - micros) < 100
    assert to_microseconds([micros // 10**6, micros % 10**6 * 1000]) == micros


def test_milliseconds_as_text_are_no_date_of_another_century(tmp_path: Path) -> None:
    # Python reads 1790101500123 as 17901015, a letter between, and 01:23.
    moments = [datetime(2026, 9, 22, 18, 25, second, 123_000, tzinfo=UTC) for second in range(3)]
    counted = [str((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)) for moment in moments]
    assert read_times(tmp_path, counted) == (moments, [])
    assert read_times(tmp_path, [counted[0], "2026-09-22T18:25:01.123Z"])[0] == moments[:2]
