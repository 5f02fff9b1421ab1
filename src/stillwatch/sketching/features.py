"""Text features of single prompts, from which accounts are compared by what they ask.

Three blocks side by side: the mean of the words' static embeddings, the layout, and word uni- and
bigrams by signed feature hashing (Weinberger et al. 2009). Sentences that stand in many accounts'
prompts are left out first where they are named: what is compared is what varies, so that
customers of one framework do not look alike through its prompt, and a campaign's injected
sentence does not hide its pool. What stands beside an account's own machinery is read apart.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.sketching import habits as habit_signal
from stillwatch.sketching import layout as layout_signal
from stillwatch.sketching.embedding import DIMENSIONS, word_table
from stillwatch.sketching.machinery import LEAST_CARRIED, own_machinery
from stillwatch.sketching.words import U64, Words, mix, split_words
from stillwatch.sketching.words import beginnings as first_bytes

__all__ = [
    "BLOCKS",
    "WIDTH",
    "SampledFeatures",
    "beginnings",
    "sampled_features",
    "text_features",
    "window_features",
]

_HASHED = 128
_LIMIT_BYTES = 1000
# Fewer words of its own beside a shared text, and a prompt says nothing of where its question is from.
_MIN_RESIDUAL_WORDS = 8
# Beside machinery that is the account's own alone a short question is one too.
_MIN_PAYLOAD_WORDS = 5
# As in the sketches, whose sentence hashes are compared with these.
_MIN_SENTENCE_WORDS = 5

WIDTH = DIMENSIONS + len(layout_signal.NAMES) + _HASHED
"""Features a prompt."""

BLOCKS = {
    "embedding": slice(0, DIMENSIONS),
    "layout": slice(DIMENSIONS, WIDTH - _HASHED),
    "hashed words": slice(WIDTH - _HASHED, WIDTH),
}
"""Columns of each kind of feature."""

F32 = npt.NDArray[np.float32]


def beginnings(prompts: pa.Array) -> pa.Array:
    """All that features read of prompts, which may be given to them in place of the prompts (large binary)."""
    return first_bytes(prompts, _LIMIT_BYTES).cast(pa.large_binary())


def _hashed_words(words: Words, kept: npt.NDArray[np.bool_]) -> F32:
    n = len(words)
    text = words.text_of_word()
    single = np.flatnonzero(kept)
    pair = single[:-1][(np.diff(single) == 1) & (np.diff(text[single]) == 0)] if len(single) else single
    hashes = np.concatenate(
        [
            words.hashes[single],
            mix(words.hashes[pair] * np.uint64(3) + words.hashes[np.minimum(pair + 1, len(text) - 1)]),
        ]
        if len(single)
        else [np.zeros(0, np.uint64)]
    )
    owners = np.concatenate([text[single], text[pair]]) if len(single) else np.zeros(0, np.int64)
    sign = np.where(hashes >> np.uint64(63), 1.0, -1.0)
    cell = owners * _HASHED + (hashes & np.uint64(_HASHED - 1)).astype(np.int64)
    counts = np.bincount(cell, weights=sign, minlength=n * _HASHED).reshape(n, _HASHED)
    per_text = np.sqrt(np.maximum(np.bincount(owners, minlength=n), 1))
    return np.asarray(counts / per_text[:, None], np.float32)


def _outside(words: Words, shared: U64) -> npt.NDArray[np.bool_]:
    """Which words stand outside sentences in ``shared``."""
    sentence_hashes, _, of_word = words.sentences(_MIN_SENTENCE_WORDS)
    if len(shared) == 0 or len(sentence_hashes) == 0:
        return np.ones(len(words.hashes), np.bool_)
    place = np.minimum(np.searchsorted(shared, sentence_hashes), len(shared) - 1)
    dropped = shared[place] == sentence_hashes
    return np.asarray(~np.append(dropped, False)[of_word])


def _varying(words: Words, outside: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which words to keep, and which texts have enough of them outside what is shared.

    A text that is all shared keeps its words, and is said not to vary.
    """
    text = words.text_of_word()
    left = np.bincount(text, weights=outside, minlength=len(words))
    varies = (left >= _MIN_RESIDUAL_WORDS) | (left == np.diff(words.text_offsets))
    return np.asarray(outside | ~varies[text]), np.asarray(varies)


def _features(words: Words, kept: npt.NDArray[np.bool_], laid_out: F32) -> F32:
    """Features of texts by the words of them that are kept, and by their layout: n x ``WIDTH``."""
    return np.concatenate([word_table().mean(words, kept), laid_out, _hashed_words(words, kept)], axis=1)


def text_features(prompts: pa.Array, shared: U64) -> tuple[F32, npt.NDArray[np.bool_]]:
    """Features of a batch of prompts.

    Args:
        prompts: string array of n prompts, or their ``beginnings``.
        shared: sorted hashes of sentences to leave out.

    Returns:
        Features, n x ``WIDTH``, and whether each prompt has anything that is not shared (n).
    """
    words = split_words(prompts, limit_bytes=_LIMIT_BYTES)
    kept, varies = _varying(words, _outside(words, shared))
    return _features(words, kept, layout_signal.layout(words)), varies


class SampledFeatures(NamedTuple):
    """Features of n prompts, those of one account together.

    Attributes:
        features, varies: as of ``text_features``.
        payload: features of what stands beside the account's own machinery, of the prompts that carry it (P x
            ``WIDTH``), 0 for layout.
        machinery: names that machinery, 0 where a prompt carries none (n).
    """

    features: F32
    varies: npt.NDArray[np.bool_]
    payload: F32
    machinery: U64


def sampled_features(prompts: pa.Array, owner: npt.NDArray[np.int64], shared: U64) -> SampledFeatures:
    """Features of a batch of prompts, and of what varies beside their accounts' own machinery.

    Args:
        prompts: string array of n prompts, or their ``beginnings``, all that are known of each account.
        owner: account of each, sorted.
        shared: sorted hashes of sentences to leave out.
    """
    words = split_words(prompts, limit_bytes=_LIMIT_BYTES)
    outside = _outside(words, shared)
    repeated, machinery = own_machinery(words, owner)
    beside = outside & ~repeated
    carries = machinery != 0
    carries &= np.bincount(words.text_of_word(), weights=beside, minlength=len(words)) >= _MIN_PAYLOAD_WORDS
    _, account = np.unique(owner, return_inverse=True)
    carries &= (np.bincount(account, weights=carries) >= LEAST_CARRIED)[account]
    kept, varies = _varying(words, outside)
    laid_out = layout_signal.layout(words)
    # A text's layout is its wrapper's too, and cannot be taken apart: all that end in "Thanks!" would seem of a kind.
    payload = _features(words, beside & carries[words.text_of_word()], np.zeros_like(laid_out))[carries]
    return SampledFeatures(_features(words, kept, laid_out), varies, payload, machinery * carries)


def window_features(prompts: pa.Array, shared: U64) -> F32:
    """Features of prompts for windows of a stream: those of ``text_features``, and habits of writing beside them.

    Habits tell a source from people where subjects do not, and are kept out of ``text_features``: accounts are linked
    by what they ask, not by how they write.
    """
    # A text without words is told otherwise where no text has any: one that has stands beside them.
    beside = pa.concat_arrays([prompts, pa.array(["word"], prompts.type)])
    words = split_words(beside, limit_bytes=_LIMIT_BYTES)
    kept, _ = _varying(words, _outside(words, shared))
    told = [_features(words, kept, layout_signal.layout(words)), habit_signal.habits(words)]
    return np.concatenate(told, axis=1)[:-1]
