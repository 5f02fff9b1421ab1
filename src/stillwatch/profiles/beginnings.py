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

from stillwatch.profiles.texts_by_key import TextsByKey
from stillwatch.sketching import Wording, beginnings, wording_flags

__all__ = ["Beginnings", "in_order", "packed", "read_beginnings"]

I64 = npt.NDArray[np.int64]

_PIECE_BYTES = 4 << 20
# So many pieces are with workers at once.
_SENT = 16
_WORTH_SENDING = 32_768


class Beginnings(NamedTuple):
    """Of n prompts.

    Attributes:
        texts: what features read of each, as ``sketching.beginnings`` has it (n).
        flags: whether each wording stands anywhere in what is read of it (n x wordings).
    """

    texts: pa.Array
    flags: npt.NDArray[np.bool_]


def read_beginnings(
    texts: TextsByKey, keys: I64, *, wordings: Sequence[Wording] = (), pool: Executor | None = None
) -> Beginnings:
    """Read prompts once.

    Args:
        texts: of the log.
        keys: row keys of exchanges (n).
        wordings: what each prompt is held against.
        pool: worker processes, for many; without them everything happens in this one.
    """
    return in_order(texts.batches(keys), wordings, pool if len(keys) >= _WORTH_SENDING else None)


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
