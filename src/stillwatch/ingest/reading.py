"""One slice to Arrow batches: each line an exchange or a dead letter.

A line of Stillwatch's own record is decoded straight into a typed struct; everything else, and
whatever that refuses, goes by way of the format that recognises it, the file's own first.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import IO, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.ingest import assembly
from stillwatch.ingest.assembly import DeadLetter, excerpt
from stillwatch.ingest.base import BatchFormat, LogFormat
from stillwatch.ingest.batches import joined
from stillwatch.ingest.files import BROKEN, line_blocks, numbered_lines, opened, split_block
from stillwatch.ingest.plan import Slice
from stillwatch.ingest.record import COLUMNS, FLOATS, Exchange, RecordError, conform
from stillwatch.ingest.registry import all_formats
from stillwatch.tables import EXCHANGES

__all__ = ["SliceResult", "read_slice"]

_DECODER = msgspec.json.Decoder(Exchange)
_ANY = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class SliceResult:
    """A batch of what a slice holds.

    Attributes:
        exchanges: schema ``EXCHANGES``.
        dead_letters: schema ``DEAD_LETTERS``.
        bytes_read: bytes of the file that this batch took, as they lie on disk.
        lines: records seen.
    """

    exchanges: pa.RecordBatch
    dead_letters: pa.RecordBatch
    bytes_read: int
    lines: int


class _Batch:
    """Rows and dead letters on their way into a ``SliceResult``."""

    def __init__(self, part: Slice) -> None:
        self.part = part
        self._clear()

    def _clear(self) -> None:
        self.rows: list[Exchange] = []
        self.lines: list[int] = []
        self.suffixes: dict[int, str] = {}
        self.raw: list[bytes] = []
        self.block = b""
        self.letters: list[DeadLetter] = []
        self.seen = 0

    def add(self, found: list[Exchange], line: int, raw: bytes) -> None:
        for place, row in enumerate(found):
            if place:
                self.suffixes[len(self.rows)] = f".{place + 1}"
            self.keep(row, line, raw)

    def keep(self, row: Exchange, line: int, raw: bytes) -> None:
        self.rows.append(row)
        self.lines.append(line)
        self.raw.append(raw)

    def take(self, rows: list[Exchange], first: int, block: bytes) -> None:
        """Fill an empty batch with a block's rows, one a line."""
        self.rows, self.lines = rows, list(range(first, first + len(rows)))
        self.block, self.seen = block, len(rows)

    def _raw(self, position: int) -> bytes:
        if not self.raw:
            # A block is split only when one of its lines must be shown.
            self.raw = self.block.split(b"\n")
        return self.raw[position]

    def refuse(self, line: int, reason: str, raw: bytes) -> None:
        self.letters.append(DeadLetter(line, reason, excerpt(raw)))

    def result(self, bytes_read: int) -> SliceResult:
        """What was gathered; rows whose time cannot be read become dead letters here."""
        label = self.part.label
        table, reasons = self._assembled(label)
        for position, reason in reasons.items():
            self.refuse(self.lines[position], reason, self._raw(position))
        done = SliceResult(table, assembly.dead_letters(self.letters, label), bytes_read, self.seen)
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
        table = pa.Table.from_batches(kept, EXCHANGES).combine_chunks()
        batches = table.to_batches()
        return (batches[0] if batches else EXCHANGES.empty_table().to_batches()[0]), reasons


def _sound(row: Exchange) -> bool:
    """Whether a directly decoded row has all that a record needs."""
    if not row.time or not row.account_id or (row.prompt is None and not row.messages):
        return False
    # JSON has no infinity, but 1e999 reads as one; absent values add nothing.
    return math.isfinite((row.temperature or 0.0) + (row.top_p or 0.0) + (row.latency_ms or 0.0))


def _all_sound(rows: list[Exchange]) -> bool:
    """``_sound`` of every row, a column at a time."""
    if not (all(map(attrgetter("time"), rows)) and all(map(attrgetter("account_id"), rows))):
        return False
    if None in map(attrgetter("prompt"), rows) and not all(row.prompt is not None or row.messages for row in rows):
        return False
    return all(math.isfinite(sum(filter(None, map(attrgetter(name), rows)))) for name in FLOATS)


