"""How a command's help is drawn: as cyclopts draws it, but for its Markdown, whose reader is a seventh of a start."""

# ruff: noqa: PLC0415 - cyclopts and rich load what draws help when there is help to draw

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cyclopts.help import HelpPanel, InlineText
    from rich.console import Console, ConsoleOptions
    from rich.text import Text

__all__ = ["HelpText"]

_CODE = re.compile(r"`([^`]+)`")
_CODE_STYLE = "bold cyan"


class HelpText:
    """A formatter of cyclopts for help that is plain text to it.

    The lines of a docstring's paragraph become one, which the screen wraps, and what stands between backticks is
    coloured.
    """

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Print the commands, arguments or options of a panel."""
        from cyclopts.help import DefaultFormatter

        for entry in panel.entries:
            _rewrite(entry.description)
        DefaultFormatter()(console, options, panel)

    def render_usage(self, console: Console, options: ConsoleOptions, usage: object) -> None:
        """Print how the command is called."""
        from cyclopts.help import DefaultFormatter

        DefaultFormatter().render_usage(console, options, usage)

    def render_description(self, console: Console, options: ConsoleOptions, description: object) -> None:
        """Print what the command does."""
        _rewrite(description)
        console.print(description)


def _rewrite(description: InlineText | object) -> None:
    from cyclopts.help import InlineText
    from rich.text import Text

    if isinstance(description, InlineText) and isinstance(description.primary_renderable, Text):
        description.primary_renderable = _flowing(description.primary_renderable.plain)


def _flowing(written: str) -> Text:
    from rich.text import Text

    paragraphs = (" ".join(lines.split()) for lines in written.split("\n\n"))
    # Every other piece stood between backticks.
    pieces = _CODE.split("\n\n".join(paragraphs))
    return Text.assemble(*((piece, _CODE_STYLE if place % 2 else "") for place, piece in enumerate(pieces)))
