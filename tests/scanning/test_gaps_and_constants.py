"""Hours that are silent where other days were busy, and texts that most exchanges have, are told and asked about."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stillwatch
from stillwatch.engines import DuckDBEngine
from stillwatch.scanning.gaps import Gap, find_gaps

# A Monday.
START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = int(START.timestamp()) // 3600


def gaps(folder: Path, hours: list[tuple[int, int, str]]) -> Any:
    """Of a log that has so many exchanges in each hour since its start, in a file."""
    rows = [
        {"time": START + timedelta(hours=hour, seconds=n), "source_file": name}
        for hour, count, name in hours
        for n in range(count)
    ]
    with DuckDBEngine(folder, memory_mb=300, threads=2) as engine:
        return find_gaps(engine, engine.keep(pa.Table.from_pylist(rows)))


def test_a_night_and_a_weekend_are_no_gap(tmp_path: Path) -> None:
    day = [(d, h) for d in range(12) for h in range(8, 20) if d % 7 < 5]
    assert gaps(tmp_path, [(24 * d + h, 9, "log") for d, h in day]).found == ()


def test_missing_hours_and_days_are_told(tmp_path: Path) -> None:
    lacking = {*range(24 + 10, 24 + 15), *range(48, 72)}
    told = gaps(tmp_path, [(h, 9, f"log-{h // 24}") for h in range(24 * 5) if h not in lacking])
    assert told.found == (
        Gap("", HOUR + 48, HOUR + 72, 216),
        Gap("", HOUR + 34, HOUR + 39, 45),
    )
    assert told.sentence.startswith(
        "Nothing from 04 March 2026 00:00 to 05 March 00:00 UTC, hours in which other days had some 216 exchanges; "
        "from 03 March 2026 10:00 to 15:00 UTC"
    )
    assert told.untold.startswith("29 of the log's 120 hours are silent")


def test_one_source_that_falls_silent_is_told_by_its_name(tmp_path: Path) -> None:
    hours = [(h, 9, "east/log") for h in range(24 * 5)]
    hours += [(h, 9, f"west/log-{h // 24}") for h in range(24 * 5) if not 60 <= h < 68]
    told = gaps(tmp_path, hours)
    assert told.found == (Gap("west/log-#", HOUR + 60, HOUR + 68, 72),)
    assert told.untold is None
    assert "UTC in west/log-#, hours in which" in told.sentence


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 200), min_size=1, max_size=60))
def test_a_log_without_a_habit_has_no_gap(hours: list[int]) -> None:
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        assert gaps(Path(folder), [(h, 1, "log") for h in hours]).found == ()


def scanned(folder: Path, prompts: list[str]) -> list[str]:
    path = folder / "log"
    lines = (
        {"time": (START + timedelta(minutes=n)).isoformat(), "account_id": f"a{n % 7}", "prompt": prompt}
        for n, prompt in enumerate(prompts)
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run = stillwatch.scan(path, out=folder / "run")
    return list(json.loads((run.path / "run.json").read_text())["notes"])


@pytest.mark.parametrize(("same", "asked"), [(25, True), (19, False)])
def test_a_text_that_half_of_all_have_is_asked_about(tmp_path: Path, same: int, asked: bool) -> None:
    notes = scanned(tmp_path, ["[prompt not kept]"] * same + [f"Question {n} of its own?" for n in range(20)])
    told = [note for note in notes if "letter for letter" in note]
    assert bool(told) == asked
    if asked:
        assert told[0].startswith("56% of the exchanges, of 7 accounts, have the prompt “[prompt not kept]”")


def test_texts_that_differ_in_numbers_alone_are_no_constant(tmp_path: Path) -> None:
    assert not any("letter for letter" in note for note in scanned(tmp_path, [f"Row {n}" for n in range(40)]))
