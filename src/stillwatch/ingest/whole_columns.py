"""A batch of a table's rows to exchanges, column by column: no row is a Python object.

This is for tables whose rows are canonical records, or of a layout that a map describes (``column_maps``). A row that
a column is not sure of, that any other format might recognise, or that lacks what an exchange needs, is told to the
reader of rows, whose answer counts; so both ways give the same. Which formats could recognise a row is asked once for
all rows that have values in the same columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.ingest.assembly import tidy
from stillwatch.ingest.column_casts import Cast, Mask, cast, first_of, last_of, true_rows
from stillwatch.ingest.column_maps import ColumnMap, column_map
from stillwatch.ingest.mapping import MappedFormat
from stillwatch.ingest.plain_names import ADDRESSES
from stillwatch.ingest.record import COLUMNS
from stillwatch.ingest.registry import recognising
from stillwatch.ingest.slice import Slice
from stillwatch.ingest.watched_record import WatchedRecord
from stillwatch.tables import EXCHANGES

__all__ = ["WholeColumns"]

# Years that Python's times hold, whatever the zone.
_PAST, _FUTURE = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1000, 9000))
_PER_SECOND = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}
_DAY = 86_400


class WholeColumns:
    """Reads a file's batches; what it learnt of one it knows for the next.

    Args:
        part: the file.
        beside: columns that stand in the file's path, and their values.
    """

    def __init__(self, part: Slice, beside: Mapping[str, str | None]) -> None:
        self._part = part
        self._beside = {name: value for name, value in beside.items() if value is not None}
        self._ours: dict[bytes, bool] = {}
        self._map: ColumnMap | None = None

    def exchanges(self, batch: pa.RecordBatch, first: int) -> tuple[pa.RecordBatch, Mask]:
        """The rows that can be read so.

        Args:
            batch: of the file, as it lies there.
            first: number of its first row.

        Returns:
            A batch with schema ``EXCHANGES``, and which of the rows it does not hold.
        """
        columns = self._columns(batch)
        if columns is not None and isinstance(self._part.mapped, MappedFormat):
            self._map = column_map(self._part.mapped, list(columns))
        if columns is None or (self._part.mapped is not None and self._map is None):
            return pa.RecordBatch.from_pylist([], EXCHANGES), np.ones(batch.num_rows, np.bool_)
        sure = self._known(columns, batch.num_rows)
        arrays = dict(self._casts(columns, batch.num_rows, sure))
        sure &= ~_empty(arrays["time"]) & ~_empty(arrays["account_id"])
        sure &= ~_empty(arrays["prompt"]) | true_rows(pc.greater(pc.list_value_length(arrays["messages"]), 0))
        lines = pa.array(np.flatnonzero(sure) + first)
        if not sure.all():
            kept = pa.array(sure)
            arrays = {name: array.filter(kept) for name, array in arrays.items()}
        return self._assembled(arrays, lines), ~sure

    def _columns(self, batch: pa.RecordBatch) -> dict[str, pa.Array] | None:
        """Columns by name, those of the path too; None where names or texts are not what they should be."""
        names = batch.schema.names
        if len({*names}) < len(names):
            return None
        try:
            # Parquet's texts are not held to be UTF-8 by whoever reads them.
            batch.validate(full=True)
        except pa.ArrowException:
            return None
        around = {name: value for name, value in self._beside.items() if name not in names}
        beside = {name: pa.repeat(pa.scalar(value, pa.string()), batch.num_rows) for name, value in around.items()}
        return {**beside, **dict(zip(names, batch.columns, strict=True))}

    def _known(self, columns: Mapping[str, pa.Array], rows: int) -> Mask:
        """Which rows are canonical records whose every value can be a Python object."""
        sure = np.ones(rows, np.bool_)
        for column in columns.values():
            if (held := _holdable(column)) is not None:
                sure &= held
        sure &= ~_opened(columns, rows)
        if self._map is not None:
            return sure & self._map.recognised(columns, rows)
        given = np.stack([true_rows(column.is_valid()) for column in columns.values()], axis=1)
        bits = np.packbits(given, axis=1)
        kinds, of = np.unique(bits.view(np.dtype((np.void, bits.shape[1]))).ravel(), return_inverse=True)
        names = list(columns)
        ours: Mask = np.array([self._is_ours(kind.tobytes(), names) for kind in kinds])[of]
        return sure & ours

    def _casts(self, columns: Mapping[str, pa.Array], rows: int, sure: Mask) -> Iterator[tuple[str, pa.Array]]:
        """Every column of ``exchanges``; rows of which one is not sure are taken out of ``sure``."""
        for name in COLUMNS:
            if self._map is not None:
                made = self._map.cast(name, columns, rows)
            elif name == "client_address":
                made = _address(columns, rows)
            elif name in columns:
                made = cast(name, columns[name])
            else:
                made = Cast(pa.nulls(rows, EXCHANGES.field(name).type))
            if made.sure is not None:
                sure &= made.sure
            yield name, made.values

    def _is_ours(self, present: bytes, names: list[str]) -> bool:
        if present not in self._ours:
            bits = np.unpackbits(np.frombuffer(present, np.uint8), count=len(names))
            record = WatchedRecord(name for name, given in zip(names, bits, strict=True) if given)
            known = recognising(record)
            self._ours[present] = known is not None and known.name == "canonical" and not record.watched
        return self._ours[present]

    def _assembled(self, arrays: dict[str, pa.Array], lines: pa.Array) -> pa.RecordBatch:
        messages = arrays["messages"]
        if messages.null_count < len(messages):
            asked = pc.fill_null(last_of(messages, ("user",), with_text=True), "")
            arrays["prompt"] = pc.coalesce(arrays["prompt"], asked)
            arrays["system"] = pc.coalesce(
                arrays["system"], first_of(messages, ("system", "developer"), with_text=False)
            )
        label = self._part.label
        if arrays["exchange_id"].null_count:
            made = pc.binary_join_element_wise(pa.scalar(label), lines.cast(pa.string()), ":")
            arrays["exchange_id"] = pc.coalesce(arrays["exchange_id"], made)
        ordered = [arrays[name] for name in COLUMNS]
        tidy(ordered)
        file = pa.repeat(pa.scalar(label, pa.string()), len(lines))
        return pa.record_batch([*ordered, file, lines], schema=EXCHANGES)


def _address(columns: Mapping[str, pa.Array], rows: int) -> Cast:
    """A client's address under whichever of its names; of rows that have several, the reader of rows knows which."""
    given = [columns[name] for name in ("client_address", *ADDRESSES) if name in columns]
    made = [cast("client_address", column) for column in given]
    if not made:
        return Cast(pa.nulls(rows, pa.string()))
    if len(made) == 1 and "client_address" in columns:
        return made[0]
    sure: Mask = np.sum([~_empty(column) for column in given], axis=0) <= 1
    for one in made:
        sure &= ~true_rows(pc.equal(one.values, ""))
        if one.sure is not None:
            sure &= one.sure
    return Cast(pc.coalesce(*(one.values for one in made)), sure)


