"""Text in a cell of a table that a spreadsheet opens: kept from being a formula, and as it was before that.

Where a semicolon parts cells, as in most of Europe, a text falls into cells of its own behind each of its semicolons,
tabs and lines, whatever stands about it.
"""

from __future__ import annotations

import re

__all__ = ["as_cell", "from_cell"]

_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20"
"""What begins a formula; wide letters do in spreadsheets set to Japanese or Chinese."""
_PASSED_OVER = ' "\u00a0\u3000\ufeff'
_AT_START = re.compile(rf"[\t\r\n]|[{_PASSED_OVER}]*[{_FORMULA}]")
_BEHIND = re.compile(rf"([;\t\r\n][{_PASSED_OVER}]*)('*)(?=[{_FORMULA}])")


def as_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula, wherever it parts it.

    >>> as_cell("=1+1"), as_cell("a=1"), as_cell("a;=1")
    ("'=1+1", 'a=1', "a;'=1")
    """
    text = _BEHIND.sub(r"\1'\2", text)
    return f"'{text}" if _AT_START.match(text.lstrip("'")) else text


def from_cell(cell: str) -> str:
    """The text of such a cell.

    >>> from_cell("'=1+1"), from_cell("'tis"), from_cell("a;'=1")
    ('=1+1', "'tis", 'a;=1')
    """
    marked = cell.startswith("'") and _AT_START.match(cell.lstrip("'"))
    return _BEHIND.sub(lambda found: found[1] + found[2][1:], cell[1:] if marked else cell)
