"""One text alone hashes as it does in a batch: what a scan writes down is what the gateway finds."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stillwatch.core.minhash import MIN_SENTENCE_WORDS, band_keys, minima_of, signatures
from stillwatch.core.onetext import one_text
from stillwatch.core.words import words_of

# Words of every length around a block of eight, marks, digits, and scripts with and without spaces between words.
PIECES = [
    "a",
    "Ab",
    "seven77",
    "eightltr",
    "nineletters",
    "x" * 16,
    "y" * 41,
    "é",
    "漢字",
    "ᄀ",
    "日本語のテキスト",
    "🙂",
]
GAPS = [" ", "\n", ". ", "!", "? ", ";", "\r\n", ", ", "1", "-", "\t", "  ", "", "\x00", "\x1c", "\x85", "\xa0"]
texts = st.lists(st.sampled_from(PIECES) | st.sampled_from(GAPS) | st.text(max_size=5), max_size=60).map("".join)


@settings(max_examples=400, deadline=None)
@given(text=texts, beside=texts, end=st.integers(0, 600))
@example(text="", beside="", end=0)
@example(text="one two three four", beside="five", end=99)
@example(text="one two three four five", beside="", end=99)
def test_one_text_alone_hashes_as_it_does_in_a_batch(text: str, beside: str, end: int) -> None:
    raw, other = text.encode("utf-8", "replace")[:end], beside.encode("utf-8", "replace")
    offsets = np.cumsum([0, len(other), len(raw), len(other)])
    words = words_of(np.frombuffer(other + raw + other, np.uint8), offsets)
    hashes, of, _ = words.sentences(MIN_SENTENCE_WORDS)
    minima = minima_of(words)[1:2]
    alone = one_text(raw)
    assert alone.sequence == int(words.sequence_hashes()[1])
    assert alone.sentences.tolist() == hashes[of == 1].tolist()
    assert np.array_equal(alone.minima(), minima)
    assert np.array_equal(band_keys(alone.minima()), band_keys(minima))
    assert np.array_equal(signatures(alone.minima()), signatures(minima))


@pytest.mark.parametrize("length", [1, 7, 8, 9, 16, 17, 24, 25, 1200])
def test_words_of_every_length_hash_as_in_a_batch(length: int) -> None:
    raw = b"w" * length
    assert one_text(raw).sequence == int(
        words_of(np.frombuffer(raw, np.uint8), np.array([0, length])).sequence_hashes()[0]
    )
