"""Words and sentences of a batch of texts, as numpy arrays over Arrow's string buffers.

No text becomes a Python string here. A byte table lowers letters and turns digits and
punctuation into gaps, so that numbers never tell two texts apart; bytes from 0x80 up count as
letters, and in scripts without spaces (lead bytes E3 to ED) every character starts a word.
The hash of a word is a difference of prefix sums of ``byte * P**position``, shifted back by the
inverse of ``P`` (a Rabin-Karp polynomial modulo 2**64).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Words", "hash_strings", "mix", "split_words"]

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

_P = 0x9E3779B97F4A7C15
_P_INVERSE = pow(_P, -1, 2**64)
_SEPARATOR = 0


def _letter_table() -> npt.NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for upper, lower in zip(range(65, 91), range(97, 123), strict=True):
        table[upper] = table[lower] = lower
    table[128:] = np.arange(128, 256)
    return table


def _flag(codes: bytes | range) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[list(codes)] = True
    return table


_LETTERS = _letter_table()
_STARTS_WORD = _flag(range(0xE3, 0xEE))
_ENDS_SENTENCE = _flag(b".!?;\n\r")


@lru_cache(maxsize=1)
def _power_table(size: int) -> tuple[U64, U64]:
    up = np.full(size, _P, np.uint64)
    down = np.full(size, _P_INVERSE, np.uint64)
    up[0] = down[0] = 1
    return np.multiply.accumulate(up), np.multiply.accumulate(down)


class _Powers:
    """Powers of P and of its inverse, for as many positions as were ever asked for."""

    size = 1 << 20

    @classmethod
    def upto(cls, size: int) -> tuple[U64, U64]:
        while cls.size < size:
            cls.size *= 2
        return _power_table(cls.size)


def mix(values: U64) -> U64:
    """Spread a hash over all 64 bits (the finaliser of splitmix64, Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _segment_hashes(codes: U64, starts: I64, ends: I64) -> U64:
    """Polynomial hashes of ``codes[start:end]``, one a segment, by wrapping prefix sums."""
    up, down = _Powers.upto(len(codes))
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * up[: len(codes)], out=sums[1:])
    return mix((sums[ends] - sums[starts]) * down[starts])


def _buffers(texts: pa.Array) -> tuple[npt.NDArray[np.uint8], I64]:
    """The bytes of a string array and its offsets into them (n + 1), nulls as empty texts."""
    if texts.null_count:
        texts = pc.fill_null(texts, "")
    wide = pa.types.is_large_string(texts.type) or pa.types.is_large_binary(texts.type)
    _, offset_buffer, data_buffer = texts.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64 if wide else np.int32)
    offsets = offsets[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    if data_buffer is None or offsets[-1] == offsets[0]:
        return np.zeros(0, np.uint8), np.zeros(len(texts) + 1, np.int64)
    data = np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]]
    return data, offsets - offsets[0]


def hash_strings(texts: pa.Array) -> U64:
    """A 64-bit hash of each text's exact bytes; nulls hash like the empty text.

    Args:
        texts: string array of n texts.

    Returns:
        n hashes. Equal texts have equal hashes in every process and run.
    """
    if len(texts) == 0:
        return np.zeros(0, np.uint64)
    data, offsets = _buffers(texts)
    codes = data.astype(np.uint64) + np.uint64(1)
    if len(codes) == 0:
        return mix(np.zeros(len(texts), np.uint64))
    starts = np.minimum(offsets[:-1], len(codes) - 1)
    ends = np.where(offsets[1:] > offsets[:-1], offsets[1:], starts)
    return _segment_hashes(codes, starts, ends)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of n texts.

    Attributes:
        letters: lowered bytes of all texts, gaps as 0.
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
        return np.repeat(np.arange(len(self)), np.diff(self.text_offsets))

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
        marks = np.zeros(len(self.raw) + 1, np.int32)
        np.cumsum(_ENDS_SENTENCE[self.raw], out=marks[1:])
        text = self.text_of_word()
        breaks = np.ones(len(self.hashes), np.bool_)
        breaks[1:] = (marks[self.starts[1:]] != marks[self.starts[:-1]]) | (text[1:] != text[:-1])
        first = np.flatnonzero(breaks)
        last = np.append(first[1:], len(self.hashes))
        kept = (last - first) >= min_words
        number = np.where(kept, np.cumsum(kept) - 1, -1)
        of_word = np.repeat(number, last - first)
        first, last = first[kept], last[kept]
        return _segment_hashes(self.hashes, first, last), text[first], of_word


def split_words(texts: pa.Array, *, limit_bytes: int | None = None) -> Words:
    """Find the words of a batch of texts.

    Args:
        texts: string array of n texts; a few thousand at a time stay in cache.
        limit_bytes: read only this many bytes of each text.

    Returns:
        The words, in text order.
    """
    if limit_bytes is not None:
        texts = pc.binary_slice(
            texts.cast(pa.binary() if texts.type == pa.string() else pa.large_binary()), 0, limit_bytes
        )
    raw, offsets = _buffers(texts)
    if len(raw) == 0:
        none = np.zeros(0, np.int64)
        zeros = np.zeros(len(texts) + 1, np.int64)
        return Words(raw, raw, none, none, np.zeros(0, np.uint64), zeros, offsets)
    letters = _LETTERS[raw]
    inside = letters != _SEPARATOR
    starts_here = inside.copy()
    starts_here[1:] &= ~inside[:-1] | _STARTS_WORD[raw[1:]]
    text_starts = offsets[:-1][offsets[:-1] < offsets[1:]]
    starts_here[text_starts] = inside[text_starts]
    starts = np.flatnonzero(starts_here)
    # A word ends where the next begins or where its letters stop, whichever is first.
    stops_here = inside.copy()
    stops_here[:-1] &= ~inside[1:] | starts_here[1:]
    ends = np.flatnonzero(stops_here) + 1
    hashes = _segment_hashes(letters.astype(np.uint64), starts, ends)
    return Words(letters, raw, starts, ends, hashes, np.searchsorted(starts, offsets), offsets)
