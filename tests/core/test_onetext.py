"""One text alone hashes as it does in a batch: what a scan writes down is what the gateway finds."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stillwatch.core.minhash import MIN_SENTENCE_WORDS, band_keys, minima_of, signatures
from stillwatch.core.onetext import one_text
from stillwatch.core.words import words_of

# Words of every length around a block of eight, and letters of every kind of script: with and without spaces between
# words, with capitals, with what combines, of one to four bytes.
PIECES = [
    *["a", "Ab", "seven77", "eightltr", "nineletters", "x" * 16, "y" * 41, "é", "É", "ÿ", "İ", "ẞ", "Ấ", "ｗｏｒＬＤ"],
    *["слово", "ЁЖ", "λόγος", "ΆΣ", "Ἀρχή", "ՀԱՅ", "Ինչպե՞ս", "ქართული", "ꙀꙁꚀ"],
    *["كلمة", "می\u200cروم", "מילה", "शब्द", "শব্দ", "சொல்", "ቃል", "ཚིག"],
    *["คำ", "ที่", "ໜ້າ", "ពាក្យ", "စကားလုံး", "ꦗꦮ"],
    *["漢字", "ᄀ", "日本語のテキスト", "か\u3099", "ﾃｷｽﾄ", "한국어", "𠮷", "🙂", "\U0001e900"],
]
GAPS = [
    *[" ", "\n", ". ", "!", "? ", ";", "\r\n", ", ", "1", "-", "\t", "  ", "", "\x00", "\x01", "\x1c", "\x85", "\xa0"],
    *[
        "。",
        "！",
        "？",
        "，",
        "、",
        "；",
        "：",
        "「",
        "」",
        "（",
        "）",
        "\u3000",
        "…",
        "“",
        "’",
        "—",
        "¿",
        "¡",
        "«",
        "·",
    ],
    *["؟", "،", "؛", "۔", "׃", "־", "।", "॥", "።", "፡", "፧", "។", "៕", "။", "၊", "։", "՝", "་", "།", "༎", "\u037e"],
    *["٣", "३", "３", "๓", "€", "\u200b", "\u2028", "\ufeff", "๏", "฿"],
]
texts = st.lists(st.sampled_from(PIECES) | st.sampled_from(GAPS) | st.text(max_size=5), max_size=60).map("".join)


@settings(max_examples=400, deadline=None)
@given(text=texts, beside=texts, begin=st.integers(0, 3), end=st.integers(0, 900))
@example(text="", beside="", begin=0, end=0)
@example(text="one two three four", beside="five", begin=0, end=99)
@example(text="one two three four five", beside="", begin=0, end=99)
# A text that ends within a mark, and the next begins within one: together they are none.
@example(text="。ก ก。", beside="一二三四五。", begin=1, end=8)
@example(text="।", beside="ก ก", begin=2, end=3)
def test_one_text_alone_hashes_as_it_does_in_a_batch(text: str, beside: str, begin: int, end: int) -> None:
    raw = text.encode("utf-8", "replace")[begin:end]
    # What stands before ends within a character too, if it can.
    other = beside.encode("utf-8", "replace")[: max(end - 2, 0)]
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
