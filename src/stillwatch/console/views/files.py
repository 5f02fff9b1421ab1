"""A run's own files to keep: its report as one HTML page, its findings as OCSF. They hold customers' text."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.responses import FileResponse, Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.runs import Run

__all__ = ["finding", "findings", "report"]


def report(ask: Ask) -> Response:
    """The report, to be opened from where it is kept: it brings its own style, which pages here may not."""
    return _file(ask, "report.html")


def findings(ask: Ask) -> Response:
    """A Detection Finding a campaign, one a line."""
    return _file(ask, "findings.ocsf.jsonl")


def finding(ask: Ask) -> Response:
    """The Detection Finding of one campaign."""
    run, name = ask.run, ask.named["campaign"]
    path = _own(run, "findings.ocsf.jsonl")
    try:
        with path.open("rb") as lines:
            found = next((line for line in lines if _campaign_of(line) == name), None)
    except FileNotFoundError:
        found = None
    if found is None:
        raise Refused(404, f"The run has no finding of {name}.")
    ask.note("kept a file", run=run.name, file=f"finding of {name}")
    safe = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in f"{run.name}-{name}")
    headers = {"Content-Disposition": f'attachment; filename="{safe}.ocsf.json"'}
    return Response(found, media_type="application/json", headers=headers)


def _own(run: Run, name: str) -> Path:
    """Where a file of the run's own lies: a link that somebody put in its place may lead to any file of this machine.

    Raises:
        Refused: it is such a link.
    """
    path = run.path / name
    if path.is_symlink():
        raise Refused(404, f"The run has no {name} of its own, but a link to a file elsewhere.")
    return path


def _campaign_of(line: bytes) -> object:
    told = json.loads(line)
    return (told.get("finding_info") or {}).get("uid_alt")


def _file(ask: Ask, name: str) -> Response:
    run = ask.run
    path = _own(run, name)
    if not path.is_file():
        raise Refused(404, f"The run has no {name}.")
    ask.note("kept a file", run=run.name, file=name)
    return FileResponse(path, media_type="application/octet-stream", filename=f"{run.name}-{name}")
