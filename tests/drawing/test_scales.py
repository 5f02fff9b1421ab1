"""Laws of scales and ticks."""

from __future__ import annotations

import doctest
import itertools
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.drawing import palette, scales, svg
from stillwatch.drawing.scales import Scale, decade_ticks, hour_ticks, round_hours, round_ticks
from stillwatch.drawing.svg import tag

values = st.floats(-1e6, 1e6)


@pytest.mark.parametrize("module", [palette, scales, svg])
def test_docstring_examples(module: object) -> None:
    failed, tried = doctest.testmod(module)  # type: ignore[arg-type]
    assert failed == 0
    assert tried > 0


@given(values, values, values)
def test_a_scale_takes_ends_to_ends_and_keeps_order(low: float, high: float, value: float) -> None:
    scale = Scale(low, high, 10, 90)
    if low == high:
        assert scale.place(low) == 50
        return
    assert (scale.place(low), scale.place(high)) == (10, 90)
    inside = sorted((low, value, high))[1]
    assert 10 <= scale.place(inside) <= 90


def test_a_bent_scale_spaces_doublings_evenly() -> None:
    scale = Scale(256, 4096, 0, 100, math.log2)
    assert [scale.place(256 * 2**n) for n in range(5)] == [0, 25, 50, 75, 100]


@given(values, st.floats(1e-6, 1e6))
def test_round_ticks_are_few_even_and_inside(low: float, reach: float) -> None:
    high = low + reach
    ticks = round_ticks(low, high)
    assert 1 <= len(ticks) <= 6
    # Rounded to the digits that a tick's words have.
    assert all(low - 1e-9 * abs(low) - 1e-9 <= tick <= high + 1e-9 * abs(high) + 1e-9 for tick in ticks)
    steps = [after - before for before, after in itertools.pairwise(ticks)]
    assert all(step == pytest.approx(steps[0], rel=1e-3) for step in steps)


@given(st.integers(0, 900_000), st.integers(1, 9_000))
def test_hours_on_an_axis_are_round_and_few(since: int, hours: int) -> None:
    start = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(hours=since)
    ticks = hour_ticks(start, hours)
    assert len(ticks) <= 9
    for after, words in ticks:
        time = start + timedelta(hours=after)
        assert words in (f"{time:%H:%M}", f"{time.day} {time:%b}")
        assert (time.hour == 0) == (":" not in words)


@given(st.integers(1, 10**7), st.integers(1, 400))
def test_a_round_step_is_long_enough(hours: int, most: int) -> None:
    assert round_hours(hours, most) * most >= hours


@given(st.floats(-300, 300), st.floats(0.01, 600))
def test_odds_on_an_axis_are_powers_of_ten_and_few(low: float, reach: float) -> None:
    ticks = decade_ticks(low, low + reach)
    assert len(ticks) <= 6
    for tick in ticks:
        decades = tick / math.log2(10)
        assert decades == pytest.approx(round(decades), abs=1e-9)
        assert low - 1e-9 <= tick <= low + reach + 1e-9


@given(st.text())
def test_no_text_becomes_markup_or_hides_characters(text: str) -> None:
    drawn = tag("text", text, aria_label=text, class_=None)
    assert drawn.count("<") == 2
    assert drawn.count('"') == 2
    assert not {"\u202e", "\x1b", "\x00"} & set(drawn)
