"""OpenTelemetry GenAI spans, old and new attribute names.

A record is a span (``attributes`` an object, or OTLP's list of keys and values), or a line of an
OTLP export (``resourceSpans``, in JSON or protobuf) that holds several. Read are ``gen_ai.request.*``,
``gen_ai.response.*``, ``gen_ai.usage.*`` (also ``prompt_tokens`` and ``completion_tokens``),
``gen_ai.input.messages``, ``gen_ai.output.messages`` and ``gen_ai.system_instructions`` (also
``gen_ai.prompt`` and ``gen_ai.completion``), ``gen_ai.provider.name`` (also ``gen_ai.system``),
``gen_ai.tool.definitions``, ``user.id`` or ``enduser.id`` (the account; of LiteLLM's spans the holder of the key,
``metadata.user_api_key_user_id``, else ``metadata.user_api_key_hash``), ``client.address`` and
``user_agent.original``. Content is opt-in and may be a JSON string; without it a span is a dead letter.
The names of OpenInference, OpenLLMetry, Vercel's AI SDK, Langfuse and Logfire are read as ``span_attributes`` says,
alone or mixed with these. Content that
stands in a span's events (``gen_ai.user.message``, ``gen_ai.choice``, ``gen_ai.content.prompt``, ...), or in log
records of the same file (``otel-genai-events``), is read where the attributes have none.

Each call of a model is an exchange. Spans of tools, agents and workflows are none, but an agent's that has messages and
no call among the spans below it. A span without a user has that of the nearest span above it, else the one user of its
trace. All spans and events of a trace are put together for that, in whatever lines and files of the scan they lie. A
span that cannot be read is a dead letter of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from stillwatch.core.bodies.optional_parts import UNFORESEEN
from stillwatch.core.bodies.shapes import Json, RecordError, first
from stillwatch.ingest.base import Alone, LogFile
from stillwatch.ingest.genai_events import is_log_record
from stillwatch.ingest.json_text import decoded
from stillwatch.ingest.plain_spans import plain_of_spans
from stillwatch.ingest.registry import recognising
from stillwatch.ingest.shippers import records_of
from stillwatch.ingest.span_attributes import is_foreign
from stillwatch.ingest.span_format import SpanFormat
from stillwatch.ingest.span_ids import told_again, told_several_times

__all__ = ["FORMAT"]

_STARTS = ("startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "start_timestamp", "@timestamp")
_RESOURCES = ("resourceSpans", "resource_spans")
# By which a span that calls no model is still of use: it says for whom those below it call one.
_WHOM = ("user.id", "enduser.id", "session.id")


class OtelGenAI(SpanFormat):
    """Reads OpenTelemetry GenAI spans."""

    name: ClassVar[str] = "otel-genai"
    description: ClassVar[str] = "OpenTelemetry GenAI spans, single or as OTLP/JSON exports"
    example: ClassVar[Mapping[str, Any]] = {
        "name": "chat m",
        "startTimeUnixNano": "1795490904000000000",
        "endTimeUnixNano": "1795490905000000000",
        "attributes": {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m",
            "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Why?"}]}],
            "gen_ai.output.messages": [{"role": "assistant", "parts": [{"type": "text", "content": "Because."}]}],
            "user.id": "a-1",
        },
    }

    def recognises(self, record: Json) -> bool:
        """By ``resourceSpans``, or by an attribute that begins with ``gen_ai.``; of a span with ids, by ``user.id``."""
        if "resourceSpans" in record or "resource_spans" in record:
            return True
        given = record.get("attributes")
        if isinstance(given, list):
            names = [str(one.get("key", "")) for one in given if isinstance(one, dict)]
        elif isinstance(given, dict):
            names = [str(name) for name in given]
        else:
            return False
        if not any(name.startswith("gen_ai.") for name in names):
            whom = any(name in names for name in _WHOM) and not is_foreign(dict.fromkeys(names))
            if not whom or not _has_ids(record):
                return False
        return not is_log_record(record)

    def alone_among(self, files: Sequence[LogFile]) -> Alone | None:
        """Lines of traces of which no other line tells."""
        if any(one.format != self.name or one.container != "lines" for one in files):
            return None
        several = told_several_times(files, _traces)
        if several is None:
            return None
        return Alone(plain_of_spans(several), lambda trace: not told_again(several, [trace])[0])

    def exported(self, record: Json) -> Json:
        """An export as it is; a span alone as the export that holds it."""
        if any(name in record for name in _RESOURCES):
            return record
        context = first(record, "context", "_spanContext", "spanContext")
        span = {**record, **_ids(context)} if isinstance(context, dict) else record
        if "id" in record and "duration" in record and first(record, *_STARTS) is None:
            # Of JavaScript's console exporter, in microseconds.
            took = record["duration"]
            span = {
                **span, "spanId": record["id"], "start_time": record.get("timestamp"),
                "duration_ns": took * 1000 if isinstance(took, int | float) else None,
            }  # fmt: skip
        resource = record.get("resource")
        return {
            "resourceSpans": [
                {"resource": resource if isinstance(resource, dict) else None, "scopeSpans": [{"spans": [span]}]}
            ]
        }


def _traces(line: bytes) -> list[str] | None:
    """The traces of which a line holds spans or events, whatever stands around it; None where that cannot be told."""
    try:
        value = decoded(line)[0]
    except RecordError:
        return None
    found: list[str] = []
    for record in records_of(value) if isinstance(value, dict | list) else ():
        chosen = recognising(record)
        if isinstance(chosen, SpanFormat):
            try:
                found += [key for key, _ in chosen.pieces(record) if key is not None]
            except UNFORESEEN:
                return None
    return found


def _ids(context: Json) -> dict[str, Any]:
    """A span's own ids, where a tracer keeps them in a context."""
    found = {"traceId": first(context, "trace_id", "traceId"), "spanId": first(context, "span_id", "spanId")}
    return {name: value for name, value in found.items() if value is not None}


def _has_ids(record: Json) -> bool:
    held = record.get("context")
    known = {**record, **(_ids(held) if isinstance(held, dict) else {})}
    return first(known, "traceId", "trace_id") is not None and first(known, "spanId", "span_id") is not None


FORMAT = OtelGenAI()
