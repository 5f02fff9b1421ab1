"""A wrong clock's records are set aside and nobody else's, and none is lost."""

import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.engines import DuckDBEngine
from stillwatch.scanning.wrong_clocks import set_aside, wrong_times
from stillwatch.sketching import sketch_batch
from stillwatch.tables import DEAD_LETTERS, EXCHANGES, RUN_EXCHANGES

START = datetime(2026, 11, 2, tzinfo=UTC)
DAYS = 86_400.0
WRONG = [datetime(year, 1, 1, 0, 3, tzinfo=UTC) for year in (2000, 2010, 2036, 2099)]


def moments(seconds: Sequence[float], start: datetime = START) -> list[datetime]:
    return [start + timedelta(seconds=one) for one in seconds]


def exchanges(
    times: Sequence[datetime], source: str, first_line: int = 1, columns: Sequence[str] = EXCHANGES.names
) -> pa.Table:
    lines = range(first_line, first_line + len(times))
    known = {
        "exchange_id": [f"{source}:{line}" for line in lines],
        "time": times,
        "account_id": ["a"] * len(times),
        "prompt": [f"prompt {line} of {source}" for line in lines],
        "source_file": [source] * len(times),
        "source_line": list(lines),
    }
    schema = pa.schema([EXCHANGES.field(name) for name in columns])
    return pa.table(
        [pa.array(known[f.name], f.type) if f.name in known else pa.nulls(len(times), f.type) for f in schema],
        schema=schema,
    )


@contextmanager
def database(folder: Path) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(folder / "spill", memory_mb=300, threads=1) as engine:
        yield engine


@cache
def shared_database() -> DuckDBEngine:
    return DuckDBEngine(Path(tempfile.gettempdir()), memory_mb=300, threads=1)


def found(logs: Mapping[str, Sequence[datetime]], shuffle: int = 0) -> list[tuple[str, int]]:
    """Source and line of the records that are set aside."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, (source, times) in enumerate(logs.items()):
            needed = exchanges(times, source, columns=("time", "source_file", "source_line"))
            pq.write_table(needed, folder / f"part-{(number + shuffle) % 97:06d}.parquet")
        wrong = wrong_times(shared_database(), shared_database().read(folder / "part-*.parquet"))
    return list(zip(wrong["source_file"].to_pylist(), wrong["source_line"].to_pylist(), strict=True))


def ordinary(kind: str, records: int, days: float, rng: random.Random) -> list[float]:
    """Seconds of a log's records, of ``days`` days."""
    if kind == "uniform":
        return [rng.uniform(0, days) * DAYS for _ in range(records)]
    if kind == "bursts":
        bursts = [rng.uniform(0, days) for _ in range(4)]
        return [(rng.choice(bursts) + rng.expovariate(50)) * DAYS for _ in range(records)]
    if kind == "growth":
        return [max(0.0, days - rng.expovariate(12 / days)) * DAYS for _ in range(records)]
    if kind == "nightly":
        return [(int(rng.uniform(0, days)) + 1 / 12 + rng.uniform(0, 1 / 48)) * DAYS for _ in range(records)]
    if kind == "monthly":
        return [(31 * int(rng.uniform(0, days / 31)) + rng.uniform(0, 1 / 48)) * DAYS for _ in range(records)]
    if kind == "two gateways":
        return [(rng.uniform(0, 7) + rng.choice([0, days])) * DAYS for _ in range(records)]
    # Most of a year in its last fortnight, and before it a record a month.
    history = [30.0 * month for month in range(12)][: records // 2]
    return [day * DAYS for day in history] + [(360 + rng.uniform(0, 14)) * DAYS for _ in range(records - len(history))]


KINDS = ["uniform", "bursts", "growth", "nightly", "monthly", "two gateways", "history"]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(st.integers(1, 3000), st.floats(0.1, 365), st.integers(0, 2**32), st.integers(1, 3))
def test_no_record_of_an_ordinary_log_is_set_aside(
    kind: str, records: int, days: float, seed: int, sources: int
) -> None:
    rng = random.Random(seed)
    logs = {f"{one}.jsonl": moments(ordinary(kind, records, days, rng)) for one in range(sources)}
    assert found(logs) == []


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(2000, 2098), st.integers(2000, 2098))
def test_very_small_files_are_left_as_they_are(records: int, one: int, other: int) -> None:
    """Of two records decades apart, or of two files, nobody can say which is right."""
    first, second = (datetime(year, 6, 1, tzinfo=UTC) for year in (one, other))
    assert found({"a": [first, second]}) == []
    assert found({"a": [first]}) == []
    assert found({"a": [first] * records, "b": [second] * records}) == []


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["uniform", "bursts", "growth", "nightly"]),
    st.integers(5, 5000),
    st.floats(0.1, 14),
    st.sampled_from(WRONG),
    st.integers(0, 2**32),
)
def test_one_wrong_record_always_is(kind: str, records: int, days: float, wrong: datetime, seed: int) -> None:
    rng = random.Random(seed)
    times = moments(ordinary(kind, records - 1, days, rng))
    place = rng.randrange(records)
    times.insert(place, wrong)
    assert found({"log.jsonl": times}) == [("log.jsonl", place + 1)]


