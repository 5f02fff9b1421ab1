"""Rows of a CSV file, of any format, to exchanges and dead letters.

A row is a record whose keys are the header's names and whose values are text: an empty cell is null, cells that hold
JSON are what the formats take them for, and text becomes a number where a canonical column wants one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import IO, Any

import msgspec

from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.callers import conformed
from stillwatch.ingest.csv_dialect import dialect_of
from stillwatch.ingest.files import BYTE_ORDER_MARK, CUT_LINE, LONGEST_LINE, TOO_LONG, bounded_lines
from stillwatch.ingest.formats.canonical import with_address
from stillwatch.ingest.legacy_text import CONVERT, READ_SO, western_text
from stillwatch.ingest.plain_names import OTHERS, WHOSE, spelt_names
from stillwatch.ingest.record import FLOATS, NAMES, RecordError
from stillwatch.ingest.record_lines import noted
from stillwatch.ingest.slice_result import SliceRows
from stillwatch.ingest.spelling import names_without_units
from stillwatch.ingest.unpacking import read_value

__all__ = ["csv_rows", "delimiter_of", "read_row", "twice_in_header"]

# A prompt is a cell, and prompts run to megabytes: Python's own limit is 131,072 characters.
_LONGEST_CELL = LONGEST_LINE
_CUT = CUT_LINE.decode()
_LISTS = ("messages", "tools", "stop")
_DELIMITERS = (",", "\t", ";", "|")
# As Excel is told of it, on a line before the header.
_SAID = re.compile(r'"?sep=([,;\t|])"?')
_NAME = re.compile(r"[@\w][\w .:@/()\[\]%#-]{0,120}")
_BEGINNING = 65_536
_MOST_COMMENTS = 50
# What Postgres and MySQL write for null.
_NULLS = frozenset(("", "\\N"))
# And Postgres behind the last row.
_END = "\\."
# Below a header, as ClickHouse writes types (`TabSeparatedWithNamesAndTypes`).
_SECOND = 2
_TYPE = re.compile(
    r"(?:Nullable|LowCardinality|Array|Map|Tuple|Decimal\d*|Enum\d*|FixedString|DateTime(?:64)?)\(.*\)"
    r"|String|U?Int\d+|Float\d+|Date(?:32)?|DateTime|Bool|UUID|IPv[46]|JSON"
)
# Where so many rows all fill a column, the next lacks it because it is cut, not because a tool trims empty cells.
_TELLING = 10
# An id of many digits as a spreadsheet shows it, and a number in which a comma can only be a point.
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d\d")
_COMMA = re.compile(r"\d+,(?:\d{1,2}|\d{4,})|0,\d+")
_FLAGS = {"t": "true", "f": "false"}


def delimiter_of(head: bytes) -> str | None:
    """What stands between the names of a header; None where a file's first line is none."""
    first = _first_line(head)
    if _is_comment(first):
        return None
    first = _without_hash(first)
    if (said := _SAID.fullmatch(first)) is not None:
        return said[1]
    delimiter, names = _header(first)
    return delimiter if names and len({*names}) == len(names) else None


def twice_in_header(head: bytes) -> str | None:
    """A name that a file's header gives twice, so that which cell is meant cannot be told; None where none is."""
    names = _header(_first_line(head))[1]
    return next((name for name in names if names.count(name) > 1), None) if len(names) > 2 else None


def _first_line(head: bytes) -> str:
    text = head[:_BEGINNING].removeprefix(BYTE_ORDER_MARK).lstrip(b"\r\n \0")
    lines = re.split(rb"[\r\n]+", text, maxsplit=_MOST_COMMENTS)
    first = next((line for line in lines if not _is_comment(line.decode("utf-8", "replace"))), lines[0])
    return first.decode() if _is_utf8(first) else western_text(first) or first.decode("utf-8", "replace")


def _is_comment(line: str) -> bool:
    """Whether a line above a header says something about the file; a header itself may begin with a mark."""
    return line.startswith("#") and len(_header(_without_hash(line))[1]) <= len(_DELIMITERS)


def _without_hash(line: str) -> str:
    return line.removeprefix("#").lstrip() if line.startswith("#") else line


