"""OpenTelemetry GenAI spans, old and new attribute names.

A record is a span (``attributes`` an object, or OTLP's list of keys and values), or a line of an
OTLP/JSON export (``resourceSpans``) that holds several. Read are ``gen_ai.request.*``,
``gen_ai.response.*``, ``gen_ai.usage.*`` (also ``prompt_tokens`` and ``completion_tokens``),
``gen_ai.input.messages``, ``gen_ai.output.messages`` and ``gen_ai.system_instructions`` (also
``gen_ai.prompt`` and ``gen_ai.completion``), ``gen_ai.provider.name`` (also ``gen_ai.system``),
``user.id`` or ``enduser.id`` (the account), ``client.address`` and ``user_agent.original``. Content is
opt-in and may be a JSON string; without it a span is a dead letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import (
    Json,
    content_text,
    first,
    identity,
    listed,
    object_of,
    parsed,
    stop_list,
    whole,
)
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields, Message, RecordError
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT"]

# Canonical column: attribute names, newest first.
_PLAIN: dict[str, tuple[str, ...]] = {
    "exchange_id": ("gen_ai.response.id",),
    "provider": ("gen_ai.provider.name", "gen_ai.system"),
    "model": ("gen_ai.request.model", "gen_ai.response.model"),
    "operation": ("gen_ai.operation.name",),
    "session_id": ("gen_ai.conversation.id", "session.id"),
    "account_id": ("user.id", "enduser.id", "gen_ai.user", "gen_ai.openai.request.user"),
    "org_id": ("organization.id", "tenant.id"),
    "temperature": ("gen_ai.request.temperature",),
    "top_p": ("gen_ai.request.top_p",),
    "stream": ("gen_ai.request.stream", "gen_ai.request.is_stream"),
    "logprobs": ("gen_ai.request.logprobs",),
    "response_format": ("gen_ai.output.type", "gen_ai.openai.request.response_format"),
    "client_address": ("client.address", "net.peer.ip"),
    "user_agent": ("user_agent.original", "http.user_agent"),
    "status": ("http.response.status_code", "error.type"),
}
_WHOLE: dict[str, tuple[str, ...]] = {
    "top_k": ("gen_ai.request.top_k",),
    "n": ("gen_ai.request.choice.count",),
    "max_tokens": ("gen_ai.request.max_tokens",),
    "seed": ("gen_ai.request.seed", "gen_ai.openai.request.seed"),
    "top_logprobs": ("gen_ai.request.top_logprobs",),
    "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    "reasoning_tokens": ("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"),
}


class OtelGenAI(LogFormat):
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
        """By ``resourceSpans``, or by an attribute that begins with ``gen_ai.``."""
        if "resourceSpans" in record or "resource_spans" in record:
            return True
        attributes = record.get("attributes")
        if isinstance(attributes, list):
            return any(isinstance(a, Mapping) and str(a.get("key", "")).startswith("gen_ai.") for a in attributes)
        return isinstance(attributes, Mapping) and any(str(name).startswith("gen_ai.") for name in attributes)

    def read(self, record: Json) -> Iterable[Fields]:
        """An exchange a span that carries GenAI attributes.

        Raises:
            RecordError: an export holds none.
        """
        if not ("resourceSpans" in record or "resource_spans" in record):
            return [_span(record, {})]
        found = [_span(span, resource) for resource, span in _spans(record) if self.recognises(span)]
        if not found:
            raise RecordError("the export holds no span with `gen_ai.` attributes")
        return found


def _spans(record: Json) -> Iterable[tuple[dict[str, Any], Json]]:
    for resource in listed(first(record, "resourceSpans", "resource_spans"), "resourceSpans"):
        shared = _attributes(object_of(object_of(resource, "resourceSpans").get("resource"), "resource"))
        for scope in listed(first(resource, "scopeSpans", "scope_spans"), "scopeSpans"):
            for span in listed(object_of(scope, "scopeSpans").get("spans"), "spans"):
                yield shared, object_of(span, "spans")


def _attributes(holder: Json) -> dict[str, Any]:
    """Attributes as an object, whichever way they are written."""
    given = holder.get("attributes")
    if isinstance(given, Mapping):
        return dict(given)
    pairs = listed(given, "attributes") if given is not None else []
    return {str(object_of(p, "attributes").get("key")): _value(p.get("value")) for p in pairs}


def _value(value: Any) -> Any:
    """An OTLP AnyValue as a plain one; 64-bit numbers come as text."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return value
    ((kind, inner),) = value.items()
    if kind == "intValue":
        return int(inner) if isinstance(inner, str) and inner.lstrip("-").isdecimal() else inner
    if kind == "arrayValue":
        return [_value(item) for item in inner.get("values", [])] if isinstance(inner, Mapping) else inner
    if kind == "kvlistValue":
        pairs = inner.get("values", []) if isinstance(inner, Mapping) else []
        return {item.get("key"): _value(item.get("value")) for item in pairs if isinstance(item, Mapping)}
    return inner


