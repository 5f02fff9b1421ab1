"""A plan is carried out over processes, carried on where it stopped, and told in a page that needs nothing."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from stillwatch.cli import app
from stillwatch.core import BadSetting, EmptyInput, OutputExists, UnreadableInput
from stillwatch.lab import make_plan, read_plan, read_results, run_plan, write_report

PLAN = {
    "seeds": [0, 1],
    "steps": [4],
    "grid": [
        {"name": "ladder", "exposures": ["text+cot"], "queries": [40, 160]},
        {"name": "marked", "defences": ["none", "watermark-2"], "queries": [160]},
    ],
}


def test_cells_of_two_grids_are_run_once() -> None:
    plan = make_plan(PLAN)
    assert len(plan.cells) == 6
    assert sum(map(len, plan.grids.values())) == 8


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"tasks": ["chess"]}, "chess"),
        ({"queries": [0]}, "queries"),
        ({"seeds": []}, "seeds"),
        ({"colour": ["red"]}, "colour"),
        ({"widths": [30]}, "widths"),
        ({"exposures": ["all"]}, "all"),
        ({"grid": [{"name": "a"}, {"name": "a"}]}, "two grids"),
    ],
)
def test_a_bad_plan_is_an_error_before_anything_runs(values: dict[str, object], said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        make_plan(values)


def test_a_plan_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="cannot be read"):
        read_plan(tmp_path / "none.toml")
    assert read_plan(Path("benchmarks/lab.toml")).cells


def test_a_folder_that_is_no_run_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(OutputExists):
        run_plan(make_plan(PLAN), tmp_path, workers=1)
    with pytest.raises(UnreadableInput, match="not a run"):
        read_results(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.slow
def test_a_run_is_the_same_over_processes_carries_on_and_is_reported(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(run / "teachers", out / "teachers")
    (out / "plan.json").write_text('{"grids": {}}')
    with pytest.raises(EmptyInput):
        write_report(out)
    plan = make_plan({**PLAN, "seeds": [0]})
    run_plan(plan, out, workers=2)
    files = sorted((out / "cells").iterdir())
    assert len(files) == 3
    first = json.loads(files[0].read_text())
    for name in ("cell", "spent", "recovery", "data_hash", "versions", "losses", "radioactivity"):
        assert name in first
    kept = {path: path.stat().st_mtime_ns for path in files[1:]}
    files[0].unlink()
    run_plan(plan, out, workers=1)
    again = json.loads(files[0].read_text())
    assert {**again, "seconds": 0} == {**first, "seconds": 0}
    assert kept == {path: path.stat().st_mtime_ns for path in files[1:]}
    written = write_report(out)
    html = written.report.read_text()
    assert html.count("<svg") >= 2
    assert "<script" not in html
    assert "default-src 'none'" in html
    assert not re.search(r"""(src|href)=["']?https?:""", html)
    assert "fewer than three seeds" in html
    assert json.loads(written.values.read_text())["format"] == "stillwatch-values/1"
    app(["lab", "report", str(out), "--csv"])
    assert capsys.readouterr().out.startswith("grid,")
