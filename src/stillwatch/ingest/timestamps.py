"""Times as logs write them, turned into microseconds since 1970 in UTC.

A number counts seconds, milliseconds, microseconds or nanoseconds; its size says which, because the
four never meet between the years 2000 and 2100. Text is ISO 8601, with or without an offset (none
means UTC), its days written with slashes, a web server's (``02/Mar/2026:09:00:00 +0000``), HTTP's, .NET's
(``/Date(1795490904123)/``, its ticks), JavaScript's, C's, a clock's digits in a row (``20260302090000``), or a number
in quotes. To accept another
notation, add it to ``_NOTATIONS``.

When a request was made must be known to the second: what says a day, an hour or a minute is a time of which the rest
would be made up, and requests of strangers would seem to come at once. When an account was made may be a day.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.ingest.record import RecordError, shown
from stillwatch.ingest.time_notations import (
    day_comes_first,
    in_parts,
    is_either,
    of_spreadsheet,
    spelt_out,
    with_day_first,
)

__all__ = [
    "EARLIEST",
    "LATEST",
    "LONGEST_DATE",
    "MICROS_BELOW",
    "MILLIS_BELOW",
    "SECONDS_BELOW",
    "TIMESTAMP",
    "elapsed_ms",
    "possible",
    "timestamps",
    "to_microseconds",
]

TIMESTAMP = pa.timestamp("us", tz="UTC")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
EARLIEST = 946_684_800_000_000
LATEST = 4_102_444_800_000_000
# Seconds of the year 2100 stay below the milliseconds of 1973, and so on up.
SECONDS_BELOW, MILLIS_BELOW, MICROS_BELOW = 10**11, 10**14, 10**17
# `20261124`; of more digits ISO 8601 makes a date, a letter between and a time, whatever the letter.
LONGEST_DATE = 8
# Of web servers and of HTTP.
_NOTATIONS = (
    "%d/%b/%Y:%H:%M:%S %z", "%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S %z",
    "%d %b %Y %H:%M:%S %z", "%d %b %Y %H:%M:%S GMT", "%d-%b-%Y %H:%M:%S", "%d-%b-%Y %H:%M:%S.%f",
    # Kibana's.
    "%b %d, %Y @ %H:%M:%S.%f", "%b %d, %Y @ %H:%M:%S",
    # By a clock of twelve hours; a month in digits with a day beside it could be either.
    "%Y-%m-%d %I:%M:%S %p", "%b %d, %Y %I:%M:%S %p", "%B %d, %Y %I:%M:%S %p", "%B %d, %Y %I:%M:%S %p UTC",
    "%d %b %Y %H:%M:%S",
    "%b %d, %Y, %I:%M:%S %p", "%B %d, %Y, %I:%M:%S %p", "%B %d, %Y at %I:%M:%S %p",
    # With dots the day comes first, wherever a day is written so.
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S.%f", "%d.%m.%Y, %H:%M:%S",
    "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H时%M分%S秒", "%Y年%m月%d日 %H時%M分%S秒",
    # JavaScript's, C's, and that of `date`.
    "%a %b %d %Y %H:%M:%S GMT%z", "%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S UTC %Y",
)  # fmt: skip
# Behind an offset it says nothing more; alone, only UTC is an offset.
_NAMED_ZONE = re.compile(r"(?<=[Z\d])\[(?:UTC|GMT|Z)\]$|(?<=[+-]\d\d:\d\d)\[[\w/+-]+\]$|(?<=[+-]\d\d\d\d) \([\w ]+\)$")
# The zone at the end of a text, and a clock that says seconds, or minutes, in what stands before it.
_ZONE = re.compile(r"\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d(?::\d\d)?)$", re.IGNORECASE)
_SECONDS = re.compile(r"\d:\d\d:\d\d|\D\d{6}(?:[.,]\d+)?$|\d秒$")
_MINUTES = re.compile(r"\d:\d\d$|\D\d{4}$")
# Python reads it behind six digits of a second, and not behind three.
_BEFORE_OFFSET = re.compile(r"(?<=\d) (?=(?:[+-]\d\d:?\d\d|Z)$)")
# What Go shows of its clock behind a time.
_MONOTONIC = re.compile(r" UTC m=[+-][0-9.]+$")
_DOTNET = re.compile(r"/Date\((\d+)(?:[+-]\d{4})?\)/")
# A clock's digits in a row, to the second or the millisecond: read as a number, they lie in no year near.
_DIGITS = re.compile(r"20\d{12}(?:\d{3})?")
# .NET's count of tenths of a microsecond since the year 1; as nanoseconds since 1970 those of our years lie in 1990.
_FIRST_TICK, _LAST_TICK = 630_822_816_000_000_000, 662_380_416_000_000_000
_TICKS_OF_1970 = 621_355_968_000_000_000
# What Arrow's vectorised parser and Python's read alike; all else goes value by value.
_UNIFORM = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$"


def _from_number(value: float) -> int:
    if isinstance(value, float) and not math.isfinite(value):
        raise RecordError(f"expected a time, got {value!r}")
    if abs(value) < SECONDS_BELOW:
        return round(value * 1_000_000)
    if isinstance(value, int) and _DIGITS.fullmatch(digits := str(value)) and (told := _from_digits(digits)):
        return told
    if abs(value) < MILLIS_BELOW:
        return round(value * 1000)
    if abs(value) < MICROS_BELOW:
        return round(value)
    if _FIRST_TICK <= value < _LAST_TICK:
        return (int(value) - _TICKS_OF_1970) // 10
    return int(value // 1000)


def _from_digits(digits: str) -> int | None:
    """`20260302090000`, also with milliseconds, as a time; None where it is none."""
    try:
        moment = datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return (moment - _EPOCH) // _MICROSECOND + int(digits[14:] or 0) * 1000


def _from_text(text: str) -> int:
    moment = _moment(text.strip())
    if moment is not None:
        return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND
    if (dotnet := _DOTNET.fullmatch(text.strip())) is not None:
        text = dotnet.group(1)
    if (counted := of_spreadsheet(text.strip())) is not None:
        return counted
    try:
        # An integer first: as a float, nanoseconds would lose their microsecond.
        return _from_number(int(text) if text.strip().isdecimal() else float(text))
    except (ValueError, OverflowError):
        if is_either(text):
            told = "whether the day or the month comes first cannot be told: export times as ISO 8601"
            raise RecordError(f"{shown(text)}: {told}") from None
        raise RecordError(f"expected seconds since 1970 or ISO 8601 text, got {shown(text)}") from None


def _moment(text: str) -> datetime | None:
    if text[:1] == "[" and text[-1:] == "]":
        # As web servers write it in their lines.
        text = text[1:-1]
    if " m=" in text:
        text = _MONOTONIC.sub("", text)
    if "\u202f" in text:
        # Before AM and PM, as browsers write it.
        text = text.replace("\u202f", " ")
    if text[-1:] in ("]", ")"):
        text = _NAMED_ZONE.sub("", text)
    if text[4:5] == text[7:8] and text[4:5] in ("/", "."):
        # The year comes first: no other day could be meant.
        text = f"{text[:4]}-{text[5:7]}-{text[8:]}"
    if text.isdecimal() and len(text) > LONGEST_DATE:
        # 1790101500123 counts milliseconds, and is not 01:23 on a day in 1790.
        return None
    try:
        # As BigQuery and Postgres write it; Python knows no zone by its name, and no small letters.
        return datetime.fromisoformat(_BEFORE_OFFSET.sub("", text.removesuffix(" UTC")).upper())
    except ValueError:
        pass
    if (other := spelt_out(text)) is not None:
        try:
            return datetime.fromisoformat(other)
        except ValueError:
            return None
    # Each has a blank in it.
    for notation in _NOTATIONS if text[-1:].isalnum() and "20" in text and " " in text else ():
        try:
            return datetime.strptime(text, notation)  # noqa: DTZ007 - each has a zone, or is UTC
        except ValueError:
            continue
    return None


def _vague(value: object) -> str | None:
    """What a time does not say, where it does not say a second; None where it does."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return "a day"
    if not isinstance(value, str) or ((text := value.strip()).isdecimal() and len(text) > LONGEST_DATE):
        return None
    moment = _moment(text)
    if moment is None or (moment.second, moment.microsecond) != (0, 0):
        return None
    clock = _ZONE.sub("", text)
    if _SECONDS.search(clock) or ((other := spelt_out(text)) is not None and _SECONDS.search(_ZONE.sub("", other))):
        return None
    if _MINUTES.search(clock):
        return "a minute"
    return "an hour" if moment.hour or re.search(r"[T ]\d\d$", clock) else "a day"