def _header(line: str) -> tuple[str, list[str]]:
    """The names of a header, by the delimiter that gives most of them, and that; no names where it is no header."""
    best: tuple[int, str, list[str]] = (0, "", [])
    for delimiter in _DELIMITERS:
        names = next(csv.reader([line], delimiter=delimiter), [])
        # Data frames leave the name of their index out.
        given = [name.strip() for name in names if name.strip()]
        if given and all(map(_NAME.fullmatch, given)) and len(given) >= len(names) - 1:
            best = max(best, (len(names), delimiter, given), key=lambda one: one[0])
    return best[1:]


class _Lines:
    """The lines of a text, of which those behind the first of a row can be given back.

    Args:
        text: opened so that its line ends stay.
    """

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self._row: list[str] = []
        self._waiting: list[str] = []
        self._number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.pop() if self._waiting else next(self._text)
        self._row.append(line)
        self._number += 1
        if line.endswith(_CUT):
            raise csv.Error(TOO_LONG)
        return line

    def begin_row(self) -> int:
        """The number of the line on which a row begins."""
        self._row.clear()
        return self._number + 1

    def row(self) -> str:
        """The row as it is written."""
        return "".join(self._row)

    def is_broken_off(self) -> bool:
        """Whether no line's end stands behind the row."""
        return not self.row().endswith(("\n", "\r"))

    def give_back(self) -> str:
        """Give back all lines of the row but its first, which is returned."""
        first, *rest = self._row
        self._waiting += reversed(rest)
        self._number -= len(rest)
        return first


class _Filled:
    """Which columns every row of a file has filled so far."""

    def __init__(self, names: list[str]) -> None:
        self._always = list(names)
        self._rows = 0

    def cut(self, cells: list[str], names: list[str]) -> str | None:
        """Why a row is a cut one; None where it is whole, or where what it lacks may have been empty."""
        lacking = [name for name in names[len(cells) :] if name in self._always]
        if lacking and self._rows >= _TELLING:
            told = ", ".join(f"`{name}`" for name in lacking)
            return (
                f"the row has {len(cells)} of the header's {len(names)} cells, and {told} in every row before it: "
                "it is cut"
            )
        empty = {name for name, cell in zip(names, cells, strict=False) if cell in _NULLS} | {*names[len(cells) :]}
        self._always = [name for name in self._always if name not in empty]
        self._rows += 1
        return None


