"""Headers of an HTTP request as logs keep them: names in any case, values as text or as lists."""

from __future__ import annotations

from typing import Any

__all__ = ["header"]


def header(headers: Any, name: str) -> str | None:
    """The value of a header, the first of several; None where it is absent or empty.

    Args:
        headers: an object of names and values, or a list of ``{"name", "value"}`` or of pairs.
        name: in lower case.
    """
    if isinstance(headers, list):
        pairs = [(one.get("name", one.get("key")), one.get("value")) for one in headers if isinstance(one, dict)]
        pairs += [(one[0], one[1]) for one in headers if isinstance(one, list) and len(one) == 2]
    elif isinstance(headers, dict):
        pairs = list(headers.items())
    else:
        return None
    for key, value in pairs:
        if isinstance(key, str) and key.lower() == name:
            found = next(iter(value), None) if isinstance(value, list) else value
            if isinstance(found, str) and found:
                return found
    return None
