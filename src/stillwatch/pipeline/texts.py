"""The text pass: features of a bounded sample of prompts, in worker processes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch import signals as s
from stillwatch.engines import worker_pool

__all__ = ["Texts", "read_texts"]

_CHUNK = 8192
_BATCH = 2048


@dataclass(frozen=True, slots=True)
class Texts:
    """Of each sampled prompt: features, tactics' wording, whether anything in it is its own."""

    features: npt.NDArray[np.float16]
    flags: npt.NDArray[np.bool_]
    varies: npt.NDArray[np.bool_]


def _read_chunk(prompts: pa.Array, shared: npt.NDArray[np.uint64]) -> Texts:
    """One chunk of prompts; runs in a worker process."""
    done = [s.text_features(prompts.slice(start, _BATCH), shared) for start in range(0, len(prompts), _BATCH)]
    features = np.concatenate([features.astype(np.float16) for features, _ in done])
    return Texts(features, s.purpose_flags(prompts), np.concatenate([varies for _, varies in done]))


def read_texts(sample: pa.Table, shared: npt.NDArray[np.uint64], workers: int) -> Texts:
    """Features of all sampled prompts, in their order.

    Args:
        sample: has ``prompt``.
        shared: sorted hashes of sentences to leave out.
        workers: processes; a small sample is read in this one.
    """
    prompts = sample["prompt"].combine_chunks()
    chunks = [prompts.slice(start, _CHUNK) for start in range(0, len(prompts), _CHUNK)]
    if workers == 1 or len(chunks) < 4:
        done = [_read_chunk(chunk, shared) for chunk in chunks]
    else:
        with worker_pool(workers) as pool:
            done = list(pool.map(_read_chunk, chunks, [shared] * len(chunks)))
    return Texts(
        np.concatenate([d.features for d in done]),
        np.concatenate([d.flags for d in done]),
        np.concatenate([d.varies for d in done]),
    )
