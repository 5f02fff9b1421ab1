"""A side file's columns as its container gives them: CSV, JSON lines, JSON arrays, Parquet, Arrow.

Which container it is, how it is compressed and in which encoding it is written is told from its content, as of a log
(``files``), for whoever exports accounts does it with the same tools: Excel writes semicolons or UTF-16, Postgres
``\\N`` for null, a service's API an array. To read another container, add it to ``side_rows``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.feather as pa_feather
import pyarrow.parquet as pq

from stillwatch.core import BadTable, UnreadableInput, said_by
from stillwatch.core.not_json import NOT_JSON
from stillwatch.core.small_files import whole_of
from stillwatch.ingest.csv_rows import delimiter_of
from stillwatch.ingest.files import BROKEN, BYTE_ORDER_MARK, opened, wrapping
from stillwatch.ingest.side_columns import SideColumns, side_columns
from stillwatch.ingest.value_stream import values_of

__all__ = ["side_rows"]

_HINT = "JSON lines, a JSON array, CSV, Parquet or Arrow; text is UTF-8, or UTF-16 with a byte order mark"
_BROKEN = (*BROKEN, UnicodeDecodeError, pa.ArrowException)
_UNMADE = (pa.ArrowException, OverflowError, UnicodeEncodeError, TypeError)
# What Postgres and MySQL write for null, beside what Arrow knows.
_NULLS = [*pa_csv.ConvertOptions().null_values, "\\N"]


def side_rows(path: Path, schema: pa.Schema) -> tuple[pa.Table, SideColumns]:
    """A file's columns that are of the schema, under its own names and in its own types.

    Raises:
        UnreadableInput: it cannot be read.
        BadTable: a column stands twice, or what should be an object is none.
    """
    wrapped = wrapping(path)
    try:
        if wrapped in ("parquet", "arrow"):
            return _of_table(path, wrapped, schema)
        with opened(path, wrapped) as stream:
            raw = whole_of(stream).removeprefix(BYTE_ORDER_MARK)
        if raw.lstrip()[:1] in (b"{", b"[", b""):
            return _of_records(_objects(raw, path), schema)
        return _of_csv(raw, schema, path)
    except _BROKEN as error:
        raise UnreadableInput(f"the file cannot be read: {said_by(error)}", where=str(path), hint=_HINT) from error


def _of_table(path: Path, wrapped: str, schema: pa.Schema) -> tuple[pa.Table, SideColumns]:
    if wrapped == "parquet":
        columns = _told_apart(pq.read_schema(path).names, schema, path)
        return pq.read_table(path, columns=list(columns.given.values())), columns
    whole = pa_feather.read_table(path)
    columns = _told_apart(whole.column_names, schema, path)
    return whole.select(list(columns.given.values())), columns


def _of_csv(raw: bytes, schema: pa.Schema, path: Path) -> tuple[pa.Table, SideColumns]:
    written = pa_csv.ParseOptions(delimiter=delimiter_of(raw) or ",", newlines_in_values=True)
    # Excel's line that says what stands between cells.
    reading = pa_csv.ReadOptions(skip_rows=1 if raw[:5].lower().strip(b'"').startswith(b"sep=") else 0)
    names = pa_csv.open_csv(pa.BufferReader(raw), reading, written).schema.names
    columns = _told_apart(names, schema, path)
    # As text: what looks like a number may be an account's name, and its zeros belong to it.
    texts = dict.fromkeys(columns.given.values(), pa.string())
    as_text = pa_csv.ConvertOptions(column_types=texts, strings_can_be_null=True, null_values=_NULLS)
    return pa_csv.read_csv(pa.BufferReader(raw), reading, written, as_text), columns


def _told_apart(names: Sequence[str], schema: pa.Schema, path: Path) -> SideColumns:
    columns = side_columns(names, schema)
    for name in columns.given.values():
        if names.count(name) > 1:
            raise BadTable(f"the column `{name}` stands twice", where=str(path), hint="keep the one that is meant")
    return columns


def _of_records(records: Sequence[dict[str, Any]], schema: pa.Schema) -> tuple[pa.Table, SideColumns]:
    columns = side_columns({name: None for record in records for name in record}, schema)
    # Without columns a table has no rows either.
    names = [*columns.given.values()] or ["account_id"]
    return pa.table({name: _as_written([record.get(name) for record in records]) for name in names}), columns


def _as_written(values: list[Any]) -> pa.Array:
    """One column of JSON values; where their types differ, as text."""
    try:
        return pa.array(values)
    except _UNMADE:
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _objects(raw: bytes, path: Path) -> list[dict[str, Any]]:
    """The objects of a text, one a line, else whatever stands between them, or in an array."""
    lines = [(f"line {number}", line) for number, line in enumerate(raw.splitlines(), 1) if line.strip()]
    if lines and not _is_object(lines[0][1]):
        found = values_of(raw)
        if found and all(map(_is_json, found)):
            lines = [(f"record {number}", text) for number, text in enumerate(found, 1)]
    return [_object(text, where, path) for where, text in lines]


def _is_object(text: bytes) -> bool:
    return _is_json(text) and text.lstrip()[:1] == b"{"


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except NOT_JSON:
        return False
    return True


def _object(text: bytes, said: str, path: Path) -> dict[str, Any]:
    try:
        record = msgspec.json.decode(text)
    except NOT_JSON as error:
        raise BadTable(f"{said} is not JSON: {error}", where=str(path)) from error
    if not isinstance(record, dict):
        raise BadTable(f"{said} is not an object", where=str(path))
    return record
