"""Text in a cell of a table that a spreadsheet opens: kept from being a formula, and as it was before that."""

from __future__ import annotations

__all__ = ["as_cell", "from_cell"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula; wide letters do in spreadsheets set to Japanese or Chinese."""


def as_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    >>> as_cell("=1+1"), as_cell("a=1")
    ("'=1+1", 'a=1')
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def from_cell(cell: str) -> str:
    """The text of such a cell.

    >>> from_cell("'=1+1"), from_cell("'tis")
    ('=1+1', "'tis")
    """
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell
