r"""Rows of a database's dump: ``COPY table (names) FROM stdin`` and ``INSERT INTO table (names) VALUES (...), (...)``.

Where an ``INSERT`` names no columns, those of the ``CREATE TABLE`` before it are its names. Texts are as their
database writes them: quotes doubled, or behind a backslash (MySQL, and Postgres' ``E'...'``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["dump_rows", "is_dump"]

# Each dot stands in one place of it alone: where two could take it, a long name would be tried in every way.
_NAME = r"(?:\w+|\"[^\"]+\"|`[^`]+`|\[[^\]]+\])(?:\.(?:\w+|\"[^\"]+\"|`[^`]+`))*"
_COPY = re.compile(rf"COPY ({_NAME})\s*\(([^)]*)\)\s+FROM stdin", re.IGNORECASE)
_INSERT = re.compile(rf"\s*(?:INSERT|REPLACE)(?: IGNORE)? INTO ({_NAME})\s*(?:\(([^)]*)\)\s*)?VALUES\s*", re.IGNORECASE)
_INSERTS = re.compile(r"\s*(?:INSERT|REPLACE)(?: IGNORE)? INTO ", re.IGNORECASE)
_MOST_LINES = 50
_CREATE = re.compile(rf"\s*CREATE TABLE (?:IF NOT EXISTS )?({_NAME})\s*\(", re.IGNORECASE)
_COLUMN = re.compile(r"[\"`\[]?(\w+)[\"`\]]?\s+\w")
_KEYS = ("primary", "unique", "key", "constraint", "foreign", "index", "check", "fulltext")
_MARKS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "Z": "\x1a"}
_MARK = re.compile(r"\\(.)", re.DOTALL)
_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<end>;)"
    r"|(?:[EeNn]|_\w+ )?'(?P<text>(?:[^'\\]++|\\.|'')*+)'|(?P<bare>[^\s,();']+))",
    re.DOTALL,
)
_OPEN = re.compile(r"\s*(?:[EeNn]|_\w+ )?'")
_WITHIN = re.compile(r"(?:[^'\\]++|\\.|'')*+", re.DOTALL)
_LONGEST = 1 << 28


def is_dump(text: str) -> bool:
    """Whether a text that begins so is a dump with rows, or one whose rows come later."""
    lines = text.split("\n")[:2000]
    return any(_COPY.match(line) or _INSERTS.match(line) for line in lines)


def _bare(name: str) -> str:
    return name.strip().strip('"`[]')


def _names(listed: str) -> list[str]:
    return [_bare(name) for name in listed.split(",")]


def dump_rows(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of every table of a dump, each with the number of the line on which it, or its statement, begins."""
    tables: dict[str, list[str]] = {}
    for number, line in lines:
        if (found := _COPY.match(line)) is not None:
            yield from _copied(lines, _names(found[2]))
        elif (found := _CREATE.match(line)) is not None:
            tables[_bare(found[1])] = _created(lines, line[found.end() :])
        elif (found := _INSERT.match(line := _with_values(lines, line))) is not None:
            names = _names(found[2]) if found[2] else tables.get(_bare(found[1]))
            yield from _inserted(lines, number, line[found.end() :], names)


def _with_values(lines: Iterator[tuple[int, str]], line: str) -> str:
    """A statement's first line, with those behind it until its values begin."""
    for _ in range(_MOST_LINES):
        if not _INSERTS.match(line) or _INSERT.match(line) or (more := next(lines, None)) is None:
            break
        line = f"{line} {more[1]}"
    return line


def _copied(lines: Iterator[tuple[int, str]], names: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in lines:
        if line == "\\.":
            return
        cells = line.split("\t")
        if len(cells) != len(names):
            yield number, {"": f"the row has {len(cells)} cells, and its table {len(names)} columns", "row": line}
            continue
        yield number, {name: None if cell == "\\N" else _meant(cell) for name, cell in zip(names, cells, strict=True)}


def _meant(text: str) -> str:
    return text if "\\" not in text else _MARK.sub(lambda found: _MARKS.get(found[1], found[1]), text)


def _created(lines: Iterator[tuple[int, str]], rest: str) -> list[str]:
    """The columns of a table that is made, a line each."""
    given = rest.split(",") if rest.strip() else []
    if not rest.rstrip().endswith(";"):
        for _, line in lines:
            if line.lstrip().startswith(")"):
                break
            given.append(line)
    found = [match[1] for one in given if (match := _COLUMN.match(one.strip())) is not None]
    return [name for name in found if name.lower() not in _KEYS]


def _inserted(
    lines: Iterator[tuple[int, str]], number: int, text: str, names: Sequence[str] | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a statement, which may go on over lines."""
    row: list[Any] | None = None
    at = 0
    while True:
        found = _TOKEN.match(text, at)
        if found is None or (found.end() == len(text) and found["text"] is None and found["end"] is None):
            # A text may go on, or a word be cut, at the line's end.
            more = next(lines, None)
            if more is None or len(text) - at > _LONGEST:
                if row is not None:
                    yield number, {"": "the statement breaks off within a row", "row": text[at : at + 1000]}
                return
            begun = text[at:].lstrip()
            text, at = _with_whole_text(lines, begun, more[1]), 0
            if row is None and not begun:
                number = more[0]
            continue
        at = found.end()
        if found["end"]:
            return
        if found["open"] and row is None:
            row = []
        elif found["close"] and row is not None:
            yield number, _told(row, names)
            row = None
        elif row is not None and not found["comma"]:
            row.append(_value(found))


def _with_whole_text(lines: Iterator[tuple[int, str]], begun: str, more: str) -> str:
    """The beginning of a value with the line behind it, and with those until a text in quotes ends: each is looked at
    once, and not again with every line that follows."""
    opened = _OPEN.match(begun)
    if opened is None:
        return f"{begun}\n{more}"
    pieces, size = [begun, more], len(begun) + len(more)
    left = _left(f"{_left(begun[opened.end() :]) or ''}\n{more}")
    while left is not None and size < _LONGEST and (following := next(lines, None)) is not None:
        pieces.append(following[1])
        size += len(following[1])
        left = _left(f"{left}\n{following[1]}")
    return "\n".join(pieces)


def _left(within: str) -> str | None:
    """What of a part of a text counts with what follows it, a backslash or nothing; None where the text ends in it."""
    found = _WITHIN.match(within)
    rest = within[found.end() :] if found else within
    return None if rest.startswith("'") else rest


def _value(found: re.Match[str]) -> Any:
    if found["text"] is not None:
        return _meant(found["text"].replace("''", "'"))
    bare = found["bare"] or found["open"] or ""
    return None if bare.upper() == "NULL" else {"true": "true", "false": "false"}.get(bare.lower(), bare)


def _told(row: Sequence[Any], names: Sequence[str] | None) -> dict[str, Any]:
    if names is None:
        return {
            "": "its statement names no columns: dump with names (`--column-inserts`, `-c`)",
            "row": str(row),
        }
    if len(row) != len(names):
        return {"": f"the row has {len(row)} values, and its table {len(names)} columns", "row": str(row)}
    return dict(zip(names, row, strict=True))
