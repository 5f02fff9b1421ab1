"""Who stays in a group that has a text, a clock and a volume of its own."""

from __future__ import annotations

import numpy as np

from stillwatch.detection.membership import Fit, not_unlike


def fit_of(size: int, **odd: tuple[float, float]) -> Fit:
    """A group that has its text and its questions; the odd ones, by place, have so many bits of each."""
    marked, alike = np.full(size, 8.0), np.full(size, 6.0)
    for place, (text, questions) in odd.items():
        marked[int(place[1:])], alike[int(place[1:])] = text, questions
    return Fit(marked, alike)


def test_what_nearly_all_do_everybody_must_do_whatever_they_send() -> None:
    along = np.ones(20, np.bool_)
    along[[3, 4]] = False
    assert np.flatnonzero(~not_unlike(fit_of(20), along)).tolist() == [3, 4]
    # Where a quarter do not, it is no act of the group.
    along[5:9] = False
    assert not_unlike(fit_of(20), along).all()
    # Who is excused neither makes it one nor lacks it.
    assert not_unlike(fit_of(20), along, excused=np.arange(20) < 9).all()
    along[5:9] = True
    assert np.flatnonzero(~not_unlike(fit_of(20), along, excused=np.arange(20) == 3)).tolist() == [4]
    assert np.flatnonzero(~not_unlike(fit_of(20), along, excused=np.arange(20) < 5, busy=along)).tolist() == [3, 4]


def test_the_text_and_the_questions_are_beyond_doubt_together() -> None:
    found = fit_of(6, _1=(2.0, 9.0), _2=(8.0, 1.0), _3=(8.0, -1.0))
    assert found.beyond_doubt.tolist() == [True, False, False, False, True, True]
