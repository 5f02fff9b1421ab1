"""Whether what lies in a run is what a scan wrote: somebody else may have made it, or changed it since.

Columns that are lacking or new are another version's, and no fault; a column that holds another kind of value is one,
and so is a file that is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.core import BadTable, UnreadableInput, said_by

__all__ = ["check_columns", "check_info", "check_parts", "check_tables"]

_HINT = "the run was changed after its scan: scan anew"
_OBJECTS = ("counts", "settings", "environment", "elapsed_seconds")
_KINDS: tuple[Callable[[pa.DataType], bool], ...] = (
    pa.types.is_boolean,
    lambda kind: pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind),
    pa.types.is_temporal,
    lambda kind: any(
        is_one(kind) for is_one in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    ),
    lambda kind: pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind),
    lambda kind: pa.types.is_list(kind) or pa.types.is_large_list(kind),
    pa.types.is_struct,
    pa.types.is_map,
)


def check_columns(found: pa.Schema, schema: pa.Schema, where: Path) -> None:
    """Hold the columns of a file to what they are to be, by kind: numbers, times, texts.

    Raises:
        BadTable: a column holds something else.
    """
    for name in found.names:
        if name in schema.names and not _alike(found.field(name).type, schema.field(name).type):
            given, wanted = found.field(name).type, schema.field(name).type
            raise BadTable(f"column {name} holds {given}, not {wanted}", where=str(where), hint=_HINT)


def _alike(given: pa.DataType, wanted: pa.DataType) -> bool:
    if pa.types.is_dictionary(given):
        given = given.value_type
    for is_one in _KINDS:
        if is_one(wanted):
            return bool(is_one(given)) and not (
                pa.types.is_list(wanted) and not _alike(given.value_type, wanted.value_type)
            )
    return bool(given == wanted)


def check_info(info: Mapping[str, Any], where: Path) -> None:
    """Hold what a run says of itself to its form.

    Raises:
        UnreadableInput: something in it is of another form.
    """
    for name in _OBJECTS:
        if info.get(name) is not None and not isinstance(info[name], Mapping):
            raise UnreadableInput(f"{name} is no object", where=str(where), hint=_HINT)


def check_tables(run: Path, schemas: Mapping[str, pa.Schema]) -> None:
    """Hold every table of a run, and every part of one, to its columns.

    Args:
        run: its folder.
        schemas: by the name of the file; files of other names must be tables, of whatever columns.

    Raises:
        UnreadableInput: a file is no table.
        BadTable: a column holds something else than it is to.
    """
    for file in sorted((*run.glob("*.parquet"), *run.glob("*.parquet/*.parquet"), *run.glob("kept/*.parquet"))):
        whole = file.parent.name if file.parent.suffix == ".parquet" else file.name
        if file.is_dir() and file.parent == run and any(file.glob("*.parquet")):
            continue
        try:
            found = pq.read_schema(file)
        except (OSError, pa.ArrowException) as error:
            told = f"cannot be read as a table: {said_by(error)}"
            raise UnreadableInput(told, where=str(file), hint=_HINT) from error
        check_columns(found, schemas.get(whole.removesuffix(".parquet"), found), file)


def check_parts(run: Path, counts: Mapping[str, Any] | None) -> None:
    """Hold the parts of a run to what it says of itself: one that is lacking would leave a run that looks whole.

    Raises:
        UnreadableInput: they hold fewer exchanges, or more.
    """
    told = (counts or {}).get("exchanges")
    for whole in ("exchanges.parquet", "sketches.parquet"):
        rows = sum(pq.ParquetFile(part).metadata.num_rows for part in (run / whole).glob("*.parquet"))
        if told is not None and rows != told:
            problem = f"its parts hold {rows:,} exchanges, and run.json says {told}"
            raise UnreadableInput(problem, where=str(run / whole), hint=_HINT)
