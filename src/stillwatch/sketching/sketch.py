"""MinHash sketches of prompts: which texts are near-duplicates of which.

How a sketch is made is in ``core.minhash``; here it is made of Arrow batches.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.core.minhash import (
    BAND_COUNT,
    LIMIT_BYTES,
    MIN_SENTENCE_WORDS,
    SLOTS,
    band_keys,
    estimate_jaccard,
    minima_of,
    signatures,
)
from stillwatch.sketching.networks import networks
from stillwatch.sketching.turns import answered_turns, carried_turns
from stillwatch.sketching.words import U64, Words, hash_strings, split_words

__all__ = ["BANDS", "SKETCH", "SLOTS", "estimate_jaccard", "sketch_batch"]

BANDS = tuple(f"band_{number:02d}" for number in range(BAND_COUNT))
"""Columns of band keys: texts that agree on one are candidates for likeness."""

# A process remembers the sentences of this many system prompts.
_MOST_KNOWN = 4_096
_MOST_KNOWN_CHARS = 16 << 20

SKETCH = pa.schema(
    [
        ("row_key", pa.int64()),
        ("time", pa.timestamp("us", tz="UTC")),
        ("account", pa.uint64()),
        ("network", pa.string()),
        ("masked", pa.uint64()),
        *[(name, pa.uint32()) for name in BANDS],
        ("signature", pa.binary(SLOTS)),
        ("sentences", pa.list_(pa.uint64())),
        ("answered", pa.uint64()),
        ("carried", pa.uint64()),
    ]
)
"""A row an exchange, in the exchange's order, under the exchange's ``row_key`` and time.

``account`` hashes the account id, ``masked`` the prompt's words without numbers, and ``sentences``
those of at least five words in system prompt and prompt. ``answered`` names the prompt with its answer, ``carried`` the
last prompt and answer that the request carries along; null where there is none, or a short one.
"""


def sketch_batch(exchanges: pa.RecordBatch) -> pa.RecordBatch:
    """Sketch the prompts of a batch of exchanges.

    Args:
        exchanges: needs ``row_key``, ``time``, ``account_id``, ``prompt``, ``messages``, ``system``,
            ``response`` and ``client_address``.

    Returns:
        A batch with schema ``SKETCH``, row for row.
    """
    prompts = exchanges.column("prompt")
    words = split_words(prompts, limit_bytes=LIMIT_BYTES)
    n = len(prompts)
    minima = minima_of(words)
    columns = [
        exchanges.column("row_key"),
        exchanges.column("time"),
        pa.array(hash_strings(exchanges.column("account_id"))),
        networks(exchanges.column("client_address")),
        pa.array(words.sequence_hashes()),
        *[pa.array(band) for band in band_keys(minima).T],
        pa.FixedSizeBinaryArray.from_buffers(pa.binary(SLOTS), n, [None, pa.py_buffer(signatures(minima).tobytes())]),
        _sentence_lists(words, exchanges.column("system")),
        answered_turns(prompts, exchanges.column("response")),
        carried_turns(exchanges.column("messages")),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SKETCH)


def _sentence_lists(words: Words, systems: pa.Array) -> pa.ListArray:
    """The sentences of prompt and system prompt as one list an exchange."""
    n = len(words)
    hashes, owners, _ = words.sentences(MIN_SENTENCE_WORDS)
    if systems.null_count < len(systems):
        more, more_owners = _distinct_sentences(systems)
        hashes = np.concatenate([hashes, more])
        owners = np.concatenate([owners, more_owners])
        order = np.argsort(owners, kind="stable")
        hashes, owners = hashes[order], owners[order]
    offsets = np.searchsorted(owners, np.arange(n + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(hashes))


def _distinct_sentences(systems: pa.Array) -> tuple[U64, npt.NDArray[np.int64]]:
    """Sentences of each system prompt and the row each belongs to; few system prompts are distinct."""
    coded = systems.dictionary_encode()
    each = _sentences_of(coded.dictionary)
    rows = np.flatnonzero(np.asarray(systems.is_valid()))
    codes = np.asarray(coded.indices.drop_null(), np.int64)
    size = np.array([len(hashes) for hashes in each])
    first, counts = (np.cumsum(size) - size)[codes], size[codes]
    # Row after row, the numbers first ... first + count - 1.
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.concatenate(each)[np.repeat(first, counts) + within], np.repeat(rows, counts)


_known_systems: dict[str, U64] = {}


def _sentences_of(systems: pa.Array) -> list[U64]:
    """Sentences of each of a batch's distinct system prompts; those met in earlier batches are remembered."""
    texts = systems.to_pylist()
    new = [text for text in texts if text not in _known_systems]
    if len(_known_systems) + len(new) > _MOST_KNOWN:
        _known_systems.clear()
        new = texts
    if new:
        hashes, owners, _ = split_words(pa.array(new, pa.string()), limit_bytes=LIMIT_BYTES).sentences(
            MIN_SENTENCE_WORDS
        )
        parts = np.split(hashes, np.searchsorted(owners, np.arange(1, len(new))))
        _known_systems.update(zip(new, parts, strict=True))
    found = [_known_systems[text] for text in texts]
    if new and sum(map(len, _known_systems)) > _MOST_KNOWN_CHARS:
        _known_systems.clear()
    return found
