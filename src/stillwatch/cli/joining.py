"""How commands that are written in several modules come to stand in one group."""

from __future__ import annotations

import cyclopts

__all__ = ["join_commands"]


def join_commands(group: cyclopts.App, part: cyclopts.App) -> None:
    """Give ``group`` the commands of ``part``, in their order.

    cyclopts' own way, ``group.command(part, name="*")``, leaves them out of the "Available commands" that it lists for
    whoever mistypes one.

    Args:
        group: gets them.
        part: has no name of its own.
    """
    for name in part:
        if not name.startswith("-"):
            group.command(part[name], name=name)
