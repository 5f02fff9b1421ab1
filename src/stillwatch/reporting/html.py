"""Writes ``report.html``: one file that needs nothing but itself.

No script, no remote font, no request: charts are inline SVG drawn by the templates, and a content
security policy in the page forbids everything else, so that hostile prompt text stays text even
if escaping ever failed. Sections are Jinja templates in ``templates/``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from stillwatch.reporting import graph, wording
from stillwatch.reporting.blindspots import FAMILY_MEANINGS
from stillwatch.reporting.page import build_page
from stillwatch.reporting.runfiles import SCHEMAS, read_info, read_partners, read_table, replace_file
from stillwatch.tables import FAMILIES

__all__ = ["write_report"]

_ATLAS = re.compile(r"AML\.(TA?)\d{4}(\.\d{3})?")


def write_report(run: Path) -> Path:
    """Writes ``run/report.html`` from the run's own files and returns its path.

    Raises:
        UnreadableInput: a table of the run is absent or is not Parquet.
        BadTable: a table lacks a column.
        OutputUnwritable: the page cannot be written.
    """
    tables = {name: read_table(run, name) for name in SCHEMAS}
    page = build_page(read_info(run), tables, read_partners(run))
    html = _environment().get_template("report.html.j2").render(page=page)
    return replace_file(run / "report.html", html.encode())


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("stillwatch.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= wording.FILTERS
    environment.filters["atlas_url"] = _atlas_url
    environment.globals |= {
        "families": FAMILIES,
        "family_meanings": FAMILY_MEANINGS,
        "not_in_log": wording.NOT_IN_LOG,
        "graph_width": graph.WIDTH,
        "graph_height": graph.HEIGHT,
    }
    return environment


def _finalize(value: Any) -> Any:
    """Every printed value passes here: none prints as None, and no text hides characters."""
    if value is None:
        return wording.NOT_IN_LOG
    if isinstance(value, str) and not isinstance(value, Markup):
        return wording.visible(value)
    return value


def _atlas_url(identifier: str | None) -> str | None:
    """The page of a MITRE ATLAS tactic or technique; None for any other identifier."""
    found = _ATLAS.fullmatch(identifier or "")
    if found is None:
        return None
    kind = "tactics" if found.group(1) == "TA" else "techniques"
    return f"https://atlas.mitre.org/{kind}/{identifier}"
