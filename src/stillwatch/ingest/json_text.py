"""JSON as loggers write it, which is not always JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from stillwatch.ingest.record import RecordError

__all__ = ["decoded"]

_ANY = msgspec.json.Decoder()
# An escaped half of a surrogate pair without the other.
_HALVES = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def decoded(raw: bytes) -> tuple[Any, str | None]:
    """One JSON value, also where loggers wrote what JSON has not, and then a note: infinities (null), halves of
    surrogate pairs and bytes that are no UTF-8 (U+FFFD).

    Raises:
        RecordError: it is no JSON even so.
    """
    try:
        return _ANY.decode(raw), None
    except RecursionError:
        raise RecordError("not JSON that can be read: nested too deep") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        try:
            text = _HALVES.sub(r"\\ufffd", raw.decode("utf-8", "replace"))
            repaired = msgspec.json.encode(json.loads(text, parse_constant=lambda _: None))
            return _ANY.decode(repaired), f"left out what is no JSON: {error}"
        except (ValueError, RecursionError):
            raise RecordError(f"not JSON: {error}") from None
