"""Lines that hold a record in another notation than JSON: pairs of names and values, what Python shows of a dict, and
JSON in the one cell of a CSV's row.

``ts=2026-03-02T09:00:00Z user_id=u-1 prompt="Why?"`` (logfmt, as Go's programs log) and ``{'user_id': 'u-1'}``.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import msgspec

__all__ = ["record_in"]

_PAIR = re.compile(r'\s*([A-Za-z_@][\w.@/-]*)=(?:"((?:[^"\\]|\\.)*)"|(\S*))(?=\s|$)', re.DOTALL)
_LEAST = 3
_SHOWN = re.compile(r"\s*\{\s*'")
_CELL = '"{""'
_LONGEST = 1 << 20
_LONGEST_PREFIX = 2048
# What Python shows of a moment and of other values in a dict, which are no literals.
_MOMENT = re.compile(
    r"datetime\.datetime\((\d+), (\d+), (\d+), (\d+), (\d+)(?:, (\d+))?(?:, (\d+))?"
    r"(, tzinfo=(?:datetime\.timezone\.utc|TzInfo\((?:UTC|0)\)|<UTC>))?\)"
)
_CALL = re.compile(r"(?:UUID|Decimal|ObjectId)\(('[^']*')\)")


def record_in(line: str) -> dict[str, Any] | None:
    """The record that a line holds in one of these notations; None where it holds none."""
    if _SHOWN.match(line):
        return _shown(line)
    if line.startswith(_CELL):
        return _in_a_cell(line.strip())
    at = line.find("{'", 0, _LONGEST_PREFIX) if line.rstrip().endswith("}") else -1
    if at > 0 and (found := _shown(line[at:])) is not None:
        return found
    return _pairs(line) if "=" in line else None


def _in_a_cell(line: str) -> dict[str, Any] | None:
    """The object that a row of one cell holds, of a CSV without a header: what warehouses make of a column of JSON."""
    if not line.endswith('}"'):
        return None
    try:
        found = msgspec.json.decode(line[1:-1].replace('""', '"').encode("utf-8", "surrogateescape"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _shown(line: str) -> dict[str, Any] | None:
    if len(line) > _LONGEST:
        return None
    try:
        # A year of thousands of digits is no number to Python.
        text = _CALL.sub(r"\1", _MOMENT.sub(_moment, line.strip()))
        found = ast.literal_eval(text)
        # What is no JSON, a set or bytes, makes no record.
        return msgspec.json.decode(msgspec.json.encode(found)) if isinstance(found, dict) else None
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError, msgspec.MsgspecError):
        return None


def _moment(found: re.Match[str]) -> str:
    year, month, day, hour, minute = (int(part) for part in found.groups()[:5])
    second, micro = int(found[6] or 0), int(found[7] or 0)
    text = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}"
    return repr(f"{text}Z" if found[8] else text)


def _pairs(line: str) -> dict[str, Any] | None:
    """The pairs of a line that holds nothing but such, from its beginning or behind a prefix without any."""
    start = re.search(r"(?:^|\s)(?=[A-Za-z_@][\w.@/-]*=)", line)
    if start is None:
        return None
    found: dict[str, Any] = {}
    at, text = start.end(), line.rstrip()
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None or pair[1] in found:
            return None
        found[pair[1]] = pair[3] if pair[2] is None else _unescaped(pair[2])
        at = pair.end()
    return {name: value if value != "" else None for name, value in found.items()} if len(found) >= _LEAST else None


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        read = msgspec.json.decode(f'"{text}"'.replace("\n", "\\n").encode("utf-8", "surrogateescape"))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return text.replace('\\"', '"')
    return str(read)
