"""How long a call took, in milliseconds, of whatever says its unit: a name (``duration_ns``) or a value (``1.5s``).

A number under a name without a unit (``latency``) may be seconds and may be milliseconds, and says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from stillwatch.ingest.spelling import squashed

__all__ = ["duration_beside", "durations_in"]

_WHAT = (
    "duration", "latency", "elapsed", "elapsedtime", "responsetime", "processingtime", "took", "timetaken", "totaltime",
    "requestduration", "totalduration", "roundtriptime",
)  # fmt: skip
_PER_UNIT: Mapping[str, float] = {
    "ns": 1e-6, "nanos": 1e-6, "nanoseconds": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "micros": 1e-3,
    "microseconds": 1e-3, "ms": 1, "msec": 1, "millis": 1, "milliseconds": 1, "s": 1e3, "sec": 1e3, "secs": 1e3,
    "seconds": 1e3, "m": 6e4, "min": 6e4, "h": 3.6e6,
}  # fmt: skip
_BY_NAME = {what + unit: per for what in _WHAT for unit, per in _PER_UNIT.items() if len(unit) > 1} | {
    f"{what}s": 1e3 for what in ("duration", "latency", "elapsed", "responsetime")
}
_LONGEST = 40
_PARTS = re.compile(r"(\d+(?:\.\d+)?) ?([a-zµμ]+)")
_WITH_UNIT = re.compile(r"(?:\d+(?:\.\d+)? ?[a-zµμ]+ ?)+")
_ISO = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_CLOCK = re.compile(r"(?:(\d+)[.:])?(\d{1,2}):(\d\d):(\d\d(?:\.\d+)?)")


@lru_cache(maxsize=1024)
def durations_in(names: tuple[str, ...]) -> tuple[tuple[str, float | None], ...]:
    """Which names of a record say how long a call took, each with how many milliseconds its unit is, if it has one."""
    found = []
    for name in names:
        bare = squashed(name)
        if bare in _BY_NAME or bare in _WHAT:
            found.append((name, _BY_NAME.get(bare)))
    return tuple(found)


def duration_beside(record: Mapping[str, Any]) -> float | None:
    """Milliseconds that a call took, as the record around it says; None where it says none, or no unit of them."""
    for name, per in durations_in(tuple(map(str, record))):
        given = record.get(name)
        if isinstance(given, str) and (told := _with_unit(given.strip())) is not None:
            return told
        if per is not None and (number := _number(given)) is not None:
            return number * per
    return None


def _number(given: Any) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        return float(given)
    except ValueError:
        return None


def _with_unit(text: str) -> float | None:
    """Milliseconds of `1.5s`, `1500 ms`, `1m2.5s` as Go shows it, `PT1.5S`, `00:00:01.500` as .NET does."""
    if len(text) > _LONGEST:
        return None
    if _WITH_UNIT.fullmatch(text):
        parts = [(float(number), _PER_UNIT.get(unit)) for number, unit in _PARTS.findall(text)]
        return sum(number * per for number, per in parts if per is not None) if all(per for _, per in parts) else None
    found = _ISO.fullmatch(text)
    if found is not None and any(found.groups()):
        hours, minutes, seconds = (float(one or 0) for one in found.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1000
    if (found := _CLOCK.fullmatch(text)) is not None and "." in text:
        days, hours, minutes, seconds = (float(one or 0) for one in found.groups())
        return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
    return None
