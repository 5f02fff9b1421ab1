"""Times as TAXII and STIX write them, and as the hub keeps them: whole microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stillwatch.alliance.stix import moment_of

__all__ = ["format_timestamp", "now", "parse_timestamp"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_timestamp(text: object) -> int | None:
    """Microseconds of a timestamp in UTC; finer digits are dropped. None where it is no timestamp."""
    moment = moment_of(text)
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)


def format_timestamp(moment: int) -> str:
    """The timestamp of so many microseconds, with six digits after the point."""
    # Years before 1000 have four digits too, which `strftime` leaves out.
    return (_EPOCH + timedelta(microseconds=moment)).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def now() -> int:
    """This moment."""
    return (datetime.now(UTC) - _EPOCH) // timedelta(microseconds=1)
