"""Spans in a flat record, their attributes beside their ids and times, as stores of events keep them.

Honeycomb's rows and New Relic's ``Span`` events are such, and so are tables that a query made of either.
"""

from __future__ import annotations

from typing import Any

from stillwatch.core.bodies.shapes import Json, first

__all__ = ["flat_span"]

_TRACES = ("trace.trace_id", "trace.id", "trace_id", "traceId")
_SPANS = ("trace.span_id", "span.id", "span_id", "spanId")
_PARENTS = ("trace.parent_id", "parent.id", "parent_id", "parentId", "parent_span_id")
_TIMES = ("timestamp", "@timestamp", "Timestamp", "time", "start_time", "startTime", "meta.start_time", "_time")
_DURATIONS = ("duration_ms", "duration.ms", "durationMs", "duration_milli")
_SAID = ("gen_ai.input.messages", "gen_ai.prompt", "llm.input_messages", "input.value", "traceloop.entity.input")


def flat_span(record: Json) -> dict[str, Any] | None:
    """A span as OTLP's JSON has it; None for a record that says of no call what was asked, or not when."""
    names = [name for name in record if isinstance(name, str)]
    if not any(name.startswith(_SAID) for name in names) or not any(
        name.startswith(("gen_ai.", "llm.")) for name in names
    ):
        return None
    when = first(record, *_TIMES)
    if when is None or isinstance(record.get("attributes"), dict | list):
        return None
    found = {
        "traceId": first(record, *_TRACES),
        # New Relic's own `id` is a span's; without a trace it may be anything.
        "spanId": first(record, *_SPANS) or (first(record, "id") if first(record, *_TRACES) else None),
        "parentSpanId": first(record, *_PARENTS),
        "name": record.get("name"),
        "start_time": when,
        "duration_ms": first(record, *_DURATIONS),
        "attributes": {name: record[name] for name in names if "." in name and record[name] not in (None, "")},
    }
    return {name: value for name, value in found.items() if value is not None}
