"""The layout of a text is what counting its bytes says."""

import math
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.sketching import WIDTH
from stillwatch.sketching.layout import NAMES, layout
from stillwatch.sketching.words import split_words

COUNTED = {
    "digits": r"[0-9]",
    "capitals": r"[A-Z]",
    "new lines": r"\n",
    "spaces": r"\x20",
    "commas": r",",
    "full stops": r"\.",
    "questions": r"\?",
    "exclamations": r"!",
    "colons": r"[:;]",
    "quotes": r"[\"'`]",
    "round brackets": r"[()]",
    "code brackets": r"[{}\[\]<>]",
    "operators": r"[=+*/\\|&^%$#@~]",
    "dashes": r"[-_]",
    "beyond ASCII": r"[\x80-\xff]",
}
ASCII = "".join(map(chr, range(1, 127)))


def expected(text: str) -> list[float]:
    raw = text.encode()
    counts = [len(re.findall(pattern, raw.decode("latin-1"))) for pattern in COUNTED.values()]
    flags = [text[:1].isascii() and text[:1].isupper(), text.endswith("."), text.endswith("?")]
    words = len(split_words(pa.array([text])).starts)
    rates = [math.log1p(100 * count / max(len(raw), 1)) for count in counts]
    return [math.log1p(len(raw)), math.log1p(words), *rates, *map(float, flags)]


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from(ASCII + "é漢。"), max_size=30), min_size=1, max_size=6))
def test_a_row_is_what_counting_says(texts: list[str]) -> None:
    found = layout(split_words(pa.array(texts, pa.string())))
    np.testing.assert_allclose(found, [expected(text) for text in texts], rtol=1e-5)


@pytest.mark.parametrize("text", [ASCII, "", "A", "Z", "@", "[", "a.", "a?", "a/", "a>", "é", "É.", "?A"])
def test_every_kind_of_byte_is_counted_as_its_own(text: str) -> None:
    # Empty texts on both sides, whose first and last bytes are others'.
    found = layout(split_words(pa.array(["", text, ""], pa.string())))
    np.testing.assert_allclose(found, [expected(each) for each in ["", text, ""]], rtol=1e-5)


def test_a_batch_of_empty_texts_has_no_layout() -> None:
    assert layout(split_words(pa.array(["", None], pa.string()))).tolist() == [[0.0] * len(NAMES)] * 2
    assert len(NAMES) == 20
    assert list(NAMES[2:17]) == list(COUNTED)
    assert WIDTH == 276
