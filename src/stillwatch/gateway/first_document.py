"""The JSON document that a long body begins with: some servers read that one and pass over what stands behind it."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from stillwatch.gateway.long_bodies import TooManyValues, check_values

__all__ = ["GOES_ON", "first_document", "may_be_json"]

GOES_ON = object()
"""A document that is not whole yet: what is asked may stand anywhere in it."""
_CUT = 16
"""So many letters of a document may stand behind the place where a reader says that it is cut off."""


def may_be_json(raw: bytes) -> bool:
    """Whether a body begins as JSON does, as UTF-16 and UTF-32 too, with and without a mark of their order."""
    return raw.lstrip(b" \t\r\n\x00\xef\xbb\xbf\xfe\xff")[:1] in (b"", b"{", b"[", b'"')


def first_document(begun: bytes, most: int) -> Any:
    """The first document in the beginning of a body; None where it is no JSON, ``GOES_ON`` where it is not whole.

    Args:
        begun: the beginning.
        most: values of a document that is read.
    """
    text = begun.decode(json.detect_encoding(begun), "replace").lstrip("\ufeff \t\r\n")
    try:
        first, ends = _document(text, most)
    except json.JSONDecodeError as error:
        goes_on = error.msg.startswith("Unterminated") or error.pos >= len(text) - _CUT
        return GOES_ON if goes_on else None
    except (TooManyValues, RecursionError):
        return GOES_ON
    return first if text[ends:].strip() else GOES_ON


def _document(text: str, most: int) -> tuple[Any, int]:
    """A document, and where it ends; of a file of lines no more than the first is read."""
    line = text.partition("\n")[0]
    check_values(line.encode("utf-8", "replace"), most)
    with contextlib.suppress(json.JSONDecodeError):
        return json.JSONDecoder().raw_decode(line)
    check_values(text.encode("utf-8", "replace"), most)
    return json.JSONDecoder().raw_decode(text)
