"""OpenTelemetry GenAI spans, old and new attribute names.

A record is a span (``attributes`` an object, or OTLP's list of keys and values), or a line of an
OTLP export (``resourceSpans``, in JSON or protobuf) that holds several. Read are ``gen_ai.request.*``,
``gen_ai.response.*``, ``gen_ai.usage.*`` (also ``prompt_tokens`` and ``completion_tokens``),
``gen_ai.input.messages``, ``gen_ai.output.messages`` and ``gen_ai.system_instructions`` (also
``gen_ai.prompt`` and ``gen_ai.completion``), ``gen_ai.provider.name`` (also ``gen_ai.system``),
``gen_ai.tool.definitions``, ``user.id`` or ``enduser.id`` (the account; of LiteLLM's spans the holder of the key,
``metadata.user_api_key_user_id``, else ``metadata.user_api_key_hash``), ``client.address`` and
``user_agent.original``. Content is opt-in and may be a JSON string; without it a span is a dead letter.
The names of OpenInference and OpenLLMetry are read as ``span_attributes`` says, alone or mixed with these. Content that
stands in a span's events (``gen_ai.user.message``, ``gen_ai.choice``, ``gen_ai.content.prompt``, ...), or in log
records of the same file (``otel-genai-events``), is read where the attributes have none.

Of an export each call of a model is an exchange. Spans of tools, agents and workflows are none, but an agent's that
has messages and no call among the spans below it. A span without a user has that of the nearest span above it in the
export, else the one user of its trace. A span that cannot be read is a dead letter of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from stillwatch.ingest.genai_events import DETAILS, Event, attributes_told, log_events, own_events
from stillwatch.ingest.otlp import attributes_of, spans
from stillwatch.ingest.paths import at
from stillwatch.ingest.record import Fields, Message, RecordError
from stillwatch.ingest.span_attributes import is_foreign, unified
from stillwatch.ingest.span_tree import Span, SpanTree
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT", "read_events", "read_span"]

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
        "gen_ai.openai.request.user", "llm.user",
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

_TRUTHS = {"true": True, "false": False}
_NOBODY = (None, "", "None")
_ASKED = ("gen_ai.input.messages", "gen_ai.prompt")
_ANSWERED = ("gen_ai.output.messages", "gen_ai.completion")
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
            span = _whole(record, {}, ())
            if span.operation in _NO_CALLS:
                raise RecordError(f"a span of `{span.operation}` is no call of a chat model")
            return [_span(span)]
        found, broken = spans(record)
        events, unread = log_events(record)
        logged: dict[tuple[str, str] | None, list[Event]] = {}
        for event in events:
            logged.setdefault(event.span, []).append(event)
        whole = _spans(found, logged, broken)
        tree = SpanTree(whole)
        read: list[Fields | RecordError] = [_read_span(span, tree) for span in whole if _is_call(span, tree)]
        known = {span.key for span in whole}
        read += read_events([event for event in events if event.span not in known])
        if not (read or broken or unread):
            raise RecordError("the export holds no span that calls a model with `gen_ai.` attributes")
        return [*read, *broken, *unread]


def _spans(
    given: list[tuple[dict[str, Any], Json]],
    logged: Mapping[tuple[str, str] | None, list[Event]],
    broken: list[RecordError],
) -> list[Span]:
    """The spans of an export with all that is said of them; why others are none goes to ``broken``."""
    found: list[Span] = []
    for shared, span in given:
        try:
            key = Span(span, {}).key
            found.append(_whole(span, shared, logged.get(key, ()) if key else ()))
        except UNFORESEEN as error:
            broken.append(RecordError(said(error, "spans")))
    return found


def _whole(span: Json, shared: Json, logged: Sequence[Event]) -> Span:
    """A span with its attributes under the conventions' names, and what its events say that they do not."""
    attributes = {**shared, **unified(attributes_of(span))}
    own = own_events(span, attributes)
    if not (own or logged):
        return Span(span, attributes)
    told = {**attributes_told(logged), **attributes_told(own)}
    for names in (_ASKED, _ANSWERED):
        if first(attributes, *names) is not None:
            told.pop(names[0], None)
    return Span(span, {**told, **{name: value for name, value in attributes.items() if value not in (None, "")}})


def read_events(events: Sequence[Event]) -> list[Fields | RecordError]:
    """The calls of which only events tell: an exchange a span that they name, or an event that holds a whole call."""
    groups: dict[Any, list[Event]] = {}
    lone: list[Event] = []
    for event in events:
        if event.span is not None:
            groups.setdefault(event.span, []).append(event)
        elif event.name == DETAILS:
            groups[id(event)] = [event]
        else:
            lone.append(event)
    calls: list[list[Event]] = []
    for group in groups.values():
        details = [event for event in group if event.name == DETAILS]
        calls += [group] if len(details) < 2 else [[event] for event in details]
    read: list[Fields | RecordError] = []
    for call in calls:
        first_of = call[0].record
        span = {"spanId": first(first_of, "spanId", "span_id"), "startTimeUnixNano": call[0].time}
        try:
            read.append(_read_call(Span(span, unified(attributes_told(call)))))
        except UNFORESEEN as error:
            read.append(RecordError(said(error, "logRecords")))
    if lone:
        names = ", ".join(sorted({f"`{event.name}`" for event in lone}))
        read.append(RecordError(f"{len(lone)} events ({names}) name no span: what they belong to cannot be told"))
    return read


