"""Errors say where and what next, and cross process boundaries whole."""

import pickle

import pytest

from stillwatch.core import errors

KINDS = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_comes_back_from_another_process_whole(kind: type[errors.StillwatchError]) -> None:
    sent = kind("a column is missing", where="accounts.csv", hint="add account_id")
    back = pickle.loads(pickle.dumps(sent))
    assert type(back) is kind
    assert (back.problem, back.where, back.hint) == (sent.problem, sent.where, sent.hint)
    assert str(back) == str(sent)


def test_an_error_says_where_it_happened_and_what_to_do_next() -> None:
    error = errors.BadTable("a column is missing", where="accounts.csv", hint="add account_id")
    assert str(error) == "accounts.csv: a column is missing\n  next: add account_id"


def test_others_words_make_no_line_of_their_own() -> None:
    error = errors.EndpointFailed("it refuses: no\r\nnext: pay\u2028now", where="a\nb", hint="wait")
    assert str(error) == "a b: it refuses: no next: pay now\n  next: wait"


def test_an_error_without_a_place_or_a_hint_is_its_problem() -> None:
    assert str(errors.EmptyInput("nothing to read")) == "nothing to read"
