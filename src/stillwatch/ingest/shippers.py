"""What log shippers, cloud log services and APIs put around the records of a log.

``inside`` opens one such envelope of a decoded record, ``after_prefix`` what stands before the JSON on a line of text.
Both are asked only about what no format recognises. Nothing of an envelope becomes a value of an exchange: when a line
was shipped is not when the request was made. To read another envelope, add its line to ``_LISTS`` or ``_FIELDS``, its
function to ``_SHAPES``, or what stands before JSON to ``line_prefixes``. Layouts are those of the services' public
documentation: CloudWatch Logs subscriptions, export tasks, Insights and FilterLogEvents; Data Firehose; Docker's
json-file and Kubernetes' CRI log; Datadog; Elasticsearch; Splunk HEC; Loki; Fluent Bit; Cloud Logging; Azure Monitor;
RFC 3164 and RFC 5424.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from stillwatch.core.bodies.shapes import parsed
from stillwatch.core.not_json import NOT_JSON
from stillwatch.ingest.answers_within import asks_beside
from stillwatch.ingest.calls_together import calls_of
from stillwatch.ingest.foreign_records import told_otherwise, ungrouped
from stillwatch.ingest.json_tables import by_columns, pairs_of, rows_of
from stillwatch.ingest.json_text import decoded
from stillwatch.ingest.line_prefixes import object_behind
from stillwatch.ingest.otlp import any_value, attributes_of
from stillwatch.ingest.record import RecordError
from stillwatch.ingest.registry import recognising
from stillwatch.ingest.spelling import nested, respelled, without_units

__all__ = ["DEEPEST", "Envelope", "after_prefix", "as_columns", "inside", "records_of"]

DEEPEST = 6
"""How many envelopes may lie in one another."""

_LONGEST_UNPACKED = 1 << 26


class Envelope(NamedTuple):
    """An envelope by name, and each thing in it with where it lay."""

    name: str
    held: list[tuple[str, Any]]


# A list of records under one key: the key, another that must stand beside it (or none), and the name.
_LISTS: tuple[tuple[str, str | None, str], ...] = (
    ("logEvents", None, "CloudWatch Logs subscription message"),
    ("events", None, "CloudWatch Logs FilterLogEvents reply"),
    ("Records", None, "AWS event notification"),
    ("records", None, "list of records (Azure Monitor, Data Firehose)"),
    ("entries", None, "Cloud Logging reply"),
    ("hits", None, "Elasticsearch reply"),
    *((name, None, "reply of an API") for name in ("data", "items")),
    ("Items", None, "DynamoDB reply"),
    ("Messages", None, "SQS reply"),
    ("tables", None, "Log Analytics reply"),
    *((name, None, "reply of an API") for name in ("logs", "results", "rows", "value", "result")),
    *((name, None, "reply of an API (GraphQL)") for name in ("edges", "nodes")),
    *((name, None, "list of accounts") for name in ("users", "customers", "accounts")),
)
# One record under one key, as an object or as text.
_FIELDS: tuple[tuple[str, str | None, str], ...] = (
    ("_source", None, "Elasticsearch document"),
    ("jsonPayload", None, "Cloud Logging entry"),
    ("textPayload", None, "Cloud Logging entry"),
    ("@message", None, "CloudWatch Logs Insights row"),
    ("event", "original", "Elastic Common Schema event"),
    ("event", None, "Splunk HEC event"),
    ("_raw", None, "Splunk row"),
    ("result", None, "Splunk export row"),
    *((name, None, "Docker or Fluent Bit line") for name in ("log", "log_processed")),
    ("awslogs", None, "CloudWatch Logs event of a function"),
    ("kinesis", None, "Kinesis record"),
    ("dynamodb", "NewImage", "DynamoDB stream record"),
    ("Item", None, "DynamoDB export"),
    ("document", None, "Firestore document"),
    ("fields", None, "Firestore or Elasticsearch document"),
    ("json", None, "Filebeat event"),
    ("attributes", None, "Datadog log"),
    ("full_message", None, "GELF message"),
    ("short_message", None, "GELF message"),
    ("message", None, "shipper's line (Datadog, Logstash, Vector)"),
    ("Message", None, "SNS notification"),
    ("body", None, "queue message"),
    ("Body", None, "queue message"),
    ("MESSAGE", None, "systemd journal entry"),
    ("msg", None, "application log line"),
    ("line", None, "Loki line"),
    ("Line", None, "Loki line"),
    *((name, None, "line in Log Analytics") for name in ("LogMessage", "LogEntry", "Log_s", "log_s", "RawData")),
    *((name, None, "line of a log service (Aliyun, Tencent)") for name in ("content", "Content", "__CONTENT__", "raw")),
    ("payload", None, "payload column"),
    ("properties", None, "Azure Monitor record"),
    *((name, None, "application log line") for name in ("meta", "extra", "context")),
    ("detail", None, "EventBridge event"),
    ("hits", None, "Elasticsearch reply"),
    ("record", None, "record column"),
    ("after", None, "change event (Debezium)"),
    ("fullDocument", None, "change event (MongoDB)"),
    ("value", None, "message of a queue (Kafka)"),
    ("node", None, "reply of an API (GraphQL)"),
    ("data", None, "data field"),
)
_KEYS = frozenset(key for key, _, _ in (*_LISTS, *_FIELDS)) | {"streams", "resourceLogs", "Payload"}

_MOST_TRIED = 8
_LEAST_BYTES = 20
_MOST_PLACES = 500


def inside(record: Any) -> Envelope | None:
    """What lies in an envelope; None where ``record`` is none, or holds neither objects nor JSON text.

    Args:
        record: decoded JSON.
    """
    if isinstance(record, list):
        found = _items(record)
        return found if found is not None and _leads_to_records(found) else None
    if isinstance(record, str):
        held = _opened(record)
        return Envelope("text that holds JSON", [("decoded", held)]) if isinstance(held, dict | list) else None
    if not isinstance(record, dict):
        return None
    for shape in _SHAPES:
        if (found := shape(record)) is not None:
            return found
    if (calls := calls_of(record)) is not None:
        return Envelope("several calls of one account", calls)
    if (other := told_otherwise(without_units(record))) is not None and recognising(other[1]) is not None:
        return Envelope(other[0], [("as a whole", other[1])])
    known = [*_known_keys(record)]
    for one in known:
        if _leads_to_records(one):
            return one
    return _otherwise(record) or (known[0] if known else None)


def _known_keys(record: Mapping[str, Any]) -> Iterator[Envelope]:
    """What lies under each key that an envelope is known to have, lists before single records."""
    for key, _, name in _LISTS:
        value = _opened(record.get(key))
        if isinstance(value, list) and value and all(isinstance(item, dict | list) for item in value):
            yield Envelope(name, [(f"`{key}[{place}]`", item) for place, item in enumerate(value)])
    for key, within, name in _FIELDS:
        value = record.get(key)
        if within is not None:
            value = value.get(within) if isinstance(value, dict) else None
        value = _opened(value)
        if isinstance(value, dict | list) and value and _worth_opening(value) and not asks_beside(record, key):
            yield Envelope(name, [(f"`{key}.{within}`" if within else f"`{key}`", value)])


def _otherwise(record: Mapping[str, Any]) -> Envelope | None:
    """A record in another spelling, records by their keys, or records anywhere in an object."""
    written = {key: _written(value) for key, value in record.items()}
    if written != record and recognising(written) is not None:
        return Envelope("record with JSON text in it", [("as a whole", written)])
    if (one := next(respelled(written), None)) is not None:
        return Envelope("record in another spelling", [("as a whole", one)])
    if (one := nested(written)) is not None and recognising(one) is not None:
        return Envelope("record whose objects were laid flat", [("as a whole", one)])
    if (one := ungrouped(nested(written) or written)) is not None:
        return Envelope("record whose names stand in objects", [("as a whole", one)])
    held = [(f"`{key}`", value) for key, value in record.items()]
    if len(held) == 1 and isinstance(held[0][1], dict) and _leads_to_records(Envelope("", held)):
        return Envelope("object", held)
    if held and all(_holds_records(value) for _, value in held[:_MOST_TRIED]):
        return Envelope("object of records by their keys", held)
    return _anywhere(written)


def _holds_records(value: Any) -> bool:
    one = value[0] if isinstance(value, list) and value else value
    return isinstance(one, dict) and recognising(one) is not None


def _written(value: Any) -> Any:
    """An object or a list that was written as JSON text; anything else unchanged."""
    try:
        return parsed(value, "")
    except RecordError:
        return value


def _anywhere(record: Mapping[str, Any]) -> Envelope | None:
    """Every key under which a record lies that one format alone recognises; None where none does."""
    may = [(key, value) for key, value in record.items() if isinstance(value, dict | list) and value]
    held = [(f"`{key}`", value) for key, value in may if not asks_beside(record, key)]
    found = [one for one in held if _leads_to_records(Envelope("", [one]), general=False)]
    return Envelope("object", found) if found else None


def _leads_to_records(found: Envelope, *, general: bool = True) -> bool:
    """Whether a format recognises anything inside, looked for to a bounded depth in a bounded number of places."""
    left = _MOST_PLACES
    level: list[Any] = [value for _, value in found.held]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for value in level:
            left -= 1
            if left < 0:
                return False
            if isinstance(value, dict) and (chosen := recognising(value)) is not None:
                if general or not chosen.general:
                    return True
            elif isinstance(value, dict):
                below.extend(_opened(inner) if key in _KEYS else inner for key, inner in value.items())
            elif isinstance(value, list):
                below.extend(_opened(inner) for inner in value[:_MOST_TRIED])
        level = [value for value in below if isinstance(value, dict | list)]
    return False


def _worth_opening(value: Any) -> bool:
    """Objects, and lists that hold nothing else: `["a", "b"]` is no log."""
    return isinstance(value, dict) or all(isinstance(item, dict | list) for item in value)


def _items(record: list[Any]) -> Envelope | None:
    if (pairs := pairs_of(record)) is not None:
        return Envelope("row of names and values", [("as a whole", pairs)])
    # Fluent Bit: a time, or a time with metadata, before the record.
    if len(record) == 2 and isinstance(record[0], int | float | str | list) and isinstance(record[1], dict):
        return Envelope("Fluent Bit event", [("`[1]`", record[1])])
    if record and all(isinstance(item, dict | list | str) for item in record) and not _all_words(record):
        return Envelope("array", [(f"`[{place}]`", item) for place, item in enumerate(record)])
    return None


def _all_words(record: list[Any]) -> bool:
    """Whether a list is one of texts that are no JSON."""
    return all(isinstance(item, str) and _opened(item) is item for item in record)


def _opened(value: Any) -> Any:
    """Text as the JSON it holds, plain, after a prefix, or in base64 and gzip; anything else unchanged."""
    if isinstance(value, list) and len(value) > _LEAST_BYTES and set(map(type, value)) == {int}:
        # As systemd's journal writes what has letters beyond ASCII, or is long.
        value = bytes(value).decode("utf-8", "replace") if max(value) < 256 and min(value) >= 0 else value
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text[:1] in ("{", "["):
        try:
            return decoded(text.encode("utf-8", "surrogateescape"))[0]
        except (RecordError, UnicodeEncodeError):
            return value
    if (found := after_prefix(text)) is not None:
        return found.held[0][1]
    return value if (unpacked := _unpacked(text)) is None else unpacked


def _unpacked(text: str) -> Any:
    """What base64 holds, where that is JSON, or gzip around it."""
    try:
        data = base64.b64decode(text, validate=True)
        if data[:2] == b"\x1f\x8b":
            data = zlib.decompressobj(wbits=31).decompress(data, _LONGEST_UNPACKED)
        return msgspec.json.decode(data) if data[:1] in (b"{", b"[") else None
    except (binascii.Error, ValueError, zlib.error, *NOT_JSON):
        return None


def after_prefix(text: str) -> Envelope | None:
    """The JSON object that a line of text ends with, and what the text before it looks like."""
    if (behind := object_behind(text)) is None:
        return None
    name, at, found = behind
    return Envelope(name, [(f"character {at + 1}", found)])


def _loki(record: Mapping[str, Any]) -> Envelope | None:
    """``streams`` of lines, as Loki is sent them; ``data.result`` as it answers."""
    streams = record.get("streams")
    data = record.get("data")
    if streams is None and isinstance(data, dict) and data.get("resultType") == "streams":
        streams = data.get("result")
    if not isinstance(streams, list):
        return None
    lines = [
        (f"`streams[{place}].values[{row}]`", _opened(value[1]))
        for place, stream in enumerate(streams)
        if isinstance(stream, dict) and isinstance(stream.get("values"), list)
        for row, value in enumerate(stream["values"])
        if isinstance(value, list) and len(value) > 1
    ]
    return Envelope("Loki streams", lines) if lines else None


def _otlp_logs(record: Mapping[str, Any]) -> Envelope | None:
    """Bodies of OTLP log records that are text."""
    if not isinstance(record.get("resourceLogs"), list):
        return None
    bodies = [
        (f"log record {place}", _told_by(one))
        for place, one in enumerate(_otlp_records(record["resourceLogs"]), start=1)
    ]
    return Envelope("OTLP log export", bodies) if bodies else None


def _told_by(one: Any) -> Any:
    """What a log record says: its body, or its attributes where that is no more than a line of text."""
    if not isinstance(one, dict):
        return None
    body = _opened(any_value(one.get("body")))
    if isinstance(body, dict | list):
        return body
    try:
        told = attributes_of(one)
    except RecordError:
        return body
    # An event's own time is when it was, not when it was shipped.
    return {"event_time": one.get("timeUnixNano"), **told} if told else body


def _otlp_records(resources: list[Any]) -> Iterator[Any]:
    for resource in resources:
        for scope in _list_in(resource, "scopeLogs"):
            yield from _list_in(scope, "logRecords")


def _list_in(value: Any, key: str) -> list[Any]:
    held = value.get(key) if isinstance(value, dict) else None
    return held if isinstance(held, list) else []


def _table(record: Mapping[str, Any]) -> Envelope | None:
    """Rows that stand apart from the names of their columns."""
    return None if (rows := rows_of(record)) is None else _rows(rows)


def _rows(rows: list[dict[str, Any]]) -> Envelope:
    return Envelope("table", [(f"row {place}", row) for place, row in enumerate(rows, start=1)])


def as_columns(record: Mapping[str, Any]) -> Envelope | None:
    """The rows of a table that is written column by column, whose names are those of a record; None for a record."""
    rows = by_columns(record)
    return _rows(rows) if rows and recognising(rows[0]) is not None else None


def _no_record(record: Mapping[str, Any]) -> Envelope | None:
    """What services write between records and is none: CloudWatch's test of a destination, Elasticsearch's actions."""
    if record.get("messageType") == "CONTROL_MESSAGE" and "logEvents" in record:
        return Envelope("CloudWatch Logs control message", [])
    if len(record) == 1:
        key, value = next(iter(record.items()))
        if key in ("index", "create") and isinstance(value, dict) and all(name[:1] == "_" for name in value):
            return Envelope("Elasticsearch bulk action", [])
    if record.get("op") == "d" and "before" in record and record.get("after", "") is None:
        return Envelope("change event of a row that was deleted (Debezium)", [])
    return None


_SHAPES: tuple[Callable[[Mapping[str, Any]], Envelope | None], ...] = (_no_record, _loki, _otlp_logs, _table)


def records_of(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """The records in a decoded value or in the envelopes around them: those that some format recognises, else all."""
    found = as_columns(value) if isinstance(value, dict) else None
    if found is None and isinstance(value, dict) and recognising(value) is not None:
        yield value
        return
    if found is None and depth < DEEPEST:
        found = inside(value)
    if found is None:
        if isinstance(value, dict):
            yield value
        return
    for _, held in found.held:
        yield from records_of(held, depth + 1)
