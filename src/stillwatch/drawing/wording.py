"""Numbers, times and untrusted text as a person reads them.

One small function per kind of value; the page's templates use them as filters of the same name.
A missing value reads "not in this log", never 0. To add a kind, write its function here and name
it in ``FILTERS``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from stillwatch.core.counted import counted

__all__ = [
    "FILTERS",
    "NOT_IN_LOG",
    "count",
    "day_ends",
    "day_span",
    "decimal",
    "hours",
    "moment",
    "odds",
    "parse_time",
    "plural",
    "probability",
    "seconds",
    "share",
    "small",
    "spelled",
    "visible",
    "weight",
]

NOT_IN_LOG = "not in this log"

_SPELLED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SCALES = ((1e12, "a trillion"), (1e9, "a billion"), (1e6, "a million"))

# Control characters, bidirectional overrides and invisible tag characters could hide or reorder
# what an analyst reads, or drive a terminal. Joiners stay: honest scripts and emoji need them.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def visible(text: str) -> str:
    r"""Text with every character that hides, reorders or commands spelled out.

    >>> visible("pay\u202eload")
    'pay[U+202E]load'
    """
    if text.isprintable():  # nearly all is, and nothing of _UNSEEN
        return text
    return _UNSEEN.sub(lambda found: f"[U+{ord(found.group()):04X}]", text)


def count(number: int | None) -> str:
    """A whole number with thousands separators.

    >>> count(16000000)
    '16,000,000'
    """
    return NOT_IN_LOG if number is None else f"{number:,}"


def spelled(number: int) -> str:
    """A whole number for a sentence or a headline: a word below ten.

    >>> spelled(2), spelled(24)
    ('two', '24')
    """
    return _SPELLED[number] if 0 <= number < len(_SPELLED) else count(number)


def plural(number: int | None, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "account"), plural(1200, "account")
    ('1 account', '1,200 accounts')
    """
    return f"{NOT_IN_LOG} {many or one + 's'}" if number is None else counted(number, one, many)


def small(number: float | None) -> str:
    """A p-value or q-value: two significant figures, and a floor no reader needs to see beyond.

    >>> small(0.00213), small(3e-9), small(0.0)
    ('0.0021', '< 0.0001', '< 0.0001')
    """
    if number is None or math.isnan(number):
        return NOT_IN_LOG
    if number < 1e-4:
        return "< 0.0001"
    return f"{number:.2g}" if number < 0.1 else f"{number:.2f}"


def decimal(number: float | None) -> str:
    """A measured quantity, to three significant figures or to the whole number.

    >>> decimal(0.98214), decimal(41.0), decimal(12345.6)
    ('0.982', '41', '12,346')
    """
    if number is None or math.isnan(number):
        return NOT_IN_LOG
    if abs(number) >= 1000 or float(number).is_integer():
        return f"{number:,.0f}" if abs(number) < 1e15 else f"{number:.3g}"
    return f"{number:.3g}"


def share(number: float | None) -> str:
    """A fraction as a percentage.

    >>> share(0.041), share(0.0004)
    ('4 %', '< 0.1 %')
    """
    if number is None or math.isnan(number):
        return NOT_IN_LOG
    percent = 100 * number
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %" if 0 < percent < 1 else f"{percent:.0f} %"


def probability(number: float | None) -> str:
    """A probability near 0 or 1 without rounding it into certainty.

    >>> probability(0.99996), probability(0.934)
    ('> 0.999', '0.934')
    """
    if number is None or math.isnan(number):
        return NOT_IN_LOG
    if number > 0.999:
        return "> 0.999"
    return "< 0.001" if number < 0.001 else f"{number:.3f}"


def weight(number: float | None) -> str:
    """A match weight (log2 of a Bayes factor) with its sign.

    >>> weight(6.31), weight(-11.0)
    ('+6.3', '−11.0')
    """
    if number is None or math.isnan(number):
        return NOT_IN_LOG
    return f"{'−' if number < 0 else '+'}{abs(number):.1f}"


def odds(log2_odds: float) -> str:
    """Odds for a match weight, in words.

    >>> odds(0.0), odds(10.0), odds(-19.93), odds(31.0)
    ('even odds', '1,000 to 1', '1 in a million', '2.1 billion to 1')
    """
    against = log2_odds < 0
    ratio = 2.0 ** min(abs(log2_odds), 200)
    if ratio < 1.5:
        return "even odds"
    ratio += 1 if against else 0  # 1 in N counts the one itself
    rounded = float(f"{ratio:.2g}")
    words = f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"
    for scale, name in _SCALES:
        if rounded >= scale:
            times = rounded / scale
            words = name if times == 1 else f"{times:g} {name[2:]}" if times < 1e3 else f"over a thousand {name[2:]}"
            break
    return f"1 in {words}" if against else f"{words} to 1"


def parse_time(text: object) -> datetime | None:
    """A time of ``run.json`` in UTC; None where it is absent or cannot be read."""
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def moment(time: datetime | None) -> str:
    """A time to the minute, in UTC.

    >>> moment(datetime(2026, 2, 5, 9, 14, tzinfo=UTC))
    '5 Feb 2026, 09:14 UTC'
    """
    return NOT_IN_LOG if time is None else f"{time.day} {time:%b %Y, %H:%M} UTC"


def day_span(first: datetime | None, last: datetime | None) -> str:
    """The days from first to last, without repeating what they share.

    >>> day_span(datetime(2026, 2, 5, tzinfo=UTC), datetime(2026, 2, 11, tzinfo=UTC))
    '5–11 Feb 2026'
    """
    return NOT_IN_LOG if first is None or last is None else "".join(day_ends(first, last))


def day_ends(first: datetime, last: datetime) -> tuple[str, str, str]:
    """The first day, what stands between, and the last; of one day the last alone.

    >>> day_ends(datetime(2026, 2, 25, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    ('25 Feb', ' – ', '3 Mar 2026')
    """
    end = f"{last.day} {last:%b %Y}"
    if first.date() == last.date():
        return "", "", end
    if (first.year, first.month) == (last.year, last.month):
        return str(first.day), "–", end
    return f"{first.day} {first:%b}" if first.year == last.year else f"{first.day} {first:%b %Y}", " – ", end


def hours(number: float | None) -> str:
    """A length of time given in hours.

    >>> hours(0.4), hours(18.0), hours(96.0)
    ('24 min', '18 h', '4 days')
    """
    if number is None or math.isnan(number):
        return NOT_IN_LOG
    if number < 1:
        return f"{60 * number:.0f} min"
    return f"{number:.0f} h" if number < 72 else f"{number / 24:.0f} days"


def seconds(number: float | None) -> str:
    """A stage's running time."""
    if number is None:
        return NOT_IN_LOG
    return f"{number:.2f} s" if number < 10 else f"{number:,.0f} s"


FILTERS: Mapping[str, Callable[..., str]] = {
    function.__name__: function
    for function in (
        count,
        day_span,
        decimal,
        hours,
        moment,
        odds,
        plural,
        probability,
        seconds,
        share,
        small,
        spelled,
        weight,
    )
}
