"""OpenTelemetry GenAI spans, old and new attribute names.

A record is a span (``attributes`` an object, or OTLP's list of keys and values), or a line of an
OTLP/JSON export (``resourceSpans``) that holds several. Read are ``gen_ai.request.*``,
``gen_ai.response.*``, ``gen_ai.usage.*`` (also ``prompt_tokens`` and ``completion_tokens``),
``gen_ai.input.messages``, ``gen_ai.output.messages`` and ``gen_ai.system_instructions`` (also
``gen_ai.prompt`` and ``gen_ai.completion``), ``gen_ai.provider.name`` (also ``gen_ai.system``),
``gen_ai.tool.definitions``, ``user.id`` or ``enduser.id`` (the account), ``client.address`` and
``user_agent.original``. Content is opt-in and may be a JSON string; without it a span is a dead letter.
The names of OpenInference and OpenLLMetry are read as ``span_attributes`` says, alone or mixed with these.

Of an export each call of a model is an exchange. Spans of tools, agents and workflows are none, but an agent's that
has messages and no call among the spans below it. A span without a user has that of the nearest span above it in the
export, else the one user of its trace. A span that cannot be read is a dead letter of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.optional_parts import UNFORESEEN, answered, put, said
from stillwatch.core.bodies.shapes import (
    Json,
    content_text,
    first,
    identity,
    listed,
    merged,
    names_of_tools,
    object_of,
    parsed,
    stop_list,
    whole,
)
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields, Message, RecordError
from stillwatch.ingest.span_attributes import is_foreign, unified
from stillwatch.ingest.span_tree import Span, SpanTree
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT", "read_span"]

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

_ASKED = ("gen_ai.input.messages", "gen_ai.prompt")
_MODELS = ("gen_ai.request.model", "gen_ai.response.model")
_AGENTS = ("invoke_agent", "invoke_workflow")
_NO_CALLS = frozenset((*_AGENTS, "create_agent", "execute_tool", "embeddings", "retrieval", "rerank", "handoff"))


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

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """An exchange a span that calls a model.

        Raises:
            RecordError: an export holds none; a span alone is none.
        """
        if not ("resourceSpans" in record or "resource_spans" in record):
            span = Span(record, unified(_attributes(record)))
            if span.operation in _NO_CALLS:
                raise RecordError(f"a span of `{span.operation}` is no call of a chat model")
            return [_span(span)]
        spans, broken = _spans(record)
        tree = SpanTree(spans)
        read: list[Fields | RecordError] = [_read_span(span, tree) for span in spans if _is_call(span, tree)]
        if not (read or broken):
            raise RecordError("the export holds no span that calls a model with `gen_ai.` attributes")
        return [*read, *broken]


def _spans(record: Json) -> tuple[list[Span], list[RecordError]]:
    """Every span of an export with its resource's attributes, and why others are none."""
    found: list[Span] = []
    broken: list[RecordError] = []
    for resource in listed(first(record, "resourceSpans", "resource_spans"), "resourceSpans"):
        try:
            shared = _attributes(object_of(object_of(resource, "resourceSpans").get("resource"), "resource"))
            scopes = listed(first(resource, "scopeSpans", "scope_spans", "instrumentationLibrarySpans"), "scopeSpans")
            given = [span for scope in scopes for span in listed(object_of(scope, "scopeSpans").get("spans"), "spans")]
        except UNFORESEEN as error:
            broken.append(RecordError(said(error, "resourceSpans")))
            continue
        for span in given:
            try:
                own = _attributes(object_of(span, "spans"))
                found.append(Span(object_of(span, "spans"), {**shared, **unified(own)}))
            except UNFORESEEN as error:
                broken.append(RecordError(said(error, "spans")))
    return found, broken


def _is_call(span: Span, tree: SpanTree) -> bool:
    """Whether a span is one call of a model, and not what one of the spans below it says again."""
    if not (FORMAT.recognises(span.record) or is_foreign(span.attributes)):
        return False
    if span.operation == "embeddings":
        return True
    if span.operation in _NO_CALLS:
        asked = first(span.attributes, *_ASKED) is not None
        return span.operation in _AGENTS and asked and not tree.has_below(span, _calls)
    return not tree.has_below(span, _calls)


def _calls(span: Span) -> bool:
    return span.operation not in _NO_CALLS and first(span.attributes, *_ASKED, *_MODELS) is not None


def _read_span(span: Span, tree: SpanTree) -> Fields | RecordError:
    try:
        if span.operation == "embeddings":
            raise RecordError("an embeddings span holds no conversation")
        fields = _span(span)
    except UNFORESEEN as error:
        return RecordError(said(error, "attributes"))
    if fields.get("account_id") is None:
        found = tree.inherited(span, lambda one: identity(first(one.attributes, *_PLAIN["account_id"])))
        if found is not None:
            fields["account_id"] = found
    return fields


def read_span(span: Json, attributes: dict[str, Any]) -> Fields:
    """A span of another layout, with its attributes by name.

    Raises:
        RecordError: what it asked cannot be read.
    """
    return _span(Span(span, unified(attributes)))


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


def _span(one: Span) -> Fields:
    span, attributes = one.record, one.attributes
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
    asked = parsed(first(attributes, *_ASKED), "gen_ai.input.messages")
    if isinstance(asked, str):
        fields["prompt"] = asked
    elif asked is not None:
        fields["messages"] = [_message(m)[0] for m in listed(asked, "gen_ai.input.messages")]
    put(fields, "system", _instructions, first(attributes, "gen_ai.system_instructions"))
    put(fields, "tools", names_of_tools, first(attributes, "gen_ai.tool.definitions", "gen_ai.request.tools"))
    return merged(fields, answered(_answer, first(attributes, "gen_ai.output.messages", "gen_ai.completion")))


def _answer(value: Any) -> Fields:
    value = parsed(value, "gen_ai.output.messages")
    if isinstance(value, str):
        return {"response": value}
    if not value:
        return {}
    message, reasoning = _message(listed(value, "gen_ai.output.messages")[0])
    return {"response": message.content, "reasoning": reasoning}


def _instructions(value: Any) -> str | None:
    system = parsed(value, "gen_ai.system_instructions")
    return system if isinstance(system, str) else _texts(system or [], "text")


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
