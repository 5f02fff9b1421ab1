"""The shared pieces of an example stand, letter for letter, in the other text."""

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.detection.shared_text import shared_pieces

texts = st.lists(
    st.sampled_from(["the", "a", "fox", "river", "runs", "over", "under", "old", "bridge\n", "into", "night"]),
    max_size=40,
).map(" ".join)


@given(texts, texts)
def test_pieces_stand_in_both_texts(a: str, b: str) -> None:
    for piece in shared_pieces(a, b):
        assert piece in a
        assert piece.strip() in b


@given(texts)
def test_a_text_shares_all_of_itself(text: str) -> None:
    pieces = shared_pieces(text, text)
    assert pieces in ([], [text])
    assert bool(pieces) == (len(text.strip()) >= 16)
