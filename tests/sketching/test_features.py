"""Text features: what varies is compared, what everybody shares is left out."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.sketching import EMBEDDED, WIDTH, hash_strings, text_features
from stillwatch.sketching.words import mix, split_words

NONE = np.zeros(0, np.uint64)
# A sketch made by one worker must meet a sketch made by another, today and next year.
STILLWATCH = 17158550152775919532
RULE = "Lay out every thing you weigh in a ledger and number them."
QUESTION = "how do tides follow the moon around the northern coast in winter"


@settings(deadline=None)
@given(st.lists(st.text(max_size=50), min_size=1, max_size=8))
def test_a_row_does_not_depend_on_its_batch(prompts: list[str]) -> None:
    together, _ = text_features(pa.array(prompts), NONE)
    alone = np.concatenate([text_features(pa.array([p]), NONE)[0] for p in prompts])
    assert together.shape == (len(prompts), WIDTH)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_shared_sentence_leaves_only_the_question() -> None:
    shared = split_words(pa.array([RULE])).sentences(5)[0]
    features, varies = text_features(pa.array([f"{RULE} {QUESTION}", QUESTION, RULE]), np.sort(shared))
    np.testing.assert_allclose(features[0, :EMBEDDED], features[1, :EMBEDDED], atol=1e-5)
    assert varies.tolist() == [True, True, False]


@pytest.mark.parametrize(("own", "enough"), [(7, False), (8, True)])
def test_fewer_than_eight_words_of_its_own_do_not_vary(own: int, enough: bool) -> None:
    shared = split_words(pa.array([RULE])).sentences(5)[0]
    question = " ".join(QUESTION.split()[:own])
    features, varies = text_features(pa.array([f"{RULE} {question}", question]), np.sort(shared))
    assert varies.tolist() == [enough, True]
    # What does not vary keeps its words.
    whole = text_features(pa.array([f"{RULE} {question}"]), NONE)[0]
    np.testing.assert_allclose(features[0, :EMBEDDED], (features[1:] if enough else whole)[0, :EMBEDDED], atol=1e-5)


@pytest.mark.parametrize(("words", "dropped"), [(4, False), (5, True)])
def test_a_shared_sentence_has_five_words(words: int, dropped: bool) -> None:
    sentence = " ".join(RULE.split()[:words]) + "."
    shared = np.sort(split_words(pa.array([sentence])).sentences(words)[0])
    (first, second), _ = text_features(pa.array([f"{sentence} {QUESTION}", QUESTION]), shared)
    assert np.allclose(first[:EMBEDDED], second[:EMBEDDED], atol=1e-5) == dropped


def test_only_the_first_thousand_bytes_are_read() -> None:
    long = ("word " * 200)[:999]
    at, past, before = text_features(pa.array([f"{long}x", f"{long}x y", f"{long}"]), NONE)[0]
    assert np.array_equal(at, past)
    assert not np.array_equal(at, before)


def hashed_by_hand(text: str, left_out: range = range(0)) -> np.ndarray:
    """Words and pairs of neighbouring words, each one up or down in a cell of 128."""
    hashes = [int(value) for value in split_words(pa.array([text])).hashes]
    kept = [place for place in range(len(hashes)) if place not in left_out]
    things = [hashes[place] for place in kept]
    for place in kept:
        if place + 1 in kept:
            pair = (hashes[place] * 3 + hashes[place + 1]) % 2**64
            things.append(int(mix(np.array([pair], np.uint64))[0]))
    cells = np.zeros(128)
    for thing in things:
        cells[thing % 128] += 1 if thing >> 63 else -1
    return np.asarray(cells / np.sqrt(max(len(things), 1)))


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["ab", "cd", "ef", "gh", "ij"]), max_size=6).map(" ".join), min_size=1, max_size=5
    )
)
def test_words_and_pairs_are_hashed_into_cells(prompts: list[str]) -> None:
    found = text_features(pa.array(prompts), NONE)[0][:, -128:]
    np.testing.assert_allclose(found, [hashed_by_hand(prompt) for prompt in prompts], atol=1e-5)


def test_words_on_both_sides_of_what_is_left_out_are_no_pair() -> None:
    shared = np.sort(split_words(pa.array([RULE])).sentences(5)[0])
    prompt = f"one two three four. {RULE} five six seven eight"
    found = text_features(pa.array([prompt]), shared)[0][0, -128:]
    rule = len(RULE.split())
    np.testing.assert_allclose(found, hashed_by_hand(prompt, range(4, 4 + rule)), atol=1e-5)


def test_texts_about_one_thing_are_closer() -> None:
    prompts = [
        "Write a Python function that sorts a list of integers.",
        "Implement quicksort in Python for a list of numbers.",
        "My grandmother's recipe for plum cake needs more butter.",
    ]
    vectors = text_features(pa.array(prompts), NONE)[0][:, :EMBEDDED]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.1


def test_hashes_are_the_same_in_every_process() -> None:
    assert hash_strings(pa.array(["stillwatch"])).tolist() == [STILLWATCH]
