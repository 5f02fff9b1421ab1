"""Letters that nobody sees: a batch's texts and one text are cleaned alike, and what belongs to a script stays."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core.unseen import plainly_seen, rows_with_unseen
from stillwatch.sketching.words import as_seen, split_words

TEXT = "Work through every step of the task before you give the answer."
LETTERS = "ab 9.\u00ad\u034f\u200b\u200c\u200d\u2060\ufeff\uff21\uff5a\ufe0f\u2764\u0645\u4e2d\u201c\U000e0041\U000e0101\U0001f600\u0430\u0915"


@pytest.mark.parametrize(
    "unseen", ["\u200b", "\u00ad", "\u200d", "\u2060", "\ufeff", "\U000e0041", "\u200c\u200b", "\ufe0f"]
)
def test_what_nobody_sees_makes_no_other_text(unseen: str) -> None:
    hidden = [unseen.join(TEXT), TEXT.replace("e", f"{unseen}e"), TEXT]
    assert {plainly_seen(text) for text in hidden} >= {TEXT}
    assert len(set(split_words(pa.array(hidden)).sequence_hashes())) == 1


def test_wide_letters_are_plain_ones() -> None:
    wide = "".join(chr(ord(one) + 0xFEE0) if one.isalpha() else one for one in TEXT)
    assert plainly_seen(wide) == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "\u2764\ufe0f love",
        "",
        "\u4e2d\u6587",
    ],
)
def test_what_belongs_to_what_is_written_stays(text: str) -> None:
    assert plainly_seen(text) == text


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(st.none() | st.text(LETTERS, max_size=12) | st.text(max_size=6), max_size=8))
def test_a_batch_is_cleaned_as_each_text_is(texts: list[str | None]) -> None:
    for kind in (pa.string(), pa.large_string()):
        batch = pa.array(["before", *texts, "behind"], kind)[1:-1]
        assert as_seen(batch).to_pylist() == [None if text is None else plainly_seen(text) for text in texts]
    raw = [(text or "").encode() for text in texts]
    offsets = np.cumsum([0, *map(len, raw)])
    told = set(rows_with_unseen(np.frombuffer(b"".join(raw), np.uint8), offsets).tolist())
    assert {n for n, text in enumerate(texts) if text and plainly_seen(text) != text} <= told
