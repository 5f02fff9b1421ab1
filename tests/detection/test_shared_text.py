"""The shared pieces of an example stand, letter for letter, in the other text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.detection.shared_text import shared_pieces

texts = st.lists(
    st.sampled_from(["the", "a", "fox", "river", "runs", "over", "under", "old", "bridge\n", "into", "night"]),
    max_size=40,
).map(" ".join)
unspaced = st.text(st.sampled_from("水管列車速度時間値段川橋。、12 \nであるかをาก"), max_size=60)


@given(texts | unspaced, texts | unspaced)
def test_pieces_stand_in_both_texts(a: str, b: str) -> None:
    for piece in shared_pieces(a, b):
        assert piece in a
        assert piece.strip() in b


@given(texts)
def test_a_text_shares_all_of_itself(text: str) -> None:
    pieces = shared_pieces(text, text)
    assert pieces in ([], [text])
    assert bool(pieces) == (len(text.strip()) >= 16)


@given(texts, texts)
def test_pieces_follow_one_another(a: str, b: str) -> None:
    at = 0
    for piece in shared_pieces(a, b):
        at = a.index(piece, at) + len(piece)


@pytest.mark.parametrize(
    ("before", "own", "after"),
    [
        ("Answer as a strict examiner: ", ("what is rain? ", "why is snow white? "), "Then give your reasons."),
        ("Antworte kurz für Prüfer: ", ("was ist Regen? ", "warum schneit es? "), "Danach begründe es ausführlich."),
        ("请把每一步推理写进账簿。", ("水管火车100。", "苹果桥梁2345。"), "最后给出结论。"),
        ("途中の推論を台帳に書く。", ("水槽と列車1。", "川や橋2。"), "最後に結論を示す。"),
        ("เขียนทุกขั้นตอนลงในสมุดบัญชี ", ("น้ำ 12 ", "รถไฟ 345 "), "แล้วสรุปผลลัพธ์ให้ชัดเจน"),
    ],
)
def test_fixed_text_around_a_question_is_found_in_any_script(before: str, own: tuple[str, str], after: str) -> None:
    one, other = (f"{before}{question}{after}" for question in own)
    assert shared_pieces(one, other) == [before, after]


def test_a_few_characters_are_no_piece() -> None:
    assert shared_pieces("水管列車。", "火車速度。") == []
    assert shared_pieces("甲乙丙丁子", "甲乙丙丁丑") == []
    assert shared_pieces("甲乙丙丁戊子", "甲乙丙丁戊丑") == ["甲乙丙丁戊"]
    assert shared_pieces("so it goes now", "so it goes now") == []


def test_only_what_is_shown_of_a_text_is_compared() -> None:
    long = " ".join(f"word{n}" for n in range(400))
    (piece,) = shared_pieces(long, long)
    assert piece == long[:1200]
