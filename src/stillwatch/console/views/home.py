"""The first page: the latest run, or the choice of one."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.drawing import wording

__all__ = ["home"]


def home(ask: Ask) -> Response:
    """The only run's overview, or a list of runs, the latest first."""
    runs = ask.console.runs.all()
    if len(runs) == 1:
        return ask.go(f"/runs/{quote(runs[0].name, safe='')}")
    rows = [
        {
            "name": run.name,
            "started": wording.parse_time(run.info.get("started")),
            "campaigns": run.keep("campaigns", lambda run=run: run.count("SELECT 1 FROM {campaigns}")),  # type: ignore[misc]
            "exchanges": (run.info.get("counts") or {}).get("exchanges"),
        }
        for run in runs
    ]
    return ask.show("home.html.j2", runs=rows)