def _empty(column: pa.Array) -> Mask:
    return true_rows(column.is_null())


def _opened(columns: Mapping[str, pa.Array], rows: int) -> Mask:
    """Which rows may be opened before they are read: documents of a collection, and bodies that lie beside the log."""
    nested = {name for name, column in columns.items() if pa.types.is_nested(column.type)}
    found = np.full(rows, bool(nested) and "_id" in columns)
    for name in nested & {"input", "output"}:
        found |= true_rows(columns[name].is_valid())
    return found


def _holdable(column: pa.Array) -> Mask | None:
    """Which rows have a value that Python can hold, as the reader of rows asks of every column; None: all."""
    kind = column.type
    if _is_plain(kind) or column.null_count == len(column):
        return None
    missing = _empty(column)
    scale = None
    if pa.types.is_timestamp(kind):
        scale, counts = _PER_SECOND[kind.unit], column.view(pa.int64())
    elif pa.types.is_date32(kind):
        scale, counts = 1, pc.multiply(column.cast(pa.int32()).cast(pa.int64()), _DAY)
    if scale is None:
        return missing
    values: npt.NDArray[np.int64] = pc.fill_null(counts, 0).to_numpy(zero_copy_only=False)
    possible: Mask = (values > max(_PAST * scale, -(2**63) + 1)) & (values < min(_FUTURE * scale, 2**63 - 1))
    return possible | missing


def _is_plain(kind: pa.DataType) -> bool:
    """Whether any value of a type is one of Python's."""
    t = pa.types
    if t.is_dictionary(kind):
        return _is_plain(kind.value_type)
    if t.is_struct(kind):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        return len({field.name for field in fields}) == len(fields) and all(_is_plain(field.type) for field in fields)
    if t.is_list(kind) or t.is_large_list(kind):
        return _is_plain(kind.value_type)
    if t.is_string(kind) or t.is_large_string(kind) or t.is_binary(kind) or t.is_large_binary(kind):
        return True
    numbers = t.is_integer(kind) or t.is_float32(kind) or t.is_float64(kind)
    return bool(numbers or t.is_null(kind) or t.is_boolean(kind))
