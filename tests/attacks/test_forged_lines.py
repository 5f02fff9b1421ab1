"""An account's name, a prompt or what a customer says makes no line of its own in what a command prints.

Whoever reads `stillwatch labels list` or `policy explain` believes what stands where a line begins; an account may be
called whatever its client sends as a user's name.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from console_world import decide_run, write_hostile_run
from forked_commands import stillwatch

FORGED = "C001-act campaign C001: withdrawn by the board"
HARM = f"m7\n{FORGED}\r\n{FORGED}\x1b[2K\u2028{FORGED}"


def printed(words: Sequence[str], folder: Path) -> str:
    done = stillwatch(words, folder, os.environ, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    return done.stdout


def says_nothing_of_its_own(text: str) -> None:
    """That what was forged is there, and begins no line."""
    assert FORGED in " ".join(text.split())
    assert not [line for line in text.splitlines() if line.startswith(FORGED[:20])]


def test_labels(tmp_path: Path) -> None:
    give = ["labels", "give", HARM, "cleared", "--log", "log", "--by", "ann", "--reason", HARM]
    says_nothing_of_its_own(printed(give, tmp_path))
    says_nothing_of_its_own(printed(["labels", "list", "log"], tmp_path))


@pytest.mark.parametrize("words", [("policy", "check"), ("labels", "list"), ("show",), ("refusal-judge",), ("docs",)])
def test_what_a_command_complains_of(tmp_path: Path, words: Sequence[str]) -> None:
    done = stillwatch([*words, HARM], tmp_path, os.environ, timeout=600)
    assert done.returncode in (1, 2)
    assert "\x1b" not in done.stderr
    assert not [line for line in done.stderr.splitlines() if line.startswith(FORGED[:20])]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which every text of accounts, campaigns, links and exchanges that holds an account's name holds harm."""
    folder = tmp_path_factory.mktemp("forged")
    write_hostile_run(folder / "week")
    for file in (folder / "week").rglob("*.parquet"):
        if file.is_file():
            table = pq.read_table(file, partitioning=None)
            rows = [_harmed(row) for row in table.to_pylist()]
            pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)
    decide_run(folder / "week", folder / "state")
    return folder


def _harmed(value: object) -> object:
    """A value in which whatever is called m7, or says more, says what was forged, too."""
    if isinstance(value, dict):
        return {name: _harmed(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_harmed(one) for one in value]
    if isinstance(value, str) and (value.startswith("m7") or " " in value):
        return f"{value[:2]}{HARM[2:]}"
    return value


M7 = f"m7{HARM[2:]}"
SHOWN = {
    "a run": ("show", "week"),
    "a campaign": ("show", "week", "C001"),
    "an account": ("show", "week", "--account", M7),
    "an exchange": ("show", "week", "--exchange", "m0-0"),
    "how an account stands": ("policy", "explain", "week", "--account", M7, "--for", "analyst"),
    "how it stands in the log": ("policy", "explain", "state/decisions.jsonl", "--account", M7, "--for", "analyst"),
}


@pytest.mark.parametrize("what", SHOWN)
def test_what_a_run_says(run: Path, what: str) -> None:
    says_nothing_of_its_own(printed(SHOWN[what], run))


def test_what_a_customer_says(run: Path) -> None:
    log = (run / "state" / "decisions.jsonl").read_bytes()
    (run / "log").write_bytes(log)
    listed = printed(["policy", "log", "log"], run)
    decision = next(word for word in listed.split() if word.startswith("D-"))
    file = ["policy", "appeal", decision, "--log", "log", "--by", HARM, "--statement", HARM]
    says_nothing_of_its_own(printed(file, run))
    says_nothing_of_its_own(printed(["policy", "explain", "log", "--decision", decision, "--for", "analyst"], run))
