"""What a file is taken for, and why: its container, its format, how its first records are read and what is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from stillwatch.core import UnknownFormat, UnreadableInput
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.column_casts import told_casts
from stillwatch.ingest.files import wrapping
from stillwatch.ingest.mapping import MappedFormat
from stillwatch.ingest.parquet_rows import schema_of
from stillwatch.ingest.recognition import first_records
from stillwatch.ingest.registry import all_formats, ask_first, format_named, recognises, recognising
from stillwatch.ingest.slice import Slice
from stillwatch.ingest.slice_reader import read_slice
from stillwatch.ingest.slices import plan

__all__ = ["Explanation", "Near", "explain"]

_NAMED = re.compile(r"``([^`]+)``")
_MOST_NEAR = 3
_SHOWN = 3
_LONGEST = 200
_MOST_REASONS = 5


class Near(NamedTuple):
    """A format that does not recognise a record, though it has some of the keys by which that format tells its own."""

    format: str
    has: list[str]
    lacks: list[str]


class Explanation(NamedTuple):
    """What one file was taken for.

    Attributes:
        file: its path.
        wrapped, container: how it is compressed and what holds its records.
        format, description, why: the format of most of its records, and by what it recognises one.
        exchanges, dead_letters: how many were read and refused before ``complete`` told that the file went on.
        complete: whether all of the file was read.
        records: the first three exchanges, column to value, null columns left out, texts cut to 200 characters.
        reasons: why records were refused, each with how many, the most first.
        keys: of the first record.
        has: those of them by which its format told it.
        envelope: what stands around the first record, None where nothing does.
        near: formats that came near the first record.
        problem: why nobody recognises the file, None where somebody does; then the format is empty.
        casts: of a table of canonical rows, its columns that are of another type than ``exchanges`` has, and whether
            they are read whole or value by value.
    """

    file: str
    wrapped: str
    container: str
    format: str
    description: str
    why: str
    exchanges: int
    dead_letters: int
    complete: bool
    records: list[dict[str, Any]]
    reasons: list[tuple[str, int]]
    keys: list[str]
    has: list[str]
    envelope: str | None
    near: list[Near]
    problem: str | None = None
    casts: Sequence[str] = ()


def explain(
    path: Path, *, mapped: LogFormat | None = None, account_from: Sequence[str] = (), most: int = 10_000
) -> Explanation:
    """Read the beginning of a file and say what was made of it.

    Args:
        path: one file.
        mapped: a format that is asked before every other.
        account_from: which places of a record name its account, as a scan takes them.
        most: how many records to read; the batch in which they end is read whole.

    Raises:
        InputError: it cannot be read, or holds nothing.
    """
    if path.is_dir():
        raise UnreadableInput("it is a folder", where=str(path), hint="name one of its files")
    ask_first(mapped)
    wrapped = wrapping(path)
    seen, envelope = first_records(path, wrapped)
    record = next((one for one in seen if recognising(one) is not None), seen[0] if seen else {})
    keys = [str(name) for name in record]
    try:
        (part,) = plan([path], account_from=account_from, mapped=mapped)
    except UnknownFormat as error:
        near = _near(record, None)
        return Explanation(
            str(path), wrapped, "", "", "", "", 0, 0, False, [], [], keys, [], envelope, near, error.problem
        )
    chosen = format_named(part.format)
    exchanges = letters = 0
    records: list[dict[str, Any]] = []
    reasons: dict[str, int] = {}
    told = 0
    for result in read_slice(part, most=most):
        told += result.bytes_read
        exchanges += result.exchanges.num_rows
        letters += result.dead_letters.num_rows
        records += [_shown(row) for row in result.exchanges.slice(0, _SHOWN - len(records)).to_pylist()]
        for reason in result.dead_letters.column("reason").to_pylist():
            reasons[reason] = reasons.get(reason, 0) + 1
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:_MOST_REASONS]
    return Explanation(
        file=str(path),
        wrapped=part.wrapped,
        container=part.container,
        format=chosen.name,
        description=chosen.description,
        why=_why(chosen),
        exchanges=exchanges,
        dead_letters=letters,
        complete=told >= path.stat().st_size,
        records=records,
        reasons=ordered,
        keys=keys,
        has=_marks(chosen, record)[0],
        envelope=envelope,
        near=_near(record, chosen),
        casts=told_casts(schema_of(path, wrapped)) if _is_canonical_table(part) else (),
    )


def _is_canonical_table(part: Slice) -> bool:
    return part.container in ("parquet", "arrow") and part.format == "canonical" and part.mapped is None


def _marks(one: LogFormat, record: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The keys that a format says it looks for: those that a record has, at any of two levels, and those it lacks."""
    known = {str(name) for name in record}
    known |= {str(name) for value in record.values() if isinstance(value, dict) for name in value}
    named = dict.fromkeys(() if isinstance(one, MappedFormat) else _NAMED.findall(type(one).recognises.__doc__ or ""))
    return [name for name in named if name in known], [name for name in named if name not in known]


def _near(record: Mapping[str, Any], chosen: LogFormat | None) -> list[Near]:
    """Formats that came near a record, the nearest first."""
    found = []
    for one in all_formats().values():
        has, lacks = _marks(one, record)
        if one is not chosen and has and lacks and not recognises(one, record):
            found.append(Near(one.name, has, lacks))
    return sorted(found, key=lambda near: (len(near.lacks) - len(near.has), near.format))[:_MOST_NEAR]


def _why(chosen: LogFormat) -> str:
    """By what a format recognises its records: the first sentence of its own words on it."""
    words = (type(chosen).recognises.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(words.replace("``", "`").split())


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _cut(value) for name, value in row.items() if value is not None and value != []}


def _cut(value: Any) -> Any:
    if isinstance(value, list):
        return [_cut(item) for item in value]
    if isinstance(value, dict):
        return {name: _cut(item) for name, item in value.items()}
    if isinstance(value, int | float | bool):
        return value
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
