"""The files that go with a log: what is known of accounts, and when models came out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from stillwatch.core import BadTable, UnreadableInput
from stillwatch.ingest.clock import to_microseconds
from stillwatch.ingest.files import wrapping
from stillwatch.tables import ACCOUNT_FILE, RELEASES_FILE

__all__ = ["read_accounts", "read_releases"]

_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def read_accounts(path: Path) -> pa.Table:
    """An account file as a table with schema ``ACCOUNT_FILE``; other columns are ignored.

    Raises:
        UnreadableInput: it cannot be read.
        BadTable: ``account_id`` is missing or stands twice, or a value has the wrong type.
    """
    table = _read(path, ACCOUNT_FILE, ("account_id",))
    ids = table["account_id"].to_pylist()
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        twice = next(i for i in ids if i in seen or seen.add(i))  # type: ignore[func-returns-value]
        raise BadTable(f"account {twice!r} stands twice", where=str(path), hint="keep one row an account")
    return table


def read_releases(path: Path) -> pa.Table:
    """A release calendar as a table with schema ``RELEASES_FILE``; other columns are ignored.

    Raises:
        UnreadableInput: it cannot be read.
        BadTable: ``model`` or ``time`` is missing, or a time cannot be read.
    """
    return _read(path, RELEASES_FILE, ("model", "time"))


def _read(path: Path, schema: pa.Schema, required: tuple[str, ...]) -> pa.Table:
    rows = _rows(path)
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    for number, row in enumerate(rows, start=1):
        for field in schema:
            value = row.get(field.name)
            value = None if value == "" else value
            if value is None and field.name in required:
                raise BadTable(
                    f"row {number} has no `{field.name}`",
                    where=str(path),
                    hint=f"columns: {', '.join(schema.names)}; required: {', '.join(required)}",
                )
            columns[field.name].append(_typed(value, field, number, path))
    return pa.table({f.name: pa.array(columns[f.name], f.type) for f in schema}, schema=schema)


def _typed(value: Any, field: pa.Field, row: int, path: Path) -> Any:
    """A value as its column takes it; text stands for times and truths, as in CSV."""
    if value is None:
        return None
    try:
        if pa.types.is_timestamp(field.type):
            return to_microseconds(value)
        if pa.types.is_boolean(field.type):
            return value if isinstance(value, bool) else _TRUTHS[str(value).lower()]
    except (ValueError, KeyError, TypeError) as error:
        raise BadTable(f"row {row}, `{field.name}`: {value!r} cannot be read", where=str(path)) from error
    return value if isinstance(value, str) else str(value)


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        if wrapping(path) == "parquet":
            return _plain(pq.read_table(path))
        raw = path.read_bytes()
        if raw.lstrip()[:1] in (b"{", b""):
            return [_object(line, number, path) for number, line in enumerate(raw.splitlines(), 1) if line.strip()]
        names = raw.split(b"\n", 1)[0].decode("utf-8-sig", "replace").strip().split(",")
        as_text = pa_csv.ConvertOptions(
            column_types={n.strip('"'): pa.string() for n in names}, strings_can_be_null=True
        )
        return _plain(pa_csv.read_csv(pa.BufferReader(raw), convert_options=as_text))
    except (OSError, pa.ArrowException) as error:
        raise UnreadableInput(
            f"the file cannot be read: {error}", where=str(path), hint="JSONL, CSV or Parquet"
        ) from error


def _plain(table: pa.Table) -> list[dict[str, Any]]:
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            whole = table[field.name].cast(pa.timestamp("us", tz=field.type.tz)).cast(pa.int64())
            table = table.set_column(place, field.name, whole)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _object(line: bytes, number: int, path: Path) -> dict[str, Any]:
    try:
        record = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadTable(f"line {number} is not JSON: {error}", where=str(path)) from error
    if not isinstance(record, dict):
        raise BadTable(f"line {number} is not an object", where=str(path))
    return record
