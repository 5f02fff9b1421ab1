"""Words of Arrow string arrays: ``core.words`` over Arrow's own buffers, no text copied into Python."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.core.unseen import plainly_seen, rows_with_unseen
from stillwatch.core.words import I64, U64, Words, hash_ranges, mix, words_of

__all__ = ["U64", "Words", "as_seen", "beginnings", "hash_strings", "mix", "split_words", "text_buffers"]


def text_buffers(texts: pa.Array) -> tuple[npt.NDArray[np.uint8], I64]:
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
    return hash_ranges(*text_buffers(texts))


def as_seen(texts: pa.Array) -> pa.Array:
    """Texts without letters that nobody sees (``core.unseen``)."""
    raw, offsets = text_buffers(texts)
    rows = rows_with_unseen(raw, offsets)
    if not len(rows):
        return texts
    mask = np.zeros(len(texts), np.bool_)
    mask[rows] = True
    plain = pa.array([plainly_seen(text) for text in texts.take(pa.array(rows)).to_pylist()], texts.type)
    return pc.replace_with_mask(texts, pa.array(mask), plain)


def beginnings(texts: pa.Array, limit_bytes: int) -> pa.Array:
    """The first bytes of texts as they are seen, which stand for the texts wherever no more of them is read.

    Args:
        texts: string array of n texts.
        limit_bytes: of each at most.

    Returns:
        Binary array: the last letter may be cut in two.
    """
    seen = as_seen(texts)
    return pc.binary_slice(seen.cast(pa.binary() if seen.type == pa.string() else pa.large_binary()), 0, limit_bytes)


def split_words(texts: pa.Array, *, limit_bytes: int | None = None) -> Words:
    """Find the words of a batch of texts.

    Args:
        texts: string array of n texts; a few thousand at a time stay in cache. Or what ``beginnings`` made of them.
        limit_bytes: read only this many bytes of each text.

    Returns:
        The words, in text order, of the texts as they are seen.
    """
    if pa.types.is_binary(texts.type) or pa.types.is_large_binary(texts.type):
        return words_of(*text_buffers(texts))
    return words_of(*text_buffers(as_seen(texts) if limit_bytes is None else beginnings(texts, limit_bytes)))
