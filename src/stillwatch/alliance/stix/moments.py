"""Moments as STIX and TAXII write them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

__all__ = ["FAR_AHEAD", "moment_of"]

FAR_AHEAD = timedelta(days=10 * 366)
"""By which a version may be later than this moment: nothing could ever follow a later one, not even its being taken
back."""

_FORM = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,12}))?Z")


def moment_of(text: object) -> datetime | None:
    """The moment of a timestamp, in UTC; digits finer than microseconds are dropped. None where it is no timestamp."""
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    try:
        return match and datetime.fromisoformat(f"{match[1]}.{match[2] or '0':0<6.6}+00:00")
    except ValueError:
        return None
