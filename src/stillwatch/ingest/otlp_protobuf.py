"""OTLP's protobuf messages of spans and log records, as the objects of its JSON encoding.

Of ``ExportTraceServiceRequest`` (``TracesData``) and ``ExportLogsServiceRequest`` (``LogsData``) only what is read
somewhere; other fields, those of later versions among them, are passed over. Ids become hexadecimal text, 64-bit times
stay numbers. A span or a log record that cannot be decoded becomes ``{"unreadable": why}`` and costs no other. Layout:
opentelemetry-proto 1.x; the wire format is that of the Protocol Buffers documentation. To read another field, add its
line to the table of its message.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from stillwatch.core.bodies.shapes import first

__all__ = ["Cut", "Malformed", "Signal", "decoded", "looks_like", "signal_of", "varint"]

Signal = Literal["resourceSpans", "resourceLogs", "resourceMetrics"]

_VARINT, _I64, _LEN, _I32 = 0, 1, 2, 5
_FIXED = {_I64: 8, _I32: 4}
_LONGEST_VARINT = 10
# Field numbers go to 2^29, but no OTLP message has any beyond those of its deprecated parts.
_LAST_FIELD = 2047
_DEEPEST = 64
_TRACE_ID = 16
_THEN_SPAN_ID = bytes((2 << 3 | _LEN, 8))


class Malformed(ValueError):
    """Bytes that are no such message, and why."""


class Cut(Malformed):
    """They end before the message does."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    wire: int
    read: Callable[[bytes], Any] | None = None
    message: str | None = None
    many: bool = False
    # A container's items are kept though the container is cut; an item is one only when it is whole.
    container: bool = False
    apart: bool = False


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _text(name: str) -> _Field:
    return _Field(name, _LEN, lambda raw: raw.decode("utf-8", "replace"))


def _id(name: str) -> _Field:
    return _Field(name, _LEN, bytes.hex)


def _nested(name: str, message: str, *, many: bool = False, container: bool = False, apart: bool = False) -> _Field:
    return _Field(name, _LEN, None, message, many, container, apart)


_ATTRIBUTES = _nested("attributes", "pair", many=True)
_SCOPE = _nested("scope", "scope")
_MESSAGES: dict[str, dict[int, _Field]] = {
    "resourceSpans": {
        1: _nested("resource", "resource", container=True),
        2: _nested("scopeSpans", "scopeSpans", many=True, container=True),
    },
    "resourceLogs": {
        1: _nested("resource", "resource", container=True),
        2: _nested("scopeLogs", "scopeLogs", many=True, container=True),
    },
    "resourceMetrics": {1: _nested("resource", "resource", container=True)},
    "resource": {1: _ATTRIBUTES},
    "scope": {1: _text("name"), 2: _text("version")},
    "scopeSpans": {1: _SCOPE, 2: _nested("spans", "span", many=True, apart=True)},
    "scopeLogs": {1: _SCOPE, 2: _nested("logRecords", "logRecord", many=True, apart=True)},
    "span": {
        1: _id("traceId"),
        2: _id("spanId"),
        4: _id("parentSpanId"),
        5: _text("name"),
        6: _Field("kind", _VARINT),
        7: _Field("startTimeUnixNano", _I64),
        8: _Field("endTimeUnixNano", _I64),
        9: _ATTRIBUTES,
        11: _nested("events", "event", many=True),
        15: _nested("status", "status"),
    },
    "event": {1: _Field("timeUnixNano", _I64), 2: _text("name"), 3: _ATTRIBUTES},
    "status": {2: _text("message"), 3: _Field("code", _VARINT)},
    "logRecord": {
        1: _Field("timeUnixNano", _I64),
        2: _Field("severityNumber", _VARINT),
        3: _text("severityText"),
        5: _nested("body", "value"),
        6: _ATTRIBUTES,
        9: _id("traceId"),
        10: _id("spanId"),
        11: _Field("observedTimeUnixNano", _I64),
        12: _text("eventName"),
    },
    "pair": {1: _text("key"), 2: _nested("value", "value")},
    "value": {
        1: _text("stringValue"),
        2: _Field("boolValue", _VARINT),
        3: _Field("intValue", _VARINT),
        4: _Field("doubleValue", _I64),
        5: _nested("arrayValue", "array"),
        6: _nested("kvlistValue", "pairs"),
        7: _Field("bytesValue", _LEN, lambda raw: base64.b64encode(raw).decode()),
    },
    "array": {1: _nested("values", "value", many=True)},
    "pairs": {1: _nested("values", "pair", many=True)},
}


def varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A base-128 number, and where it ends.

    Raises:
        Cut: the bytes end before it does.
        Malformed: it is longer than any.
    """
    value = shift = 0
    for place in range(at, min(end, at + _LONGEST_VARINT)):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & ((1 << 64) - 1), place + 1
        shift += 7
    if end - at >= _LONGEST_VARINT:
        raise Malformed(f"a number at byte {at} is longer than {_LONGEST_VARINT} bytes")
    raise Cut(f"it ends within a number at byte {at}")


def _number(data: bytes, at: int, wire: int, field: _Field) -> Any:
    if wire == _I64:
        return struct.unpack_from("<d" if field.name == "doubleValue" else "<Q", data, at)[0]
    return struct.unpack_from("<I", data, at)[0]


def _fields(data: bytes, at: int, end: int) -> Any:
    """Each field of a message: its number, its wire type, its value's first byte and the one after its last."""
    while at < end:
        tag, start = varint(data, at, end)
        number, wire = tag >> 3, tag & 7
        if not 0 < number <= _LAST_FIELD:
            raise Malformed(f"there is no field {number}, at byte {at}")
        if wire == _VARINT:
            _, stop = varint(data, start, end)
        elif wire == _LEN:
            size, start = varint(data, start, end)
            stop = start + size
        elif wire in _FIXED:
            stop = start + _FIXED[wire]
        else:
            raise Malformed(f"field {number} at byte {at} has no wire type that OTLP uses")
        yield number, wire, start, stop
        at = stop


