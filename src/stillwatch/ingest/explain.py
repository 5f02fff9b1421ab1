"""What a file was taken for, why, and what its first records read as: for a person who wonders.

Nothing here decides anything: it asks those who do, and reads the beginning of the file as a scan would.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stillwatch.core import UnknownFormat
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.files import wrapping
from stillwatch.ingest.recognition import first_records, recognised
from stillwatch.ingest.registry import all_formats, recognising, use
from stillwatch.ingest.slice_reader import read_slice
from stillwatch.ingest.slices import plan

__all__ = ["Explanation", "Near", "explain"]

_NAMED = re.compile(r"``([^`]+)``")
_MOST_NEAR = 3
_SHOWN_RECORDS = 3
_SHOWN_LETTERS = 10
_SHOWN_KEYS = 12
_READ = 1000
_BATCH = 200
_CUT = 60


@dataclass(frozen=True, slots=True)
class Near:
    """A format that a record came near to: which of its marks the record has, and which it lacks."""

    format: str
    has: list[str]
    lacks: list[str]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a file was taken for.

    Attributes:
        file: its path.
        wrapped, container: how it is read.
        envelope: what stands around the first record, None where nothing does.
        format, description: whose records most of the first are, None where nobody knows them.
        because: how that format tells its records.
        keys: of the first record, at most twelve.
        has: those keys of it by which it was told.
        near: formats that came near, and what the record lacks of their marks.
        problem: why nothing can be read, None where something can.
        records: how many records were read of its beginning.
        exchanges: the first three as they were read, long texts cut.
        read, refused: how many of those records became exchanges and dead letters.
        dead_letters: line, kind and reason of the first ten.
    """

    file: str
    wrapped: str
    container: str | None = None
    envelope: str | None = None
    format: str | None = None
    description: str | None = None
    because: str | None = None
    keys: list[str] = field(default_factory=list)
    has: list[str] = field(default_factory=list)
    near: list[Near] = field(default_factory=list)
    problem: str | None = None
    records: int = 0
    read: int = 0
    refused: int = 0
    exchanges: list[dict[str, Any]] = field(default_factory=list)
    dead_letters: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


def explain(path: Path, *, given: Sequence[LogFormat] = ()) -> Explanation:
    """What a file is taken for, by its beginning.

    Args:
        path: a file.
        given: formats beside those that are installed, such as that of a user's maps.

    Raises:
        UnreadableInput: it cannot be read, or is a kind of file that holds no log.
    """
    use(given)
    wrapped = wrapping(path)
    records, envelope = first_records(path, wrapped)
    first = next((one for one in records if recognising(one) is not None), records[0] if records else {})
    told: dict[str, Any] = {"keys": [str(name) for name in first][:_SHOWN_KEYS], "envelope": envelope}
    try:
        _, container, name = recognised(path)
    except UnknownFormat as error:
        return Explanation(str(path), wrapped, near=_near(first, None), problem=error.problem, **told)
    chosen = all_formats()[name]
    has, _ = _marks(chosen, first)
    told |= {"container": container, "format": name, "description": chosen.description, "because": _how(chosen)}
    return Explanation(str(path), wrapped, has=has, near=_near(first, chosen), **told, **_as_read(path, given))


def _how(one: LogFormat) -> str:
    said = (inspect.getdoc(type(one).recognises) or "").strip().split("\n\n")[0]
    return " ".join(said.replace("``", "`").rstrip(".").split())


def _marks(one: LogFormat, record: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The keys that a format says it looks for: those that a record has, at any of two levels, and those it lacks."""
    known = {str(name) for name in record}
    known |= {str(name) for value in record.values() if isinstance(value, Mapping) for name in value}
    named = dict.fromkeys(_NAMED.findall(inspect.getdoc(type(one).recognises) or ""))
    has = [name for name in named if name in known]
    return has, [name for name in named if name not in known]


def _near(record: Mapping[str, Any], chosen: LogFormat | None) -> list[Near]:
    found = []
    for one in all_formats().values():
        has, lacks = _marks(one, record)
        if one is not chosen and has and lacks and not one.recognises(record):
            found.append(Near(one.name, has, lacks))
    return sorted(found, key=lambda near: (len(near.lacks) - len(near.has), near.format))[:_MOST_NEAR]


def _as_read(path: Path, given: Sequence[LogFormat]) -> dict[str, Any]:
    """The first records as a scan reads them."""
    exchanges: list[dict[str, Any]] = []
    letters: list[dict[str, Any]] = []
    records = read = refused = 0
    for part in plan([path], given=given):
        for result in read_slice(part, batch_rows=_BATCH):
            records += result.lines
            read += result.exchanges.num_rows
            refused += result.dead_letters.num_rows
            exchanges += result.exchanges.slice(0, _SHOWN_RECORDS - len(exchanges)).to_pylist()
            letters += result.dead_letters.slice(0, _SHOWN_LETTERS - len(letters)).to_pylist()
            if records >= _READ and not part.together:
                break
    shown = ("line", "kind", "reason")
    return {
        "records": records,
        "read": read,
        "refused": refused,
        "exchanges": [_shortened(row) for row in exchanges],
        "dead_letters": [{name: letter[name] for name in shown} for letter in letters],
    }


def _shortened(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row's values that are there, texts cut to sixty characters, times as ISO 8601."""
    return {name: _short(value) for name, value in row.items() if value is not None}


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _CUT else f"{value[:_CUT]}… ({len(value):,} characters)"
    if isinstance(value, list):
        return [_short(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _short(item) for name, item in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value