def csv_rows(stream: IO[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows by the header's names, with the number of the line on which each begins.

    Cells beyond the header's stand as a list under the name ``""``; so does, as text, why a row is no CSV.
    """
    csv.field_size_limit(_LONGEST_CELL)
    # Any buffered stream can be looked into; bytes in memory are one such.
    head = stream.peek(_BEGINNING) if hasattr(stream, "peek") else stream.getvalue()  # type: ignore[attr-defined]
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    dialect = dialect_of(head, delimiter_of(head) or ",")
    lines = _Lines(bounded_lines(text.readline, ("\n", "\r"), _CUT))
    reader = dialect.reader(lines)
    names: list[str] | None = None
    filled = _Filled([])
    while True:
        line = lines.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            # A quote that does not end takes the rows behind it along: those are read anew.
            problem = TOO_LONG if str(error) == TOO_LONG else f"not CSV: {error}"
            yield line, {"": problem, "row": lines.give_back().rstrip("\r\n")}
            reader = dialect.reader(lines)
            continue
        if not cells or cells == [_END] or (line == _SECOND and names and all(map(_TYPE.fullmatch, cells))):
            continue
        if names is None and line == 1 and _is_said(cells, dialect.delimiter):
            continue
        if names is None and _is_comment(lines.row().rstrip("\r\n")):
            continue
        if names is None:
            cells[0] = _without_hash(cells[0])
            names = [_readable(name).strip() or f"column {place}" for place, name in enumerate(cells, start=1)]
            filled = _Filled(names)
            continue
        row: dict[str, Any] = dict(zip(names, dialect.meant(cells), strict=False))
        if len(cells) < len(names) and lines.is_broken_off():
            # Of its last cell a half may be missing.
            yield line, {"": "the row breaks off at the end of the file", "row": lines.row()}
            continue
        if (told := filled.cut(cells, names)) is not None:
            yield line, {"": told, "row": lines.row().rstrip("\r\n")}
            continue
        if len(cells) > len(names):
            row[""] = cells[len(names) :]
        yield line, row
    text.detach()


def _readable(name: str) -> str:
    """A name, also of a header in an encoding that was usual before UTF-8."""
    if name.isascii() or _is_utf8(raw := name.encode("utf-8", "surrogateescape")):
        return name
    return western_text(raw) or name


def _is_said(cells: list[str], delimiter: str) -> bool:
    return _SAID.fullmatch(delimiter.join(cells)) is not None


def read_row(batch: SliceRows, line: int, row: Mapping[str, Any], preferred: LogFormat) -> None:
    """Read a row into ``batch``; an empty cell is null."""
    text = ",".join(str(value) for value in row.values())
    raw = text.encode("utf-8", "surrogateescape")
    note = None
    if not text.isascii() and not _is_utf8(raw):
        if (read := None if batch.has_utf8 else _western(row)) is None:
            batch.refuse(line, CONVERT, raw)
            return
        row, note = read, READ_SO
    elif not text.isascii():
        batch.has_utf8 = True
    if isinstance(row.get(""), str):
        # What stands for a row that is no CSV is that row as it is.
        raw = str(row.get("row", text)).encode("utf-8", "surrogateescape")
    if "" in row:
        told = row[""] if isinstance(row[""], str) else "the row does not have the header's number of cells"
        batch.refuse(line, told, raw)
        return
    row, rounded = _as_spreadsheets_write(row)
    if rounded is not None:
        batch.refuse(line, rounded, raw)
        return
    if preferred.name == "canonical" and ("account_id" in row or "time" in row):
        _read_canonical(batch, line, row, raw, preferred, note)
        return
    bare = tuple(row) if batch.part.mapped is not None else names_without_units(tuple(row))
    given = {name: None if value in _NULLS else value for name, value in zip(bare, row.values(), strict=True)}
    read_value(batch, line, given, raw, preferred, note=note)


@lru_cache(maxsize=256)
def _odd_columns(names: tuple[str, ...]) -> tuple[Sequence[str], Sequence[str]]:
    """Of a header, the names of accounts and of numbers with a point."""
    known = spelt_names(names)
    numbers = {name for column in FLOATS for name in OTHERS.get(column, (column,))}
    return [known[name] for name in WHOSE if name in known], [key for name, key in known.items() if name in numbers]


def _as_spreadsheets_write(row: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
    """A row with points in its numbers where commas stood; and why it is refused, where an account's id was rounded."""
    accounts, numbers = _odd_columns(tuple(row))
    for name in accounts:
        if isinstance(cell := row[name], str) and "E+" in cell and _ROUNDED.fullmatch(cell):
            told = f"`{name}`: a spreadsheet rounded it to {cell!r}, which several accounts may be: export it as text"
            return row, told
    commas = {name: cell for name in numbers if isinstance(cell := row[name], str) and _COMMA.fullmatch(cell)}
    return ({**row, **{name: cell.replace(",", ".") for name, cell in commas.items()}} if commas else row), None


def _western(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """A row with its cells as Windows-1252; None where one of them is another encoding's."""
    read: dict[str, Any] = {}
    for name, value in row.items():
        cell = value
        if isinstance(value, str) and not value.isascii():
            cell = western_text(value.encode("utf-8", "surrogateescape"))
        if cell is None:
            return None
        read[name] = cell
    return read


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _read_canonical(
    batch: SliceRows, line: int, row: Mapping[str, Any], raw: bytes, preferred: LogFormat, note: str | None
) -> None:
    given = {name: value for name, value in row.items() if value not in _NULLS}
    fields = with_address({name: value for name, value in given.items() if name in NAMES}, given)
    for name in ("stream", "logprobs", "verified"):
        if name in fields:
            fields[name] = _FLAGS.get(fields[name], fields[name])
    try:
        for name in _LISTS:
            if fields.get(name, "").lstrip().startswith("["):
                fields[name] = _list_of(name, fields[name])
        batch.add(noted([conformed(fields, batch.part, [row], textual=True)], note), line, raw)
        batch.sample.look(preferred, row)
    except RecordError as error:
        batch.refuse(line, str(error), raw)


def _list_of(name: str, cell: str) -> Any:
    try:
        return msgspec.json.decode(cell)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        raise RecordError(f"`{name}`: not JSON: {error}") from None
