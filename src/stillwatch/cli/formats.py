"""``stillwatch formats``."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

import cyclopts
from rich.text import Text

from stillwatch.cli.screen import show

__all__ = ["formats_app"]

formats_app = cyclopts.App()


@formats_app.command(name="formats")
def formats_command() -> None:
    """List the log formats that a scan reads."""
    from stillwatch.ingest import all_formats

    for name, one in all_formats().items():
        show(Text.assemble((name, "bold"), "  ", one.description))
