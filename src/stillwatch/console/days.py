"""Days as filters name them, in UTC: what a day's first moment is, and the next day's.

>>> day_bounds("2026-02-05")[1].isoformat()
'2026-02-06T00:00:00+00:00'
>>> day_bounds("yesterday"), day_bounds("9999-12-31"), day_bounds("20260205")
(None, None, None)
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

__all__ = ["day_bounds", "day_of", "is_on"]

_LENGTH = len("2026-02-05")


def day_bounds(text: str) -> tuple[datetime, datetime] | None:
    """When a day begins and when the next does; None where the text names no day of a calendar."""
    try:
        begins = datetime.combine(date.fromisoformat(text), time(), UTC)
        return (begins, begins + timedelta(days=1)) if len(text) == _LENGTH else None
    except (ValueError, OverflowError):
        return None


def day_of(moment: datetime) -> str:
    """The day on which a moment is, as a filter names it."""
    return moment.astimezone(UTC).date().isoformat()


def is_on(moment: datetime, day: str | None) -> bool:
    """Whether a moment is on that day; of no day every moment is."""
    return not day or day_of(moment) == day
