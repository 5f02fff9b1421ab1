"""What a function gave for short texts, remembered. Whoever sends long ones fills no memory with them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

__all__ = ["remembers_short"]

_LONGEST = 256
_T = TypeVar("_T")


def remembers_short(most: int) -> Callable[[Callable[[str], _T]], Callable[[str], _T]]:
    """Remember what a function of one text gave, where the text is a name and not a book.

    Args:
        most: texts that are remembered; the longest unused are forgotten.
    """

    def wrapped(look: Callable[[str], _T]) -> Callable[[str], _T]:
        remembered = lru_cache(most)(look)

        @wraps(look)
        def looked(text: str) -> _T:
            return remembered(text) if len(text) <= _LONGEST else look(text)

        return looked

    return wrapped
