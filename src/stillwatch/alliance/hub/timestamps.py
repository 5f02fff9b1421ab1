"""Times as TAXII and STIX write them, and as the hub keeps them: whole microseconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["format_timestamp", "now", "parse_timestamp"]

_FORM = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,12}))?Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_timestamp(text: object) -> int | None:
    """Microseconds of a timestamp in UTC; finer digits are dropped. None where it is no timestamp."""
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    if match is None or not match[0].isascii():
        return None
    try:
        whole = datetime.fromisoformat(f"{match[1]}T{match[2]}+00:00")
    except ValueError:
        return None
    return (whole - _EPOCH) // timedelta(microseconds=1) + int(f"{match[3] or '0':0<6.6}")


def format_timestamp(moment: int) -> str:
    """The timestamp of so many microseconds, with six digits after the point."""
    # Years before 1000 have four digits too, which `strftime` leaves out.
    return (_EPOCH + timedelta(microseconds=moment)).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def now() -> int:
    """This moment."""
    return (datetime.now(UTC) - _EPOCH) // timedelta(microseconds=1)
