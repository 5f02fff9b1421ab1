"""What a program reads in place of a person: rows as CSV, anything as JSON."""

from __future__ import annotations

import csv as csv_text
import io
import json as json_text
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from stillwatch.cli.screen import say
from stillwatch.core.cells import as_cell

__all__ = ["as_csv", "as_json", "tell"]


def tell(text: object, rows: Sequence[Mapping[str, Any]], *, json: bool, csv: bool, whole: object = None) -> None:
    """Print what a command lists: as text, or its rows as it was asked for.

    Args:
        text: for people; ``str`` makes it.
        rows: of its table.
        json: ``--json`` was given, which comes before ``csv``.
        csv: ``--csv`` was given.
        whole: what JSON says in place of the rows, where there is more than a table.
    """
    if json:
        say(as_json(rows if whole is None else whole))
    else:
        say(as_csv(rows) if csv else text)


def as_json(found: object) -> str:
    """Indented JSON; times are ISO 8601."""
    return json_text.dumps(found, indent=1, ensure_ascii=False, default=_plain)


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """CSV with heading, without a last line's end; what has parts stands as JSON in its cell, and none is a formula."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    return "\n".join([_line(names), *map(_line, cells)])


def _line(cells: Sequence[object]) -> str:
    text = io.StringIO()
    # Quoted is a cell that holds any of what ends a line: with a line feed alone a carriage return would stand bare.
    csv_text.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n")


def _cell(value: object) -> object:
    if isinstance(value, list | dict):
        return json_text.dumps(value, ensure_ascii=False, default=_plain)
    return _plain(value) if isinstance(value, datetime) else as_cell(value) if isinstance(value, str) else value


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
