"""OpenTelemetry GenAI events, as log records of an OTLP/JSON export (``resourceLogs``), or one a line.

Where an instrumentation keeps content out of its spans, it writes it as events: one that holds a whole call
(``gen_ai.client.inference.operation.details``, whose attributes are those of ``otel-genai``), or one a message
(``gen_ai.user.message``, ``gen_ai.choice``, ...), which are put together by the trace and the span that they name.
So do AWS' distribution and AgentCore, whose log records hold the messages of a span under ``input`` and ``output``.

| read | as |
| --- | --- |
| ``user.id`` or ``enduser.id`` of a record or its resource | ``account_id`` |
| ``timeUnixNano`` of the call's first event, else ``observedTimeUnixNano`` | ``time`` |
| ``gen_ai.response.id``, else ``spanId`` | ``exchange_id`` |
| body of ``gen_ai.system.message``, ``user``, ``assistant``, ``tool`` | ``messages`` |
| body of the first ``gen_ai.choice`` | ``response``, ``stop_reason`` |

Where the spans lie in the same file, they are joined: a span's events fill what its attributes lack, and the span says
who, when and which model. An event that names no span and holds no whole call is a dead letter. Other log records are
left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json
from stillwatch.ingest.genai_events import has_log_events, is_log_record
from stillwatch.ingest.span_format import SpanFormat

__all__ = ["FORMAT"]


class OtelGenAIEvents(SpanFormat):
    """Reads OpenTelemetry GenAI events."""

    name: ClassVar[str] = "otel-genai-events"
    counts_repeats: ClassVar[bool] = False
    description: ClassVar[str] = "OpenTelemetry GenAI events, as log records of OTLP/JSON exports, or one a line"
    example: ClassVar[Mapping[str, Any]] = {
        "resourceLogs": [
            {
                "resource": {"attributes": [{"key": "user.id", "value": {"stringValue": "a-1"}}]},
                "scopeLogs": [
                    {
                        "logRecords": [
                            {
                                "timeUnixNano": "1795490904000000000",
                                "eventName": "gen_ai.user.message",
                                "traceId": "5b8efff798038103d269b633813fc60c",
                                "spanId": "eee19b7ec3c1b174",
                                "body": {
                                    "kvlistValue": {"values": [{"key": "content", "value": {"stringValue": "Why?"}}]}
                                },
                            }
                        ]
                    }
                ],
            }
        ]
    }

    def recognises(self, record: Json) -> bool:
        """By ``resourceLogs`` with an event of these names and no ``resourceSpans`` beside, or such an event alone."""
        if is_log_record(record):
            return True
        return "resourceSpans" not in record and "resource_spans" not in record and has_log_events(record)

    def exported(self, record: Json) -> Json:
        """The record itself; an event alone as the export that holds it."""
        if not is_log_record(record):
            return record
        resource = record.get("resource")
        held = {"resource": resource if isinstance(resource, dict) else None}
        return {"resourceLogs": [{**held, "scopeLogs": [{"logRecords": [record]}]}]}


FORMAT = OtelGenAIEvents()
