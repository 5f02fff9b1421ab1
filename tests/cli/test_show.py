"""What stands behind an id of a run is printed, for a person and for a program; the page is written anew."""

import csv
import io
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stillwatch import scan
from stillwatch.cli import main

ADDED = "Answer as an examiner would, and show every step of the way."


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a log in which eight accounts send one sentence, with nothing else about it made up to be found."""
    folder = tmp_path_factory.mktemp("shown")
    draw = random.Random(5)
    start = datetime(2026, 9, 7, tzinfo=UTC)
    lines = []
    for account in range(60):
        for row in range(12):
            words = " ".join(
                draw.choices(
                    ["lamp", "hall", "noon", "river", "stone", "glass", "paper", "cloud", "tower", "bread"], k=9
                )
            )
            lines.append(
                {
                    "exchange_id": f"x-{account}-{row}",
                    "time": (start + timedelta(hours=draw.uniform(0, 160))).isoformat(),
                    "account_id": f"a{account}",
                    "prompt": f"What of {words}? {ADDED}" if account < 8 else f"Tell me of {words}.",
                }
            )
    log = folder / "log.jsonl"
    log.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    scan([log], out=folder / "run", workers=1)
    return folder / "run"


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    main(words)
    return capsys.readouterr().out


def failed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    return capsys.readouterr().err


def test_an_account_is_shown(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "show", str(run), "--account", "a3")
    assert text.startswith("a3: 12 exchanges, ")
    assert ADDED in text
    found: dict[str, Any] = json.loads(printed(capsys, "show", str(run), "--account", "a3", "--json"))
    assert found["account_id"] == "a3"
    assert len(found["sent"]) == 5
    assert found["sent"] == sorted(found["sent"], key=lambda one: one["time"])


def test_an_exchange_is_shown(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "show", str(run), "--exchange", "x-3-4")
    assert "account_id: a3" in text
    ((row),) = json.loads(printed(capsys, "show", str(run), "--exchange", "x-3-4", "--json"))
    assert row["prompt"].endswith(ADDED)
    assert row["source_file"] == "log.jsonl"
    (line,) = csv.DictReader(io.StringIO(printed(capsys, "show", str(run), "--exchange", "x-3-4", "--csv")))
    assert line["exchange_id"] == "x-3-4"


def test_what_is_not_there_is_said(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no such campaign" in failed(capsys, "show", str(run), "C404")
    assert "no such account" in failed(capsys, "show", str(run), "--account", "nobody")
    assert "no such exchange" in failed(capsys, "show", str(run), "--exchange", "none")
    assert "one thing" in failed(capsys, "show", str(run), "--exchange", "x", "--account", "a3")


def test_without_an_id_the_campaigns_are_listed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(printed(capsys, "show", str(run), "--json")) == []
    assert "720 exchanges of 60 accounts" in printed(capsys, "show", str(run))


def test_the_page_is_written_anew(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = run / "report.html"
    page.unlink()
    assert printed(capsys, "report", str(run)).strip() == str(page)
    first = page.read_text(encoding="utf-8")
    assert "720 exchanges" in first
    printed(capsys, "report", str(run))
    assert page.read_text(encoding="utf-8") == first


def test_every_page_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    listed = printed(capsys, "docs")
    assert "Log formats" in listed
    for line in listed.splitlines():
        if line.startswith("  "):
            assert printed(capsys, "docs", line.split()[0]).startswith("# ")
    assert "is it formats" in failed(capsys, "docs", "formatz")


def test_formats_are_printed_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert {"name", "description"} == set(json.loads(printed(capsys, "formats", "--json"))[0])
    assert printed(capsys, "formats", "--csv").startswith("name,description\n")
