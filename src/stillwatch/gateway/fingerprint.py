"""What of one request's text is compared with the texts of known campaigns.

The same functions as a scan's (``core.words``, ``core.minhash``), for one text at a time. Prompt and system prompt
are read to the same depth as there; a fingerprint holds hashes alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.core.minhash import BAND_COUNT, LIMIT_BYTES, MIN_SENTENCE_WORDS, band_keys, minima_of, signatures
from stillwatch.core.words import U64, words_of

__all__ = ["BAND_SHIFT", "Fingerprint", "fingerprint", "packed_bands"]

BAND_SHIFT = np.uint64(32)
_BAND = np.arange(BAND_COUNT, dtype=np.uint64) << BAND_SHIFT


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hashes of one text.

    Attributes:
        masked: of its words without numbers, case and punctuation.
        bands: keys under which near-duplicates meet (``BAND_COUNT``), each with its band's number in it.
        signature: one byte a slot (``SLOTS``).
        sentences: of its sentences of at least five words, and of the system prompt's.
    """

    masked: np.uint64
    bands: U64
    signature: npt.NDArray[np.uint8]
    sentences: U64


def packed_bands(keys: npt.NDArray[np.uint32]) -> U64:
    """Band keys (n x ``BAND_COUNT``) with the number of their band in the upper half."""
    return keys.astype(np.uint64) | _BAND


def fingerprint(prompt: str, system: str | None = None) -> Fingerprint:
    """The fingerprint of a request's last user message and system prompt."""
    parts = [text.encode("utf-8", "replace")[:LIMIT_BYTES] for text in (prompt, system or "")]
    offsets = np.array([0, len(parts[0]), len(parts[0]) + len(parts[1])], np.int64)
    words = words_of(np.frombuffer(b"".join(parts), np.uint8), offsets)
    minima = minima_of(words)[:1]
    return Fingerprint(
        words.sequence_hashes()[0],
        packed_bands(band_keys(minima))[0],
        signatures(minima)[0],
        words.sentences(MIN_SENTENCE_WORDS)[0],
    )