def to_microseconds(value: object) -> int:
    """One time as microseconds since 1970, UTC; a day is its midnight.

    Raises:
        RecordError: not a time, or outside the years 2000 to 2100.
    """
    # `20261124` is eight digits: a date to ISO 8601, but seconds since 1970 never have so few.
    if isinstance(value, str):
        moment = _from_text(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        moment = _from_number(value)
    elif isinstance(value, date):
        at = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
        moment = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND
    elif isinstance(value, list) and type(counted := in_parts(value)) is int:
        moment = counted
    else:
        raise RecordError(f"expected seconds since 1970 or ISO 8601 text, got {shown(value)}")
    if not EARLIEST <= moment < LATEST:
        raise RecordError(f"{shown(value)} is no time between the years 2000 and 2100")
    return moment


def elapsed_ms(start: object, end: object) -> float | None:
    """Milliseconds from one time to another, null where either is absent or unreadable.

    Both are read as times of their own first; a bad start is reported with the record's time.
    """
    try:
        return (to_microseconds(end) - to_microseconds(start)) / 1000
    except RecordError:
        return None


def possible(moments: pa.Array) -> pa.Array:
    """Which moments of a column of ``TIMESTAMP`` lie in the years 2000 to 2100; null where one is null."""
    whole = moments.cast(pa.int64())
    return pc.and_(pc.greater_equal(whole, EARLIEST), pc.less(whole, LATEST))


def _uniform(values: Sequence[object]) -> pa.Array | None:
    """All values at once, where every one is text in the common notation; None otherwise."""
    if type(values[0]) is int:
        return _nanoseconds(values)
    if not isinstance(values[0], str):
        return None
    try:
        texts = pa.array(values, pa.string())
        if not pc.all(pc.match_substring_regex(texts, _UNIFORM)).as_py():
            return None
        moments = texts.cast(TIMESTAMP)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    return moments if pc.all(possible(moments)).as_py() else None


def _nanoseconds(values: Sequence[object]) -> pa.Array | None:
    """All values at once, where every one counts nanoseconds; None otherwise."""
    if {*map(type, values)} != {int}:
        return None
    try:
        given = np.array(values, np.int64)
    except OverflowError:
        return None
    if given.min() < MICROS_BELOW:
        return None
    moments = pa.array(given // 1000).cast(TIMESTAMP)
    return moments if pc.all(possible(moments)).as_py() else None


def timestamps(values: Sequence[object], *, days: bool = False) -> tuple[pa.Array, dict[int, str]]:
    """A column of times, and why some of them are none.

    Args:
        values: times as written; None stays null.
        days: whether a time that says no second may stand for the first moment of its day, hour or minute.

    Returns:
        An array of timestamp[us, UTC] as long as ``values``, null where a value is None or bad, and
        for each bad position the reason.
    """
    if not values:
        return pa.nulls(0, TIMESTAMP), {}
    uniform = _uniform(values)
    if uniform is not None:
        return uniform, {}
    moments: list[int | None] = []
    bad: dict[int, str] = {}
    # A day and a month in digits could be either, unless the column's other times tell.
    day_first = day_comes_first(values)
    for position, value in enumerate(values):
        moment = None
        if day_first is not None and isinstance(value, str):
            value = with_day_first(value, day_first=day_first) or value
        if value is not None:
            try:
                moment = to_microseconds(value)
                if not days and (vague := _vague(value)) is not None:
                    moment = None
                    bad[position] = f"{shown(value)} is {vague}, and no time: log when each request came, to the second"
            except RecordError as error:
                bad[position] = str(error)
        moments.append(moment)
    return pa.array(moments, pa.int64()).cast(TIMESTAMP), bad
