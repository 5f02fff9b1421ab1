"""Tables as pages show them: one page of rows, the same rows whole as CSV or JSON, and links that keep the filters."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from stillwatch.core.cells import as_cell

__all__ = ["PAGE_ROWS", "Listing", "page_number", "write_rows"]

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a table.

    Attributes:
        rows: of this page.
        total: how many there are in all.
        page: from 1.
        path: where the table is.
        filters: those that are set, by their names in the URL.
        size: how many rows a page holds.
    """

    rows: list[dict[str, Any]]
    total: int
    page: int
    path: str
    filters: Mapping[str, str]
    size: int = PAGE_ROWS
    _urls: dict[tuple[tuple[str, object], ...], str] = field(default_factory=dict, compare=False)

    @property
    def first(self) -> int:
        """Number of the first row shown."""
        return (self.page - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return self.first + len(self.rows) - 1 if self.rows else 0

    def url(self, **changed: str | int | None) -> str:
        """The same table with other filters; None takes one away, and any change begins at the first page."""
        key = tuple(changed.items())
        if (made := self._urls.get(key)) is None:
            made = self._urls[key] = self._url(changed)
        return made

    def _url(self, changed: Mapping[str, str | int | None]) -> str:
        asked = {**self.filters, **{name: "" if value is None else str(value) for name, value in changed.items()}}
        kept = {name: value for name, value in asked.items() if value}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def unfiltered_url(self, *kept: str) -> str:
        """The same table without its filters, but for those named."""
        return self.url(**dict.fromkeys(name for name in self.filters if name not in kept))

    @property
    def previous_url(self) -> str | None:
        """The page before."""
        return self.url(page=self.page - 1 if self.page > 2 else None) if self.page > 1 else None

    @property
    def next_url(self) -> str | None:
        """The page after."""
        return self.url(page=self.page + 1) if self.last < self.total else None


def page_number(text: str | None) -> int:
    """The page that a URL asks for; the first where it asks for none."""
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 8 else 1


def write_rows(form: str, name: str, rows: Iterable[Mapping[str, Any]]) -> Response:
    """Every row as a file to keep, sent as it is read.

    Args:
        form: ``csv`` or ``json``.
        name: the file's, without its ending.
        rows: all with the same columns.
    """
    write: Callable[[Iterable[Mapping[str, Any]]], Iterator[str]] = _csv if form == "csv" else _json
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}.{form}"'}
    return StreamingResponse(write(rows), media_type=kind, headers=headers)


def _csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    heads: list[str] | None = None
    for row in rows:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        if heads is None:
            heads = list(row)
            writer.writerow(heads)
        writer.writerow([_cell(row[head]) for head in heads])
        yield buffer.getvalue()


def _cell(value: object) -> str:
    """A value as a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else _plain(value) if isinstance(value, datetime) else str(value)
    if isinstance(value, list | tuple):
        text = " ".join(map(str, value))
    if isinstance(value, Mapping):  # names with how many
        text = ", ".join(f"{name} {n}" for name, n in value.items())
    return text if isinstance(value, int | float) else as_cell(text)


def _json(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield "["
    for n, row in enumerate(rows):
        yield ("," if n else "") + "\n" + json.dumps(row, default=_plain, ensure_ascii=False)
    yield "\n]\n"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
