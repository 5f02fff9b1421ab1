"""Text or a decoded value to exchanges and dead letters, opened first where nobody recognises it as it is.

Between a container's reader, which says where a record begins, and ``record_lines``, which reads one: here envelopes
are opened (``shippers``), several values on a line are told apart, and bodies that lie beside a log are put in place.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from stillwatch.core.not_json import NOT_JSON
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.bodies_beside import put_in_place
from stillwatch.ingest.json_text import decoded
from stillwatch.ingest.record import RecordError, shown
from stillwatch.ingest.record_lines import read_record
from stillwatch.ingest.registry import asked_first, recognises, recognising
from stillwatch.ingest.repeated_names import repeated_name
from stillwatch.ingest.shippers import DEEPEST, after_prefix, as_columns, inside
from stillwatch.ingest.slice_result import Raw, SliceRows
from stillwatch.ingest.text_records import record_in
from stillwatch.ingest.typed_values import untyped
from stillwatch.ingest.value_stream import several_of

__all__ = ["read_text", "read_value"]

_ANY = msgspec.json.Decoder()


def read_text(batch: SliceRows, line: int, raw: bytes, preferred: LogFormat) -> None:
    """Read a line, or a value of a stream, into ``batch``."""
    try:
        record = _ANY.decode(raw)
    except NOT_JSON:
        _read_odd_text(batch, line, raw, preferred)
    else:
        if isinstance(record, dict) and (name := repeated_name(raw, record)) is not None:
            batch.refuse(line, f"`{name}` stands twice, with different values: which is meant cannot be told", raw)
            return
        read_value(batch, line, record, raw, preferred)


def _read_odd_text(batch: SliceRows, line: int, raw: bytes, preferred: LogFormat) -> None:
    """Several values on a line, or text before one; anything else is refused by the reader of lines."""
    found = after_prefix(raw.decode("utf-8", "surrogateescape").lstrip())
    if found is None and raw.lstrip()[:1] in (b"{", b"["):
        several = several_of(raw)
        if not several:
            _read_repaired(batch, line, raw, preferred)
        elif len(several) == 1:
            read_value(batch, line, _ANY.decode(several[0]), raw, preferred)
        else:
            _parts(batch, line, several, raw, preferred)
        return
    if found is None:
        _read_repaired(batch, line, raw, preferred)
        return
    where, value = found.held[0]
    before = len(batch.letters)
    read_value(batch, line, value, raw, preferred)
    _say_where(batch, before, f"in a {found.name}, from {where}")


def _read_repaired(batch: SliceRows, line: int, raw: bytes, preferred: LogFormat) -> None:
    """JSON as loggers write it, less what is none."""
    try:
        record, note = decoded(raw)
    except RecordError as error:
        found = record_in(raw.decode("utf-8", "surrogateescape"))
        if found is None:
            batch.refuse(line, str(error), raw)
        else:
            read_value(batch, line, found, raw, preferred)
    else:
        read_value(batch, line, record, raw, preferred, note=note)


def _parts(batch: SliceRows, line: int, several: list[bytes], raw: Raw, preferred: LogFormat) -> None:
    for place, text in enumerate(several, start=1):
        before = len(batch.letters)
        read_value(batch, line, _ANY.decode(text), text, preferred)
        _say_where(batch, before, f"value {place} of {len(several)} on the line", kind="part")


def read_value(
    batch: SliceRows,
    line: int,
    record: Any,
    raw: Raw,
    preferred: LogFormat,
    *,
    note: str | None = None,
    depth: int = 0,
) -> None:
    """Read a decoded value into ``batch``, or what lies in it where it is an envelope; ``note`` says what it lost."""
    found = known = None
    if isinstance(record, dict):
        record = untyped(record, partial(_known, record, preferred))
        found = as_columns(record)
        known = _known(record, preferred) if found is None else None
    if found is None and known is None and depth < DEEPEST:
        found = inside(record)
    if found is None:
        _read_known(batch, line, record, raw, (preferred, known), note)
        return
    several = len(found.held) > 1
    for where, value in found.held:
        before = len(batch.letters)
        if isinstance(value, dict | list | str):
            read_value(batch, line, value, raw, preferred, note=note, depth=depth + 1)
        else:
            batch.refuse(line, f"expected a JSON object, got {shown(value)}", raw)
        _say_where(batch, before, f"in a {found.name}, {where}", kind="part" if several else None)


def _known(record: dict[str, Any], preferred: LogFormat) -> LogFormat | None:
    # The file's own format is asked alone where that is enough: most records are its.
    if not preferred.general and asked_first() is None and recognises(preferred, record):
        return preferred
    return recognising(record)


def _read_known(
    batch: SliceRows, line: int, record: Any, raw: Raw, of: tuple[LogFormat, LogFormat | None], note: str | None
) -> None:
    """Read a record of the format that knows it, the second of ``of``, or of the file's own, the first."""
    preferred, known = of
    lost = put_in_place(record, batch.part) if isinstance(record, dict) else None
    if lost is None:
        read_record(batch, line, record, raw, preferred, known=known, note=note)
        return
    if lost.refusal is not None:
        batch.refuse(line, lost.refusal, raw)
        return
    rows = len(batch.rows)
    # With its bodies in place it is asked anew whose it is.
    read_record(batch, line, record, raw, preferred, note=note)
    if lost.note is not None:
        for row in batch.rows[rows:]:
            row.note = f"{row.note}; {lost.note}" if row.note else lost.note


def _say_where(batch: SliceRows, before: int, where: str, *, kind: str | None = None) -> None:
    """Dead letters from ``before`` on name the envelope in which they were found."""
    for place in range(before, len(batch.letters)):
        letter = batch.letters[place]
        batch.letters[place] = letter._replace(reason=f"{where}: {letter.reason}", kind=kind or letter.kind)