def _message(
    data: bytes, at: int, end: int, kind: str, into: dict[str, Any], depth: int = 0, *, halves: bool = False
) -> None:
    """Decode a message into an object; what came before a cut stands there, with ``halves`` the half item too."""
    if depth > _DEEPEST:
        raise Malformed("it is nested too deep")
    table, whole = _MESSAGES[kind], len(data)
    for number, wire, start, stop in _fields(data, at, min(end, whole)):
        if stop > end:
            raise Malformed(f"field {number} at byte {start} is longer than the message it stands in")
        field = table.get(number)
        if field is not None and field.wire != wire:
            raise Malformed(f"`{field.name}` at byte {start} has another wire type")
        if field is None or field.message is None:
            if stop > whole:
                raise Cut(f"it ends within field {number} at byte {start}")
            if field is not None:
                into[field.name] = _plain(data, start, stop, field)
            continue
        _nested_message(data, start, stop, field, into, depth, halves)
    if end > whole:
        raise Cut("it ends before the message does")


def _plain(data: bytes, start: int, stop: int, field: _Field) -> Any:
    if field.read is not None:
        return field.read(data[start:stop])
    if field.wire != _VARINT:
        return _number(data, start, field.wire, field)
    value = varint(data, start, stop)[0]
    return bool(value) if field.name == "boolValue" else _signed(value)


def _nested_message(
    data: bytes, start: int, stop: int, field: _Field, into: dict[str, Any], depth: int, halves: bool
) -> None:
    inner: dict[str, Any] = {}
    early = field.container or halves
    if early:
        _attach(into, field, inner)
    try:
        _message(data, start, stop, str(field.message), inner, depth + 1, halves=halves)
    except Malformed as error:
        # What ends early within a message that is all there is no cut.
        if isinstance(error, Cut) and stop > len(data):
            raise
        if not field.apart:
            raise Malformed(str(error)) from None
        inner.clear()
        inner["unreadable"] = f"a {field.message} that is no protobuf: {error}"
    if not early:
        _attach(into, field, inner)


def _attach(into: dict[str, Any], field: _Field, inner: dict[str, Any]) -> None:
    if field.many:
        into.setdefault(field.name, []).append(inner)
    else:
        into[field.name] = inner


def decoded(data: bytes, signal: Signal, size: int | None = None) -> tuple[dict[str, Any], Cut | None]:
    """One ``ResourceSpans`` or ``ResourceLogs``, and where it was cut, if it was.

    Args:
        data: its bytes.
        signal: which of them it is.
        size: how many bytes it should have, where fewer are there.

    Raises:
        Malformed: the bytes are none.
    """
    found: dict[str, Any] = {}
    try:
        _message(data, 0, len(data) if size is None else size, signal, found)
    except Cut as error:
        return found, error
    return found, None


def signal_of(data: bytes) -> Signal | None:
    """What a part of an export holds, told by the first item in it; None where no item is in it.

    Raises:
        Malformed: it is none.
    """
    for number, wire, start, stop in _fields(data, 0, len(data)):
        if (number, wire) != (2, _LEN):
            continue
        for inner, inner_wire, begin, end in _fields(data, start, min(stop, len(data))):
            if (inner, inner_wire) == (2, _LEN):
                try:
                    return _signal_of_item(data, begin, min(end, len(data)))
                except Malformed:
                    continue
    return None


def _signal_of_item(data: bytes, start: int, stop: int) -> Signal:
    """A span begins with its ids, of a fixed length, a log record with its time, a metric with its name."""
    number, wire, begin, end = next(_fields(data, start, stop), (0, 0, start, start))
    if (number, wire) == (1, _LEN):
        return (
            "resourceSpans" if end - begin == _TRACE_ID and data[end : end + 2] == _THEN_SPAN_ID else "resourceMetrics"
        )
    return "resourceLogs" if (number, wire) == (1, _I64) or number in (2, 3, 5, 6, 11) else "resourceMetrics"


def looks_like(head: bytes, size: int) -> bool:
    """Whether bytes begin a ``ResourceSpans`` or ``ResourceLogs`` of this size: as far as they go, all is well-formed.

    Enough of it must be there to tell: the id of a span, the time of a log record, or the key of an attribute.
    """
    for signal in ("resourceSpans", "resourceLogs"):
        found: dict[str, Any] = {}
        try:
            _message(head, 0, size, signal, found, halves=True)
        except Cut:
            pass
        except Malformed:
            continue
        if _tells(found):
            return True
    return False


def _tells(found: dict[str, Any]) -> bool:
    keys = [pair.get("key") for pair in found.get("resource", {}).get("attributes", ())]
    if any(isinstance(key, str) and key and key.isprintable() for key in keys):
        return True
    for scope in (*found.get("scopeSpans", ()), *found.get("scopeLogs", ())):
        for item in (*scope.get("spans", ()), *scope.get("logRecords", ())):
            trace, when = item.get("traceId", ""), first(item, "timeUnixNano", "observedTimeUnixNano")
            if len(trace) == 2 * _TRACE_ID or when:
                return True
    return False
