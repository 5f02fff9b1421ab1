"""What a slice gives: a batch of exchanges and dead letters, and the rows on their way into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from stillwatch.ingest import assembly
from stillwatch.ingest.assembly import DeadLetter, excerpt
from stillwatch.ingest.record import Exchange
from stillwatch.ingest.slice import Slice
from stillwatch.ingest.unread_keys import Sample, Unread
from stillwatch.tables import EXCHANGES

__all__ = ["SliceResult", "SliceRows"]

Raw = bytes | Mapping[str, Any]
"""What a dead letter shows the beginning of: a line, or the cells of a row."""


@dataclass(frozen=True, slots=True)
class SliceResult:
    """A batch of what a slice holds.

    Attributes:
        exchanges: schema ``EXCHANGES``.
        dead_letters: schema ``DEAD_LETTERS``.
        bytes_read: bytes of the file that this batch took, as they lie on disk.
        lines: records seen.
        unread: what of a sample of them was not read.
    """

    exchanges: pa.RecordBatch
    dead_letters: pa.RecordBatch
    bytes_read: int
    lines: int
    unread: Unread


class SliceRows:
    """Rows and dead letters on their way into a ``SliceResult``."""

    def __init__(self, part: Slice) -> None:
        self.part = part
        # Whether a row of it had letters beyond ASCII in UTF-8: then others that are none are damaged.
        self.has_utf8 = False
        self._clear()

    def _clear(self) -> None:
        self.rows: list[Exchange] = []
        self.lines: list[int] = []
        self.suffixes: dict[int, str] = {}
        self.raw: list[Raw] = []
        self.block = b""
        self.columns: list[pa.RecordBatch] = []
        self.letters: list[DeadLetter] = []
        self.seen = 0
        self.sample = Sample(self.part.account_from)
        # The last line that gave rows, and how many: the next row of it goes on counting.
        self._place = (0, 0)

    def add(self, found: list[Exchange], line: int, raw: Raw) -> None:
        """Keep what one line held, which may be several exchanges."""
        before = self._place[1] if self._place[0] == line else 0
        for place, row in enumerate(found, start=before):
            if place:
                self.suffixes[len(self.rows)] = f".{place + 1}"
            self.keep(row, line, raw)
        self._place = (line, before + len(found))

    def keep(self, row: Exchange, line: int, raw: Raw) -> None:
        """Keep one exchange."""
        self.rows.append(row)
        self.lines.append(line)
        self.raw.append(raw)

    def take(self, rows: list[Exchange], first: int, block: bytes) -> None:
        """Fill an empty batch with a block's rows, one a line."""
        self.rows, self.lines = rows, list(range(first, first + len(rows)))
        self.block, self.seen = block, len(rows)

    def take_columns(self, read: pa.RecordBatch) -> None:
        """Keep exchanges that are columns already: they and the rows stand in the order of their lines."""
        self.columns.append(read)
        self.seen += read.num_rows

    def _raw(self, position: int) -> Raw:
        if not self.raw:
            # A block is split only when one of its lines must be shown.
            self.raw = [*self.block.split(b"\n")]
        return self.raw[position]

    def refuse(self, line: int, reason: str, raw: Raw, *, kind: str = "record") -> None:
        """Set a record, or a part of one, aside, and say why."""
        self.letters.append(DeadLetter(line, reason, excerpt(raw if isinstance(raw, bytes) else str(raw)), kind))

    def result(self, bytes_read: int) -> SliceResult:
        """What was gathered; rows whose time cannot be read become dead letters here."""
        label = self.part.label
        table, reasons = self._assembled(label) if self.rows or not self.columns else (self.columns.pop(), {})
        for position, reason in reasons.items():
            self.refuse(self.lines[position], reason, self._raw(position))
        if self.columns:
            table = _in_order([*self.columns, table])
        letters = assembly.dead_letters(self.letters, label)
        done = SliceResult(table, letters, bytes_read, self.seen, self.sample.unread)
        self._clear()
        return done

    def _assembled(self, label: str) -> tuple[pa.RecordBatch, dict[int, str]]:
        try:
            return assembly.exchanges(self.rows, self.lines, file=label, label=label, suffixes=self.suffixes)
        except (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError):
            # One row cannot be a column's value: find it by trying each alone.
            return self._one_by_one(label)

    def _one_by_one(self, label: str) -> tuple[pa.RecordBatch, dict[int, str]]:
        kept: list[pa.RecordBatch] = []
        reasons: dict[int, str] = {}
        for position, (row, line) in enumerate(zip(self.rows, self.lines, strict=True)):
            suffix = {0: self.suffixes[position]} if position in self.suffixes else {}
            try:
                one, bad = assembly.exchanges([row], [line], file=label, label=label, suffixes=suffix)
            except (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError) as error:
                reasons[position] = f"a value does not fit its column: {error}"
                continue
            if bad:
                reasons[position] = bad[0]
            kept.append(one)
        return pa.concat_batches([*kept, pa.RecordBatch.from_pylist([], EXCHANGES)]), reasons


def _in_order(parts: list[pa.RecordBatch]) -> pa.RecordBatch:
    """Batches as one, by line; exchanges of one line stay in their order."""
    parts = [part for part in parts if part.num_rows] or parts[:1]
    whole = parts[0] if len(parts) == 1 else pa.concat_batches(parts)
    lines = whole["source_line"].to_numpy()
    if len(parts) == 1 or (lines[1:] >= lines[:-1]).all():
        return whole
    return whole.take(pa.array(np.argsort(lines, kind="stable")))
