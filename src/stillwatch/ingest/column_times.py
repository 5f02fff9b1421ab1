"""Columns of times as microseconds since 1970, a column at once: what ``timestamps`` makes of them, value by value.

Timestamps of any unit and zone, dates, numbers of seconds, milliseconds, microseconds or nanoseconds, and ISO 8601 text
with or without a zone. Of any other value a column is not sure, and ``timestamps`` is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.ingest.timestamps import (
    EARLIEST,
    LATEST,
    MICROS_BELOW,
    MILLIS_BELOW,
    SECONDS_BELOW,
    TIMESTAMP,
    elapsed_ms,
)

__all__ = ["elapsed", "moments"]

Mask = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]

_PER_SECOND = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}
_DAY = 86_400_000_000
_SECOND = 1_000_000
# A day that its month has, but for the 29th of February, of which only some years know.
_DATE = r"\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_ZONE = r"(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)"
_ISO = rf"^{_DATE}[T ]{_CLOCK}(?:\.\d{{1,9}})?{_ZONE}?$"
_TOO_FINE = r"(\.\d{6})\d+"


def moments(column: pa.Array, *, days: bool = False) -> tuple[pa.Array, Mask] | None:
    """A column as times.

    Args:
        column: without dictionaries; what is null stays so.
        days: whether a day is a time, its midnight.

    Returns:
        An array of timestamp[us, UTC], and which of its rows are a time between the years 2000 and 2100; None where a
        column of this type is read value by value.
    """
    kind = column.type
    if pa.types.is_string(kind):
        return _of_texts(column)
    given = ~_nulls(column)
    if pa.types.is_timestamp(kind) or (days and pa.types.is_date32(kind)):
        return _held(*_of_units(column), given)
    if pa.types.is_integer(kind) and kind != pa.uint64():
        return _held(*_of_whole(_filled(column, pa.int64())), given)
    if pa.types.is_float64(kind) or pa.types.is_float32(kind):
        return _held(*_of_real(_filled(column, pa.float64())), given)
    return None


def elapsed(starts: Sequence[object], ends: Sequence[object]) -> Sequence[float | None]:
    """Milliseconds from each start to its end, as ``timestamps.elapsed_ms`` has them."""
    began, ended = _all(starts), _all(ends)
    if began is None or ended is None:
        return [*map(elapsed_ms, starts, ends)]
    found: list[float | None] = ((ended - began) / 1000).tolist()
    return found


def _all(values: Sequence[object]) -> Whole | None:
    """Values of one type as microseconds, where all of them are surely times."""
    if {*map(type, values)} not in ({int}, {float}, {str}):
        return None
    try:
        found = moments(pa.array(values))
    except (pa.ArrowException, OverflowError):
        return None
    return found[0].cast(pa.int64()).to_numpy() if found is not None and found[1].all() else None


def _nulls(column: pa.Array) -> Mask:
    found: Mask = column.is_null().to_numpy(zero_copy_only=False)
    return found


def _filled(column: pa.Array, kind: pa.DataType) -> npt.NDArray[np.generic]:
    values: npt.NDArray[np.generic] = pc.fill_null(column.cast(kind), 0).to_numpy(zero_copy_only=False)
    return values


def _held(values: Whole, known: Mask, given: Mask) -> tuple[pa.Array, Mask]:
    sure = known & given & (values >= EARLIEST) & (values < LATEST)
    return pa.array(values, mask=~sure).cast(TIMESTAMP), sure


def _of_units(column: pa.Array) -> tuple[Whole, Mask]:
    """Timestamps and dates: counts of a unit, in UTC where they have a zone and where they have none."""
    if pa.types.is_date32(column.type):
        days = pc.fill_null(column.cast(pa.int32()), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        return days * _DAY, np.ones(len(days), np.bool_)
    values: Whole = pc.fill_null(column.view(pa.int64()), 0).to_numpy(zero_copy_only=False)
    scale = _PER_SECOND[column.type.unit]
    possible = (values >= EARLIEST * scale // _SECOND) & (values < LATEST * scale // _SECOND)
    values = np.where(possible, values, 0)
    return values * (_SECOND // scale) if scale <= _SECOND else values // (scale // _SECOND), possible


def _of_whole(values: npt.NDArray[np.generic]) -> tuple[Whole, Mask]:
    counts = values.astype(np.int64)
    size = np.abs(counts)
    possible = (counts > 0) & (size > 0)
    factor = np.where(size < SECONDS_BELOW, 1_000_000, np.where(size < MILLIS_BELOW, 1000, 1))
    made = np.where(size < MICROS_BELOW, np.where(possible, counts, 0) * factor, counts // 1000)
    return made, possible


def _of_real(values: npt.NDArray[np.generic]) -> tuple[Whole, Mask]:
    counts = values.astype(np.float64)
    possible = np.isfinite(counts) & (counts > 0) & (counts < MICROS_BELOW)
    counts = np.where(possible, counts, 0.0)
    factor = np.where(counts < SECONDS_BELOW, 1_000_000.0, np.where(counts < MILLIS_BELOW, 1000.0, 1.0))
    return np.rint(counts * factor).astype(np.int64), possible


def _of_texts(column: pa.Array) -> tuple[pa.Array, Mask]:
    sure: Mask = pc.fill_null(pc.match_substring_regex(column, _ISO), False).to_numpy(zero_copy_only=False)
    texts = column if sure.all() else pc.if_else(pa.array(sure), column, pa.scalar(None, pa.string()))
    if pc.any(pc.match_substring_regex(texts, _TOO_FINE)).as_py():
        texts = pc.replace_substring_regex(texts, _TOO_FINE, r"\1")
    bare = pc.invert(pc.match_substring_regex(texts, rf"{_ZONE}$"))
    if pc.any(bare).as_py():
        texts = pc.if_else(bare, pc.binary_join_element_wise(texts, "Z", ""), texts)
    try:
        values = texts.cast(pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:
        return pa.nulls(len(column), TIMESTAMP), np.zeros(len(column), np.bool_)
    whole: Whole = pc.fill_null(values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return _held(whole, sure, sure)