@settings(max_examples=30, deadline=None)
@given(st.integers(20, 2000), st.floats(0.0, 0.2), st.sampled_from(WRONG), st.floats(0.1, 300), st.integers(0, 99))
def test_a_host_whose_clock_was_reset_is_set_aside(
    records: int, share: float, reset: datetime, days: float, seed: int
) -> None:
    rng = random.Random(seed)
    wrong = int(records * share)
    times = moments(ordinary("uniform", records - wrong, days, rng))
    times += moments([rng.uniform(0, 3 * DAYS) for _ in range(wrong)], reset)
    assert found({"log.jsonl": times}) == [("log.jsonl", line) for line in range(records - wrong + 1, records + 1)]


def test_wrong_clocks_on_both_sides_do_not_hide_each_other() -> None:
    rng = random.Random(1)
    right = moments(ordinary("uniform", 100, 14, rng))
    assert found({"log": [WRONG[0], WRONG[1], *right, WRONG[2], WRONG[3]]}) == [
        ("log", 1), ("log", 2), ("log", 103), ("log", 104),
    ]  # fmt: skip


def test_a_stray_of_a_large_file_need_lie_only_months_away() -> None:
    right = moments(ordinary("uniform", 1500, 14, random.Random(2)))
    assert found({"log": [*right, START - timedelta(days=150)]}) == [("log", 1501)]
    assert found({"log": [*right[:500], START - timedelta(days=150)]}) == []
    assert found({"log": [*right, START - timedelta(days=80)]}) == []
    # Three that lead up to the rest are its past.
    past = [START - timedelta(days=150 + 110 * month) for month in range(3)]
    assert found({"log": [*right, *right, *past]}) == []


def test_a_quarter_of_a_file_is_not_set_aside() -> None:
    right = moments(ordinary("uniform", 75, 14, random.Random(3)))
    assert found({"log": [*right, *[WRONG[0]] * 25]}) == []
    assert len(found({"log": [*right, *[WRONG[0]] * 18]})) == 18


@pytest.mark.parametrize("others", [2, 3, 9])
def test_a_file_that_is_wrong_as_a_whole_is_held_against_the_others(others: int) -> None:
    rng = random.Random(others)
    logs = {f"{one}.jsonl": moments(ordinary("uniform", 50, 14, rng)) for one in range(others)}
    late = moments([one * 3600.0 for one in range(50)], WRONG[3])
    assert found({**logs, "late.jsonl": late}) == [("late.jsonl", line) for line in range(1, 51)]
    assert found({"late.jsonl": late, **logs}, shuffle=3) == [("late.jsonl", line) for line in range(1, 51)]


def test_a_small_file_is_held_against_the_others() -> None:
    right = moments(ordinary("uniform", 300, 14, random.Random(4)))
    assert found({"log": right, "small": [*right[:2], WRONG[3]]}) == [("small", 3)]


def test_the_archive_of_an_earlier_year_is_no_wrong_clock() -> None:
    rng = random.Random(5)
    logs = {f"{one}": moments(ordinary("uniform", 400, 14, rng)) for one in range(5)}
    archive = moments(ordinary("uniform", 40, 14, rng), datetime(2023, 3, 1, tzinfo=UTC))
    assert found({**logs, "archive": archive}) == []


def test_what_is_found_says_what_is_usual(tmp_path: Path) -> None:
    right = moments(ordinary("uniform", 30, 14, random.Random(6)))
    pq.write_table(exchanges([*right, WRONG[3]], "log"), tmp_path / "part-000000.parquet")
    with database(tmp_path) as engine:
        (row,) = wrong_times(engine, engine.read(tmp_path / "part-*.parquet")).to_pylist()
    assert (row["time"], row["by_others"]) == (WRONG[3], False)
    assert (row["usual_first"], row["usual_last"]) == (min(right), max(right))


