"""A run's own files to keep: its report as one HTML page, its findings as OCSF. They hold customers' text."""

from __future__ import annotations

from starlette.responses import FileResponse, Response

from stillwatch.console.asking import Ask, Refused

__all__ = ["findings", "report"]


def report(ask: Ask) -> Response:
    """The report, to be opened from where it is kept: it brings its own style, which pages here may not."""
    return _file(ask, "report.html")


def findings(ask: Ask) -> Response:
    """A Detection Finding a campaign, one a line."""
    return _file(ask, "findings.ocsf.jsonl")


def _file(ask: Ask, name: str) -> Response:
    run = ask.run
    path = run.path / name
    if not path.is_file():
        raise Refused(404, f"The run has no {name}.")
    ask.note("kept a file", run=run.name, file=name)
    return FileResponse(path, media_type="application/octet-stream", filename=f"{run.name}-{name}")
