"""Keys of records that no column has, counted over a sample: whoever named a column otherwise is told so.

To look at every record would take longer than to read it, where lines are decoded by the block; to look at a few of
each batch costs next to nothing, and what most records have is in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.core.not_json import NOT_JSON
from stillwatch.ingest.base import LogFormat

__all__ = ["Sample", "Unread"]

_MOST_LOOKED = 64
_OF_A_LATER_BLOCK = 16
# A log whose keys are ids has any number of them.
_MOST_KEYS = 256
_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(slots=True)
class Unread:
    """What of a log's records was not read.

    Attributes:
        looked: records that were looked at.
        keys: names with a value that no column has, and how many of those records have each.
    """

    looked: int = 0
    keys: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, records: int) -> None:
        """Count records that have a name; of more names than are kept, those that came first."""
        if records and (name in self.keys or len(self.keys) < _MOST_KEYS):
            self.keys[name] = self.keys.get(name, 0) + records

    def __add__(self, other: Unread) -> Unread:
        both = Unread(self.looked + other.looked, dict(self.keys))
        for name, records in other.keys.items():
            both.count(name, records)
        return both


class Sample:
    """Looks at the first records of a batch.

    Args:
        account_from: places of a record that are read though no format does.
    """

    def __init__(self, account_from: Sequence[str] = ()) -> None:
        self.unread = Unread()
        self._placed = frozenset(place.partition(".")[0] for place in account_from)
        self._full = False

    def look(self, chosen: LogFormat, record: Mapping[str, Any]) -> None:
        """Look at a record that a format recognises, where it is one of the first."""
        if self._full or self.unread.looked >= _MOST_LOOKED:
            return
        self.unread.looked += 1
        for name in self._left(chosen, record):
            self.unread.count(name, not _is_nothing(record[name]))

    def look_at_lines(self, chosen: LogFormat, block: bytes, *, later: bool) -> None:
        """Look at lines of a block, spread evenly over it, at fewer where ``later`` says that others came before."""
        if type(chosen).unread is LogFormat.unread:
            return
        for line in _spread(block, _OF_A_LATER_BLOCK if later else _MOST_LOOKED):
            try:
                record = _RAW.decode(line)
            except NOT_JSON:
                continue
            if chosen.recognises(record):
                self.look(chosen, record)

    def look_at_columns(self, chosen: LogFormat, rows: pa.RecordBatch) -> None:
        """Look at the first rows of a table in place of its records."""
        names = rows.schema.names
        if self._full or len({*names}) < len(names) or not chosen.recognises(dict.fromkeys(names)):
            return
        self._full = True
        first = rows.slice(0, _MOST_LOOKED)
        self.unread.looked += len(first)
        for name in self._left(chosen, names):
            column = first[name]
            empty = pc.sum(pc.equal(column, "")).as_py() if pa.types.is_string(column.type) else 0
            self.unread.count(name, len(column) - column.null_count - (empty or 0))

    def _left(self, chosen: LogFormat, names: Mapping[str, Any] | Sequence[str]) -> list[str]:
        return [name for name in chosen.unread(names) if name not in self._placed]


def _is_nothing(value: Any) -> bool:
    if isinstance(value, msgspec.Raw):
        value = bytes(value)
        return value in (b"null", b'""', b"[]", b"{}")
    return value is None or value in ("", "\\N", [], {})


def _spread(block: bytes, most: int) -> Iterator[bytes]:
    """Lines of a block, each once: all where they are few."""
    if block.count(b"\n") <= most:
        yield from filter(None, block.split(b"\n"))
        return
    end = 0
    for place in range(0, len(block), len(block) // most):
        if place >= end:
            start, end = block.rfind(b"\n", 0, place) + 1, block.find(b"\n", place)
            end = len(block) if end < 0 else end
            yield block[start:end]