def _is_call(span: Span, tree: SpanTree) -> bool:
    """Whether a span is one call of a model, and not what one of the spans below it says again."""
    # LiteLLM says what it sent once more below its call, under names of the provider's.
    foreign = is_foreign(span.attributes) and (span.operation or _calls(span))
    if not (FORMAT.recognises(span.record) or foreign):
        return False
    if span.operation == "embeddings":
        return True
    if span.operation in _NO_CALLS:
        asked = first(span.attributes, *_ASKED) is not None
        return span.operation in _AGENTS and asked and not tree.has_below(span, _calls)
    # A gateway tells of its attempts below a call, without the text, which the call holds.
    if _speaks(span):
        return not tree.has_below(span, _speaks)
    return not (tree.has_below(span, _calls) or tree.has_above(span, _speaks))


def _speaks(span: Span) -> bool:
    return _calls(span) and first(span.attributes, *_ASKED) is not None


def _calls(span: Span) -> bool:
    return span.operation not in _NO_CALLS and first(span.attributes, *_ASKED, *_MODELS) is not None


def _read_call(span: Span) -> Fields:
    if span.operation == "embeddings":
        raise RecordError("an embeddings span holds no conversation")
    return _span(span)


def _read_span(span: Span, tree: SpanTree) -> Fields | RecordError:
    try:
        fields = _read_call(span)
    except UNFORESEEN as error:
        return RecordError(said(error, "attributes"))
    if fields.get("account_id") is None:
        found = tree.inherited(span, lambda one: _identity(one.attributes, "account_id"))
        if found is not None:
            fields["account_id"] = found
    fields["named"] = lambda path: _attribute(span, path) or tree.inherited(span, lambda one: _attribute(one, path))
    return fields


def _attribute(span: Span, path: str) -> str | int | None:
    """What an attribute names, or what lies in one that is JSON text."""
    found = at(span.attributes, path)
    return found if isinstance(found, str | int) and found != "" else None


def read_span(span: Json, attributes: dict[str, Any]) -> Fields:
    """A span of another layout, with its attributes by name.

    Raises:
        RecordError: what it asked cannot be read.
    """
    return _span(Span(span, unified(attributes)))


def _span(one: Span) -> Fields:
    span, attributes = one.record, one.attributes
    fields = _by_column(attributes)
    start = first(span, "startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime")
    end = first(span, "endTimeUnixNano", "end_time_unix_nano", "end_time", "endTime")
    fields["time"] = start
    fields["latency_ms"] = elapsed_ms(start, end)
    fields["exchange_id"] = identity(fields["exchange_id"] or first(span, "spanId", "span_id"))
    # Some tracers write every value as text.
    fields["stream"] = _TRUTHS.get(str(fields["stream"]).lower(), fields["stream"])
    fields |= {column: _identity(attributes, column) for column in ("account_id", "api_key_id", "org_id", "session_id")}
    fields["stop"] = stop_list(first(attributes, "gen_ai.request.stop_sequences"))
    reasons = first(attributes, "gen_ai.response.finish_reasons")
    fields["stop_reason"] = reasons[0] if isinstance(reasons, list) and reasons else None
    asked = parsed(first(attributes, *_ASKED), "gen_ai.input.messages")
    if isinstance(asked, Mapping) and "messages" in asked:
        # OpenRouter's broadcast keeps the request's list in an object, and its answer likewise.
        asked = asked["messages"]
    if isinstance(asked, str):
        fields["prompt"] = asked
    elif asked is not None:
        fields["messages"] = [_message(m)[0] for m in listed(asked, "gen_ai.input.messages")]
    put(fields, "system", _instructions, first(attributes, "gen_ai.system_instructions"))
    put(fields, "tools", names_of_tools, first(attributes, "gen_ai.tool.definitions", "gen_ai.request.tools"))
    fields["named"] = lambda path: _attribute(one, path)
    return merged(fields, answered(_answer, first(attributes, *_ANSWERED)))


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


def _identity(attributes: Json, column: str) -> Any:
    """Whom a column names; LiteLLM writes ``None`` where it knows nobody."""
    return next((identity(value) for name in _PLAIN[column] if (value := attributes.get(name)) not in _NOBODY), None)


def _answer(value: Any) -> Fields:
    value = parsed(value, "gen_ai.output.messages")
    if isinstance(value, str):
        return {"response": value}
    if not value:
        return {}
    if isinstance(value, Mapping) and "completion" in value:
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
        elif isinstance(part, Mapping) and str(part.get("type", "text")) in kinds:
            text = first(part, "content", "text", "response", "result")
            texts.append(text if isinstance(text, str) else "" if text is None else str(text))
    return "\n".join(texts) if texts else None


FORMAT = OtelGenAI()
