"""What a client or a service writes where a word belongs is a text too, and goes where texts do not stay."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from ran_here import ran

PLANTED = "The zanzibar keeper whispers of marmalade"


def records(**told: Any) -> list[dict[str, Any]]:
    return [
        {
            "exchange_id": f"x{n}",
            "timestamp": f"2026-01-0{1 + n % 7}T00:00:{n:02d}Z",
            "account_id": f"a{n % 10}",
            "model": "m",
            "prompt": f"question {n} about {'abcdefgh'[n % 8]}",
            **told,
        }
        for n in range(40)
    ]


def write(path: Path, lines: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def column(run: Path, name: str) -> list[Any]:
    parts = sorted((run / "exchanges.parquet").glob("*.parquet"))
    return [value for part in parts for value in pq.read_table(part)[name].to_pylist()]


@pytest.mark.slow
def test_sentences_in_place_of_words_go_with_the_texts_and_repeats_are_known_all_the_same(tmp_path: Path) -> None:
    told = dict.fromkeys(("status", "stop_reason", "operation", "response_format"), PLANTED)
    run, lines = tmp_path / "run", records(stop=[PLANTED], **told)
    log = write(tmp_path / "log.jsonl", lines)
    assert ran("scan", log, "--out", run, "--retain", "none", "--workers", 1) == 0
    for part in filter(Path.is_file, run.rglob("*.parquet")):
        assert b"zanzibar" not in part.read_bytes()
        assert "zanzibar" not in str(pq.read_table(part).to_pylist())
    assert column(run, "stop") == [None] * 40
    for name in told:
        assert set(column(run, name)) == {"…"}
    again = write(tmp_path / "again.jsonl", [*lines, {**lines[0], "exchange_id": "new", "status": "200"}])
    assert ran("scan", again, "--into", run) == 0
    counts = json.loads((run / "run.json").read_text())["counts"]
    assert (counts["exchanges"], counts["second_deliveries"]) == (41, 40)
    assert sorted(set(column(run, "status"))) == ["200", "…"]


@pytest.mark.slow
def test_words_stay_and_with_the_texts_sentences(tmp_path: Path) -> None:
    log = write(tmp_path / "log.jsonl", records(status="400", stop_reason="end_turn", stop=[PLANTED]))
    assert ran("scan", log, "--out", tmp_path / "full", "--workers", 1) == 0
    assert ran("rescan", tmp_path / "full") == 0
    assert column(tmp_path / "full", "stop") == [[PLANTED]] * 40
    assert ran("rescan", tmp_path / "full", "--retain", "templates") == 0
    assert column(tmp_path / "full", "stop") == [None] * 40
    assert set(column(tmp_path / "full", "status")) == {"400"}
    assert set(column(tmp_path / "full", "stop_reason")) == {"end_turn"}
