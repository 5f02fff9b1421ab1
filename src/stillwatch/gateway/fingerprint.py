"""What of one request's text is compared with the texts of known campaigns.

The same hashes as a scan's (``core.onetext`` for one text at a time). Prompt and system prompt are read to the same
depth as there; a fingerprint holds hashes alone.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from stillwatch.core.minhash import BAND_COUNT, LIMIT_BYTES, band_keys, signatures
from stillwatch.core.onetext import OneText, one_text
from stillwatch.core.unseen import plainly_seen
from stillwatch.core.words import U64

__all__ = ["BAND_SHIFT", "Fingerprint", "fingerprint", "packed_bands"]

BAND_SHIFT = np.uint64(32)
_BAND = np.arange(BAND_COUNT, dtype=np.uint64) << BAND_SHIFT


class Fingerprint:
    """Hashes of one text.

    Attributes:
        masked: of its words without numbers, case and punctuation.
        sentences: of its sentences of at least five words, and of the system prompt's.
    """

    __slots__ = ("_prompt", "_sketched", "masked", "sentences")

    def __init__(self, prompt: OneText, sentences: U64) -> None:
        self.masked = prompt.sequence
        self.sentences = sentences
        self._prompt = prompt
        self._sketched: tuple[U64, npt.NDArray[np.uint8]] | None = None

    def with_sentences(self, sentences: U64) -> Fingerprint:
        """The same text, with other sentences beside it."""
        return Fingerprint(self._prompt, sentences)

    def sketch(self) -> tuple[U64, npt.NDArray[np.uint8]]:
        """Keys under which near-duplicates meet (``BAND_COUNT``), each with its band's number in it, and the
        signature, one byte a slot (``SLOTS``). Costs as much as the rest: ask where nothing else was found."""
        if self._sketched is None:
            minima = self._prompt.minima()
            self._sketched = packed_bands(band_keys(minima))[0], signatures(minima)[0]
        return self._sketched


def packed_bands(keys: npt.NDArray[np.uint32]) -> U64:
    """Band keys (n x ``BAND_COUNT``) with the number of their band in the upper half."""
    return keys.astype(np.uint64) | _BAND


def _read(text: str) -> OneText:
    # No more letters than bytes are read, so the rest need not be encoded; but unseen ones are none.
    text = plainly_seen(text)
    return one_text(text[:LIMIT_BYTES].encode("utf-8", "replace")[:LIMIT_BYTES])


@lru_cache(512)
def _sentences_of(system: str) -> U64:
    """System prompts come again with nearly every request of an app."""
    return _read(system).sentences


def fingerprint(prompt: str, system: str | None = None) -> Fingerprint:
    """The fingerprint of a request's last user message and system prompt."""
    read = _read(prompt)
    if not system:
        return Fingerprint(read, read.sentences)
    return Fingerprint(read, np.concatenate([read.sentences, _sentences_of(system[:LIMIT_BYTES])]))
