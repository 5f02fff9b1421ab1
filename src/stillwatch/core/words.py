"""Words and sentences of a batch of texts, as numpy arrays over their bytes laid end to end.

No text becomes a Python string here. What is a letter, a gap or the end of a sentence says
``characters``. A word is hashed eight bytes at a time; a run of words by differences of prefix sums of
``hash * P**position``, shifted back by the inverse of ``P`` (a Rabin-Karp polynomial modulo 2**64).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from stillwatch.core.characters import END, letters_of

__all__ = [
    "I64",
    "MIXERS",
    "MULTIPLIER",
    "U64",
    "Words",
    "hash_ranges",
    "mix",
    "powers",
    "words_of",
]

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

MULTIPLIER = 0x9E3779B97F4A7C15
"""Base of the polynomials that words are hashed with."""
MIXERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
"""Multipliers of ``mix``."""
_P_INVERSE = pow(MULTIPLIER, -1, 2**64)
_FIRST, _SECOND = np.array(MIXERS, np.uint64)
# The first n bytes of a little-endian word of eight.
_MASKS = np.array([2 ** (8 * n) - 1 for n in range(9)], np.uint64)


@lru_cache(maxsize=1)
def _power_table(size: int) -> tuple[U64, U64]:
    up = np.full(size, MULTIPLIER, np.uint64)
    down = np.full(size, _P_INVERSE, np.uint64)
    up[0] = down[0] = 1
    return np.multiply.accumulate(up), np.multiply.accumulate(down)


class _Powers:
    """Powers of the multiplier and of its inverse, for as many positions as were ever asked for."""

    size = 1 << 20

    @classmethod
    def upto(cls, size: int) -> tuple[U64, U64]:
        while cls.size < size:
            cls.size *= 2
        return _power_table(cls.size)


def powers(size: int) -> tuple[U64, U64]:
    """Powers of ``MULTIPLIER`` and of its inverse modulo 2**64, from 0 to at least ``size``."""
    return _Powers.upto(size)


def mix(values: U64) -> U64:
    """Spread a hash over all 64 bits (the finaliser of splitmix64, Steele et al. 2014)."""
    # The first step makes an array of its own; the others need none.
    values = values ^ (values >> np.uint64(30))
    values *= _FIRST
    values ^= values >> np.uint64(27)
    values *= _SECOND
    values ^= values >> np.uint64(31)
    return values


def _segment_hashes(codes: U64, starts: I64, ends: I64) -> U64:
    """Polynomial hashes of ``codes[start:end]``, one a segment, by wrapping prefix sums."""
    up, down = powers(len(codes))
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * up[: len(codes)], out=sums[1:])
    return mix((sums[ends] - sums[starts]) * down[starts])


def _word_hashes(letters: npt.NDArray[np.uint8], starts: I64, ends: I64) -> U64:
    """A hash of each of the byte ranges, none empty: eight bytes a step, fewer ranges every step."""
    padded = np.zeros(len(letters) + 8, np.uint8)
    padded[: len(letters)] = letters
    at = np.ndarray(len(letters) + 1, "<u8", padded, strides=(1,))
    length = ends - starts
    hashes = at[starts] & _MASKS[np.minimum(length, 8)]
    longer = np.flatnonzero(length > 8)
    done = 8
    while len(longer):
        block = at[starts[longer] + done] & _MASKS[np.minimum(length[longer] - done, 8)]
        hashes[longer] = mix(hashes[longer]) + block
        done += 8
        longer = longer[length[longer] > done]
    return mix(hashes * np.uint64(MULTIPLIER))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of n texts.

    Attributes:
        letters: lowered bytes of all texts, with ``GAP`` and ``END`` of ``characters`` between words.
        raw: the bytes as they came.
        starts, ends: byte range of each of W words in ``letters``.
        hashes: W word hashes.
        text_offsets: n + 1 offsets of the texts into the words.
        byte_offsets: n + 1 offsets of the texts into the bytes.
    """

    letters: npt.NDArray[np.uint8]
    raw: npt.NDArray[np.uint8]
    starts: I64
    ends: I64
    hashes: U64
    text_offsets: I64
    byte_offsets: I64

    def __len__(self) -> int:
        return len(self.text_offsets) - 1

    def text_of_word(self) -> I64:
        """Index of the text each word belongs to (W)."""
        return np.repeat(np.arange(len(self)), self.text_offsets[1:] - self.text_offsets[:-1])

    def sequence_hashes(self) -> U64:
        """One hash a text over its whole sequence of words: equal for texts that differ only in
        numbers, case, punctuation and space (n)."""
        if len(self.hashes) == 0:
            return mix(np.zeros(len(self), np.uint64))
        starts = np.minimum(self.text_offsets[:-1], len(self.hashes) - 1)
        ends = np.maximum(self.text_offsets[1:], starts)
        empty = self.text_offsets[1:] == self.text_offsets[:-1]
        return _segment_hashes(self.hashes, starts, np.where(empty, starts, ends))

    def sentences(self, min_words: int) -> tuple[U64, I64, I64]:
        """Hashes of the sentences and lines that have at least ``min_words`` words.

        Returns:
            hashes (S), index of each sentence's text (S), and for each word the index of its
            sentence among them, or -1 (W).
        """
        if len(self.hashes) == 0:
            return np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.int64)
        text = self.text_of_word()
        marks = np.flatnonzero(self.letters == END)
        # A sentence begins with a text's first word and with the first word after a mark.
        breaks = np.zeros(len(self.hashes) + 1, np.bool_)
        breaks[np.searchsorted(self.starts, marks)] = True
        breaks[self.text_offsets[:-1]] = True
        first = np.flatnonzero(breaks[:-1])
        last = np.append(first[1:], len(self.hashes))
        kept = (last - first) >= min_words
        number = np.where(kept, np.cumsum(kept) - 1, -1)
        of_word = np.repeat(number, last - first)
        first, last = first[kept], last[kept]
        return _segment_hashes(self.hashes, first, last), text[first], of_word


