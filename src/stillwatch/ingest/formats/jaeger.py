"""Jaeger's traces and spans: of its API, saved from its pages, of its stores and queues.

A record is a trace (``traceID``, ``spans``, ``processes``) or a span. Tags are read as ``otel-genai`` reads a span's
attributes, logs as its events; which spans are calls, who asked and what is said twice is told there too.

| read | as |
| --- | --- |
| ``traceID``, ``spanID``, ``references`` of type CHILD_OF, else ``parentSpanID`` | the tree |
| ``startTime``, ``duration`` (microseconds; of its queue a time and seconds) | ``time``, ``latency_ms`` |
| ``tags``; ``tag``, where a store keeps them by name, dots as ``@`` | attributes |
| tags of the process | attributes of its resource |
| ``logs`` | events |

A service is no account. Layout: Jaeger's API and its model of a span, in JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json, first, listed, object_of
from stillwatch.ingest.record import RecordError
from stillwatch.ingest.span_format import SpanFormat

__all__ = ["FORMAT"]

_VALUES = ("value", "vStr", "vInt64", "vFloat64", "vBool", "v_str", "v_int64", "v_float64", "v_bool")


class Jaeger(SpanFormat):
    """Reads Jaeger's traces and spans."""

    name: ClassVar[str] = "jaeger"
    description: ClassVar[str] = "Jaeger's traces and spans, of its API and its stores"
    holds_nothing: ClassVar[str] = "the trace holds no span that calls a model: none has tags `gen_ai.` or `llm.`"
    example: ClassVar[Mapping[str, Any]] = {
        "traceID": "5b8efff798038103d269b633813fc60c",
        "spanID": "eee19b7ec3c1b174",
        "operationName": "chat m",
        "references": [],
        "startTime": 1795490904000000,
        "duration": 1000000,
        "tags": [
            {"key": "gen_ai.request.model", "type": "string", "value": "m"},
            {"key": "gen_ai.input.messages", "type": "string", "value": '[{"role": "user", "content": "Why?"}]'},
            {"key": "user.id", "type": "string", "value": "a-1"},
        ],
        "logs": [],
        "process": {"serviceName": "gateway", "tags": []},
    }

    def recognises(self, record: Json) -> bool:
        """By ``traceID`` beside ``spans``, or beside ``spanID`` and ``operationName``."""
        if "spans" in record and "traceID" in record:
            return True
        return "operationName" in record and ("spanID" in record or "spanId" in record) and "startTime" in record

    def exported(self, record: Json) -> Json:
        """A trace, or a span alone, as OTLP has it."""
        known = object_of(record.get("processes"), "processes")
        given = listed(record["spans"], "spans") if "spans" in record else [record]
        resources = []
        for one in given:
            span = object_of(one, "spans[]")
            process = object_of(first(span, "process") or known.get(str(span.get("processID"))), "process")
            shared = {"attributes": _tags(process.get("tags"))}
            resources.append({"resource": shared, "scopeSpans": [{"spans": [_span(span, record)]}]})
        return {"resourceSpans": resources}


def _span(span: Json, trace: Json) -> dict[str, Any]:
    start, length = span.get("startTime"), span.get("duration")
    end = start + length if isinstance(start, int) and isinstance(length, int) else None
    return {
        "traceId": first(span, "traceID", "traceId") or trace.get("traceID"),
        "spanId": first(span, "spanID", "spanId"),
        "parentSpanId": _parent(span),
        "name": span.get("operationName"),
        "startTimeUnixNano": start,
        "endTimeUnixNano": end,
        "attributes": {**_stored(span.get("tag")), **_tags(span.get("tags"))},
        "events": [_event(one) for one in listed(span.get("logs"), "logs")],
    }


def _parent(span: Json) -> Any:
    for one in listed(span.get("references"), "references"):
        # Without a type it is the first of Jaeger's types, which is this one.
        if isinstance(one, dict) and first(one, "refType", "ref_type") in (None, "CHILD_OF", 0):
            return first(one, "spanID", "spanId", "span_id")
    return first(span, "parentSpanID", "parentSpanId")


def _tags(given: Any) -> dict[str, Any]:
    """Keys and typed values as attributes."""
    if isinstance(given, dict):
        return dict(given)
    found: dict[str, Any] = {}
    for one in listed(given, "tags"):
        tag = object_of(one, "tags[]")
        if not isinstance(tag.get("key"), str):
            raise RecordError("`tags`: a tag without a `key`")
        found[tag["key"]] = first(tag, *_VALUES)
    return found


def _stored(given: Any) -> dict[str, Any]:
    """Tags by name, as its store in Elasticsearch may keep them."""
    return {str(name).replace("@", "."): value for name, value in object_of(given, "tag").items()}


def _event(one: Any) -> dict[str, Any]:
    log = object_of(one, "logs[]")
    fields: Json | Sequence[Any] = log.get("fields") or ()
    attributes = _tags(fields)
    return {
        "name": first(attributes, "event", "message"),
        "timeUnixNano": log.get("timestamp"),
        "attributes": attributes,
    }


FORMAT = Jaeger()
