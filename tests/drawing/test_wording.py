"""Numbers and text for people: examples in the docstrings, laws here."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.drawing import wording


def test_docstring_examples() -> None:
    failed, tried = doctest.testmod(wording)
    assert failed == 0
    assert tried > 0


@pytest.mark.parametrize(
    "say",
    [
        wording.count,
        wording.small,
        wording.decimal,
        wording.share,
        wording.probability,
        wording.weight,
        wording.moment,
        wording.hours,
        wording.seconds,
    ],
)
def test_a_missing_value_is_never_nought(say: object) -> None:
    assert callable(say)
    assert say(None) == "not in this log"


@given(st.text())
def test_visible_text_hides_nothing_and_is_settled(text: str) -> None:
    shown = wording.visible(text)
    assert wording.visible(shown) == shown
    assert not {"\u202e", "\x1b", "\x00"} & set(shown)
    if text.isascii() and text.isprintable():
        assert shown == text


@given(st.floats(0, 1))
def test_a_probability_is_never_rounded_into_certainty(value: float) -> None:
    assert wording.probability(value) not in ("1.000", "0.000")


@given(st.floats(-400, 400))
def test_odds_always_have_words(value: float) -> None:
    words = wording.odds(value)
    assert words == "even odds" or words.startswith("1 in ") or words.endswith(" to 1")


@given(st.datetimes(), st.datetimes())
def test_a_span_ends_with_its_last_day(first: datetime, last: datetime) -> None:
    first, last = sorted((first, last))
    assert wording.day_span(first, last).endswith(f"{last.day} {last:%b %Y}")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-02-10T08:15:00+00:00", datetime(2026, 2, 10, 8, 15, tzinfo=UTC)),
        ("2026-02-10T10:15:00+02:00", datetime(2026, 2, 10, 8, 15, tzinfo=UTC)),
        ("2026-02-10T08:15:00", datetime(2026, 2, 10, 8, 15, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_of_a_run(text: object, time: datetime | None) -> None:
    assert wording.parse_time(text) == time
