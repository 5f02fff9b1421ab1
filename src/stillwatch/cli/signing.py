"""Who acts by a command on a decision log: whoever ``--by`` names and, where a console is in use, who can show it."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from stillwatch.core import BadSetting, MissingDependency

__all__ = ["acting"]


def acting(log: Path, by: str, role: str) -> str:
    """The name that goes into the log.

    Args:
        log: the decision log.
        by: what was given.
        role: whose rights the act needs, where a console's people decide.

    Raises:
        BadSetting: a console's people decide, and this is none of them, may not, or cannot show who they are.
    """
    marked = (log.parent / "console.db").is_file() or log.with_name(f"{log.name}.console").is_file()
    if not marked:
        return by
    with MissingDependency.explained("a log that a console's people decide on", "console"):
        from stillwatch.console.signing import people_of_log, signed  # noqa: PLC0415
    state = people_of_log(log)
    return by if state is None else signed(state, by, role, lambda: _password(by))


def _password(name: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{name}'s password for the console: ")
    said = sys.stdin.readline().rstrip("\r\n")
    if not said:
        raise BadSetting(
            "the password is asked for, and nobody is there",
            where="standard input",
            hint="type it at a terminal, or pass it as the first line of standard input",
        )
    return said
