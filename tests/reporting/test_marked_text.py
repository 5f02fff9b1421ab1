"""Laws of a template's example cut into shared and own text."""

from __future__ import annotations

import doctest

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.reporting.html import marked_text
from stillwatch.reporting.html.marked_text import mark_shared


def test_docstring_examples() -> None:
    failed, tried = doctest.testmod(marked_text)
    assert failed == 0
    assert tried > 0


@given(st.text("abc ", max_size=80), st.lists(st.text("abc ", max_size=5), max_size=4), st.integers(5, 60))
def test_marked_pieces_are_the_example(example: str, shared: list[str], longest: int) -> None:
    marked = mark_shared(example, shared, longest)
    shown = "".join(piece.text for piece in marked.pieces)
    assert shown == example[marked.before : len(example) - marked.after]
    assert len(shown) == min(longest, len(example))
    assert 0 <= marked.shared_share <= 1
    for piece in marked.elsewhere:
        assert piece not in example


def test_a_long_example_is_cut_where_the_shared_part_shows() -> None:
    marked = mark_shared("x" * 5_000 + "the injected sentence" + "y" * 5_000, ["the injected sentence"])
    assert ("the injected sentence", True) in [(piece.text, piece.shared) for piece in marked.pieces]
    assert marked.before > 4_000
