"""JSON as loggers write it, which is not always JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from stillwatch.ingest.files import CUT_LINE, TOO_LONG
from stillwatch.ingest.record import RecordError

__all__ = ["decoded"]

_ANY = msgspec.json.Decoder()
# An escaped half of a surrogate pair without the other. Begins with what is looked for fast: text may be megabytes.
_HALVES = re.compile(
    r"\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|"
    r"(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD])[c-fC-F][0-9a-fA-F]{2})"
)
# Bytes as nginx escapes them in its access log, and Python in what it shows.
_BYTES = re.compile(r"(?<!\\)((?:\\\\)*)((?:\\x[0-9a-fA-F]{2})+)")


def decoded(raw: bytes) -> tuple[Any, str | None]:
    """One JSON value, also where loggers wrote what JSON has not, and then a note: infinities (null), halves of
    surrogate pairs and bytes that are no UTF-8 (U+FFFD), control characters in texts, bytes escaped as `\\x22`.

    Raises:
        RecordError: it is no JSON even so.
    """
    try:
        return _ANY.decode(raw), None
    except RecursionError:
        raise RecordError("not JSON that can be read: nested too deep") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        lost: list[str] = []
        try:
            text = _HALVES.sub(r"\\ufffd", raw.decode("utf-8", "replace"))
            whole = text.encode() == raw
            # Looks at every letter otherwise: of megabytes, for seconds.
            text = _BYTES.sub(_escaped, text) if "\\x" in text else text
            repaired = msgspec.json.encode(json.loads(text, strict=False, parse_constant=lost.append))
            whole = whole and not lost
            return _ANY.decode(repaired), f"{'read what' if whole else 'left out what'} is no JSON: {error}"
        except (ValueError, RecursionError):
            raise RecordError(TOO_LONG if raw.endswith(CUT_LINE) else f"not JSON: {error}") from None


def _escaped(found: re.Match[str]) -> str:
    """Bytes that are escaped one by one, as JSON escapes the letters that they make."""
    held = bytes.fromhex(found[2].replace("\\x", ""))
    return found[1] + json.dumps(held.decode("utf-8", "replace"))[1:-1]
