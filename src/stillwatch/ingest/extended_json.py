"""MongoDB's Extended JSON, as ``mongoexport`` writes documents: ``{"$oid": ...}``, ``{"$date": ...}``, typed numbers.

Layout: MongoDB Extended JSON, version 2, canonical and relaxed.
"""

from __future__ import annotations

from typing import Any

__all__ = ["is_typed", "plain"]

_TEXTS = ("$oid", "$uuid", "$symbol")
_WHOLE = ("$numberInt", "$numberLong")
_REAL = ("$numberDouble", "$numberDecimal")


def is_typed(value: dict[str, Any]) -> bool:
    """Whether an object of one name is a typed value."""
    (kind,) = value
    return kind in ("$date", *_TEXTS, *_WHOLE, *_REAL)


def plain(value: Any) -> Any:
    """A value with every typed one in it as JSON's own: ids as text, dates as ISO 8601 or milliseconds, numbers."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, inner),) = value.items()
        if kind == "$date":
            return plain(inner)
        if kind in _TEXTS and isinstance(inner, str):
            return inner
        if (kind in _WHOLE or kind in _REAL) and isinstance(inner, str):
            return _number(inner, whole=kind in _WHOLE)
    return {name: plain(inner) for name, inner in value.items()}


def _number(text: str, *, whole: bool) -> int | float | str:
    try:
        return int(text) if whole else float(text)
    except ValueError:
        return text
