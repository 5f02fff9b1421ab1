"""Habits of writing are what counting says."""

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.sketching import WIDTH, text_features, window_features
from stillwatch.sketching.habits import HABITS, habits
from stillwatch.sketching.words import split_words


def told(text: str) -> dict[str, float]:
    row = habits(split_words(pa.array(["first", text, ""])))[1]
    return dict(zip(HABITS, row.tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("Write a poem.", ("opens with imperatives", "second word an article", "one sentence"), ("starts small",)),
        ("hi, can you help me", ("opens with greetings", "starts small", "ends bare", "any oneself"), ("any digit",)),
        ("What is it? Tell me:", ("opens with questions", "two sentences", "ends with colon"), ("one sentence",)),
        ('Say "no" (twice).', ("any double quote", "any bracket", "any negations"), ("any new line", "ends bare")),
        ("über 3; x", ("any beyond ASCII", "any digit", "any semicolon"), ("any comma", "opens with articles")),
    ],
)
def test_flags(text: str, yes: tuple[str, ...], no: tuple[str, ...]) -> None:
    found = told(text)
    assert [name for name in yes if found[name] != 1] == []
    assert [name for name in no if found[name] != 0] == []


def test_rates_and_sizes() -> None:
    found = told("The cat sat. Now explain.")
    assert found["rate of articles"] == pytest.approx(np.log1p(20 / 5))
    assert found["mean word"] == pytest.approx((3 + 3 + 3 + 3 + 7) / 5)
    assert found["mean sentence"] == pytest.approx(np.log1p(2.5))
    assert found["spread of sentences"] == pytest.approx(np.log1p(0.5))
    assert found["first sentence about 3 words"] == max(v for k, v in found.items() if k.startswith("first sentence"))


def test_empty_texts_have_no_words_and_no_marks() -> None:
    row = dict(zip(HABITS, habits(split_words(pa.array(["a b", ""])))[1].tolist(), strict=True))
    assert {name for name, value in row.items() if value > 0.3} <= {"first sentence about 1 words"}
    assert habits(split_words(pa.array(["", None], pa.string()))).tolist() == [[0.0] * len(HABITS)] * 2


def test_habits_stand_beside_what_links_accounts() -> None:
    texts, none = pa.array(["Write a poem about rain.", "i need help pls"]), np.zeros(0, np.uint64)
    both = window_features(texts, none)
    np.testing.assert_array_equal(both[:, :WIDTH], text_features(texts, none)[0])
    assert both.shape == (2, WIDTH + len(HABITS))
