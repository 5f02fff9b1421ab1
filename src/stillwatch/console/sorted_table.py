"""One table in one order, read from where it lies: rows of a key by bisecting, rows by number by counting.

    write_sorted > X.arrow, in small compressed batches, and X.keys.arrow, the first key of each
    SortedTable > of(key), span(key), rows(first, last)

A look reads one or two batches of a thousand rows, without a query: of a million accounts a tenth of a millisecond,
where SQL takes ten.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["SortedTable", "write_sorted"]

_BATCH_ROWS = 1024
_MOST_LATELY = 8
"""Batches that stay unpacked: a look asks for the same one several times, and whoever pages on asks for it again."""

_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")
_READ = pa.ipc.IpcReadOptions(
    use_threads=False
)  # to share out a thousand rows takes three times as long as to unpack them


def write_sorted(reader: pa.RecordBatchReader, path: Path, key: str | None, going_on: Callable[[], object]) -> None:
    """Write a table that comes in its order.

    Args:
        reader: its batches, of any size.
        path: without an ending; gets ``.arrow`` and ``.keys.arrow``.
        key: the column that it is sorted by first, text without nulls; None: rows are asked for by number alone.
        going_on: called before each batch; what it raises ends the writing.
    """
    keys: list[str] = []
    starts: list[int] = []
    total = 0
    with (
        pa.OSFile(str(path.with_suffix(".arrow")), "wb") as sink,
        pa.ipc.new_file(sink, reader.schema, options=_OPTIONS) as writer,
    ):
        for whole in reader:
            going_on()
            for first in range(0, len(whole), _BATCH_ROWS):
                batch = whole.slice(first, _BATCH_ROWS)
                keys.append(batch[key][0].as_py() if key else "")
                starts.append(total)
                total += len(batch)
                writer.write_batch(batch)
    index = pa.table({"key": pa.array(keys, pa.string()), "start": pa.array(starts, pa.int64())})
    with pa.OSFile(str(path.with_suffix(".keys.arrow")), "wb") as sink, pa.ipc.new_file(sink, index.schema) as writer:
        writer.write_table(index)


class SortedTable:
    """A table that ``write_sorted`` wrote, shared by threads.

    Args:
        path: without an ending.
        key: the column it is sorted by first.

    Raises:
        OSError: it cannot be read.
        pyarrow.ArrowInvalid: it is none.
    """

    def __init__(self, path: Path, key: str | None) -> None:
        self._key = key
        self._reader = pa.ipc.open_file(pa.memory_map(str(path.with_suffix(".arrow"))), options=_READ)
        with pa.ipc.open_file(pa.memory_map(str(path.with_suffix(".keys.arrow")))) as index:
            told = index.read_all()
        self._keys: list[str] = told["key"].to_pylist()
        self._starts: list[int] = told["start"].to_pylist()
        self._turn = threading.Lock()
        self._lately: OrderedDict[int, pa.RecordBatch] = OrderedDict()
        self.schema: pa.Schema = self._reader.schema

    def span(self, key: str) -> tuple[int, int]:
        """Numbers of the first row with this key and of the first after them; equal where there is none."""
        if not self._keys or self._key is None:
            return 0, 0
        # A key may begin in the batch before the first that begins with it.
        low, high = max(bisect_left(self._keys, key) - 1, 0), max(bisect_right(self._keys, key) - 1, 0)
        first = self._places(low, key)
        if low == high:
            start = self._starts[low] + (int(first[0]) if len(first) else 0)
            return start, start + len(first)
        start = self._starts[low] + int(first[0]) if len(first) else self._starts[low + 1]
        return start, self._starts[high] + len(self._places(high, key))

    def of(self, key: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Every row with this key, in the table's order."""
        return self.rows(*self.span(key), columns)

    def rows(self, first: int, last: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Rows by number from ``first`` to before ``last``."""
        found = []
        if first < last and self._starts:
            for n in range(bisect_right(self._starts, first) - 1, bisect_left(self._starts, last)):
                batch, start = self._batch(n), self._starts[n]
                chosen = batch if columns is None else batch.select(list(columns))
                found.append(chosen.slice(max(first - start, 0), last - max(first, start)))
        schema = self.schema if columns is None else pa.schema([self.schema.field(name) for name in columns])
        return pa.Table.from_batches(found, schema)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column, whole."""
        whole = [self._reader.get_batch(n)[name] for n in range(len(self._starts))]
        return pa.chunked_array(whole, self.schema.field(name).type)

    def _batch(self, n: int) -> pa.RecordBatch:
        with self._turn:
            batch = self._lately.pop(n, None)
            self._lately[n] = batch = self._reader.get_batch(n) if batch is None else batch
            if len(self._lately) > _MOST_LATELY:
                self._lately.popitem(last=False)
            return batch

    def _places(self, n: int, key: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Where in a batch the key stands."""
        same = pc.equal(self._batch(n)[self._key], key)
        return np.flatnonzero(same.to_numpy(zero_copy_only=False))
