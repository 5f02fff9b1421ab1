"""A text's vector is the mean of its words', and a word's the mean of its tokens'."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from stillwatch.sketching import EMBEDDED, embedding
from stillwatch.sketching.embedding import WordTable, word_table
from stillwatch.sketching.words import split_words

LETTERS = "abcdef"
VECTORS = np.random.default_rng(1).normal(size=(len(LETTERS), 3)).astype(np.float32)


def table() -> WordTable:
    """Every letter is a token of its own."""
    return WordTable(VECTORS, Tokenizer(models.BPE({letter: i for i, letter in enumerate(LETTERS)}, [])))


def by_hand(text: str) -> np.ndarray:
    words = [np.mean([VECTORS[LETTERS.index(c)] for c in word[:48]], axis=0) for word in text.split()]
    return np.mean(words, axis=0) if words else np.zeros(3, np.float32)


def means(table: WordTable, texts: list[str]) -> np.ndarray:
    words = split_words(pa.array(texts, pa.string()))
    return table.mean(words, np.ones(len(words.hashes), np.bool_))


texts = st.lists(st.lists(st.text(LETTERS, min_size=1, max_size=12), max_size=5).map(" ".join), min_size=1, max_size=5)


@settings(deadline=None)
@given(st.lists(texts, min_size=1, max_size=5), st.sampled_from([1, 3, 400_000]))
def test_means_are_the_same_however_many_words_were_seen_before(batches: list[list[str]], most: int) -> None:
    grown = table()
    with pytest.MonkeyPatch.context() as patch:
        # A table that is full begins anew.
        patch.setattr(embedding, "_MAX_WORDS", most)
        for batch in batches:
            np.testing.assert_allclose(means(grown, batch), [by_hand(text) for text in batch], atol=1e-5)


@pytest.mark.parametrize("length", [47, 48, 49, 90])
def test_a_long_word_is_its_first_48_bytes(length: int) -> None:
    word = "a" * 40 + "b" * (length - 40)
    np.testing.assert_allclose(means(table(), [word])[0], by_hand(word), atol=1e-5)


def test_words_left_out_do_not_count() -> None:
    words = split_words(pa.array(["ab cd ef", "ab"]))
    found = table().mean(words, np.array([True, False, True, False]))
    np.testing.assert_allclose(found, [by_hand("ab ef"), by_hand("")], atol=1e-5)
    assert table().mean(words, np.zeros(4, np.bool_)).tolist() == [[0.0] * 3] * 2


def test_the_vectors_that_come_with_wordllama_are_read() -> None:
    first, second, third = means(word_table(), ["ocean", "sea", "invoice"])
    assert first.shape == (EMBEDDED,) == (128,)
    assert first @ second > first @ third