def folders(tmp_path: Path, parts: Sequence[pa.Table]) -> tuple[Path, Path]:
    run, work = tmp_path / "run", tmp_path / "run" / ".work"
    for folder in (run / "exchanges.parquet", run / "sketches.parquet", work / "dead_letters"):
        folder.mkdir(parents=True)
    for number, part in enumerate(parts):
        name = f"part-{number:06d}.parquet"
        keys = pa.array([(number << 32) + row for row in range(len(part))], pa.int64())
        part = part.append_column(RUN_EXCHANGES.field("row_key"), keys)
        pq.write_table(part, run / "exchanges.parquet" / name, row_group_size=40, use_dictionary=["model"])
        sketches = pa.Table.from_batches(list(map(sketch_batch, part.to_batches())))
        pq.write_table(sketches, run / "sketches.parquet" / name, use_dictionary=False)
    return run, work


def test_setting_aside_loses_nothing_and_keeps_order(tmp_path: Path) -> None:
    rng = random.Random(7)
    times = moments(ordinary("uniform", 200, 14, rng))
    for place in (5, 44, 199):
        times[place] = WRONG[3]
    late = exchanges(moments([1.0, 2.0], WRONG[0]), "late.jsonl")
    parts = [exchanges(times[:100], "log.jsonl"), exchanges(times[100:], "log.jsonl", 101), late]
    parts.append(exchanges(moments([5.0] * 7), "other.jsonl"))
    run, work = folders(tmp_path, parts)
    before = {p.name: p.read_bytes() for p in (run / "exchanges.parquet").iterdir()}
    with database(tmp_path) as engine:
        assert set_aside(engine, run, work) == 5
        assert set_aside(engine, run, work) == 0
    kept = pq.read_table(run / "exchanges.parquet")
    letters = pq.read_table(work / "dead_letters")
    assert letters.schema.equals(DEAD_LETTERS)
    assert kept.num_rows + letters.num_rows == 209
    assert kept["source_line"].to_pylist()[:195] == [n for n in range(1, 201) if n not in (6, 45, 200)][:195]
    sketched = pq.read_table(run / "sketches.parquet")
    assert sketched["row_key"].to_pylist() == kept["row_key"].to_pylist()
    # What holds nothing wrong is not touched, and what holds nothing else is gone.
    names = sorted(p.name for p in (run / "exchanges.parquet").iterdir())
    assert names == ["part-000000.parquet", "part-000001.parquet", "part-000003.parquet"]
    assert (run / "exchanges.parquet" / names[2]).read_bytes() == before[names[2]]
    assert sorted(p.name for p in (run / "sketches.parquet").iterdir()) == names
    described = pq.ParquetFile(run / "exchanges.parquet" / names[0]).metadata.row_group(0)
    by_name = {described.column(n).path_in_schema: described.column(n) for n in range(described.num_columns)}
    assert "RLE_DICTIONARY" not in by_name["prompt"].encodings


def test_dead_letters_say_how_far_away_and_from_what(tmp_path: Path) -> None:
    times = [*moments([0.0] * 20), WRONG[3], datetime(2000, 1, 1, tzinfo=UTC)]
    small = exchanges([START, START, WRONG[3]], "small.jsonl")
    long = pa.array(["é" * 300] * 3, pa.string())
    small = small.set_column(small.schema.get_field_index("prompt"), EXCHANGES.field("prompt"), long)
    run, work = folders(tmp_path, [exchanges(times, "log.jsonl"), small])
    with database(tmp_path) as engine:
        assert set_aside(engine, run, work) == 3
    first, second, third = pq.read_table(work / "dead_letters").to_pylist()
    days = (WRONG[3] - START).days
    assert first == {
        "file": "log.jsonl",
        "kind": "record",
        "line": 21,
        "reason": f"`time`: 2099-01-01T00:03:00Z lies {days:,} days after the other records of its source: a wrong clock",
        "excerpt": "prompt 21 of log.jsonl",
    }
    assert "2000-01-01T00:00:00Z lies 9,802 days before the other records of its source" in second["reason"]
    assert "after the records of the other sources" in third["reason"]
    assert third["excerpt"] == "é" * 200


def test_a_log_without_wrong_clocks_is_left_as_it_is(tmp_path: Path) -> None:
    run, work = folders(tmp_path, [exchanges(moments([0.0] * 9), "log.jsonl")])
    before = (run / "exchanges.parquet" / "part-000000.parquet").read_bytes()
    with database(tmp_path) as engine:
        assert set_aside(engine, run, work) == 0
    assert (run / "exchanges.parquet" / "part-000000.parquet").read_bytes() == before
    assert list((work / "dead_letters").iterdir()) == []