def _span(span: Json, resource: Mapping[str, Any]) -> Fields:
    attributes = {**resource, **_attributes(span)}
    fields: Fields = {column: first(attributes, *names) for column, names in _PLAIN.items()}
    fields |= {column: whole(first(attributes, *names)) for column, names in _WHOLE.items()}
    start = first(span, "startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime")
    end = first(span, "endTimeUnixNano", "end_time_unix_nano", "end_time", "endTime")
    fields["time"] = start
    fields["latency_ms"] = elapsed_ms(start, end)
    fields["exchange_id"] = identity(fields["exchange_id"] or first(span, "spanId", "span_id"))
    fields["account_id"] = identity(fields["account_id"])
    fields["stop"] = stop_list(first(attributes, "gen_ai.request.stop_sequences"))
    reasons = first(attributes, "gen_ai.response.finish_reasons")
    fields["stop_reason"] = reasons[0] if isinstance(reasons, list) and reasons else None
    asked = parsed(first(attributes, "gen_ai.input.messages", "gen_ai.prompt"), "gen_ai.input.messages")
    if isinstance(asked, str):
        fields["prompt"] = asked
    elif asked is not None:
        fields["messages"] = [_message(m)[0] for m in listed(asked, "gen_ai.input.messages")]
    answered = parsed(first(attributes, "gen_ai.output.messages", "gen_ai.completion"), "gen_ai.output.messages")
    if isinstance(answered, str):
        fields["response"] = answered
    elif answered:
        message, fields["reasoning"] = _message(listed(answered, "gen_ai.output.messages")[0])
        fields["response"] = message.content
    system = parsed(first(attributes, "gen_ai.system_instructions"), "gen_ai.system_instructions")
    fields["system"] = system if isinstance(system, str) else _texts(system or [], "text")
    return {name: value for name, value in fields.items() if value is not None}


def _message(value: Any) -> tuple[Message, str | None]:
    """A message of parts (or of plain content), and its reasoning."""
    given = object_of(value, "messages")
    parts = given.get("parts")
    role = str(given.get("role") or "user")
    if parts is None:
        return Message(role, content_text(given.get("content"), "content")), None
    return Message(role, _texts(parts, "text")), _texts(parts, "reasoning")


def _texts(parts: Any, kind: str) -> str | None:
    """The texts of one kind of part, a line each; a tool's answer counts as text."""
    kinds = {kind, "tool_call_response"} if kind == "text" else {kind}
    texts = []
    for part in listed(parts, "parts"):
        if isinstance(part, str) and kind == "text":
            texts.append(part)
        elif isinstance(part, Mapping) and part.get("type", "text") in kinds:
            text = first(part, "content", "text", "response", "result")
            texts.append(text if isinstance(text, str) else "" if text is None else str(text))
    return "\n".join(texts) if texts else None


FORMAT = OtelGenAI()
