"""``stillwatch docs``: the pages that come with it."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

from typing import Annotated

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.screen import say

__all__ = ["docs_app"]

docs_app = cyclopts.App()


@docs_app.command(name="docs")
def docs_command(topic: Annotated[str | None, Parameter(name="TOPIC")] = None, /) -> None:
    """Print a page of the documentation; without a topic, which pages there are.

    Parameters
    ----------
    topic
        A page's name, such as formats, cli or put-the-gateway-in-front.
    """
    from stillwatch.services.shipped_pages import list_pages, read_page

    say(read_page(topic) if topic else list_pages())
