"""What a program reads in place of a person: rows as CSV, anything as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

__all__ = ["as_csv", "as_json"]


def as_json(found: object) -> str:
    """Indented JSON; times are ISO 8601."""
    return json.dumps(found, indent=1, ensure_ascii=False, default=_plain)


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """CSV with a heading, without a last line's end; what has parts stands as JSON in its cell."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([[_cell(row.get(name)) for name in names] for row in rows])
    return text.getvalue().rstrip("\n")


def _cell(value: object) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return _plain(value) if isinstance(value, datetime) else value


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
