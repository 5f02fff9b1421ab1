r"""Tables as terminals, dumps and services write them as text: rows of any format, their cells text.

| layout | who writes it |
| --- | --- |
| ``aligned``: names, a line of dashes, rows between bars | ``psql``, ``mysql``, DuckDB, ClickHouse, Markdown |
| ``expanded``: a name and a value a line, a heading a row | ``psql -x``, ``mysql -E`` (``\G``) |
| ``dump``: ``COPY ... FROM stdin``, ``INSERT INTO ... VALUES`` | ``pg_dump``, ``mysqldump``, SQLite's ``.dump`` |
| ``compact``: a list of names, then a list a row | ClickHouse's ``JSONCompactEachRowWithNames`` |

A row whose cells cannot be told apart stands as the reason under the name ``""``, as ``csv_rows`` has it. What stands
around a table (a count of rows, settings of a dump) is no row. Dumps are read by ``sql_dump``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import IO, Any, Literal

import msgspec

from stillwatch.core.not_json import NOT_JSON
from stillwatch.ingest.files import BYTE_ORDER_MARK, CUT_LINE, TOO_LONG, bounded_lines, numbered_lines
from stillwatch.ingest.sql_dump import dump_rows, is_dump

__all__ = ["Layout", "layout_of", "table_rows"]

Layout = Literal["aligned", "expanded", "dump", "compact"]

_SEEN = 60
_LEAST = 2
_BARS = "|│┃"
# A line between a table's names and its rows, or around them.
_BORDER = re.compile(r"[+|├┡╞┌┏╭└┗╰╘]?[:+|┼╇╪┬┴┳┻\-─━═┤┩╡┐┓╮┘┛╯╛ ]+")
_DASHES = re.compile(r"[-─━═]{2,}|:-+|-+:")
_CROSSING = "+|┼╇╪┬┴┳┻├┤┡┩┌┐└┘╞╡"
_RECORD = re.compile(r"-\[ RECORD \d+ \][-+]*|\*{5,} \d+\. row \*{5,}")
_FOOT = re.compile(r"\(\d[\d,]* rows?\)|\d[\d,]* rows? in set.*|Query OK.*|Time: .*|Empty set.*")
_PLAIN_NAME = re.compile(r"\s*[\w.@$-][\w.@$ -]*")
_NULLS = ("", "NULL", "<null>", "\\N", "ᴺᵁᴸᴸ", "(null)")


def layout_of(head: bytes) -> Layout | None:
    """How a text that begins so is a table; None where it is none of these."""
    text = head.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "replace")
    lines = [line for line in text.split("\n", _SEEN)[:_SEEN] if line.strip()]
    if not lines:
        return None
    if _RECORD.fullmatch(lines[0].strip()):
        return "expanded"
    if _names_of(lines[0]) is not None and len(lines) > 1 and isinstance(_list(lines[1]), list):
        return "compact"
    if is_dump(text):
        return "dump"
    return "aligned" if _aligned_at(lines) is not None else None


def table_rows(stream: IO[bytes], layout: Layout) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a text in a layout, each with the number of its first line; an empty cell, or ``NULL``, is null."""
    readers = {"aligned": _aligned, "expanded": _expanded, "dump": dump_rows, "compact": _compact}
    cut: list[tuple[int, dict[str, Any]]] = []
    for row in readers[layout](_texts(_lines(stream, layout), cut)):
        yield from cut
        cut.clear()
        yield row
    yield from cut


def _texts(lines: Iterator[tuple[int, bytes]], cut: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[int, str]]:
    """Lines as text without their ends; those that are too long to be read go into ``cut``."""
    for number, line in lines:
        text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        if line.endswith(CUT_LINE):
            cut.append((number, {"": TOO_LONG, "row": text}))
        else:
            yield number, text


def _lines(stream: IO[bytes], layout: Layout) -> Iterator[tuple[int, bytes]]:
    if layout == "compact":
        yield from numbered_lines(stream, 1, None)
        return
    # Blanks at a line's beginning tell its columns, and empty lines are text within a cell of a dump.
    first = True
    for number, line in enumerate(bounded_lines(stream.readline, (b"\n",), CUT_LINE), start=1):
        yield number, line.removeprefix(BYTE_ORDER_MARK) if first else line
        first = False


def _list(line: str) -> Any:
    try:
        return msgspec.json.decode(line.encode("utf-8", "surrogateescape"))
    except (*NOT_JSON, ValueError):
        return None


def _names_of(line: str) -> list[str] | None:
    """The names of columns that a line of JSON lists."""
    found = _list(line) if line.lstrip().startswith("[") else None
    if not isinstance(found, list) or len(found) <= _LEAST or not all(isinstance(one, str) and one for one in found):
        return None
    return found if len({*found}) == len(found) and all(re.fullmatch(r"[\w .$@-]+", one) for one in found) else None


def _compact(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, dict[str, Any]]]:
    names: list[str] | None = None
    for number, line in lines:
        row = _list(line)
        if names is None:
            names = _names_of(line)
            continue
        if not isinstance(row, list) or len(row) != len(names):
            yield number, {"": "the row is no list of the header's length", "row": line}
        elif row != names and not (number == _LEAST and _is_of_types(row)):
            yield number, dict(zip(names, row, strict=True))


def _is_of_types(row: Sequence[Any]) -> bool:
    """Whether a row says what types the columns have: `String`, `DateTime64(3)`, `Nullable(String)`."""
    return all(isinstance(one, str) and re.fullmatch(r"[A-Z]\w*(\(.*\))?", one) for one in row)


def _is_border(line: str) -> bool:
    # Without the blanks around it, of which a row of empty cells has thousands.
    return _BORDER.fullmatch(line.strip()) is not None and _DASHES.search(line) is not None