def _decoded(block: bytes) -> list[Exchange] | None:
    """A block of canonical records, one a line; None where any line is anything else.

    Where every line begins with an opening brace and ends with a closing one, no JSON value can go on over a
    line's end: between the two braces would stand a comma.
    """
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(data))
    starts = np.concatenate([[0], ends[:-1] + 1])
    if not (np.all(data[starts] == ord("{")) and np.all(data[ends - 1] == ord("}"))):
        return None
    try:
        rows = _DECODER.decode_lines(block)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return rows if len(rows) == len(ends) and _all_sound(rows) else None


def _rows_of(record: Any, preferred: LogFormat, defaults: Mapping[str, Any]) -> list[Exchange]:
    """The exchanges of a decoded record.

    Raises:
        RecordError: why it is none.
    """
    if not isinstance(record, dict):
        raise RecordError(f"expected a JSON object, got {type(record).__name__}")
    if not record:
        raise RecordError("the object is empty")
    if preferred.recognises(record):
        return [conform(fields, defaults=defaults) for fields in preferred.read(record)]
    for other in all_formats().values():
        if other is not preferred and other.recognises(record):
            return [conform(fields, defaults=defaults) for fields in other.read(record)]
    # Nobody knows its shape: the file's own format says best what is missing.
    found = [conform(fields, defaults=defaults) for fields in preferred.read(record)]
    if not found:
        raise RecordError("no format recognises the record")
    return found


