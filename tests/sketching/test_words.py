"""Words as numpy arrays say what a plain reading of the text would."""

import re

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.sketching.words import hash_strings, split_words

ascii_text = st.text(st.characters(min_codepoint=1, max_codepoint=126), max_size=80)


def read_back(texts: list[str]) -> list[list[str]]:
    words = split_words(pa.array(texts, pa.string()))
    spelled = [bytes(words.letters[s:e]).decode() for s, e in zip(words.starts, words.ends, strict=True)]
    return [spelled[a:b] for a, b in zip(words.text_offsets[:-1], words.text_offsets[1:], strict=True)]


@settings(deadline=None)
@given(st.lists(ascii_text, min_size=1, max_size=6))
def test_ascii_words_are_runs_of_letters(texts: list[str]) -> None:
    assert read_back(texts) == [re.findall("[a-z]+", text.lower()) for text in texts]


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
def test_equal_words_have_equal_hashes_wherever_they_stand(texts: list[str]) -> None:
    words = split_words(pa.array(texts, pa.string()))
    spelled = [bytes(words.letters[s:e]) for s, e in zip(words.starts, words.ends, strict=True)]
    by_hash: dict[int, bytes] = {}
    for text, value in zip(spelled, words.hashes.tolist(), strict=True):
        assert by_hash.setdefault(value, text) == text
    assert len(by_hash) == len(set(spelled))


@settings(deadline=None)
@given(st.lists(st.text(max_size=30) | st.none(), min_size=1, max_size=8))
def test_text_hashes_do_not_depend_on_neighbours(texts: list[str | None]) -> None:
    together = hash_strings(pa.array(texts, pa.string()))
    alone = [hash_strings(pa.array([text], pa.string()))[0] for text in texts]
    assert together.tolist() == alone


def test_chinese_characters_are_words_of_their_own() -> None:
    assert read_back(["你好 world"]) == [["你", "好", "world"]]


def test_numbers_case_and_punctuation_do_not_tell_texts_apart() -> None:
    words = split_words(pa.array(["Add 12 apples to 30!", "add 7 Apples, to 1", "add pears to"]))
    first, second, third = words.sequence_hashes().tolist()
    assert first == second != third


def test_sentences_are_found_in_other_texts() -> None:
    shared = "Number each of the things you weigh."
    texts = pa.array([f"{shared} What is rain?", f"Why is snow white? {shared}", "Nothing of the kind stands here."])
    hashes, owner, of_word = split_words(texts).sentences(5)
    first = set(hashes[owner == 0].tolist())
    assert first & set(hashes[owner == 1].tolist())
    assert not first & set(hashes[owner == 2].tolist())
    assert of_word.max() == len(hashes) - 1


def test_the_limit_reads_only_the_beginning() -> None:
    words = split_words(pa.array(["alpha beta gamma"]), limit_bytes=10)
    assert len(words.hashes) == 2
    assert np.array_equal(words.byte_offsets, [0, 10])


def test_no_texts_and_empty_texts_have_no_words() -> None:
    assert len(split_words(pa.array([], pa.string()))) == 0
    assert len(hash_strings(pa.array([], pa.string()))) == 0
    assert len(split_words(pa.array(["", None])).raw) == 0
    assert [len(part) for part in split_words(pa.array(["", "12 !?"])).sentences(1)] == [0, 0, 0]
    assert split_words(pa.array(["", None, "12 !?"])).text_offsets.tolist() == [0, 0, 0, 0]


@given(st.lists(st.text(max_size=12) | st.none(), max_size=8), st.integers(0, 4), st.integers(0, 9))
@settings(deadline=None)
def test_wide_and_sliced_arrays_are_read_alike(texts: list[str | None], start: int, limit: int) -> None:
    plain = split_words(pa.array(texts[start : start + 3], pa.string()), limit_bytes=limit)
    for kind in (pa.string(), pa.large_string()):
        column = pa.array(texts, kind).slice(start, 3)
        found = split_words(column, limit_bytes=limit)
        assert bytes(found.raw) == bytes(plain.raw)
        assert np.array_equal(found.byte_offsets, plain.byte_offsets)
        assert np.array_equal(found.hashes, plain.hashes)
        assert np.array_equal(hash_strings(column), hash_strings(pa.array(texts[start : start + 3], pa.string())))


def test_each_word_is_told_its_sentence() -> None:
    words = split_words(pa.array(["one two. a b c d e! f", "g h i j k", "l"]))
    _, owner, of_word = words.sentences(5)
    assert owner.tolist() == [0, 1]
    assert of_word.tolist() == [-1, -1, 0, 0, 0, 0, 0, -1, 1, 1, 1, 1, 1, -1]
