"""A path of any shape, and a file that is long, empty or no file, is a sentence to whoever named it, or costs nothing."""

import os
from pathlib import Path

import pytest
from forked_commands import stillwatch

from stillwatch.core.small_files import read_small

LINE = '{"time": "2026-03-02T09:00:00Z", "account_id": "a", "prompt": "%s"}\n'
LONG = LINE % ("x " * (35 << 20))
TOO_LONG = "x" * 300
ROUND = "loop/run"


def refused(folder: Path, *words: str) -> str:
    done = stillwatch([*words], folder, os.environ, timeout=600)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    return done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "log.jsonl").write_text(LINE % "How many apples?")
    (tmp_path / "loop").symlink_to("loop")
    return tmp_path


@pytest.mark.parametrize("out", [TOO_LONG, ROUND, "/proc/self/run", "log.jsonl/run", os.fsdecode(b"\xff\xfe")])
def test_a_place_where_nothing_can_be_written_is_said(folder: Path, out: str) -> None:
    refused(folder, "scan", "log.jsonl", "--out", out)


@pytest.mark.parametrize("named", [TOO_LONG, ROUND, "/dev/null", "pipe", os.fsdecode(b"\xff\xfe.jsonl")])
def test_what_cannot_be_read_is_said(folder: Path, named: str) -> None:
    os.mkfifo(folder / "pipe")
    (folder / os.fsdecode(b"\xff\xfe.jsonl")).write_text(LINE)
    refused(folder, "scan", named, "--out", "run")
    if named == "pipe":
        # Whoever pipes a policy into a command waits for who writes it, as with any.
        return
    for words in (("show",), ("report",), ("labels", "list"), ("rescan",), ("policy", "check")):
        refused(folder, *words, named)


@pytest.mark.parametrize(
    "words",
    [
        ("policy", "check"),
        ("policy", "decide", "run", "--log", "decisions", "--licences"),
        ("labels", "import", "--log", "decisions", "--by", "me"),
        *(
            ("scan", "log.jsonl", "--out", "other", option)
            for option in ("--accounts", "--values", "--map", "--calibration", "--config")
        ),
        ("gateway", "--upstream", "http://127.0.0.1:9", "--config"),
        ("lab", "run", "--out", "lab"),
        (
            "audit",
            "openai:http://127.0.0.1:9#a",
            "--against",
            "openai:http://127.0.0.1:9#b",
            "--out",
            "audit",
            "--unsafe",
        ),
    ],
    ids=" ".join,
)
def test_a_file_that_is_short_by_nature_is_read_to_a_bound(folder: Path, words: tuple[str, ...]) -> None:
    (folder / "run").mkdir()
    (folder / "run" / "run.json").write_text("{}")
    with (folder / "long").open("wb") as sparse:
        sparse.truncate(1 << 31)
    assert "it is longer than" in " ".join(refused(folder, *words, "long").split())


@pytest.mark.parametrize("most", [0, 1, (1 << 20) + 1])
def test_what_has_no_end_is_not_read_to_it(tmp_path: Path, most: int) -> None:
    with pytest.raises(OSError, match="it is longer than"):
        read_small(Path("/dev/zero"), most)
    (tmp_path / "whole").write_bytes(b"x" * most)
    assert read_small(tmp_path / "whole", most) == b"x" * most


def test_pipes_sockets_and_loops_in_a_folder_are_passed_by(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jsonl")
    done = stillwatch(["scan", ".", "--out", "../run"], folder, os.environ, timeout=600)
    assert done.returncode == 0, done.stderr


def test_a_first_record_that_is_longer_than_is_looked_at(folder: Path) -> None:
    (folder / "log.jsonl").write_text(LONG + LINE % "How many apples?")
    done = stillwatch(["scan", "log.jsonl", "--out", "run"], folder, os.environ, timeout=600)
    assert done.returncode == 0, done.stderr
    for text in (LONG, f"[{LONG.strip()}, {LONG}]"):
        (folder / "log.jsonl").write_text(text)
        said = refused(folder, "scan", "log.jsonl", "--out", "other")
        assert "first record is longer than 64 MiB" in said
        assert "put a shorter record first" in " ".join(said.split())
    with (folder / "log.jsonl").open("wb") as sparse:
        sparse.truncate(1 << 31)
    assert "are blank" in refused(folder, "scan", "log.jsonl", "--out", "other")
