r"""How the cells of a CSV are written: quotes doubled as in RFC 4180, or marks behind a backslash.

| who writes it | a quote in a cell | a line's end in a cell |
| --- | --- | --- |
| Excel, data frames, Postgres' ``FORMAT csv`` | ``""``, the cell in quotes | itself, the cell in quotes |
| Spark, MySQL's ``ENCLOSED BY`` | ``\"``, the cell in quotes | itself |
| Postgres' ``COPY``, ``mysql --batch``, ClickHouse's ``TabSeparated``, ``jq``'s ``@tsv`` | itself | ``\n`` |

Taken for another, a JSON cell is no JSON any more, or a text has marks in it that nobody wrote. Which it is is told
from what only one of them can write. What quotes and escapes nothing at all has JSON with single backslashes in it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

__all__ = ["Dialect", "dialect_of"]

# A cell that begins with JSON and is in no quotes, and a null of a file in which nothing is quoted.
_BARE_JSON = re.compile(rb"(?:^|\t)(?:\{\"[^\"]|\[\{\"[^\"])", re.MULTILINE)
_BARE_NULL = re.compile(rb"(?:^|\t)\\N(?=[\t\r\n])", re.MULTILINE)
_QUOTED = re.compile(rb"(?:^|\t)\"", re.MULTILINE)
# A quote behind a backslash within a cell: where quotes are doubled another quote would follow, or the cell's end.
_ESCAPED_QUOTE = re.compile(rb"[^\\]\\\"[^\",;|\t\r\n]")
# Where backslashes are escaped there are two, or four: `\\\\n` and never `\\n`.
_ODD = rb"(?<!\\)(?:\\\\)*\\(?=[nrtbfu/\"])"
_ODD_RUN, _ODD_RUN_OF_JSON = re.compile(_ODD.decode()), re.compile(_ODD)
_MARKED = re.compile(r'\\(["\\])')
_MARKS = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


class Dialect(NamedTuple):
    """How a file's cells are written.

    Attributes:
        delimiter: what stands between them.
        blanks: whether blanks behind it are none of the next cell's.
        marks: ``doubled`` quotes, quotes ``escaped`` by a backslash, or ``bare`` cells with all else escaped.
    """

    delimiter: str
    blanks: bool
    marks: Literal["doubled", "escaped", "bare"]

    def reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The cells of each row, as they are written."""
        quoting: Any = csv.QUOTE_NONE if self.marks == "bare" else csv.QUOTE_MINIMAL
        given = map(_doubled, lines) if self.marks == "escaped" else lines
        return csv.reader(given, delimiter=self.delimiter, skipinitialspace=self.blanks, strict=True, quoting=quoting)

    def meant(self, cells: list[str]) -> list[str]:
        """Cells as they are meant; a null as it is written."""
        if self.marks != "bare":
            return cells
        return [cell if _is_as_meant(cell) else _MARKS.sub(_mark, cell) for cell in cells]


def dialect_of(head: bytes, delimiter: str) -> Dialect:
    """How the cells of a file that begins so are written."""
    # Where blanks stand before the header's names, they stand before every cell.
    first = re.split(rb"[\r\n]", head.lstrip(), maxsplit=1)[0]
    blanks = first.count(f"{delimiter} ".encode()) > 0
    if delimiter == "\t" and _is_bare(head):
        return Dialect(delimiter, blanks, "bare")
    escaped = _ESCAPED_QUOTE.search(head) is not None and _BARE_JSON.search(head) is None
    return Dialect(delimiter, blanks, "escaped" if escaped else "doubled")


def _is_bare(head: bytes) -> bool:
    bodies = _BARE_JSON.search(head)
    if bodies is not None:
        return _ODD_RUN_OF_JSON.search(head, bodies.start()) is None
    return _BARE_NULL.search(head) is not None and _QUOTED.search(head) is None


def _is_as_meant(cell: str) -> bool:
    return "\\" not in cell or cell == "\\N" or (cell[0] in "{[" and _ODD_RUN.search(cell) is not None)


def _doubled(line: str) -> str:
    return line if "\\" not in line else _MARKED.sub(lambda found: '""' if found[1] == '"' else "\\", line)


def _mark(found: re.Match[str]) -> str:
    return _MEANT.get(found[1], found[1])
