"""``stillwatch formats``."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

import cyclopts
from rich.text import Text

from stillwatch.cli.options import AsCsv, AsJson
from stillwatch.cli.screen import say, show
from stillwatch.cli.written import as_csv, as_json

__all__ = ["formats_app"]

formats_app = cyclopts.App()


@formats_app.command(name="formats")
def formats_command(*, json: AsJson = False, csv: AsCsv = False) -> None:
    """List the log formats that a scan reads."""
    from stillwatch.ingest import all_formats

    if json or csv:
        rows = [{"name": name, "description": one.description} for name, one in all_formats().items()]
        say(as_json(rows) if json else as_csv(rows))
        return
    for name, one in all_formats().items():
        show(Text.assemble((name, "bold"), "  ", one.description))
