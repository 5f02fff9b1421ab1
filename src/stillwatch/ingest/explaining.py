"""What a file is taken for, and why: its container, its format, how its first records are read and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from stillwatch.core import UnreadableInput
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.registry import format_named
from stillwatch.ingest.slice_reader import read_slice
from stillwatch.ingest.slices import plan

__all__ = ["Explanation", "explain"]

_SHOWN = 3
_LONGEST = 200
_MOST_REASONS = 5


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


def explain(path: Path, *, mapped: LogFormat | None = None, most: int = 10_000) -> Explanation:
    """Read the beginning of a file and say what was made of it.

    Args:
        path: one file.
        mapped: a format that is asked before every other.
        most: how many records to read; the batch in which they end is read whole.

    Raises:
        InputError: it cannot be read, or no format recognises it.
    """
    if path.is_dir():
        raise UnreadableInput("it is a folder", where=str(path), hint="name one of its files")
    (part,) = plan([path], mapped=mapped)
    chosen = format_named(part.format)
    exchanges = letters = 0
    records: list[dict[str, Any]] = []
    reasons: dict[str, int] = {}
    complete = True
    for result in read_slice(part):
        if exchanges + letters >= most:
            complete = False
            break
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
        complete=complete,
        records=records,
        reasons=ordered,
    )


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
