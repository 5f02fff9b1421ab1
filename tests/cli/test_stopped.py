"""Commands that are stopped, or ended by the system, leave nothing of what they were at, in any folder."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from made_once import customers_week
from patience import PATIENCE_SECONDS, until

COMMAND = [sys.executable, "-m", "stillwatch"]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return customers_week(tmp_path_factory)


def ended(number: int, mark: Path, pattern: str, *arguments: object, away: Path, delay: float = 0.0) -> tuple[int, str]:
    """Exit code and errors of a command that was signalled, with all its group, once a path was there."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(away)},
    )
    assert until(lambda: list(mark.glob(pattern)) or process.poll() is not None, 5 * PATIENCE_SECONDS, pause=0.002)
    time.sleep(delay)
    os.killpg(process.pid, number)
    _, errors = process.communicate(timeout=5 * PATIENCE_SECONDS)
    assert "Traceback" not in errors
    return process.returncode, errors


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """The folder for temporary files."""
    (tmp_path / "away").mkdir()
    return tmp_path / "away"


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_calibration_that_is_ended_leaves_no_log_among_temporary_files(
    number: int, code: int, week: Path, tmp_path: Path, away: Path
) -> None:
    out = tmp_path / "known" / "calibration.json"
    found = ended(number, away, "*/.run.partial-scan/.work", "calibrate", week / "logs", "--out", out, away=away)
    assert found[0] == code, found
    assert list(away.iterdir()) == []
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.slow
def test_a_scan_that_the_system_ends_is_gone_on_with(week: Path, tmp_path: Path, away: Path) -> None:
    mark = tmp_path / ".run.partial-scan" / ".work" / "read"
    scan = ("scan", week / "logs", "--out", tmp_path / "run", "--workers", 1)
    found = ended(signal.SIGTERM, mark, "*.json", *scan, away=away)
    assert found[0] == -signal.SIGTERM, found
    assert list(mark.glob("*.json"))
    assert not (tmp_path / "run").exists()
    assert list(away.iterdir()) == []
    done = subprocess.run([*COMMAND, *map(str, scan)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["away", "run"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_simulation_that_is_ended_leaves_nothing(number: int, code: int, tmp_path: Path, away: Path) -> None:
    command = ("simulate", "february", "--scale", "0.02", "--out", tmp_path / "week")
    found = ended(number, tmp_path, ".week.partial/logs/*", *command, away=away)
    assert found[0] == code, found
    assert [path.name for path in tmp_path.iterdir()] == ["away"]


@pytest.mark.slow
def test_a_demonstration_that_is_stopped_can_be_begun_again(tmp_path: Path, away: Path) -> None:
    found = ended(signal.SIGINT, tmp_path / "demo", ".run.partial-scan", "demo", "--out", tmp_path / "demo", away=away)
    assert found[0] == 130, found
    assert [path.name for path in tmp_path.iterdir()] == ["away"]


@pytest.mark.slow
def test_a_console_that_is_ended_leaves_no_demonstration(tmp_path: Path, away: Path) -> None:
    found = ended(signal.SIGTERM, away, "stillwatch-console-*/*", "console", "--demo", "--port", 0, away=away)
    assert found[0] == -signal.SIGTERM, found
    assert list(away.iterdir()) == []
