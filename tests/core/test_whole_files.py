"""Files and folders are there whole or not at all: stopped, ended or killed at any line, and however many write."""

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stillwatch.core import OutputExists
from stillwatch.core.whole_files import put_whole, whole_folder

WORLDS = Path(__file__).parents[1] / "worlds"

SIGNALLED = """
import signal
import sys
from pathlib import Path

from stopped_anywhere import at_each_line, tell

from stillwatch.core import whole_files
from stillwatch.core.interrupts import heed_termination


def file(home):
    whole_files.put_whole(home / "told", b"one", b"two")


def new_file(home):
    whole_files.put_whole(home / "told", b"onetwo", new=True, synced=True, mode=0o600)


def folder(home):
    with whole_files.whole_folder(home / "week") as partial:
        (partial / "logs").mkdir()
        (partial / "logs" / "one").touch()


heed_termination()
acts = {"file": file, "new file": new_file, "folder": folder}
tell(at_each_line(acts[sys.argv[1]], signal.Signals[sys.argv[2]], [whole_files], Path(sys.argv[3])))
"""


def left_after(what: str, number: str, base: Path) -> list[list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED, what, number, str(base)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(WORLDS), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    found: list[list[str]] = json.loads(done.stdout)
    assert len(found) > 30
    return found


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("what", ["file", "new file"])
def test_a_file_stopped_at_any_line_is_whole_or_absent(what: str, number: str, tmp_path: Path) -> None:
    found = left_after(what, number, tmp_path)
    assert {tuple(paths) for paths in found} == {(), ("told",)}
    assert {one.read_bytes() for one in tmp_path.glob("*/told")} == {b"onetwo"}


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_a_folder_stopped_at_any_line_is_whole_or_absent(number: str, tmp_path: Path) -> None:
    found = left_after("folder", number, tmp_path)
    assert {tuple(paths) for paths in found} == {(), ("week", "week/logs", "week/logs/one")}


@pytest.mark.parametrize("what", ["file", "new file"])
def test_a_file_killed_at_any_line_is_whole_or_absent_and_the_next_leaves_nothing_else(
    what: str, tmp_path: Path
) -> None:
    found = left_after(what, "SIGKILL", tmp_path)
    hidden = [paths for paths in found if any(path.startswith(".told.") for path in paths)]
    assert hidden
    for number, paths in enumerate(found):
        home = tmp_path / str(number)
        assert ("told" not in paths) or (home / "told").read_bytes() == b"onetwo"
        put_whole(home / "told", b"next")
        assert [path.name for path in home.iterdir()] == ["told"]


def test_a_folder_killed_at_any_line_is_whole_or_absent_and_the_next_begins_anew(tmp_path: Path) -> None:
    for number, paths in enumerate(left_after("folder", "SIGKILL", tmp_path)):
        home = tmp_path / str(number)
        if "week" in paths:
            assert "week/logs/one" in paths
            continue
        with whole_folder(home / "week") as partial:
            assert not list(partial.iterdir())
        assert [path.name for path in home.iterdir()] == ["week"]


def _put_often(path: Path, letter: bytes) -> None:
    for _ in range(100):
        put_whole(path, letter * 50_000)


def test_many_who_write_one_file_leave_one_of_theirs(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=_put_often, args=(tmp_path / "told", letter)) for letter in (b"a", b"b", b"c")]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert [one.exitcode for one in writers] == [0, 0, 0]
    assert [path.name for path in tmp_path.iterdir()] == ["told"]
    assert (tmp_path / "told").read_bytes() in {letter * 50_000 for letter in (b"a", b"b", b"c")}


def test_two_make_no_folder_at_once(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "week") as partial:
        (partial / "one").touch()
        with pytest.raises(OutputExists, match="at this moment"), whole_folder(tmp_path / "week"):
            pass
    assert [path.name for path in (tmp_path / "week").iterdir()] == ["one"]
    with pytest.raises(OutputExists, match="exists"), whole_folder(tmp_path / "week"):
        pass


def test_new_never_takes_the_place_of_another(tmp_path: Path) -> None:
    put_whole(tmp_path / "told", b"first", mode=0o600, new=True)
    with pytest.raises(FileExistsError):
        put_whole(tmp_path / "told", b"second", new=True)
    assert [path.name for path in tmp_path.iterdir()] == ["told"]
    assert (tmp_path / "told").read_bytes() == b"first"
    assert (tmp_path / "told").stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "told").mkdir()
    with pytest.raises(IsADirectoryError):
        put_whole(tmp_path / "told", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["told"]
