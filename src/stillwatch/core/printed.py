"""Others' words in what a terminal prints: a name from a log moves no cursor, and makes no line of its own.

Whoever puts a text together of lines gives each to ``one_line`` before they are joined: an account whose name holds a
line's end would otherwise say, in a line of its own, what the program seems to say.
"""

from __future__ import annotations

import unicodedata

__all__ = ["one_line", "written_out"]

_STEERS = ("Cc", "Cf", "Cs", "Zl", "Zp")


def one_line(text: str) -> str:
    r"""A text in one line: line ends, and characters that control or turn round, are written out.

    >>> one_line("a1\nC001 is clear")
    'a1\\u000aC001 is clear'
    """
    return written_out(text)


def written_out(text: str, *, but: str = "") -> str:
    """A text whose characters that control or turn round are written out.

    Args:
        text: anybody's.
        but: those that stay.
    """
    if text.isprintable():  # nearly all is
        return text
    steers = {one for one in set(text).difference(but) if unicodedata.category(one) in _STEERS}
    return text.translate({ord(one): f"\\u{ord(one):04x}" for one in steers})
