"""``stillwatch lab``: parses, calls, prints. The lab itself is imported when one of its commands runs.

Nothing else of Stillwatch needs torch, which weighs more than all the rest.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cyclopts

from stillwatch.core import MissingDependency

if TYPE_CHECKING:
    import types

__all__ = ["lab_app"]

Bars = Callable[[], AbstractContextManager[Any]]
Say = Callable[[object], None]


def _open_lab() -> types.ModuleType:
    with MissingDependency.explained("the lab", "lab"):
        from stillwatch import lab  # noqa: PLC0415 - the one late import: torch is optional and heavy
    return lab


def lab_app(bars: Bars, say: Say) -> cyclopts.App:
    """The commands of the lab.

    Args:
        bars: opens a display of progress.
        say: prints a line.
    """
    app = cyclopts.App(
        name="lab", help="Really distil between local models, and measure what each interface gives away."
    )

    @app.command(name="demo")
    def demo_command(*, out: Path = Path("lab-demo"), workers: int | None = None) -> None:
        """Train teachers, distil them through every interface, and write a report with plots.

        Parameters
        ----------
        out
            Folder for the run; carried on where it holds one.
        workers
            Processes; never changes a result. [default: the machine's cores, at most 16]
        """
        lab = _open_lab()
        with bars() as progress:
            done = lab.demo(out, workers=workers or _cores(), progress=progress)
        say(done)

    @app.command(name="run")
    def run_command(plan: Path, /, *, out: Path, workers: int | None = None) -> None:
        """Carry out a plan: a grid over tasks, interfaces, attackers, defences, budgets and seeds.

        Parameters
        ----------
        plan
            A TOML file.
        out
            Folder for the run; the same command carries on what was stopped.
        workers
            Processes; never changes a result. [default: the machine's cores, at most 16]
        """
        lab = _open_lab()
        with bars() as progress:
            lab.run_plan(lab.read_plan(plan), out, workers=workers or _cores(), progress=progress)
            done = lab.write_report(out)
        say(done)

    @app.command(name="report")
    def report_command(run: Path, /) -> None:
        """Write a run's report and its values file anew.

        Parameters
        ----------
        run
            The run's folder; it need not be finished.
        """
        say(_open_lab().write_report(run))

    return app


def _cores() -> int:
    return min(os.cpu_count() or 1, 16)
