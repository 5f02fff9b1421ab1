"""Zipkin's spans, of version 2 of its API.

Tags, which are all text, are read as ``otel-genai`` reads a span's attributes, annotations that hold an event and its
attributes as its events; which spans are calls, who asked and what is said twice is told there too.

| read | as |
| --- | --- |
| ``traceId``, ``id``, ``parentId`` | the tree |
| ``timestamp``, ``duration`` (microseconds) | ``time``, ``latency_ms`` |
| ``tags`` | attributes |
| ``annotations``: a name and its attributes as JSON, after a colon or a bar | events |

An endpoint is no account. Layout: Zipkin's API, and OpenTelemetry's mapping to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json, RecordError, listed, object_of, parsed
from stillwatch.ingest.span_format import SpanFormat

__all__ = ["FORMAT"]

_EVENT = re.compile(r'"?(?P<name>gen_ai\.[\w.]+)"?\s*[:|]\s*(?P<attributes>\{.*\})(\|\d+)?', re.DOTALL)


class Zipkin(SpanFormat):
    """Reads Zipkin's spans."""

    name: ClassVar[str] = "zipkin"
    description: ClassVar[str] = "Zipkin's spans, of version 2 of its API"
    holds_nothing: ClassVar[str] = "the span calls no model: it has no tags `gen_ai.` or `llm.`"
    example: ClassVar[Mapping[str, Any]] = {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "id": "eee19b7ec3c1b174",
        "name": "chat m",
        "kind": "CLIENT",
        "timestamp": 1795490904000000,
        "duration": 1000000,
        "localEndpoint": {"serviceName": "gateway"},
        "tags": {
            "gen_ai.request.model": "m",
            "gen_ai.input.messages": '[{"role": "user", "content": "Why?"}]',
            "user.id": "a-1",
        },
    }

    def recognises(self, record: Json) -> bool:
        """By ``traceId`` and ``id`` beside ``timestamp`` and ``localEndpoint``, or ``tags`` by name."""
        if not ("traceId" in record and "id" in record and "timestamp" in record) or "spanId" in record:
            return False
        return "localEndpoint" in record or isinstance(record.get("tags"), dict)

    def exported(self, record: Json) -> Json:
        """A span as OTLP has it."""
        start, length = record.get("timestamp"), record.get("duration")
        span = {
            "traceId": record.get("traceId"),
            "spanId": record.get("id"),
            "parentSpanId": record.get("parentId"),
            "name": record.get("name"),
            "startTimeUnixNano": start,
            "endTimeUnixNano": start + length if isinstance(start, int) and isinstance(length, int) else None,
            "attributes": dict(object_of(record.get("tags"), "tags")),
            "events": [event for one in listed(record.get("annotations"), "annotations") for event in _events(one)],
        }
        return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def _events(one: Any) -> list[dict[str, Any]]:
    """An annotation that holds an event; none for any other."""
    value = one.get("value") if isinstance(one, dict) else None
    found = _EVENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return []
    try:
        attributes = parsed(found["attributes"], "annotations")
    except RecordError:
        return []
    return [{"name": found["name"], "timeUnixNano": one.get("timestamp"), "attributes": attributes}]


FORMAT = Zipkin()
