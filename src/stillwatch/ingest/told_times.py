"""When a record of a program of one's own was made, where more than one of its names says it: a day beside a clock, a
moment beside its zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stillwatch.core.bodies.shapes import RecordError, shown

__all__ = ["ZONES", "told_time", "zone_in"]

ZONES = ("timezone", "time_zone", "tz", "utc_offset", "tz_name")
"""Names of the zone that a record's time is in, where the time itself says none."""

_DAY, _CLOCK = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d\d?:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_NAIVE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?")
_UTC = frozenset(("utc", "gmt", "z", "etc/utc", "+00:00", "0", "universal"))


def told_time(time: Any, day: Any, zone: Any) -> Any:
    """A time, of which a day may stand apart, and a zone.

    >>> told_time("09:00:00", "2026-03-02", None)
    '2026-03-02T09:00:00'
    >>> told_time("2026-03-02 10:00:00", None, "Europe/Berlin")
    '2026-03-02T10:00:00+01:00'

    Raises:
        RecordError: its zone is none that is known.
    """
    if (
        isinstance(time, str)
        and isinstance(day, str)
        and _CLOCK.fullmatch(time.strip())
        and _DAY.fullmatch(day.strip())
    ):
        clock = time.strip()
        time = f"{day.strip()}T{'0' if clock[1] == ':' else ''}{clock}"
    if not (isinstance(time, str) and isinstance(zone, str) and _NAIVE.fullmatch(time.strip())):
        return time
    if zone.strip().lower() in _UTC:
        return time
    if (offset := _OFFSET.fullmatch(zone.strip())) is not None:
        return f"{time.strip()}{offset[1]}{offset[2].zfill(2)}:{offset[3] or '00'}"
    try:
        moment = datetime.fromisoformat(time.strip().replace(",", "."))
        return moment.replace(tzinfo=ZoneInfo(zone.strip())).isoformat()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise RecordError(f"`time`: {shown(time)} is in a zone that is not known: {shown(zone)}") from None


def zone_in(given: Mapping[str, Any]) -> Any:
    """The zone that a record names."""
    return next((value for name in ZONES if isinstance(value := given.get(name), str) and value), None)
