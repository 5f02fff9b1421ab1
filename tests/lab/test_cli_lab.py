"""The command line opens the lab when it is asked for, and says what to install when it is not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ran_here import ran

from stillwatch.lab.demo import DEMO
from stillwatch.lab.plan import make_plan


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_nothing_but_the_lab_imports_torch() -> None:
    code = "import sys, stillwatch.cli, stillwatch.api, stillwatch.scanning; stillwatch.scan; "
    done = python(code + "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)")
    assert done.returncode == 0, done.stderr


def test_without_torch_the_error_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torch':\n"
        "            raise ModuleNotFoundError('No module named torch', name='torch')\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from stillwatch.cli import main\n"
    )
    done = python(code + f"main(['lab', 'report', {str(tmp_path)!r}])")
    assert done.returncode == 2
    assert "pip install 'stillwatch[lab]'" in done.stderr
    assert python(code + "main(['formats'])").returncode == 0


def test_a_run_that_is_none_is_an_error_with_a_next_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("lab", "report", tmp_path) == 2
    assert "next: " in capsys.readouterr().err


def test_the_demo_has_three_seeds_and_both_tasks() -> None:
    cells = make_plan(DEMO).cells
    assert {cell.seed for cell in cells} == {0, 1, 2}
    assert {cell.task for cell in cells} == {"codebook", "addition"}


def of_group(group: int) -> set[int]:
    """The processes of a group that are not done."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.add(int(stat.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_ctrl_c_ends_a_run_of_the_lab_and_its_workers(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('seeds = [0, 1, 2]\ntasks = ["codebook", "addition"]\n[[grid]]\nqueries = [512, 1024, 2048]\n')
    process = subprocess.Popen(
        [sys.executable, "-m", "stillwatch", "lab", "run", str(plan), "--out", str(tmp_path / "run"), "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 600
    while len(of_group(process.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, errors = process.communicate(timeout=600)
    assert process.returncode == 130, errors
    assert out == ""
    assert errors.count("stopped") == 1
    assert "Traceback" not in errors
    while of_group(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not of_group(process.pid)
