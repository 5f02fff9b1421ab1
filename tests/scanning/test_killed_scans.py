"""A scan that is killed, at any moment, leaves the run before it whole, and the next one goes on from what it had read."""

import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deliveries import Record, deliver, told

from stillwatch import Run, scan
from stillwatch.core import OutputExists
from stillwatch.scanning.building import new_run

pytestmark = pytest.mark.slow

START = datetime(2026, 9, 7, tzinfo=UTC)

KILLED = """
import importlib, os, signal, sys
from pathlib import Path
module, name, nth, when, place, out, window, *paths = sys.argv[1:]
where = importlib.import_module(module)
called, calls = getattr(where, name), 0
def call(*given, **named):
    global calls
    calls += 1
    if calls == int(nth) and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    done = called(*given, **named)
    if calls == int(nth):
        os.kill(os.getpid(), signal.SIGKILL)
    return done
setattr(where, name, call)
from stillwatch import scan
more = {"window": window} if window else {}
scan(paths, **{place: out}, workers=1, **more, **({"retain": "none"} if "retention" in module else {}))
"""

SCANNING = "stillwatch.scanning"
MOMENTS = [
    (f"{SCANNING}.scan", "unread", 1, "after", ""),
    (f"{SCANNING}.scan", "link_parts", 1, "after", ""),
    (f"{SCANNING}.read", "_read_one", 2, "after", ""),
    (f"{SCANNING}.parts", "_write", 1, "after", ""),
    (f"{SCANNING}.parts", "_write", 2, "after", "40h"),
    (f"{SCANNING}.parts", "_write", 5, "after", ""),
    (f"{SCANNING}.parts", "_write", 6, "after", "40h"),
    (f"{SCANNING}.window", "rewrite", 1, "after", "40h"),
    (f"{SCANNING}.step", "detect", 1, "before", "40h"),
    (f"{SCANNING}.retention", "rewrite", 1, "after", "40h"),
    (f"{SCANNING}.step", "write_report", 1, "after", ""),
    (f"{SCANNING}.building", "put_in_place", 1, "before", ""),
    (f"{SCANNING}.building", "put_in_place", 1, "after", ""),
]
Moment = tuple[str, str, int, str, str]


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


def killed(moment: Moment, place: str, out: Path, paths: list[Path]) -> None:
    module, name, nth, when, window = moment
    given = [module, name, str(nth), when, place, str(out), window, *map(str, paths)]
    done = subprocess.run([sys.executable, "-c", KILLED, *given], capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def compared(run: Run, window: str) -> dict[str, Any]:
    """A step that forgot before it was killed checks what is left: fewer second deliveries, and a wrong clock is held
    against fewer records."""
    found = told(run)
    if window:
        del found["counts told"]["second_deliveries"]
        found["dead_letters"] = len(found["dead_letters"])
    return found


def named(moment: Moment) -> str:
    return f"{moment[3]} {moment[1]} {moment[2]} {moment[4]}"


@pytest.mark.parametrize("moment", MOMENTS, ids=named)
def test_the_run_before_is_whole_and_the_next_scan_ends_as_if_nothing_had_happened(
    moment: Moment, logs: list[Path], before: Path, tmp_path: Path
) -> None:
    window, last = moment[4], moment[1:4] == ("put_in_place", 1, "after")
    given: dict[str, Any] = {"window": window} if window else {}
    given |= {"retain": "none"} if "retention" in moment[0] else {}
    shutil.copytree(before, tmp_path / "whole")
    expected = compared(scan(logs[1], into=tmp_path / "whole", workers=1, **given), window)
    run = tmp_path / "run"
    shutil.copytree(before, run)
    killed(moment, "into", run, [logs[1]])
    if last:
        assert compared(Run.open(run), window) == expected
    else:
        assert contents(run) == contents(before)
    again = compared(scan(logs[1], into=run, workers=1, **given), window)
    if not last:
        assert again == expected
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_parts_that_were_finished_are_not_read_again(nth: int, logs: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "run"
    killed((f"{SCANNING}.read", "_read_one", nth, "after", ""), "out", out, logs)
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
    assert told(run) == told(scan(logs, out=tmp_path / "at-once", workers=1))
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
    killed((f"{SCANNING}.step", "detect", 1, "before", ""), "out", tmp_path / "run", [logs[0]])
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