def _aligned_at(lines: Sequence[str]) -> int | None:
    """Where among the first lines the names of an aligned table stand; None where there is none."""
    for place, line in enumerate(lines[:-1]):
        if _is_border(line) or not any(bar in line for bar in _BARS):
            continue
        if not _is_border(lines[place + 1]):
            # Types below the names, as DuckDB writes them, come before the line.
            if place + 2 >= len(lines) or not _is_border(lines[place + 2]):
                return None
            names = _split(line, None)
            return place if names is not None and len(names) > _LEAST else None
        names = _split(line, None)
        return place if names is not None and len(names) > _LEAST and all(names) else None
    return None


def _width(char: str) -> int:
    """How many columns of a terminal a letter takes."""
    if char < "\u0300":
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _crossings(border: str) -> list[int]:
    """The columns at which a border crosses the bars between cells."""
    return [place for place, char in enumerate(border) if char in _CROSSING]


def _at_bars(line: str, places: Sequence[int]) -> list[str] | None:
    """The texts between the bars of a line, which stand at these columns; None where one does not."""
    wanted = {*places}
    pieces, piece, column, met = [], "", 0, 0
    for char in line:
        if column in wanted and char in _BARS:
            pieces.append(piece)
            piece, met = "", met + 1
        else:
            piece += char
        column += _width(char)
    return [*pieces, piece] if met == len(wanted) else None


def _split(line: str, border: str | None) -> list[str] | None:
    """The cells of a line, by where its border crosses; without one, or where that fails, at every bar."""
    cells = None if border is None else _at_bars(line, _crossings(border))
    if cells is None:
        cells = re.split(r"[|│┃]", line)
    # A table that is drawn all around has bars at its rows' ends too.
    if (border or line).lstrip()[:1] in (*_BARS, *_CROSSING) and not cells[0].strip():
        cells = cells[1:]
        if cells and not cells[-1].strip() and line.rstrip()[-1:] in _BARS:
            cells = cells[:-1]
    return cells


def _aligned(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, dict[str, Any]]]:
    names: list[str] = []
    border, last = "", ""
    held: tuple[int, list[_Cell]] | None = None
    for number, line in lines:
        if _is_border(line):
            if not names:
                border = line
                names = [name.strip() for name in _split(last, None) or ()] if any(b in last for b in _BARS) else []
            continue
        if not names:
            # Types below names are no names.
            last = last if any(bar in last for bar in _BARS) else line
            continue
        if not line.strip() or _FOOT.fullmatch(line.strip()):
            continue
        cells = _split(line, border)
        if cells is None or len(cells) != len(names):
            yield number, {"": f"the row has not the header's {len(names)} cells between its bars", "row": line}
            continue
        if held is not None:
            for before, cell in zip(held[1], cells, strict=True):
                before.add(cell)
        else:
            held = (number, [_Cell(cell) for cell in cells])
        if not any(_goes_on(cell) for cell in cells):
            yield held[0], _row(names, [cell.text for cell in held[1]])
            held = None
    if held is not None:
        yield held[0], {"": "the row breaks off at the end of the file", "row": "|".join(cell.text for cell in held[1])}


def _goes_on(cell: str) -> bool:
    return cell.endswith((" +", "+")) and len(cell) > 1 and cell[0] == " "


class _Cell:
    """A cell that may go on over lines, in pieces: put together once, not with each line.

    Args:
        first: what stands of it on its first line.
    """

    def __init__(self, first: str) -> None:
        self._pieces = [first]

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self._pieces)

    def add(self, cell: str) -> None:
        """What stands of it on the next line of its table; a plus is at the end of each but the last."""
        if self._pieces[-1].endswith("+") and self._pieces[0][:1] == " ":
            self.go_on(cell[1:])
        elif cell.strip():
            self._pieces.append(cell)

    def go_on(self, text: str) -> None:
        """Another line of it, in the place of the mark that says so."""
        last = self._pieces[-1].removesuffix("+").rstrip()
        while not last and len(self._pieces) > 1:
            self._pieces.pop()
            last = self._pieces[-1].rstrip()
        self._pieces[-1] = last
        self.go_below(text)

    def go_below(self, text: str) -> None:
        """Another line of it, below what there is as it is."""
        self._pieces += ["\n", text]


def _row(names: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    texts = [cell.strip() for cell in cells]
    return {name: None if text in _NULLS else text for name, text in zip(names, texts, strict=True)}


def _expanded(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of a heading and a name and a value a line; a value goes on in lines that have no name."""
    begun, row, name = 0, dict[str, _Cell](), ""
    for number, line in lines:
        if _RECORD.fullmatch(line.strip()):
            if row:
                yield begun, _nulled(row)
            begun, row, name = number, {}, ""
            continue
        found = _name_and_value(line)
        if begun == 0 or not line.strip() or _FOOT.fullmatch(line.strip()):
            continue
        if found is not None and (found[0] or name):
            name, value = found[0] or name, found[1].rstrip()
            if name in row:
                row[name].go_on(value)
            else:
                row[name] = _Cell(value)
        elif name:
            row[name].go_below(line.rstrip())
    if row:
        yield begun, _nulled(row)


def _name_and_value(line: str) -> tuple[str, str] | None:
    """What stands on a line before and behind its bar, or its colon; None where it has neither."""
    name, bar, value = line.partition("|")
    if bar and ":" not in name:
        return name.strip(), value.removeprefix(" ")
    name, colon, value = line.partition(": ")
    return (name.lstrip(), value) if colon and _PLAIN_NAME.fullmatch(name) and name.strip() else None


def _nulled(row: dict[str, _Cell]) -> dict[str, Any]:
    return {name: None if cell.text in _NULLS else cell.text for name, cell in row.items()}