def hash_ranges(data: npt.NDArray[np.uint8], offsets: I64) -> U64:
    """A 64-bit hash of each of the byte ranges ``data[offsets[i]:offsets[i + 1]]``.

    Args:
        data: bytes of n texts, end to end.
        offsets: n + 1 offsets into them.

    Returns:
        n hashes. Equal texts have equal hashes in every process and run.
    """
    codes = data.astype(np.uint64) + np.uint64(1)
    if len(codes) == 0:
        return mix(np.zeros(len(offsets) - 1, np.uint64))
    starts = np.minimum(offsets[:-1], len(codes) - 1)
    ends = np.where(offsets[1:] > offsets[:-1], offsets[1:], starts)
    return _segment_hashes(codes, starts, ends)


def words_of(raw: npt.NDArray[np.uint8], offsets: I64) -> Words:
    """Find the words of a batch of texts.

    Args:
        raw: bytes of n texts, end to end; a few thousand texts at a time stay in cache.
        offsets: n + 1 offsets into them.

    Returns:
        The words, in text order.
    """
    if len(raw) == 0:
        none = np.zeros(0, np.int64)
        zeros = np.zeros(len(offsets), np.int64)
        return Words(raw, raw, none, none, np.zeros(0, np.uint64), zeros, offsets)
    letters, starting = letters_of(raw, offsets)
    inside = letters > END
    starts_here = inside.copy()
    starts_here[1:] &= ~inside[:-1]
    starts_here[starting] = True
    text_starts = offsets[:-1][offsets[:-1] < offsets[1:]]
    starts_here[text_starts] = inside[text_starts]
    starts = np.flatnonzero(starts_here)
    # A word ends where the next begins or where its letters stop, whichever is first.
    stops_here = inside.copy()
    stops_here[:-1] &= ~inside[1:] | starts_here[1:]
    ends = np.flatnonzero(stops_here) + 1
    hashes = _word_hashes(letters, starts, ends)
    return Words(letters, raw, starts, ends, hashes, np.searchsorted(starts, offsets), offsets)
