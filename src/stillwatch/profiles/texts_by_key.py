"""Texts of a log by the keys of their exchanges, found without a pass over all of it.

What is asked of a small log its engine holds. Of a large one it has files, and reads every text in them to find a
hundred. So the texts are copied once into a file of small pieces, of which a few are read for a few texts.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.evidence.postings import changes

__all__ = ["READ_SQL", "TextsByKey"]

I64 = npt.NDArray[np.int64]

_ENDS = 32_768
READ_SQL = (
    f"CASE WHEN strlen(prompt) > {2 * _ENDS} AND length(prompt) > {2 * _ENDS} "
    f"THEN concat(left(prompt, {_ENDS}), chr(10), right(prompt, {_ENDS})) ELSE prompt END"
)
"""A prompt as it is read once more: of a long one both ends. It stands below joins, which gather 2,048 rows."""

_ASKED_SQL = f"SELECT row_key, {READ_SQL} AS prompt FROM {{exchanges}}"
_TEXTS_SQL = f"WITH asked AS ({_ASKED_SQL}) SELECT k.place, a.prompt FROM asked AS a JOIN {{keys}} AS k USING (row_key)"

MANY = 32_768
"""As many texts are read from a pass over all of them."""

_ROWS = 2048
_PIECE = 128


class _Copy(NamedTuple):
    """Texts in a file.

    Attributes:
        keys: of all, ascending.
        begins: place of the first text of each piece.
        pieces: of the file.
    """

    keys: I64
    begins: I64
    pieces: pa.ipc.RecordBatchFileReader


class TextsByKey:
    """The prompts of a log, as they are read once more.

    Args:
        engine: where the exchanges lie.
        exchanges: of the log: ``row_key, prompt``.
    """

    def __init__(self, engine: Engine, exchanges: Table) -> None:
        self._engine, self._exchanges = engine, exchanges

    def batches(self, keys: I64) -> Iterator[pa.RecordBatch]:
        """Prompts of exchanges in batches of ``place, prompt``, in any order: ``place`` is that among ``keys``."""
        if len(keys) < MANY and not self._engine.holds(self._exchanges) and (copy := self._copy) is not None:
            return _chosen(copy, keys)
        wanted = pa.table({"row_key": keys, "place": np.arange(len(keys))})
        return self._engine.batches(_TEXTS_SQL, _ROWS, exchanges=self._exchanges, keys=wanted)

    @cached_property
    def _copy(self) -> _Copy | None:
        """All texts in a file without a name; None where they do not lie in the order of their keys."""
        keys, sizes = [np.zeros(0, np.int64)], [0]
        with tempfile.TemporaryFile(dir=self._engine.scratch) as file:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            with pa.ipc.new_file(file, pa.schema({"prompt": pa.string()}), options=options) as writer:
                for batch in self._engine.batches(_ASKED_SQL, _ROWS, exchanges=self._exchanges):
                    keys.append(np.asarray(batch["row_key"], np.int64))
                    for start in range(0, len(batch), _PIECE):
                        piece = batch.select(["prompt"]).slice(start, _PIECE)
                        sizes.append(len(piece))
                        writer.write_batch(piece)
            every = np.concatenate(keys)
            if not np.all(every[1:] > every[:-1]):
                return None
            file.flush()
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            # A piece is so small that threads take longer to begin than it takes.
            alone = pa.ipc.IpcReadOptions(use_threads=False)
            return _Copy(every, np.cumsum(sizes)[:-1], pa.ipc.open_file(pa.py_buffer(mapped), options=alone))


def _chosen(copy: _Copy, keys: I64) -> Iterator[pa.RecordBatch]:
    """Texts of these keys, a few pieces' at a time."""
    order = np.argsort(keys, kind="stable")
    for start in range(0, len(order), _ROWS):
        place = order[start : start + _ROWS]
        row = np.searchsorted(copy.keys, keys[place])
        piece = np.searchsorted(copy.begins, row, side="right") - 1
        edges = np.append(np.flatnonzero(changes(piece)), len(piece))
        texts = [
            copy.pieces.get_batch(number).column(0).take(pa.array(rows - copy.begins[number]))
            for number, rows in zip(piece[edges[:-1]].tolist(), np.split(row, edges[1:-1]), strict=True)
        ]
        yield pa.record_batch({"place": place, "prompt": pa.concat_arrays(texts)})
