"""``stillwatch lab``: distillation between local models, really carried out."""

# ruff: noqa: PLC0415 - torch, which the lab needs and nothing else does, is optional and heavy

from __future__ import annotations

import os
from pathlib import Path

import cyclopts

from stillwatch.cli.options import AsCsv, AsJson, Workers
from stillwatch.cli.screen import progress, say
from stillwatch.cli.written import tell
from stillwatch.core import MissingDependency

__all__ = ["lab_app"]

lab_app = cyclopts.App(name="lab")
_needs_lab = MissingDependency.explained("the lab", "lab")


@lab_app.command(name="demo")
@_needs_lab
def demo_command(*, out: Path = Path("lab-demo"), workers: Workers = None) -> None:
    """Train teachers, distil them through every interface, and write a report with plots.

    Parameters
    ----------
    out
        Folder for the run; carried on where it holds one.
    """
    from stillwatch import lab

    with progress() as bars:
        done = lab.demo(out, workers=workers or _cores(), progress=bars)
    say(done)


@lab_app.command(name="run")
@_needs_lab
def run_command(plan: Path, /, *, out: Path, workers: Workers = None) -> None:
    """Carry out a plan: a grid over tasks, interfaces, attackers, defences, budgets and seeds.

    Parameters
    ----------
    plan
        A TOML file.
    out
        Folder for the run; the same command carries on what was stopped.
    """
    from stillwatch import lab

    with progress() as bars:
        lab.run_plan(lab.read_plan(plan), out, workers=workers or _cores(), progress=bars)
        done = lab.write_report(out)
    say(done)


@lab_app.command(name="report")
@_needs_lab
def report_command(run: Path, /, *, json: AsJson = False, csv: AsCsv = False) -> None:
    """Write a run's report and its values file anew; its table has a row a student.

    Parameters
    ----------
    run
        The run's folder; it need not be finished.
    """
    from stillwatch import lab

    done = lab.write_report(run)
    found = lab.read_results(run) if json or csv else {}
    tell(done, [{"grid": grid, **one} for grid, cells in found.items() for one in cells], json=json, csv=csv)


def _cores() -> int:
    return min(os.cpu_count() or 1, 16)
