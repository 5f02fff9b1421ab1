"""MinHash sketches of texts: which are near-duplicates of which.

One-permutation hashing (Li, Owen and Zhang 2012) of five-word shingles into 64 slots, empty
slots filled by optimal densification's cheaper cousin, rotation (Shrivastava and Li 2014).
Sixteen bands of four slots give the keys under which near-duplicates meet; one byte a slot is
kept, which is enough to verify a candidate pair (b-bit minwise hashing, Li and König 2010).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.core.words import I64, U64, Words, mix

__all__ = [
    "BAND_COUNT",
    "EMPTY",
    "FAR",
    "LIMIT_BYTES",
    "MIN_SENTENCE_WORDS",
    "SHINGLE_WORDS",
    "SLOTS",
    "band_keys",
    "estimate_jaccard",
    "minima_of",
    "signatures",
]

SLOTS = 64
BAND_COUNT = 16
MIN_SENTENCE_WORDS = 5
"""A shorter sentence says too little to tell who wrote it."""
LIMIT_BYTES = 1200
"""A prompt's machinery shows early; a document pasted into it does not matter here."""

SHINGLE_WORDS = 5
EMPTY = np.uint64(2**64 - 1)
FAR = np.uint64(0xD6E8FEB86659FD93)
"""Marks a slot that was filled from another, once for each slot between them."""
_BAND_WEIGHTS = np.multiply.accumulate(np.full(SLOTS // BAND_COUNT, 0x9E3779B97F4A7C15, np.uint64))


def _shingles(words: Words) -> tuple[U64, I64]:
    """Hashes of the five-word shingles and the text each belongs to; a shorter text has one."""
    count = len(words.hashes)
    lengths = words.text_offsets[1:] - words.text_offsets[:-1]
    if count == 0:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    weights = np.multiply.accumulate(np.full(SHINGLE_WORDS, 0x9E3779B97F4A7C15, np.uint64))
    rolled = np.zeros(count, np.uint64)
    for step in range(min(SHINGLE_WORDS, count)):
        rolled[: count - step] += words.hashes[step:] * weights[step]
    text = words.text_of_word()
    place = np.arange(count) - words.text_offsets[text]
    whole = place <= lengths[text] - SHINGLE_WORDS
    hashes, owners = mix(rolled[whole]), text[whole]
    short = np.flatnonzero((lengths > 0) & (lengths < SHINGLE_WORDS))
    if len(short):
        hashes = np.concatenate([hashes, words.sequence_hashes()[short]])
        owners = np.concatenate([owners, short])
    return hashes, owners


def _minima(hashes: U64, owners: I64, texts: int) -> U64:
    """One-permutation minima, densified: ``texts`` x ``SLOTS``; all empty where a text has no word."""
    slots = np.full(texts * SLOTS, EMPTY, np.uint64)
    np.minimum.at(slots, owners * SLOTS + (hashes >> np.uint64(58)).astype(np.int64), hashes)
    table = slots.reshape(texts, SLOTS)
    gaps = np.flatnonzero((table == EMPTY).any(axis=1) & ~(table == EMPTY).all(axis=1))
    if len(gaps):
        table[gaps] = _densify(table[gaps])
    return table


def _densify(rows: U64) -> U64:
    """Fill each empty slot from the next full one on its right, marked by how far it was."""
    place = np.arange(SLOTS, dtype=np.int16)
    full = np.where(rows == EMPTY, np.int16(4 * SLOTS), place)
    # Beyond the last slot comes the first full one again.
    last = full.min(axis=1, keepdims=True) + np.int16(SLOTS)
    source = np.minimum(np.minimum.accumulate(full[:, ::-1], axis=1)[:, ::-1], last)
    distance = (source - place).astype(np.uint64)
    filled = rows[np.arange(len(rows))[:, None], source % SLOTS]
    return np.asarray(filled + distance * FAR, np.uint64)


def minima_of(words: Words) -> U64:
    """One-permutation minima of n texts (n x ``SLOTS``)."""
    return mix(_minima(*_shingles(words), len(words)))


def band_keys(minima: U64) -> npt.NDArray[np.uint32]:
    """Keys under which near-duplicates meet (n x ``BAND_COUNT``)."""
    bands = minima.reshape(len(minima), BAND_COUNT, SLOTS // BAND_COUNT)
    # Minima are spread over all bits already: a sum with odd weights tells bands apart, and one mix is enough.
    keys = bands[:, :, 0] * _BAND_WEIGHTS[0]
    for slot in range(1, SLOTS // BAND_COUNT):
        keys += bands[:, :, slot] * _BAND_WEIGHTS[slot]
    return np.asarray(mix(keys) >> np.uint64(32), np.uint32)


def signatures(minima: U64) -> npt.NDArray[np.uint8]:
    """One byte a slot (n x ``SLOTS``), for ``estimate_jaccard``."""
    return np.asarray(minima >> np.uint64(56), np.uint8)


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
