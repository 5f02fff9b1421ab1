"""Writes ``report.html``: one file that needs nothing but itself.

No script, no remote font, no request: charts are inline SVG, and a content security policy in the
page forbids everything else, so that hostile prompt text stays text even if escaping ever failed.
Sections are Jinja templates in ``templates/``; shell and style sheet are ``stillwatch.drawing``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment

from stillwatch.drawing import family_palette, make_environment, wording
from stillwatch.evidence import all_families
from stillwatch.reporting.html.page import build_page
from stillwatch.reporting.run_files import SCHEMAS, read_info, read_partners, read_table, replace_file

__all__ = ["page_environment", "write_report"]


def write_report(run: Path) -> Path:
    """Writes ``run/report.html`` from the run's own files and returns its path.

    Raises:
        UnreadableInput: a table of the run is absent or is not Parquet.
        BadTable: a table lacks a column.
        OutputUnwritable: the page cannot be written.
    """
    tables = {name: read_table(run, name) for name in SCHEMAS}
    page = build_page(read_info(run), tables, read_partners(run))
    html = page_environment(page.families).get_template("report.html.j2").render(page=page)
    return replace_file(run / "report.html", html.encode())


def page_environment(families: Sequence[str]) -> Environment:
    """What pages of a run are written with.

    Args:
        families: of evidence, that the run has.
    """
    return make_environment(
        "stillwatch.reporting.html",
        names={
            "palette": family_palette(families),
            "family_meanings": {name: family.sees for name, family in all_families().items()},
            "not_in_log": wording.NOT_IN_LOG,
        },
    )