def _read_line(batch: _Batch, line: int, raw: bytes, preferred: LogFormat, *, direct: bool) -> None:
    batch.seen += 1
    if direct:
        try:
            row = _DECODER.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
        else:
            if _sound(row):
                batch.keep(row, line, raw)
                return
    try:
        batch.add(_rows_of(_ANY.decode(raw), preferred, batch.part.defaults), line, raw)
    except RecordError as error:
        batch.refuse(line, str(error), raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        batch.refuse(line, f"not JSON: {error}", raw)
    except RecursionError:
        batch.refuse(line, "not JSON that can be read: nested too deep", raw)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        # A format met a shape it did not foresee: the record is kept aside, the scan goes on.
        batch.refuse(line, f"the {preferred.name} record has an unexpected shape: {error!r}", raw)


def read_slice(part: Slice, *, batch_rows: int = 8192) -> Iterator[SliceResult]:
    """Read a slice.

    Args:
        part: from ``plan``.
        batch_rows: records a batch, at most; memory is bounded by it. Canonical lines come by the block instead,
            a mebibyte or a line.

    Yields:
        Batches in order of line. Every record is in one of them, as an exchange or as a dead letter.
    """
    if part.batch:
        yield from _read_batch_files(part, batch_rows)
        return
    if part.container == "parquet":
        yield from _read_parquet(part, batch_rows)
        return
    size = part.path.stat().st_size if part.end is None else part.end
    left = size - part.start
    with opened(part.path, part.wrapped) as stream:
        if part.start:
            stream.seek(part.start)
        for result in _read_stream(part, stream, batch_rows, left):
            left -= result.bytes_read
            yield result


def _read_stream(part: Slice, stream: IO[bytes], batch_rows: int, size: int) -> Iterator[SliceResult]:
    preferred = all_formats()[part.format]
    if preferred.name == "canonical" and part.container == "lines":
        yield from _read_canonical(part, stream, size)
        return
    batch, told = _Batch(part), 0
    last, counted = part.first_line - 1, 0
    try:
        for line, raw in _records(part, stream):
            last = line
            counted += len(raw)
            if part.container == "csv":
                _read_row(batch, line, raw)
            else:
                _read_line(batch, line, raw, preferred, direct=False)
            if batch.seen >= batch_rows:
                # A compressed stream is longer than its file: what is told never exceeds the file.
                now = min(counted, size) if part.wrapped == "plain" else told
                yield batch.result(now - told)
                told = now
    except BROKEN as error:
        batch.seen += 1
        batch.refuse(last + 1, f"the {part.wrapped} stream breaks off here: {error}", b"")
    yield batch.result(size - told)


def _read_canonical(part: Slice, stream: IO[bytes], size: int) -> Iterator[SliceResult]:
    """Blocks of Stillwatch's own record: decoded whole where every line is in order, else line by line."""
    preferred = all_formats()["canonical"]
    batch, told = _Batch(part), 0
    first, block = part.first_line, b""
    try:
        for first, block in line_blocks(stream, part.first_line, part.end):
            rows = _decoded(block)
            if rows is None:
                for number, raw in split_block(first, block):
                    _read_line(batch, number, raw, preferred, direct=True)
            else:
                batch.take(rows, first, block)
            now = min(told + len(block), size) if part.wrapped == "plain" else told
            yield batch.result(now - told)
            told = now
    except BROKEN as error:
        batch.seen += 1
        line = first + block.count(b"\n")
        batch.refuse(line, f"the {part.wrapped} stream breaks off here: {error}", b"")
    yield batch.result(size - told)


def _records(part: Slice, stream: IO[bytes]) -> Iterator[tuple[int, Any]]:
    """Numbered records: raw lines, an array's items, or a CSV's rows."""
    if part.container == "lines":
        yield from numbered_lines(stream, part.first_line, part.end)
    elif part.container == "array":
        text = stream.read()
        try:
            items = msgspec.json.decode(text, type=list[msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            items = [msgspec.Raw(text)]
        yield from ((number, bytes(item)) for number, item in enumerate(items, start=1))
    else:
        text_stream = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
        reader = csv.DictReader(text_stream, restkey="")
        while True:
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                yield reader.line_num, {"": str(error)}
                continue
            yield reader.line_num, row
        text_stream.detach()


def _read_row(batch: _Batch, line: int, row: dict[str, Any]) -> None:
    """A CSV row: an empty cell is null."""
    batch.seen += 1
    raw = ",".join(str(value) for value in row.values()).encode()
    if "" in row:
        batch.refuse(line, "the row does not have the header's number of cells", raw)
        return
    fields = {name: value for name, value in row.items() if name in COLUMNS and value not in ("", None)}
    for name in ("messages", "tools", "stop"):
        if str(fields.get(name, "")).lstrip().startswith("["):
            fields[name] = _ANY.decode(fields[name])
    try:
        batch.add([conform(fields, textual=True, defaults=batch.part.defaults)], line, raw)
    except RecordError as error:
        batch.refuse(line, str(error), raw)


def _read_parquet(part: Slice, batch_rows: int) -> Iterator[SliceResult]:
    preferred = all_formats()["canonical"]
    size, told, row_number = part.path.stat().st_size, 0, 0
    source = pq.ParquetFile(part.path)
    names = [name for name in COLUMNS if name in source.schema_arrow.names]
    total = max(source.metadata.num_rows, 1)
    for arrow in source.iter_batches(batch_rows, columns=names):
        batch = _Batch(part)
        plain = _timeless(arrow)
        for fields in plain.to_pylist():
            row_number += 1
            batch.seen += 1
            try:
                batch.add(
                    _rows_of({k: v for k, v in fields.items() if v is not None}, preferred, part.defaults),
                    row_number,
                    b"",
                )
            except RecordError as error:
                batch.refuse(row_number, str(error), str(fields).encode())
        now = size * row_number // total
        yield batch.result(now - told)
        told = now


def _timeless(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Timestamps as microseconds, which the record's own reader takes."""
    columns = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_timestamp(field.type):
            column = column.cast(pa.timestamp("us", tz=field.type.tz)).cast(pa.int64())
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _read_batch_files(part: Slice, batch_rows: int) -> Iterator[SliceResult]:
    """A batch's files: results meet their requests."""
    preferred = all_formats()[part.format]
    if not isinstance(preferred, BatchFormat):
        return
    size = sum(path.stat().st_size for path, _, _ in part.batch)
    batch, told = _Batch(part), 0
    for item in joined(part.batch, preferred):
        if item.label != batch.part.label or batch.seen >= batch_rows:
            yield batch.result(0)
            batch = _Batch(_relabelled(part, item.label))
        batch.seen += 1
        if item.reason is not None:
            batch.refuse(item.line, item.reason, item.raw)
            continue
        try:
            batch.add(
                [conform(fields, defaults=part.defaults) for fields in _as_list(item.fields)], item.line, item.raw
            )
        except RecordError as error:
            batch.refuse(item.line, str(error), item.raw)
    yield batch.result(size - told)


def _as_list(fields: dict[str, Any] | None) -> Iterable[dict[str, Any]]:
    return [fields] if fields is not None else []


def _relabelled(part: Slice, label: str) -> Slice:
    return Slice(part.path, label, part.wrapped, part.container, part.format)
