"""A count with its noun and a list with its "and", as every sentence says them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["counted", "joined"]


def counted(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> counted(1, "account"), counted(1200, "account"), counted(0, "query", "queries")
    ('1 account', '1,200 accounts', '0 queries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def joined(words: Sequence[str]) -> str:
    """A list as one reads it.

    >>> joined(["a", "b", "c"]), joined(["a"]), joined([])
    ('a, b and c', 'a', 'none')
    """
    *others, last = words or ["none"]
    return f"{', '.join(others)} and {last}" if others else last
