"""What OpenTelemetry's GenAI events say of a call: its messages, where no attribute of its span has them.

Events are a span's own, or log records that name its trace and itself. Read are
``gen_ai.client.inference.operation.details`` (the attributes of a span, messages among them);
``gen_ai.system.message``, ``gen_ai.user.message``, ``gen_ai.assistant.message``, ``gen_ai.tool.message`` and
``gen_ai.choice`` (a body, or attributes ``content`` and ``message``, or ``gen_ai.event.content`` as JSON text);
``gen_ai.content.prompt`` and ``gen_ai.content.completion``; a span's attribute ``events`` as JSON text; and log records
whose body is an object of ``input`` and ``output`` with messages, as AWS' distribution of OpenTelemetry takes them out
of spans. Of several choices the first counts. Layout: OpenTelemetry's semantic conventions for generative AI events, up
to 1.36 and after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stillwatch.core.bodies.optional_parts import UNFORESEEN
from stillwatch.core.bodies.shapes import Json, first, parsed
from stillwatch.core.bodies.traced import answer_fields, asked_fields
from stillwatch.ingest.otlp import any_value, attributes_of, log_records
from stillwatch.ingest.record import RecordError
from stillwatch.ingest.span_tree import trace_of

__all__ = [
    "DETAILS",
    "Event",
    "attributes_told",
    "has_log_events",
    "is_log_record",
    "log_events",
    "name_of",
    "own_events",
]

DETAILS = "gen_ai.client.inference.operation.details"
"""The event that holds all of a call."""

_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_CHOICE = "gen_ai.choice"
_PROMPT, _COMPLETION = "gen_ai.content.prompt", "gen_ai.content.completion"
_NAMES = frozenset((DETAILS, _CHOICE, _PROMPT, _COMPLETION, *_ROLES))
_OF_SPANS = ("startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "start_timestamp", "context")
_SIDES = frozenset(("input", "output"))
_MESSAGE_KEYS = ('"content"', '"message"', '"tool_calls"')
# What holds messages: read as such, and no attribute of a call.
_CONTENT = frozenset(
    ("gen_ai.event.content", "gen_ai.prompt", "gen_ai.completion", "event.name", "content", "role", "message", "index")
)
# Of the parts that Bedrock's API and OpenAI's have.
_PART_KEYS = frozenset(
    ("type", "text", "content", "toolUse", "toolResult", "image", "image_url", "reasoningContent", "cachePoint")
)


@dataclass(frozen=True)
class Event:
    """An event by its name, with its attributes (a log record's also those of its resource), its body, and the place of
    the part that holds it."""

    name: str
    attributes: Mapping[str, Any]
    body: Any
    record: Json
    place: int = 0

    @cached_property
    def span(self) -> tuple[str, str] | None:
        """The trace and the span that it names; None where it names none."""
        trace = trace_of(self.record)
        span = first(self.record, "spanId", "span_id")
        return (trace, str(span)) if trace and span else None

    @cached_property
    def time(self) -> Any:
        """When it was, as it is written; null where that is not said."""
        named = (
            "timeUnixNano", "time_unix_nano", "observedTimeUnixNano", "observed_time_unix_nano", "timestamp",
            "observed_timestamp",
        )  # fmt: skip
        return next((value for name in named if (value := self.record.get(name)) not in (None, "", 0, "0")), None)

    @property
    def moment(self) -> int:
        """Its time, to sort by: what has one time, or none, stays in the order in which it was written."""
        return int(self.time) if str(self.time).isdecimal() else 0


def name_of(record: object) -> str | None:
    """The name of a GenAI event among those that are read here; None for any other log record."""
    if not isinstance(record, dict):
        return None
    name = first(record, "eventName", "event_name", "name")
    if name is None:
        given = record.get("attributes")
        if isinstance(given, dict):
            name = given.get("event.name")
        elif isinstance(given, list):
            found = (one.get("value") for one in given if isinstance(one, dict) and one.get("key") == "event.name")
            name = any_value(next(found, None))
    if isinstance(name, str) and name in _NAMES:
        return name
    return DETAILS if _sides_of(record.get("body")) else None


def _sides_of(body: object) -> dict[str, list[Any]]:
    """The messages that a body holds under ``input`` and ``output``."""
    if not isinstance(body, dict) or not (body.keys() <= _SIDES or "kvlistValue" in body):
        return {}
    held = any_value(body)
    found: dict[str, list[Any]] = {}
    for side in _SIDES if isinstance(held, dict) else ():
        one = held.get(side)
        if isinstance(one, dict) and isinstance(one.get("messages"), list):
            found[f"gen_ai.{side}.messages"] = [_unwrapped(message) for message in one["messages"]]
    return found


def _unwrapped(message: Any) -> Any:
    """A message whose content stands in an object of its own."""
    if not isinstance(message, dict):
        return message
    content, told = message.get("content"), dict(message)
    if isinstance(content, dict):
        told |= {name: content[name] for name in ("finish_reason", "role") if content.get(name)}
        content = first(content, "content", "message", "text")
    told["content"] = _parts(content) if isinstance(content, str) and content.lstrip().startswith("[{") else content
    return told


def is_log_record(record: Json) -> bool:
    """Whether a record is a GenAI event alone, and neither a span nor an export."""
    return ("body" in record or "attributes" in record) and not _is_span(record) and name_of(record) is not None


def _is_span(record: Json) -> bool:
    return first(record, *_OF_SPANS) is not None


def has_log_events(record: Json) -> bool:
    """Whether a GenAI event lies among an export's log records; raises nothing."""
    if not ("resourceLogs" in record or "resource_logs" in record):
        return False
    try:
        return any(name_of(one) is not None for _, one in log_records(record)[0])
    except UNFORESEEN:
        return False


def log_events(record: Json, place: int = 0) -> tuple[list[Event], list[RecordError]]:
    """The GenAI events among an export's log records, and why others are none."""
    held, broken = log_records(record)
    found: list[Event] = []
    for shared, one in held:
        name = name_of(one)
        if name is None:
            continue
        try:
            told = {**shared, **_sides_of(one.get("body")), **attributes_of(one)}
            found.append(Event(name, told, any_value(one.get("body")), one, place))
        except UNFORESEEN as error:
            broken.append(RecordError(f"`logRecords`: {error}"))
    return found, broken


def own_events(span: Json, attributes: Mapping[str, Any]) -> list[Event]:
    """The GenAI events of a span."""
    found: list[Event] = []
    given = span.get("events")
    for one in given if isinstance(given, list) else ():
        name = name_of(one)
        if name is not None:
            found.append(Event(name, attributes_of(one), None, one))
    if not found and isinstance(attributes.get("events"), str) and '"event.name"' in attributes["events"]:
        told = parsed(attributes["events"], "events")
        for one in told if isinstance(told, list) else ():
            name = one.get("event.name") if isinstance(one, dict) else None
            if isinstance(name, str) and name in _NAMES:
                found.append(Event(name, one, one, one))
    return found


def attributes_told(events: Sequence[Event]) -> dict[str, Any]:
    """What the events of one call say, under the names of a span's attributes.

    Raises:
        RecordError: a text that stands for messages was cut.
    """
    told: dict[str, Any] = {}
    for event in events:
        told = {**{name: value for name, value in event.attributes.items() if name not in _CONTENT}, **told}
    if asked := _asked(events):
        told.setdefault("gen_ai.input.messages", asked)
    if (answer := _answer(events)) is not None:
        told.setdefault("gen_ai.output.messages", [answer] if isinstance(answer, dict) else answer)
        reason = answer.get("finish_reason") if isinstance(answer, dict) else None
        told.setdefault("gen_ai.response.finish_reasons", [reason] if reason else None)
    return {name: value for name, value in told.items() if value is not None}


def _asked(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The messages before the first answer."""
    asked: list[dict[str, Any]] = []
    for event in events:
        if event.name == _CHOICE:
            break
        if event.name in _ROLES:
            asked.append(_message(_body(event), _ROLES[event.name]))
        elif event.name == _PROMPT:
            fields = asked_fields(_said(event, "gen_ai.prompt"), "gen_ai.prompt")
            if fields.get("messages"):
                asked += [{"role": one.role, "content": one.content} for one in fields["messages"]]
            elif fields.get("prompt"):
                asked.append({"role": "user", "content": fields["prompt"]})
    return asked


def _answer(events: Sequence[Event]) -> Any:
    """The first answer, with why it ended; as its text where that cannot be read, for whoever reads answers to say."""
    for event in events:
        if event.name == _COMPLETION:
            given = _said(event, "gen_ai.completion")
            fields = answer_fields(given, "gen_ai.completion")
            if "note" in fields:
                return given
            return {"role": "assistant", "content": fields.get("response"), "finish_reason": fields.get("stop_reason")}
        if event.name == _CHOICE:
            try:
                body = _body(event)
                if str(body.get("index") or 0) == "0":
                    return _choice(body)
            except RecordError:
                return first(event.attributes, "gen_ai.event.content", "message") or event.body
    return None


def _choice(body: Json) -> dict[str, Any]:
    given = body.get("message")
    given = parsed(given, _CHOICE) if _is_message(given) else given
    message = _message(given if isinstance(given, dict) else {"content": given or body.get("content")}, "assistant")
    return {**message, "finish_reason": first(body, "finish_reason", "finishReason")}


def _said(event: Event, name: str) -> Any:
    return first(event.attributes, name, "gen_ai.event.content") or event.body


def _body(event: Event) -> Json:
    """What an event says: its body, its content as JSON text, or its attributes."""
    given = event.body if event.body is not None else event.attributes.get("gen_ai.event.content")
    if isinstance(given, str):
        given = parsed(given, event.name) if _is_message(given) else {"content": given}
    if isinstance(given, dict):
        return given
    return {"content": given} if given is not None else event.attributes


def _is_message(value: object) -> bool:
    """Whether a text is JSON of a message, or of a choice."""
    return isinstance(value, str) and value.lstrip().startswith("{") and any(key in value for key in _MESSAGE_KEYS)


def _message(body: Json, role: str) -> dict[str, Any]:
    content = body.get("content")
    if isinstance(content, str) and content.lstrip().startswith("[{"):
        content = _parts(content)
    named = body.get("role")
    if isinstance(content, dict):
        # As Gemini has it: the message is the content.
        named, content = content.get("role") or named, content.get("parts")
    named = named if isinstance(named, str) and named else role
    return {"role": "assistant" if named == "model" else named, "content": content}


def _parts(text: str) -> Any:
    """Parts that were written as text; a text that only looks like it stays one."""
    try:
        found = parsed(text, "content")
    except RecordError:
        return text
    known = all(isinstance(one, dict) and one and one.keys() <= _PART_KEYS for one in found)
    return found if known else text
