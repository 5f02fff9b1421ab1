"""MinHash sketches of prompts: which texts are near-duplicates of which.

One-permutation hashing (Li, Owen and Zhang 2012) of five-word shingles into 64 slots, empty
slots filled by optimal densification's cheaper cousin, rotation (Shrivastava and Li 2014).
Sixteen bands of four slots give the keys under which near-duplicates meet; one byte a slot is
kept, which is enough to verify a candidate pair (b-bit minwise hashing, Li and König 2010).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.signals.words import U64, Words, hash_strings, mix, split_words

__all__ = ["BANDS", "SKETCH", "SLOTS", "estimate_jaccard", "sketch_batch"]

SLOTS = 64
BANDS = tuple(f"band_{number:02d}" for number in range(16))
"""Columns of band keys: texts that agree on one are candidates for likeness."""

_SHINGLE = 5
_MIN_SENTENCE_WORDS = 5
# A prompt's machinery shows early; a document pasted into it does not matter here.
_LIMIT_BYTES = 1200
# A process remembers the sentences of this many system prompts.
_MOST_KNOWN = 4_096
_EMPTY = np.uint64(2**64 - 1)

SKETCH = pa.schema(
    [
        ("exchange_id", pa.string()),
        ("account", pa.uint64()),
        ("masked", pa.uint64()),
        *[(name, pa.uint32()) for name in BANDS],
        ("signature", pa.binary(SLOTS)),
        ("sentences", pa.list_(pa.uint64())),
    ]
)
"""A row an exchange, in the exchange's order.

``account`` hashes the account id, ``masked`` the prompt's words without numbers, and ``sentences``
those of at least five words in system prompt and prompt.
"""


def _shingles(words: Words) -> tuple[U64, npt.NDArray[np.int64]]:
    """Hashes of the five-word shingles and the text each belongs to; a shorter text has one."""
    count = len(words.hashes)
    lengths = np.diff(words.text_offsets)
    if count == 0:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    weights = np.multiply.accumulate(np.full(_SHINGLE, 0x9E3779B97F4A7C15, np.uint64))
    rolled = np.zeros(count, np.uint64)
    for step in range(min(_SHINGLE, count)):
        rolled[: count - step] += words.hashes[step:] * weights[step]
    text = words.text_of_word()
    place = np.arange(count) - words.text_offsets[text]
    whole = place <= lengths[text] - _SHINGLE
    hashes, owners = mix(rolled[whole]), text[whole]
    short = np.flatnonzero((lengths > 0) & (lengths < _SHINGLE))
    if len(short):
        hashes = np.concatenate([hashes, words.sequence_hashes()[short]])
        owners = np.concatenate([owners, short])
    return hashes, owners


def _minima(hashes: U64, owners: npt.NDArray[np.int64], texts: int) -> U64:
    """One-permutation minima, densified: ``texts`` x ``SLOTS``; all empty where a text has no word."""
    slots = np.full(texts * SLOTS, _EMPTY, np.uint64)
    np.minimum.at(slots, owners * SLOTS + (hashes >> np.uint64(58)).astype(np.int64), hashes)
    table = slots.reshape(texts, SLOTS)
    gaps = np.flatnonzero((table == _EMPTY).any(axis=1) & ~(table == _EMPTY).all(axis=1))
    if len(gaps):
        table[gaps] = _densify(table[gaps])
    return table


def _densify(rows: U64) -> U64:
    """Fill each empty slot from the next full one on its right, marked by how far it was."""
    place = np.arange(SLOTS, dtype=np.int16)
    full = np.where(rows == _EMPTY, np.int16(4 * SLOTS), place)
    # Beyond the last slot comes the first full one again.
    last = full.min(axis=1, keepdims=True) + np.int16(SLOTS)
    source = np.minimum(np.minimum.accumulate(full[:, ::-1], axis=1)[:, ::-1], last)
    distance = (source - place).astype(np.uint64)
    filled = np.take_along_axis(rows, (source % SLOTS).astype(np.intp), axis=1)
    return np.asarray(filled + distance * np.uint64(0xD6E8FEB86659FD93), np.uint64)


def sketch_batch(exchanges: pa.RecordBatch) -> pa.RecordBatch:
    """Sketch the prompts of a batch of exchanges.

    Args:
        exchanges: needs ``account_id``, ``prompt``; uses ``system`` where there is one.

    Returns:
        A batch with schema ``SKETCH``, row for row.
    """
    prompts = exchanges.column("prompt")
    words = split_words(prompts, limit_bytes=_LIMIT_BYTES)
    n = len(prompts)
    minima = mix(_minima(*_shingles(words), n))
    bands = minima.reshape(n, len(BANDS), SLOTS // len(BANDS))
    keys = bands[:, :, 0]
    for slot in range(1, SLOTS // len(BANDS)):
        keys = mix(keys * np.uint64(31) + bands[:, :, slot])
    columns = [
        exchanges.column("exchange_id"),
        pa.array(hash_strings(exchanges.column("account_id"))),
        pa.array(words.sequence_hashes()),
        *[pa.array(band) for band in (keys >> np.uint64(32)).astype(np.uint32).T],
        pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(SLOTS), n, [None, pa.py_buffer((minima >> np.uint64(56)).astype(np.uint8).tobytes())]
        ),
        _sentence_lists(words, exchanges.column("system")),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SKETCH)


def _sentence_lists(words: Words, systems: pa.Array) -> pa.ListArray:
    """The sentences of prompt and system prompt as one list an exchange."""
    n = len(words)
    hashes, owners, _ = words.sentences(_MIN_SENTENCE_WORDS)
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
        hashes, owners, _ = split_words(pa.array(new, pa.string()), limit_bytes=_LIMIT_BYTES).sentences(
            _MIN_SENTENCE_WORDS
        )
        parts = np.split(hashes, np.searchsorted(owners, np.arange(1, len(new))))
        _known_systems.update(zip(new, parts, strict=True))
    return [_known_systems[text] for text in texts]


def estimate_jaccard(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Jaccard similarity of two sets of shingles from one byte a slot.

    Args:
        a, b: signatures, m x ``SLOTS``.

    Returns:
        m estimates in [0, 1], corrected for slots that agree by chance (1/256).
    """
    # Eight slots a word of 64 bits; the product's top byte is the sum of a word's eight bytes.
    equal = (a == b).view(np.uint64).sum(axis=1)
    agree = ((equal * np.uint64(0x0101010101010101)) >> np.uint64(56)) / SLOTS
    return np.asarray(np.clip((agree - 1 / 256) / (1 - 1 / 256), 0.0, 1.0))
