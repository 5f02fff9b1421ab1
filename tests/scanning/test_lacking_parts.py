"""A run of which a part is lacking is no smaller run: nothing is asked of it, and nothing added to it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ran_here import ran


def log(path: Path, day: int) -> Path:
    lines: list[dict[str, Any]] = [
        {
            "timestamp": f"2026-01-{day:02d}T{n // 60:02d}:{n % 60:02d}:00Z",
            "account_id": f"a{n % 10}",
            "model": "m",
            "prompt": f"question {n} of day {day}",
        }
        for n in range(60)
    ]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


@pytest.mark.slow
def test_a_run_without_one_of_its_parts_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, more = tmp_path / "made", log(tmp_path / "3.jsonl", 3)
    first, second = (log(tmp_path / f"{day}.jsonl", day) for day in (1, 2))
    assert ran("scan", first, second, "--out", made, "--workers", 1) == 0
    for table in ("exchanges", "sketches"):
        run = tmp_path / table
        shutil.copytree(made, run)
        sorted((run / f"{table}.parquet").iterdir())[0].unlink()
        before = (run / "run.json").read_bytes()
        for command in (("rescan", run), ("scan", more, "--into", run)):
            capsys.readouterr()
            assert ran(*command) == 2
            assert "its parts hold 60 exchanges, and run.json says 120" in " ".join(capsys.readouterr().err.split())
        assert (run / "run.json").read_bytes() == before
    assert ran("scan", more, "--into", made) == 0
    assert ran("rescan", made, "--window", "1d") == 0
    assert ran("rescan", made) == 0
