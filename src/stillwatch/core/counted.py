"""A count with its noun, a share, a length of time and a list with its "and", as every sentence says them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["counted", "duration", "joined", "percent"]


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


def percent(share: float) -> str:
    """A share, of which a few are not rounded to none, nor nearly all to all; one that is not known is said to be.

    >>> percent(0.0), percent(0.0004), percent(0.023), percent(0.55), percent(0.9986), percent(1.0)
    ('0 %', 'under 0.1 %', '2.3 %', '55 %', 'over 99 %', '100 %')
    >>> percent(float("nan"))
    'an unknown share'
    """
    if share != share:
        return "an unknown share"
    value = 100 * share
    if 0 < value < 0.1:
        return "under 0.1 %"
    if 99 < value < 100:
        return "over 99 %"
    return f"{round(value, 1 if abs(value) < 10 else None):g} %"


def duration(hours: float) -> str:
    """A length of time in the unit in which one would say it.

    >>> duration(0.005), duration(0.87), duration(1.31), duration(47.6), duration(579.0)
    ('under a minute', '52 minutes', '1.3 hours', '48 hours', '24 days')
    """
    if hours < 1 / 60:
        return "under a minute"
    if hours < 1:
        return counted(round(60 * hours), "minute")
    if hours >= 72:
        return counted(round(hours / 24), "day")
    value = round(hours, 1 if hours < 10 else None)
    return f"{value:g} {'hour' if value == 1 else 'hours'}"
