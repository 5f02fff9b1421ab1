"""Times in notations that one rule turns into ISO 8601: words for months and halves of a day, zones by name.

Asked only about text that is no ISO 8601. A zone's letters that stand for several offsets (``CST``, ``IST``, ``BST``)
tell no time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["day_comes_first", "in_parts", "is_either", "of_spreadsheet", "spelt_out", "with_day_first"]

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier janv enero ene gennaio gen janeiro januari",
            "february feb februar février févr fevrier febrero febbraio fevereiro fev februari",
            "march mar märz mrz mars marzo março maart",
            "april apr avril avr abril abr aprile",
            "may mai mayo maggio mag maio mei",
            "june jun juni juin junio giugno giu junho",
            "july jul juli juillet juil julio luglio lug julho",
            "august aug août aout agosto ago augustus",
            "september sep sept septembre septiembre settembre set setembro",
            "october oct oktober okt octobre octubre ottobre ott outubro out",
            "november nov novembre noviembre novembro",
            "december dec dezember dez décembre déc decembre diciembre dic dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
_CLOCK = r"(\d{1,2}:\d\d:\d\d(?:[.,]\d+)?)"
_WORDS = re.compile(
    rf"(?:[^\W\d]+,? )?(\d{{1,2}})(?:\.|st|nd|rd|th)? (?:de )?([^\W\d]+)\.? (?:de )?(\d{{4}})(?:,| à| um)? {_CLOCK}"
)
_DAYS_NAME = re.compile(rf"[A-Z][a-z]+day, ([A-Z][a-z]+) (\d{{1,2}}), (\d{{4}})(?:,| at)? {_CLOCK} ([AP]M)")
_JOINED = re.compile(r"(\d{4}-\d\d-\d\d)[-_T](\d\d)[.:-](\d\d)[.:-](\d\d)([.,]\d+)?(Z|[+-]\d\d:?\d\d)?")
_RUN = re.compile(r"(\d\d)([A-Z]{3})(\d{4}):(\d\d:\d\d:\d\d(?:\.\d+)?)")
_HALF = re.compile(
    rf"(\d{{4}})[-/.年] ?(\d{{1,2}})[-/.月] ?(\d{{1,2}})[.日]? ?(上午|午前|오전|下午|午後|오후) ?{_CLOCK}"
)
_BEFORE_NOON = frozenset(("上午", "午前", "오전", "AM"))
_ZONED = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?) ?([A-Z][A-Za-z_]+(?:/[A-Za-z_+-]+)+|[A-Z]{2,4})")
_BEHIND_OFFSET = re.compile(r"(?<=[+-]\d{4}) [A-Z]{2,5}$|(?<=[+-]\d\d:\d\d) [A-Z]{2,5}$")
_OFFSETS = {
    "CET": "+01:00", "CEST": "+02:00", "EET": "+02:00", "EEST": "+03:00", "WET": "+00:00", "WEST": "+01:00",
    "MSK": "+03:00", "EST": "-05:00", "EDT": "-04:00", "CDT": "-05:00", "MDT": "-06:00", "PST": "-08:00",
    "PDT": "-07:00", "JST": "+09:00", "KST": "+09:00", "HKT": "+08:00", "SGT": "+08:00", "AEST": "+10:00",
    "AEDT": "+11:00", "NZST": "+12:00", "NZDT": "+13:00", "UTC": "+00:00", "GMT": "+00:00",
}  # fmt: skip
# A day and a month in digits, before a clock with seconds.
_EITHER = re.compile(rf"(\d{{1,2}})([/-])(\d{{1,2}})\2(\d{{4}}),?[ T]{_CLOCK} ?([AaPp][Mm])?")
_LAST_MONTH, _NOON = 12, 12
# What spreadsheets count: days since the end of 1899, of the years 2000 to 2100.
_SERIAL = re.compile(r"(\d{5})[.,](\d{3,})")
_FIRST_SERIAL, _LAST_SERIAL, _SERIAL_OF_1970 = 36_526, 73_051, 25_569
_DAY_MS = 86_400_000
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_PAIR, _CALENDAR = 2, (5, 6, 7)
_IN_PARTS = (
    ("seconds", "nanos"), ("_seconds", "_nanoseconds"), ("seconds", "nanoseconds"), ("epochSecond", "nanoOfSecond"),
)  # fmt: skip


def spelt_out(text: str) -> str | None:
    """A time as ISO 8601 writes it; None where it is in none of these notations."""
    bare = _BEHIND_OFFSET.sub("", text)
    if (found := _ZONED.fullmatch(text)) is not None:
        return _zoned(found[1], found[2])
    if (found := _JOINED.fullmatch(text)) is not None:
        day, hour, minute, second, part, zone = found.groups("")
        return f"{day}T{hour}:{minute}:{second}{part}{zone}"
    if (found := _EITHER.fullmatch(text)) is not None and int(found[1]) == int(found[3]):
        return with_day_first(text, day_first=True)
    if (found := _HALF.fullmatch(text)) is not None:
        return _at(found[1], found[2], found[3], found[5], found[4] in _BEFORE_NOON)
    if (found := _DAYS_NAME.fullmatch(text)) is not None and (month := _MONTHS.get(found[1].lower())) is not None:
        return _at(found[3], str(month), found[2], found[4], found[5] == "AM")
    found = _WORDS.fullmatch(text) or _RUN.fullmatch(text)
    if found is not None and (month := _MONTHS.get(found[2].lower())) is not None:
        return _at(found[3], str(month), found[1], found[4])
    return None if bare == text else bare.replace(" ", "T", 1).replace(" ", "")


def _at(year: str, month: str, day: str, clock: str, before_noon: bool | None = None) -> str | None:
    hour, rest = clock.replace(",", ".").split(":", 1)
    if before_noon is not None:
        if not 1 <= int(hour) <= _NOON:
            return None
        hour = str(int(hour) % _NOON + (0 if before_noon else _NOON))
    return f"{year}-{month.zfill(2)}-{day.zfill(2)}T{hour.zfill(2)}:{rest}"


def _zoned(time: str, zone: str) -> str | None:
    if (offset := _OFFSETS.get(zone)) is not None:
        return f"{time}{offset}"
    if "/" not in zone:
        return None
    try:
        return datetime.fromisoformat(time.replace(",", ".")).replace(tzinfo=ZoneInfo(zone)).isoformat()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def of_spreadsheet(text: str) -> int | None:
    """Microseconds since 1970 of a time as spreadsheets count it, days and parts of a day; None of any other number.

    As seconds they would all lie on the first day of 1970. They are known to the millisecond.
    """
    found = _SERIAL.fullmatch(text)
    if found is None or not _FIRST_SERIAL <= int(found[1]) < _LAST_SERIAL:
        return None
    part = round(float(f"0.{found[2]}") * _DAY_MS)
    return ((int(found[1]) - _SERIAL_OF_1970) * _DAY_MS + part) * 1000


def in_parts(time: Mapping[str, Any] | list[Any]) -> Any:
    """Microseconds since 1970 of a time in parts, as stores, protobuf, tracers and loggers of Python and Java keep it;
    else what an object holds as its time, or itself."""
    if isinstance(time, list):
        known = all(type(one) is int and one >= 0 for one in time)
        if known and len(time) == _PAIR:
            return time[0] * 1_000_000 + time[1] // 1000
        return _of_calendar(time) if known and len(time) in _CALENDAR else time
    for seconds, nanoseconds in _IN_PARTS:
        whole, rest = str(time.get(seconds)), str(time.get(nanoseconds, 0))
        if whole.isdecimal() and rest.isdecimal():
            return int(whole) * 1_000_000 + int(rest) // 1000
    if "timestamp" in time and "repr" in time:
        return time["timestamp"]
    held = time.get("$date", time)
    return held.get("$numberLong", held) if isinstance(held, dict) else held


def _of_calendar(parts: list[int]) -> Any:
    """A time as Java's JSON keeps it: year, month, day, hour, minute, and seconds and nanoseconds unless they are 0."""
    year, month, day, hour, minute, second, nanoseconds = [*parts, 0, 0][: _CALENDAR[-1]]
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, OverflowError):
        return parts
    return (moment - _EPOCH) // _MICROSECOND + nanoseconds // 1000


def day_comes_first(texts: Iterable[object]) -> bool | None:
    """Whether the day stands before the month in a column's times; None where none of them tells, or they differ."""
    found = [one for text in texts if isinstance(text, str) and (one := _EITHER.fullmatch(text.strip())) is not None]
    day_first = any(int(one[1]) > _LAST_MONTH for one in found)
    month_first = any(int(one[3]) > _LAST_MONTH for one in found)
    return None if day_first == month_first else day_first


def is_either(text: str) -> bool:
    """Whether a time could be of two days, for its day and its month are digits."""
    return _EITHER.fullmatch(text.strip()) is not None


def with_day_first(text: str, *, day_first: bool) -> str | None:
    """A time whose day and month are digits as ISO 8601 writes it; None for any other text."""
    found = _EITHER.fullmatch(text.strip())
    if found is None:
        return None
    day, month = (found[1], found[3]) if day_first else (found[3], found[1])
    half = found[6]
    return _at(found[4], month, day, found[5], None if half is None else half.upper() == "AM")
