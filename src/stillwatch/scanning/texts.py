"""The text pass: features of a bounded sample of prompts, in worker processes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch import sketching as s

__all__ = ["Texts", "read_texts"]

_CHUNK = 8192
_BATCH = 2048
_WORTH_SENDING = 4


@dataclass(frozen=True, slots=True)
class Texts:
    """Of each sampled prompt: features, tactics' wording, whether anything in it is its own."""

    features: npt.NDArray[np.float16]
    flags: npt.NDArray[np.bool_]
    varies: npt.NDArray[np.bool_]


def _packed(prompts: pa.Array) -> pa.Buffer:
    """A chunk on its way to a worker: pickling a slice would take the whole array along."""
    batch = pa.record_batch([prompts], ["prompt"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def _read_chunk(packed: pa.Buffer, shared: npt.NDArray[np.uint64]) -> Texts:
    """One chunk of prompts; runs in a worker process."""
    prompts = pa.ipc.open_stream(packed).read_next_batch().column("prompt")
    done = [s.text_features(prompts.slice(start, _BATCH), shared) for start in range(0, len(prompts), _BATCH)]
    features = np.concatenate([features.astype(np.float16) for features, _ in done])
    return Texts(features, s.purpose_flags(prompts), np.concatenate([varies for _, varies in done]))


def read_texts(sample: pa.Table, shared: npt.NDArray[np.uint64], pool: Executor | None) -> Callable[[], Texts]:
    """Begin to read the features of all sampled prompts; the call of what comes back waits for them.

    Args:
        sample: has ``prompt``.
        shared: sorted hashes of sentences to leave out.
        pool: worker processes; without them the sample is read in this process.

    Returns:
        A function that gives the features in the sample's order.
    """
    prompts = sample["prompt"].combine_chunks()
    chunks = [_packed(prompts.slice(start, _CHUNK)) for start in range(0, len(prompts), _CHUNK)]
    each = pool.map if pool is not None and len(chunks) >= _WORTH_SENDING else map
    begun = each(_read_chunk, chunks, [shared] * len(chunks))

    def finished() -> Texts:
        done: list[Texts] = list(begun)
        return Texts(
            np.concatenate([d.features for d in done]),
            np.concatenate([d.flags for d in done]),
            np.concatenate([d.varies for d in done]),
        )

    return finished
