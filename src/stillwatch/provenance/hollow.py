"""Whole answers that say nothing of their prompt: one sentence to prompt after prompt, the prompt itself, a fault.

Two models behind one proxy, or in two outages, word such answers alike; that makes neither the other's student.
Refusals are told apart from these (``refusals``).
"""

from __future__ import annotations

import collections
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from stillwatch.provenance.answer_features import says_answer, words
from stillwatch.provenance.refusals import refuses

__all__ = ["echoes", "repeated"]

Bools = npt.NDArray[np.bool_]

_OFTEN, _LONG = 3, 3
_FAULTS = frozenset(
    ("error", "errors", "exception", "null", "nil", "none", "na", "nan", "undefined", "timeout", "unavailable")
) | {"failed", "failure", "overloaded", "busy", "retry", "later", "gateway", "invalid", "unauthorized", "forbidden"}
_BESIDE = frozenset(
    ("n", "a", "no", "not", "the", "is", "of", "in", "at", "to", "be", "was", "has", "it", "an", "or", "and", "for")
) | {
    *("service", "server", "request", "response", "model", "internal", "bad", "timed", "out", "empty", "result"),
    *("output", "content", "temporarily", "currently", "limit", "rate", "message", "detail", "code", "type"),
}
"""Words that stand beside a fault's in an answer that is one."""
_MORE_THAN_THE_PROMPT = 4
_NOT_AVAILABLE = ("n", "a")


def repeated(texts: Sequence[str]) -> Bools:
    """(prompts,), where a model says what it says to three prompts or more: word for word, a fault but for its numbers,
    or nothing that is a letter or a number.

    Only sentences of three words or more, and none with an answer in it: the same choice may be the answer to many
    prompts. Refusals are told apart from this.

    >>> repeated(["Try again later.", "Blue.", "Blue.", "Blue.", "Try again later.", "Try again later."]).tolist()
    [True, False, False, False, True, True]
    >>> repeated(["null", "null", "null", "Error 71", "Error 72", "Error 73"]).all()
    np.True_
    """
    said = [_skeleton(text) for text in texts]
    often = collections.Counter(said)
    return np.array(
        [
            often[one] >= _OFTEN and _says_nothing(one, text) and not refuses(text)
            for one, text in zip(said, texts, strict=True)
        ],
        dtype=bool,
    )


def _skeleton(text: str) -> tuple[str, ...]:
    """The words of a text; of one that tells of a fault, those without a number in them."""
    said = [word for word in words(text) if word[0].isalnum()]
    if not _FAULTS.isdisjoint(said):
        said = [word for word in said if word.isalpha()]
    return tuple(said)


def _says_nothing(said: tuple[str, ...], text: str) -> bool:
    if len(said) < _LONG:
        # A short answer may be a choice, unless it is a fault's name.
        return not said or said == _NOT_AVAILABLE or (not _FAULTS.isdisjoint(said) and set(said) <= _FAULTS | _BESIDE)
    return not says_answer(text)


def echoes(prompts: Sequence[str], texts: Sequence[str]) -> Bools:
    """(prompts,), where an answer is the prompt again, with a few words more at most.

    >>> echoes(["How many apples?", "Red or blue?"], ["You asked: how many apples?", "Blue"]).tolist()
    [True, False]
    """
    return np.array([_is_echo(asked, text) for asked, text in zip(prompts, texts, strict=True)], dtype=bool)


def _is_echo(prompt: str, text: str) -> bool:
    asked, said = ([word for word in words(one) if word[0].isalnum()] for one in (prompt, text))
    more = len(said) - len(asked)
    if not asked or not 0 <= more <= _MORE_THAN_THE_PROMPT:
        return False
    return any(said[start : start + len(asked)] == asked for start in range(more + 1))
