"""A count with its noun, as every sentence that counts says it."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> counted(1, "account"), counted(1200, "account"), counted(0, "query", "queries")
    ('1 account', '1,200 accounts', '0 queries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
