"""Unicode's normal forms, in time with the length of a text.

The standard library puts marks that are piled on one letter in order by moving each past those before it, which takes
time with the square of their number, and keeps every other thread from going on meanwhile.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

__all__ = ["normal_form"]

_MOST_PILED = 30
"""Marks on one letter that Unicode's own stream-safe format allows (UAX 15, section 13); more say nothing."""
_LAST_MARK = 0x1F000
_MADE_OF_MARKS = "\u0f73\u0f75\u0f81\uff9e\uff9f"
"""What is no mark itself and becomes some: vowels of Tibetan, and signs of voice of half a width."""


def normal_form(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """A text in a normal form, without marks that stand behind thirty others on the same letter.

    >>> normal_form("NFKC", "e\\u0301tude"), len(normal_form("NFC", "e" + "\\u0301\\u0316" * 1_000_000))
    ('\\xe9tude', 30)
    """
    return text if text.isascii() else unicodedata.normalize(form, _piled().sub(r"\1", text))


@cache
def _piled() -> re.Pattern[str]:
    """Finds a pile of marks that is too high."""
    codes = [code for code in range(0x300, _LAST_MARK) if unicodedata.combining(chr(code))]
    firsts = [code for code in codes if not unicodedata.combining(chr(code - 1))]
    lasts = [code for code in codes if not unicodedata.combining(chr(code + 1))]
    marks = "".join(f"{chr(first)}-{chr(last)}" for first, last in zip(firsts, lasts, strict=True))
    marks += _MADE_OF_MARKS
    return re.compile(f"([{marks}]{{{_MOST_PILED}}})[{marks}]+")
