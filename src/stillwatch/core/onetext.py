"""Hashes of one text alone, for who has a request to look at and no batch.

The same numbers as ``words`` and ``minhash`` give for that text in a batch (a test holds them equal), at a third of
the cost: a batch's functions make about a hundred arrays, which for one text of a hundred words is nearly all they do.
Here the words are cut as bytes, each word's hash is remembered, and a text is three sums over them.
"""

from __future__ import annotations

import numpy as np

from stillwatch.core.characters import spaced
from stillwatch.core.minhash import EMPTY, FAR, MIN_SENTENCE_WORDS, SHINGLE_WORDS, SLOTS
from stillwatch.core.words import MIXERS, MULTIPLIER, U64, mix, powers

__all__ = ["OneText", "one_text"]

_ALL = 2**64 - 1
_MOST_REMEMBERED = 1 << 16
_LONGEST_REMEMBERED = 24
_SLOT_STARTS = np.arange(SLOTS, dtype=np.uint64) << np.uint64(58)
_PLACES = np.arange(SLOTS, dtype=np.uint64)


def _mixed(value: int) -> int:
    value = ((value ^ (value >> 30)) * MIXERS[0]) & _ALL
    value = ((value ^ (value >> 27)) * MIXERS[1]) & _ALL
    return value ^ (value >> 31)


def _word(word: bytes) -> bytes:
    value = int.from_bytes(word[:8], "little")
    for at in range(8, len(word), 8):
        value = (_mixed(value) + int.from_bytes(word[at : at + 8], "little")) & _ALL
    return _mixed((value * MULTIPLIER) & _ALL).to_bytes(8, "little")


class _Remembered(dict[bytes, bytes]):
    """Hashes of words met before. Begun anew when full, which costs less than to keep account of their age."""

    def __missing__(self, word: bytes) -> bytes:
        made = _word(word)
        if len(word) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[word] = made
        return made


_hash_of = _Remembered().__getitem__


class OneText:
    """Hashes of one text.

    Attributes:
        sequence: of its whole sequence of words, as ``Words.sequence_hashes``.
        sentences: of its sentences, as ``Words.sentences`` for ``MIN_SENTENCE_WORDS``.
    """

    __slots__ = ("_shingles", "sentences", "sequence")

    def __init__(self, sequence: int, sentences: U64, shingles: U64) -> None:
        self.sequence = sequence
        self.sentences = sentences
        self._shingles = shingles

    def minima(self) -> U64:
        """Minima of its shingles (1 x ``SLOTS``), as ``minima_of``."""
        if not len(self._shingles):
            return mix(np.full((1, SLOTS), EMPTY, np.uint64))
        # In order, the first hash at or above where a slot begins is that slot's minimum, or, where the slot is
        # empty, that of the next full one on its right; past the end it is the very first.
        hashes = np.sort(self._shingles)
        least = hashes.take(hashes.searchsorted(_SLOT_STARTS), mode="wrap")
        distance = ((least >> np.uint64(58)) - _PLACES) & np.uint64(SLOTS - 1)
        return mix(least + distance * FAR).reshape(1, SLOTS)


def one_text(raw: bytes) -> OneText:
    """Hashes of one text, given as bytes of UTF-8."""
    words: list[bytes] = []
    firsts: list[int] = []
    lasts: list[int] = []
    for sentence in spaced(raw).split(b"\n"):
        first = len(words)
        words += sentence.split()
        if len(words) - first >= MIN_SENTENCE_WORDS:
            firsts.append(first)
            lasts.append(len(words))
    count = len(words)
    if not count:
        none = np.zeros(0, np.uint64)
        return OneText(0, none, none)
    codes = np.frombuffer(b"".join(map(_hash_of, words)), "<u8")
    up, down = powers(count)
    sums = np.zeros(count + 1, np.uint64)
    np.add.accumulate(codes * up[:count], out=sums[1:])
    sequence = _mixed(int(sums[count]))
    if count < SHINGLE_WORDS:
        return OneText(sequence, np.zeros(0, np.uint64), np.array([sequence], np.uint64))
    rolled = (sums[SHINGLE_WORDS:] - sums[:-SHINGLE_WORDS]) * down[: count - SHINGLE_WORDS + 1]
    begins = np.array(firsts, np.int64)
    sentences = mix((sums[np.array(lasts, np.int64)] - sums[begins]) * down[begins])
    return OneText(sequence, sentences, mix(rolled * np.uint64(MULTIPLIER)))
