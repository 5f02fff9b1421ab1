"""What is made at once is not searched for garbage meanwhile, and what comes between is."""

import gc
from collections.abc import Iterator

import pytest

from stillwatch.core.garbage import each_unsearched, unsearched


def test_nothing_is_searched_for_while_it_is_made_and_all_is_as_before_between() -> None:
    told: list[bool] = []

    def made() -> Iterator[int]:
        for number in range(2):
            told.append(gc.isenabled())
            yield number

    between = [gc.isenabled() for _ in each_unsearched(made())]
    assert told == [False, False]
    assert between == [True, True]
    assert gc.isenabled()


def test_who_searches_for_nothing_is_left_so() -> None:
    gc.disable()
    try:
        with unsearched():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_an_error_ends_it_too() -> None:
    def made() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(each_unsearched(made()))
    assert gc.isenabled()


def test_what_is_not_read_to_its_end_is_closed() -> None:
    closed: list[bool] = []

    def made() -> Iterator[int]:
        try:
            yield from range(3)
        finally:
            closed.append(True)

    one = each_unsearched(made())
    next(one)
    one.close()  # type: ignore[attr-defined]
    assert closed == [True]
