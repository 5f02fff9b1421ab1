"""Letters that nobody sees: a batch's texts and one text are cleaned alike, and what belongs to a script stays."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import PATIENCE_SECONDS

from stillwatch.core.unseen import plainly_seen, rows_with_unseen
from stillwatch.sketching.words import as_seen, split_words

TEXT = "Work through every step of the task before you give the answer."
LETTERS = "ab 9.\u00ad\u034f\u200b\u200c\u200d\u2060\ufeff\uff21\uff5a\ufe0f\u2764\u0645\u4e2d\u201c\U000e0041\U000e0101\U0001f600\u0430\u0915\u0440\u0436\u03bf\u0585\U0001d41a\u24d0\u1d00\u0336\u20dd"


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
    "written",
    [
        TEXT.replace("o", "\u043e").replace("e", "\u0435"),
        TEXT.replace("a", "\u03b1").replace("o", "\u03bf"),
        TEXT.replace("s", "\u0455").replace("h", "\u04bb").replace("k", "\u043a"),
        TEXT.replace("o", "\u0585").replace("u", "\u057d"),
        "".join(chr(0x1D400 + ord(one) - 65) if one.isupper() else one for one in TEXT),
        "".join(chr(0x1D5EE + ord(one) - 97) if one.islower() else one for one in TEXT),
        "".join(chr(0x24D0 + ord(one) - 97) if one.islower() else one for one in TEXT),
        "".join(f"{one}\u0336" if one.isalpha() else one for one in TEXT),
    ],
)
def test_letters_that_look_alike_make_no_other_text(written: str) -> None:
    assert written != TEXT
    assert plainly_seen(written) == TEXT
    assert len(set(split_words(pa.array([written, TEXT])).sequence_hashes())) == 1


def test_small_capitals_are_letters() -> None:
    assert plainly_seen("ᴡᴏʀᴋ ᴛʜʀᴏᴜɢʜ") == "work through"


def test_latin_letters_within_a_cyrillic_word_are_cyrillic() -> None:
    text = "Решите задачу по шагам и объясните каждый шаг."
    assert plainly_seen(text.replace("о", "o").replace("а", "a").replace("е", "e")) == text


@pytest.mark.parametrize(
    "text",
    [
        "Переведи слово рак и сор на английский.",
        "Η απάντηση είναι σωστή.",
        "The Δx of μm, 5 kΩ and π/2",
        "Translate the word жук, please.",
        "Use the API и GitHub для проекта",
        "բարեւ ձեզ",
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


@pytest.mark.parametrize(
    "run", ["\u200b", "\u3164", "\U000e0041", "\u0335", "\u200b\u3164", "\u200b\u0335", "\u0436\u200b"]
)
def test_a_run_of_them_is_looked_at_in_time(run: str) -> None:
    """In a process of its own: what takes hours there would let nobody here go on."""
    asked = f"from stillwatch.core.unseen import plainly_seen; print(len(plainly_seen({run!r} * 500_000 + 'a')))"
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
    )
    assert int(done.stdout) in (1, 500_001)
