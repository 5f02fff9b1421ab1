"""One span of a call as canonical fields, from attributes as OpenTelemetry's GenAI conventions name them.

``formats/otel_genai`` says which attributes are read; to read another, add its name to ``_PLAIN`` or ``_WHOLE``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.core.bodies.optional_parts import answered, put
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
from stillwatch.ingest.paths import at
from stillwatch.ingest.record import Fields, Message
from stillwatch.ingest.span_attributes import unified
from stillwatch.ingest.span_tree import Span
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = [
    "AGENTS",
    "ANSWERED",
    "ASKED",
    "NO_CALLS",
    "attribute_at",
    "attribute_names",
    "fields_of",
    "named_by",
    "read_span",
]

# Canonical column: attribute names, newest first.
_PLAIN: dict[str, tuple[str, ...]] = {
    "exchange_id": ("gen_ai.response.id",),
    "provider": ("gen_ai.provider.name", "gen_ai.system"),
    "model": ("gen_ai.request.model", "gen_ai.response.model"),
    "operation": ("gen_ai.operation.name",),
    "session_id": ("gen_ai.conversation.id", "session.id"),
    "account_id": (
        "user.id", "enduser.id", "metadata.user_api_key_user_id", "litellm.metadata.user_api_key_user_id",
        "metadata.user_api_key_hash", "litellm.metadata.user_api_key_hash", "gen_ai.user",
        "gen_ai.openai.request.user", "llm.user", "enduser.pseudo.id",
    ),
    "api_key_id": ("metadata.user_api_key_hash", "litellm.metadata.user_api_key_hash"),
    "org_id": (
        "organization.id", "tenant.id", "metadata.user_api_key_org_id", "litellm.metadata.user_api_key_org_id",
        "metadata.user_api_key_team_id", "litellm.metadata.user_api_key_team_id",
    ),
    "temperature": ("gen_ai.request.temperature",),
    "top_p": ("gen_ai.request.top_p",),
    "stream": ("gen_ai.request.stream", "gen_ai.request.is_stream"),
    "logprobs": ("gen_ai.request.logprobs",),
    "response_format": ("gen_ai.output.type", "gen_ai.openai.request.response_format"),
    "client_address": ("client.address", "metadata.requester_ip_address", "litellm.metadata.requester_ip_address",
                       "net.peer.ip"),
    "user_agent": ("user_agent.original", "http.user_agent"),
    "status": ("http.response.status_code", "error.type"),
}  # fmt: skip
_WHOLE: dict[str, tuple[str, ...]] = {
    "top_k": ("gen_ai.request.top_k",),
    "n": ("gen_ai.request.choice.count",),
    "max_tokens": ("gen_ai.request.max_tokens",),
    "seed": ("gen_ai.request.seed", "gen_ai.openai.request.seed"),
    "top_logprobs": ("gen_ai.request.top_logprobs",),
    "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    "reasoning_tokens": (
        "gen_ai.usage.output_tokens.reasoning",
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
    ),
}

# Of each attribute the columns that it names, and how many names go before it there.
_PLACES: dict[str, list[tuple[str, int]]] = {}
for _column, _names in (*_PLAIN.items(), *_WHOLE.items()):
    for _place, _name in enumerate(_names):
        _PLACES.setdefault(_name, []).append((_column, _place))
_NOTHING = dict.fromkeys((*_PLAIN, *_WHOLE))

ASKED = ("gen_ai.input.messages", "gen_ai.prompt")
"""Attributes that hold what was asked."""

ANSWERED = ("gen_ai.output.messages", "gen_ai.completion")
"""Attributes that hold the answer."""

AGENTS = ("invoke_agent", "invoke_workflow")
"""Operations of spans that stand around calls, and may hold what those say."""

NO_CALLS = frozenset((*AGENTS, "create_agent", "execute_tool", "embeddings", "retrieval", "rerank", "handoff"))
"""Operations of spans that are no calls of a chat model."""

_REASONS = ("gen_ai.response.finish_reasons", "gen_ai.response.finish_reason", "ai.response.finishReason")
_DURATIONS = (("duration_ms", 1), ("duration_ns", 1_000_000), ("durationNano", 1_000_000))
_TRUTHS = {"true": True, "false": False}
_NOBODY = (None, "", "None")


def attribute_names() -> Mapping[str, tuple[str, ...]]:
    """Of each column the attributes that name it, the newest first."""
    return {**_PLAIN, **_WHOLE}


def attribute_at(span: Span, path: str) -> str | int | None:
    """What an attribute names, or what lies in one that is JSON text."""
    found = at(span.attributes, path)
    return found if isinstance(found, str | int) and found != "" else None


def read_span(span: Json, attributes: dict[str, Any]) -> Fields:
    """A span of another layout, with its attributes by name.

    Raises:
        RecordError: what it asked cannot be read.
    """
    return fields_of(Span(span, unified(attributes)))


def _by_column(attributes: Json) -> Fields:
    """Every column that plain attributes name; of several names the newest that has a value."""
    fields: Fields = dict(_NOTHING)
    found: dict[str, int] = {}
    for name, value in attributes.items():
        if value is None or value == "":
            continue
        for column, place in _PLACES.get(name, ()):
            if place < found.get(column, len(_PLACES)):
                found[column] = place
                fields[column] = whole(value) if column in _WHOLE else value
    return fields


_STARTS = ("startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "start_timestamp", "@timestamp")
_ENDS = ("endTimeUnixNano", "end_time_unix_nano", "end_time", "endTime", "end_timestamp")


def fields_of(one: Span) -> Fields:
    """A span with its attributes under the conventions' names.

    Raises:
        RecordError: what it asked cannot be read.
    """
    span, attributes = one.record, one.attributes
    fields = _by_column(attributes)
    start = first(span, *_STARTS)
    end = first(span, *_ENDS)
    fields["time"] = start
    fields["latency_ms"] = elapsed_ms(start, end) if end is not None else _took(span)
    fields["exchange_id"] = identity(fields["exchange_id"] or first(span, "spanId", "span_id"))
    # Some tracers write every value as text.
    for name in ("stream", "logprobs"):
        if isinstance(fields[name], str):
            fields[name] = _TRUTHS.get(fields[name].lower(), fields[name])
    for column in ("account_id", "api_key_id", "org_id", "session_id"):
        if fields[column] is not None:
            fields[column] = named_by(attributes, column)
    put(fields, "stop", _stops, first(attributes, "gen_ai.request.stop_sequences"))
    put(fields, "stop_reason", _first_reason, first(attributes, *_REASONS))
    asked = parsed(first(attributes, *ASKED), "gen_ai.input.messages")
    if isinstance(asked, dict) and "messages" in asked:
        # OpenRouter's broadcast keeps the request's list in an object, and its answer likewise.
        asked = asked["messages"]
    if isinstance(asked, str):
        fields["prompt"] = asked
    elif asked is not None:
        fields["messages"] = [_message(m)[0] for m in listed(asked, "gen_ai.input.messages")]
    put(fields, "system", _instructions, first(attributes, "gen_ai.system_instructions"))
    put(fields, "tools", names_of_tools, first(attributes, "gen_ai.tool.definitions", "gen_ai.request.tools"))
    fields["named"] = lambda path: attribute_at(one, path)
    return merged(fields, answered(_answer, first(attributes, *ANSWERED)))


def _took(span: Json) -> float | None:
    """How long a span took that does not say when it ended, in milliseconds."""
    for name, unit in _DURATIONS:
        given = span.get(name)
        if isinstance(given, str) and given.isdecimal():
            given = int(given)
        if isinstance(given, int | float) and not isinstance(given, bool):
            return given / unit
    return None


def named_by(attributes: Json, column: str) -> Any:
    """Whom a column names; LiteLLM writes ``None`` where it knows nobody."""
    for name in _PLAIN[column]:
        value = attributes.get(name)
        if value not in _NOBODY and (known := identity(value)) is not None:
            return known
    return None


def _stops(value: Any) -> Any:
    return stop_list(parsed(value, "gen_ai.request.stop_sequences"))


def _first_reason(value: Any) -> Any:
    given = parsed(value, "gen_ai.response.finish_reasons")
    return (given[0] if given else None) if isinstance(given, list) else given


def _answer(value: Any) -> Fields:
    value = parsed(value, "gen_ai.output.messages")
    if isinstance(value, str):
        return {"response": value}
    if not value:
        return {}
    if isinstance(value, dict) and "completion" in value:
        return {"response": value["completion"], "reasoning": first(value, "reasoning")}
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
        elif isinstance(part, dict) and str(part.get("type", "text")) in kinds:
            text = first(part, "content", "text", "response", "result")
            texts.append(text if isinstance(text, str) else "" if text is None else str(text))
    return "\n".join(texts) if texts else None
