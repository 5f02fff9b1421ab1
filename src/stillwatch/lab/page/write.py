"""Writes ``report.html`` and ``values.json`` of a run from its results, finished or not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment

from stillwatch.core import EmptyInput, OutputUnwritable
from stillwatch.core.whole_files import put_whole
from stillwatch.drawing import make_environment
from stillwatch.lab.grid import read_results
from stillwatch.lab.page.build import build_page
from stillwatch.lab.page.sections import Interval
from stillwatch.lab.values import fit_curves, write_values

__all__ = ["Written", "write_report"]


@dataclass(frozen=True, slots=True)
class Written:
    """What a report was made of, and where it lies. Prints as a few lines."""

    report: Path
    values: Path
    students: int
    curves: int

    def __str__(self) -> str:
        return (
            f"{self.students} students, {self.curves} curves\nThe report: {self.report}\nThe values file: {self.values}"
        )


def write_report(run: Path) -> Written:
    """Write both files into ``run``.

    Raises:
        UnreadableInput: the folder is no run of the lab.
        EmptyInput: no cell of it is done.
        OutputUnwritable: the files cannot be written.
    """
    by_grid = read_results(run)
    results = list({str(r["cell"]): r for group in by_grid.values() for r in group}.values())
    if not results:
        raise EmptyInput("no student is trained yet", where=str(run), hint="run the plan first")
    curves = fit_curves(results)
    html = _environment().get_template("report.html.j2").render(page=build_page(results, curves))
    try:
        report = put_whole(run / "report.html", html.encode())
        values = write_values(run / "values.json", curves, results)
    except OSError as error:
        raise OutputUnwritable(f"cannot be written: {error.strerror or error}", where=str(run)) from error
    return Written(report, values, len(results), len(curves))


def _environment() -> Environment:
    return make_environment(
        "stillwatch.lab.page",
        filters={"percent": _percent, "interval": _interval, "number": _number, "signed": _signed},
        names={"infinity": float("inf")},
        missing="–",
    )


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    # A tenth of a per cent matters near nought and near all.
    return f"{100 * share:.1f} %" if 0 < share < 0.02 or 0.98 < share < 1 else f"{100 * share:.0f} %"


def _interval(found: Interval | None, scale: str = "percent") -> str:
    """Mean and interval, as per cent or as nats."""
    if found is None:
        return "–"
    if scale == "nats":
        return f"{found.mean:.3f}"
    if found.seeds < 2:
        return f"{_percent(found.mean)} (one seed)"
    return f"{_percent(found.mean)} ({100 * found.low:.0f}–{100 * found.high:.0f})"


def _number(value: Any) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _signed(value: float, digits: int = 1, scale: float = 1.0) -> str:
    shown = round(scale * value, digits) + 0.0
    return f"{shown:+.{digits}f}" if shown else f"{0:.{digits}f}"
