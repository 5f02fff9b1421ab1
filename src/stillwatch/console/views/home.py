"""The first page: the latest run, or the choice of one."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.console.cases import Cases
from stillwatch.console.listing import write_rows
from stillwatch.console.runs import Run
from stillwatch.drawing import wording

__all__ = ["home"]


def home(ask: Ask) -> Response:
    """The only run's overview, or a list of runs, the latest first, with what waits in each."""
    runs, form = ask.console.runs.all(), ask.file_form
    if len(runs) == 1 and form is None and not ask.console.runs.unreadable:
        return ask.go(f"/runs/{quote(runs[0].name, safe='')}")
    cases = ask.console.cases.cases()
    if form is not None:
        return write_rows(form, "runs", (_row(run, cases) for run in runs))
    return ask.show("home.html.j2", runs=[_row(run, cases) for run in runs], unreadable=ask.console.runs.unreadable)


def _row(run: Run, cases: Cases) -> dict[str, Any]:
    told, stages = run.info.get("counts") or {}, cases.stages_of(run.sha256)
    campaigns = told.get("campaigns")
    if campaigns is None:  # a run of another version may not say
        campaigns = run.keep("campaigns", lambda: run.count("SELECT 1 FROM {campaigns}"))
    return {
        "name": run.name,
        "started": wording.parse_time(run.info.get("started")),
        "campaigns": campaigns,
        "accounts": told.get("accounts"),
        "exchanges": told.get("exchanges"),
        "held": run.sha256 in cases.held,
        "open": stages.get("open", 0),
        "second": stages.get("second", 0),
    }
