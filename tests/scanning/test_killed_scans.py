"""A scan that is killed, at any moment, leaves the run before it whole, and the next one goes on from what it had read."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from deliveries import Record, deliver, told
from killed_scan import Moment, scan_until

from stillwatch import Run, scan
from stillwatch.core import OutputExists
from stillwatch.scanning.building import new_run

pytestmark = pytest.mark.slow

START = datetime(2026, 9, 7, tzinfo=UTC)

SCANNING = "stillwatch.scanning"
WINDOW = (("window", "40h"),)
MOMENTS = [
    Moment(f"{SCANNING}.scan", "unread", 1, "after"),
    Moment(f"{SCANNING}.scan", "link_parts", 1, "after"),
    Moment(f"{SCANNING}.read", "read_one", 2, "after"),
    Moment(f"{SCANNING}.parts", "_write", 1, "after"),
    Moment(f"{SCANNING}.parts", "_write", 2, "after", WINDOW),
    Moment(f"{SCANNING}.parts", "_write", 5, "after"),
    Moment(f"{SCANNING}.parts", "_write", 6, "after", WINDOW),
    Moment(f"{SCANNING}.window", "rewrite", 1, "after", WINDOW),
    Moment(f"{SCANNING}.step", "detect", 1, "before", WINDOW),
    Moment(f"{SCANNING}.retention", "rewrite", 1, "after", (*WINDOW, ("retain", "none"))),
    Moment(f"{SCANNING}.step", "write_report", 1, "after"),
    Moment(f"{SCANNING}.building", "put_in_place", 1, "before"),
    Moment(f"{SCANNING}.building", "put_in_place", 1, "after"),
]


def records(first: int, count: int = 30) -> list[Record]:
    """Some of them delivered twice, and one of a wrong clock."""
    made: list[Record] = [
        {
            "time": (START + timedelta(hours=n, milliseconds=5)).isoformat(),
            "account_id": f"a{n % 4}",
            "prompt": f"Question {n} of mine: which lamp?",
        }
        for n in range(first, first + count)
    ]
    return [*made, *made[:3], {**made[4], "time": "2099-01-01T00:00:00Z"}]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("logs")
    for number, first in enumerate((0, 20, 40, 60)):
        deliver(records(first), folder / f"{number // 2}", f"log-{number}.jsonl")
    return [folder / "0", folder / "1"]


@pytest.fixture(scope="module")
def before(logs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scan(logs[0], out=tmp_path_factory.mktemp("before") / "run", workers=1).path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def compared(run: Run, window: bool) -> dict[str, Any]:
    """A step that forgot before it was killed checks what is left: fewer second deliveries, and a wrong clock is held
    against fewer records."""
    found = told(run)
    if window:
        del found["counts told"]["second_deliveries"]
        found["dead_letters"] = len(found["dead_letters"])
    return found


@pytest.fixture(scope="module")
def undisturbed(
    logs: list[Path], before: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Moment], dict[str, Any]]:
    """What a scan that nobody killed says, with the settings of one that somebody does."""

    @cache
    def said(settings: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        run = tmp_path_factory.mktemp("whole") / "run"
        shutil.copytree(before, run)
        given: dict[str, Any] = dict(settings)
        return compared(scan(logs[1], into=run, workers=1, **given), "window" in given)

    return lambda moment: said(moment.settings)


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_the_run_before_is_whole_and_the_next_scan_ends_as_if_nothing_had_happened(
    moment: Moment,
    logs: list[Path],
    before: Path,
    undisturbed: Callable[[Moment], dict[str, Any]],
    tmp_path: Path,
) -> None:
    given: dict[str, Any] = dict(moment.settings)
    window, last = "window" in given, (moment.name, moment.when) == ("put_in_place", "after")
    expected = undisturbed(moment)
    run = tmp_path / "run"
    shutil.copytree(before, run)
    scan_until(moment, [logs[1]], into=run)
    if last:
        assert compared(Run.open(run), window) == expected
    else:
        assert contents(run) == contents(before)
    again = compared(scan(logs[1], into=run, workers=1, **given), window)
    if not last:
        assert again == expected
    assert not list(tmp_path.glob(".*"))


@pytest.fixture(scope="module")
def at_once(logs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one scan of all logs says."""
    return told(scan(logs, out=tmp_path_factory.mktemp("at-once") / "run", workers=1))


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_parts_that_were_finished_are_not_read_again(
    nth: int, logs: list[Path], at_once: dict[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    scan_until(Moment(f"{SCANNING}.read", "read_one", nth, "after"), logs, out=out)
    (partial,) = tmp_path.glob(".run.partial-*")
    done = {path.name: path.read_bytes() for path in (partial / ".work" / "read").iterdir()}
    assert len(done) == nth
    # Whatever is read anew is a file of another number.
    letters = partial / "kept" / "dead_letters"
    parts = {path.name: path.stat().st_ino for path in (partial / "sketches.parquet").glob("*.parquet")}
    assert len(parts) == nth
    seen: list[str] = []
    run = scanned_while(seen, logs, out)
    assert sorted(seen) == [f"part-{number:06d}.parquet" for number in range(nth, 4)]
    assert told(run) == at_once
    assert not letters.exists()


def scanned_while(seen: list[str], logs: list[Path], out: Path) -> Run:
    """Scan, and note which parts are written by reading."""
    from stillwatch.scanning import read  # noqa: PLC0415

    made = read._Part.close

    def close(part: read._Part) -> None:
        if part._path.parent.name == "sketches.parquet":
            seen.append(part._path.name)
        made(part)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read._Part, "close", close)
        return scan(logs, out=out, workers=1)


def test_what_a_killed_scan_of_other_logs_left_is_not_used(logs: list[Path], tmp_path: Path) -> None:
    scan_until(Moment(f"{SCANNING}.step", "detect", 1, "before"), [logs[0]], out=tmp_path / "run")
    run = scan(logs[1], out=tmp_path / "run", workers=1)
    assert told(run) == told(scan(logs[1], out=tmp_path / "alone", workers=1))


def test_two_scans_do_not_write_one_run(logs: list[Path], tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as partial:
        with pytest.raises(OutputExists, match="another scan"):
            scan(logs[0], out=tmp_path / "run")
        assert partial.exists()


def test_a_run_whose_replacement_was_killed_between_two_renames_has_its_name_back(
    logs: list[Path], before: Path, tmp_path: Path
) -> None:
    """As where the system cannot exchange two names at once."""
    shutil.copytree(before, tmp_path / ".run.before")
    run = scan(logs[1], into=tmp_path / "run", workers=1)
    assert run.exchanges > Run.open(before).exchanges
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_names_are_changed_one_after_the_other_where_they_cannot_be_at_once(
    logs: list[Path], before: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{SCANNING}.swap._exchanged", lambda _one, _other: False)
    shutil.copytree(before, tmp_path / "run")
    run = scan(logs[1], into=tmp_path / "run", workers=1)
    assert run.exchanges > Run.open(before).exchanges
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
