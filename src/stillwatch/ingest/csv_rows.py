"""Rows of a CSV file with the canonical columns, to exchanges and dead letters."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import IO, Any

import msgspec

from stillwatch.ingest.record import COLUMNS, RecordError, conform
from stillwatch.ingest.slice_result import SliceRows

__all__ = ["csv_rows", "read_row"]

# A prompt is a cell, and prompts run to megabytes: Python's own limit is 131,072 characters.
_LONGEST_CELL = 2**31 - 1
_LISTS = ("messages", "tools", "stop")


def csv_rows(stream: IO[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows by the header's names, with the number of the line on which each begins.

    Cells beyond the header's stand as a list under the name ``""``; so does, as text, why a row is no CSV.
    """
    csv.field_size_limit(_LONGEST_CELL)
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
    reader = csv.reader(text)
    names: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            yield line, {"": f"not CSV: {error}"}
            continue
        if not cells:
            continue
        if names is None:
            names = cells
            continue
        row: dict[str, Any] = dict(zip(names, cells, strict=False))
        if len(cells) > len(names):
            row[""] = cells[len(names) :]
        yield line, row
    text.detach()


def read_row(batch: SliceRows, line: int, row: Mapping[str, Any]) -> None:
    """Read a row into ``batch``; an empty cell is null."""
    raw = ",".join(str(value) for value in row.values()).encode()
    if "" in row:
        told = row[""] if isinstance(row[""], str) else "the row does not have the header's number of cells"
        batch.refuse(line, told, raw)
        return
    fields = {name: value for name, value in row.items() if name in COLUMNS and value != ""}
    try:
        for name in _LISTS:
            if fields.get(name, "").lstrip().startswith("["):
                fields[name] = _list_of(name, fields[name])
        batch.add([conform(fields, textual=True, defaults=batch.part.defaults)], line, raw)
    except RecordError as error:
        batch.refuse(line, str(error), raw)


def _list_of(name: str, cell: str) -> Any:
    try:
        return msgspec.json.decode(cell)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        raise RecordError(f"`{name}`: not JSON: {error}") from None
