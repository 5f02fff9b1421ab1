"""Of many prompts what is read of them: their texts go by in batches, and their beginnings alone are held.

A sample of 100,000 prompts of 10 kB is a gigabyte, and features read a tenth of it. Texts come in the order in which
they lie, for to sort them an engine would hold them all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.sketching import Wording, beginnings, wording_flags

__all__ = ["READ_SQL", "Beginnings", "in_order", "packed", "read_beginnings"]

I64 = npt.NDArray[np.int64]

_ROWS = 2048
_PIECE_BYTES = 4 << 20
# So many pieces are with workers at once.
_SENT = 16
_WORTH_SENDING = 32_768

_ENDS = 32_768
READ_SQL = (
    f"CASE WHEN strlen(prompt) > {2 * _ENDS} AND length(prompt) > {2 * _ENDS} "
    f"THEN concat(left(prompt, {_ENDS}), chr(10), right(prompt, {_ENDS})) ELSE prompt END"
)
"""A prompt as it is read once more: of a long one both ends. It stands below joins, which gather 2,048 rows."""

_TEXTS_SQL = f"""
WITH asked AS (SELECT row_key, {READ_SQL} AS prompt FROM {{exchanges}})
SELECT k.place, a.prompt FROM asked AS a JOIN {{keys}} AS k USING (row_key)
"""


class Beginnings(NamedTuple):
    """Of n prompts.

    Attributes:
        texts: what features read of each, as ``sketching.beginnings`` has it (n).
        flags: whether each wording stands anywhere in what is read of it (n x wordings).
    """

    texts: pa.Array
    flags: npt.NDArray[np.bool_]


def read_beginnings(
    engine: Engine, keys: I64, *, exchanges: Table, wordings: Sequence[Wording] = (), pool: Executor | None = None
) -> Beginnings:
    """Read prompts once.

    Args:
        engine: where the exchanges lie.
        keys: row keys of exchanges (n).
        exchanges: of the log.
        wordings: what each prompt is held against.
        pool: worker processes, for many; without them everything happens in this one.
    """
    wanted = pa.table({"row_key": keys, "place": np.arange(len(keys))})
    return in_order(
        engine.batches(_TEXTS_SQL, _ROWS, exchanges=exchanges, keys=wanted),
        wordings,
        pool if len(keys) >= _WORTH_SENDING else None,
    )


def in_order(
    batches: Iterable[pa.RecordBatch], wordings: Sequence[Wording] = (), pool: Executor | None = None
) -> Beginnings:
    """What is read of prompts that come in batches of ``place, prompt``, by their places."""
    read = partial(_read, wordings=tuple(wordings))
    pieces = (packed(piece) for batch in batches for piece in _pieces(batch))
    done = list(_sent(pool, read, pieces) if pool else map(read, pieces))
    places = np.concatenate([np.zeros(0, np.int64), *(one.places for one in done)])
    texts = pa.concat_arrays([pa.array([], pa.large_binary()), *(one.texts for one in done)])
    flags = np.concatenate([np.zeros((0, len(wordings)), np.bool_), *(one.flags for one in done)])
    done.clear()
    order = np.argsort(places)
    return Beginnings(texts.take(pa.array(order)), flags[order])


class _Read(NamedTuple):
    places: I64
    texts: pa.Array
    flags: npt.NDArray[np.bool_]


def _read(piece: pa.Buffer, wordings: Sequence[Wording]) -> _Read:
    """A piece of the texts; runs in a worker process."""
    batch = pa.ipc.open_stream(piece).read_next_batch()
    prompts = batch.column("prompt")
    return _Read(np.asarray(batch.column("place"), np.int64), beginnings(prompts), wording_flags(prompts, wordings))


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in pieces of about so many bytes."""
    rows = max(1, _PIECE_BYTES * batch.num_rows // max(batch.nbytes, 1))
    return (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))


def _sent(pool: Executor, read: partial[_Read], pieces: Iterable[pa.Buffer]) -> Iterator[_Read]:
    """What workers read, of pieces of which only so many wait for them."""
    waiting: deque[Future[_Read]] = deque()
    for piece in pieces:
        waiting.append(pool.submit(read, piece))
        if len(waiting) >= _SENT:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def packed(batch: pa.RecordBatch) -> pa.Buffer:
    """A batch on its way to a worker: pickling a slice would take the whole array along."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()
