"""Text features: what varies is compared, what everybody shares is left out."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.sketching import EMBEDDED, WIDTH, hash_strings, text_features
from stillwatch.sketching.words import split_words

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
