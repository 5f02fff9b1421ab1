"""A decoded record, or a line of any format, to exchanges or a dead letter.

The file's own format is asked first, then the others: one file may mix formats line by line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Exchange, RecordError, conform
from stillwatch.ingest.registry import all_formats
from stillwatch.ingest.slice_result import SliceRows

__all__ = ["read_line", "read_record"]

_ANY = msgspec.json.Decoder()


def _exchanges_of(record: Any, preferred: LogFormat, defaults: Mapping[str, Any]) -> list[Exchange]:
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


def read_line(batch: SliceRows, line: int, raw: bytes, preferred: LogFormat) -> None:
    """Read one line of JSON into ``batch``."""
    try:
        record = _ANY.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        batch.refuse(line, f"not JSON: {error}", raw)
    except RecursionError:
        batch.refuse(line, "not JSON that can be read: nested too deep", raw)
    else:
        read_record(batch, line, record, raw, preferred)


def read_record(batch: SliceRows, line: int, record: Any, raw: bytes | Mapping[str, Any], preferred: LogFormat) -> None:
    """Read a decoded record into ``batch``; ``raw`` is what a dead letter shows of it."""
    try:
        batch.add(_exchanges_of(record, preferred, batch.part.defaults), line, raw)
    except RecordError as error:
        batch.refuse(line, str(error), raw)
    except RecursionError:
        batch.refuse(line, "not JSON that can be read: nested too deep", raw)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        # A format met a shape it did not foresee: the record is kept aside, the scan goes on.
        batch.refuse(line, f"the {preferred.name} record has an unexpected shape: {error!r}", raw)
