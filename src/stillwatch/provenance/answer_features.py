"""What an answer says: its words, and the choice it makes.

A choice is what stands after an answer mark (``####``, ``#``, "answer:"), or the whole of a short
answer; a long answer without a mark makes none.
"""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

from stillwatch.core.normal_form import normal_form

__all__ = ["choice", "features", "says_answer", "words"]

_MARK = re.compile(r"(?:####|#|\banswer(?:\s+is)?\s*[:=]|\banswer\s+is\b)\s*", re.IGNORECASE)
# Scripts without spaces are read letter by letter.
_WORD = re.compile(r"[぀-ヿ㐀-鿿가-힯]|[^\W_]+|[^\w\s]", re.UNICODE)
_SHORT = 6


def words(text: str) -> list[str]:
    """Lower-case words and marks of a text; letters of scripts that write no spaces.

    >>> words("It's 7, said Ann.")
    ['it', "'", 's', '7', ',', 'said', 'ann', '.']
    """
    return _WORD.findall(normal_form("NFKC", text).lower())


@lru_cache(maxsize=1 << 16)
def features(text: str) -> frozenset[tuple[str, ...]]:
    """Words and pairs of neighbouring words, once each."""
    found = words(text)
    return frozenset([(word,) for word in found] + list(itertools.pairwise(found)))


def says_answer(text: str) -> bool:
    """Whether a text marks an answer in it.

    >>> says_answer("So the answer is: 54."), says_answer("Try again.")
    (True, False)
    """
    return _MARK.search(text) is not None


@lru_cache(maxsize=1 << 16)
def choice(text: str) -> str | None:
    """What an answer settles on, spelled plainly; None where it cannot be told.

    >>> choice("7 times 8 is 54. The answer is: 54."), choice("Blue!"), choice("#### 12")
    ('54', 'blue', '12')
    """
    text = normal_form("NFKC", text).replace("**", "")
    marks = list(_MARK.finditer(text))
    tail = text[marks[-1].end() :].strip().splitlines() if marks else []
    said = [word for word in words(tail[0] if tail else text) if word[0].isalnum()]
    return " ".join(said) if 0 < len(said) <= _SHORT else None
