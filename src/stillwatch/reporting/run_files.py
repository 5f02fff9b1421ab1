"""Reads a finished run's files: tables as Arrow, ``run.json`` as a mapping that may lack any key.

``read_table`` takes a table named in ``stillwatch.tables``; to let the report see another
file of the run, add its schema to ``SCHEMAS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import tables
from stillwatch.core import BadTable, OutputUnwritable, UnreadableInput, said_by
from stillwatch.core.not_json import NOT_JSON
from stillwatch.core.small_files import LIST, read_small
from stillwatch.core.whole_files import put_whole

__all__ = ["read_info", "read_partners", "read_table", "replace_file"]

SCHEMAS: Mapping[str, pa.Schema] = {
    "accounts": tables.ACCOUNTS,
    "campaigns": tables.CAMPAIGNS,
    "dead_letters": tables.DEAD_LETTERS,
    "links": tables.LINKS,
    "templates": tables.TEMPLATES,
}
"""Tables that every run has."""

_ADDED: Mapping[str, pa.Schema] = {"partners": tables.PARTNERS}

_HINT = "give the folder that `stillwatch scan --out` wrote, and let that scan finish"


def read_table(run: Path, name: str, columns: list[str] | None = None) -> pa.Table:
    """A table of the run, with the given columns or all of its schema's.

    Links are read whole: a family of evidence is a column there, one that this version does not know among them,
    and a run need not have every family that it knows.

    Raises:
        UnreadableInput: the file is absent or is not Parquet.
        BadTable: the file lacks a column, or one holds something else.
    """
    path = run / f"{name}.parquet"
    schema = {**SCHEMAS, **_ADDED}[name]
    wanted = columns or [column for column in schema.names if name != "links" or column not in tables.FAMILIES]
    whole = name == "links" and columns is None
    try:
        # One file, not a data set: a folder beside it must not be read as partitions.
        with pq.ParquetFile(path) as file:
            lacking = sorted(set(wanted) - set(file.schema_arrow.names))
            if lacking:
                raise BadTable(f"no column {', '.join(lacking)}", where=str(path), hint=_HINT)
            tables.check_columns(file.schema_arrow, schema, path)
            return file.read(columns=None if whole else wanted)
    except (OSError, pa.ArrowException) as error:
        raise UnreadableInput(f"cannot be read as a table: {said_by(error)}", where=str(path), hint=_HINT) from error


def read_partners(run: Path) -> pa.Table | None:
    """What partners said; None where the scan was not told.

    Raises:
        UnreadableInput: the file is there and is not Parquet.
        BadTable: it lacks a column.
    """
    return read_table(run, "partners") if (run / "partners.parquet").exists() else None


def read_info(run: Path) -> dict[str, Any]:
    """``run.json``; an empty mapping where the run has none.

    Raises:
        UnreadableInput: the file is there and is not a JSON object of the form that a scan writes.
    """
    path = run / "run.json"
    try:
        info = msgspec.json.decode(read_small(path, LIST), type=dict[str, Any])
    except FileNotFoundError:
        return {}
    except (OSError, *NOT_JSON) as error:
        raise UnreadableInput(f"is not a JSON object: {error}", where=str(path), hint=_HINT) from error
    tables.check_info(info, path)
    return info


def replace_file(path: Path, content: bytes) -> Path:
    """Writes ``content`` whole or not at all: beside the path first, then into its place.

    Raises:
        OutputUnwritable: the disk is full or the folder cannot be written.
    """
    try:
        return put_whole(path, content)
    except OSError as error:
        raise OutputUnwritable(
            f"cannot be written: {error.strerror or error}", where=str(path), hint="free some space"
        ) from error
