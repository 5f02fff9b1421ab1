"""Side files of one JSON object a line, read by whoever knows what a line must hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from stillwatch.core.errors import BadTable, UnreadableInput
from stillwatch.core.small_files import LIST, read_small
from stillwatch.core.system_errors import said_by

__all__ = ["json_lines"]

_Taken = TypeVar("_Taken")


def json_lines(path: Path, take: Callable[[str, Any], _Taken], lacking: str) -> Iterator[_Taken]:
    """What ``take`` makes of each line, in order.

    Args:
        path: of the file.
        take: from a line and its JSON; a ``KeyError``, ``TypeError`` or ``ValueError`` says that the line will not do.
        lacking: how the error begins then.

    Raises:
        UnreadableInput: the file cannot be read.
        BadTable: a line will not do; says which.
    """
    try:
        # Not splitlines: it breaks at U+2028 and its like, which may stand inside a string of JSON.
        lines = read_small(path, LIST).decode().replace("\r\n", "\n").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"cannot be read: {said_by(error)}", where=str(path)) from error
    for number, line in enumerate(lines if lines != [""] else [], start=1):
        try:
            taken = take(line, json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadTable(f"{lacking}: {error}", where=f"{path}:{number}") from error
        yield taken
