"""Columns of a table under the names that a map gives them: ``scan --map FILE`` without a row as a Python object.

This is for maps of a flat table: every path of the map is a column, and no body is opened. It makes what
``MappedFormat.read`` makes, and is not sure of the rows for which that asks more than a column knows: a conversation,
an answer that begins like JSON, a time in an unlikely type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.ingest.column_casts import Cast, Mask, cast, plain, true_rows
from stillwatch.ingest.mapping import MappedFormat
from stillwatch.tables import EXCHANGES

__all__ = ["ColumnMap", "column_map"]

# What `parsed` may open: blanks of any script, then what JSON begins with.
_LIKE_JSON = r"^[\x00-\x20\x7f-\x{10FFFF}]*[\"\[{]"
_PER_UNIT = {"s": (1_000_000, 1), "ms": (1000, 1), "us": (1, 1), "ns": (1, 1000)}
_LATEST = 2**42


class ColumnMap:
    """A map's paths as columns of one table; ``column_map`` makes it.

    Args:
        mapped: as a person described it.
        places: of each of its paths the column that it names, if there is one.
    """

    def __init__(self, mapped: MappedFormat, places: Mapping[str, str | None]) -> None:
        self._mapped, self._places = mapped, places

    def recognised(self, columns: Mapping[str, pa.Array], rows: int) -> Mask:
        """Which rows are surely of the layout."""
        mapped = self._mapped
        if not (mapped.keys or mapped.values):
            whose, *asked = (
                self._any(columns, mapped.columns.get(name, ()), rows) for name in ("account_id", "prompt", "messages")
            )
            return whose & (asked[0] | asked[1])
        sure = np.ones(rows, np.bool_)
        for path, wanted in mapped.values:
            column = self._column(columns, path)
            texts = None if column is None else plain(column)
            if texts is None or not pa.types.is_string(texts.type):
                return np.zeros(rows, np.bool_)
            sure &= true_rows(pc.is_in(texts, value_set=pa.array(wanted, pa.string())))
        for path in mapped.keys:
            column = self._column(columns, path)
            sure &= False if column is None else true_rows(column.is_valid())
        return sure

    def cast(self, name: str, columns: Mapping[str, pa.Array], rows: int) -> Cast:
        """A column of ``exchanges``: of each row the first of its places that has a value, or what stands in all."""
        kind = EXCHANGES.field(name).type
        values, sure = pa.nulls(rows, kind), np.ones(rows, np.bool_)
        if name in self._mapped.constants:
            made = cast(name, pa.repeat(pa.scalar(self._mapped.constants[name]), rows))
            values, sure = made.values, sure if made.sure is None else made.sure
        for path in reversed(self._mapped.columns.get(name, ())):
            column = self._column(columns, path)
            if column is None or column.null_count == rows:
                continue
            given = _given(column)
            made = self._read(name, column)
            values = pc.if_else(pa.array(given), made.values, values)
            sure = np.where(given, True if made.sure is None else made.sure, sure)
        return Cast(values, None if sure.all() else sure)

    def _read(self, name: str, column: pa.Array) -> Cast:
        if name == "messages":
            return Cast(pa.nulls(len(column), EXCHANGES.field(name).type), ~_given(column))
        made = self._time(column) if name == "time" and self._mapped.unit else cast(name, column)
        if name == "response":
            odd = true_rows(pc.match_substring_regex(made.values, _LIKE_JSON))
            return Cast(made.values, ~odd if made.sure is None else made.sure & ~odd)
        return made

    def _time(self, column: pa.Array) -> Cast:
        """Times of the map's unit: whole numbers, or where they are text what is no number."""
        kind, unit = column.type, str(self._mapped.unit)
        if unit == "iso" and (pa.types.is_timestamp(kind) or pa.types.is_date32(kind) or _is_text(kind)):
            return cast("time", column)
        if unit != "iso" and pa.types.is_integer(kind) and kind != pa.uint64():
            times, over = _PER_UNIT[unit]
            counts = pc.fill_null(column.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
            sure = (counts >= 0) & (counts < _LATEST * 1_000_000 // times)
            moments = pa.array(np.where(sure, counts, 0) * times // over, pa.int64())
            made = cast("time", moments.cast(pa.timestamp("us", "UTC")))
            return Cast(made.values, sure if made.sure is None else sure & made.sure)
        return Cast(pa.nulls(len(column), EXCHANGES.field("time").type), true_rows(column.is_null()))

    def _column(self, columns: Mapping[str, pa.Array], path: str) -> pa.Array | None:
        place = self._places[path]
        return None if place is None else columns[place]

    def _any(self, columns: Mapping[str, pa.Array], paths: Sequence[str], rows: int) -> Mask:
        found = np.zeros(rows, np.bool_)
        for path in paths:
            if (column := self._column(columns, path)) is not None:
                found |= _given(column)
        return found


def column_map(mapped: MappedFormat, names: Sequence[str]) -> ColumnMap | None:
    """A map as columns of a table with these names; None where one of its paths may lead into a column."""
    if mapped.request or mapped.response:
        return None
    lowered: dict[str, str] = {}
    for name in names:
        lowered.setdefault(name.lower(), name)
    places: dict[str, str | None] = {}
    for path in {
        *mapped.keys,
        *(path for path, _ in mapped.values),
        *(p for some in mapped.columns.values() for p in some),
    }:
        steps = path.split(".")
        before = (".".join(steps[:count]).lower() for count in range(1, len(steps)))
        if path not in names and any(one in lowered for one in before):
            return None
        places[path] = path if path in names else lowered.get(path.lower())
    return ColumnMap(mapped, places)


def _is_text(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))


def _given(column: pa.Array) -> Mask:
    """Which rows have a value other than null and the empty text."""
    texts = plain(column)
    if texts is not None and pa.types.is_string(texts.type):
        return true_rows(pc.not_equal(texts, ""))
    return true_rows(column.is_valid())
