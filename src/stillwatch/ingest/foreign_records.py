"""Records of tracers and of services in layouts of their own, told in those that a format reads.

| of | by | told as |
| --- | --- | --- |
| any program, with bodies under other names (``request_body``, ``req``) | a body | ``request``, ``response`` |
| SageMaker's and KServe's data capture | ``captureData`` | ``request``, ``response`` |
| PostHog | ``$ai_input``, ``$ai_output_choices`` | ``flat`` |
| Braintrust | ``span_attributes`` beside ``metrics`` | ``flat`` |
| Amazon Q Business | ``resource_arn``, ``user_message`` | ``flat`` |
| Opik | ``start_time`` beside ``trace_id`` and an ``input`` | ``flat`` |
| the Collector's tables (ClickHouse) | ``SpanAttributes`` | a span |
| Application Insights | ``customDimensions``, ``Properties`` | a span |
| Sentry | ``start_timestamp`` beside ``data`` with ``gen_ai.`` | a span |
| Tyk | ``raw_request``, ``raw_response`` | ``request``, ``response`` |
| Honeycomb, New Relic's ``Span`` | ``gen_ai.*`` beside ids and a time | a span |
| Elastic's documents | ``attributes.*`` laid flat, ``trace.id`` | a span |

Asked only about what no format recognises. To add one, write a function that gives such a record or None, and add it
to ``_KINDS``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from stillwatch.core.bodies.shapes import Json, RecordError, first, listed, object_or_empty
from stillwatch.ingest.answers_within import dated_by_its_answer
from stillwatch.ingest.bodies_at_top import laid_at_top
from stillwatch.ingest.body_names import paired
from stillwatch.ingest.flat_spans import flat_span
from stillwatch.ingest.plain_names import TIMES
from stillwatch.ingest.registry import recognising
from stillwatch.ingest.spelling import in_lower_case, respelled, squashed

__all__ = ["told_otherwise", "ungrouped"]


def _capture(record: Json) -> dict[str, Any] | None:
    """SageMaker's data capture."""
    if "captureData" not in record:
        return None
    held, about = object_or_empty(record["captureData"]), object_or_empty(record.get("eventMetadata"))
    asked, answered = (object_or_empty(held.get(name)).get("data") for name in ("endpointInput", "endpointOutput"))
    return {
        "request_id": about.get("eventId"),
        "time": about.get("inferenceTime"),
        **({"account_id": about["customAttributes"][0]} if about.get("customAttributes") else {}),
        "request": object_or_empty(asked),
        "response": answered,
    }


def _milliseconds(seconds: Any) -> float | None:
    return seconds * 1000 if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None


def _posthog(record: Json) -> dict[str, Any] | None:
    """An event of PostHog, with its properties in an object or laid beside it."""
    held = {**record, **object_or_empty(record.get("properties"))}
    if "$ai_input" not in held:
        return None
    return {
        "exchange_id": first(record, "uuid", "id"),
        "timestamp": first(record, "timestamp", "created_at"),
        "user_id": first(record, "distinct_id") or first(held, "distinct_id"),
        "session_id": held.get("$ai_session_id"),
        "model": held.get("$ai_model"),
        "provider": held.get("$ai_provider"),
        "messages": held["$ai_input"],
        "output": first(held, "$ai_output_choices", "$ai_output"),
        "input_tokens": held.get("$ai_input_tokens"),
        "output_tokens": held.get("$ai_output_tokens"),
        "reasoning_tokens": held.get("$ai_reasoning_tokens"),
        "latency_ms": _milliseconds(held.get("$ai_latency")),
        "status": held.get("$ai_http_status"),
        "client_address": held.get("$ip"),
        "stream": held.get("$ai_stream"),
        "temperature": first(held, "$ai_temperature")
        or object_or_empty(held.get("$ai_model_parameters")).get("temperature"),
        "max_tokens": held.get("$ai_max_tokens"),
    }


_MARKED = re.compile(r"@([a-z]\w*)|([a-zA-Z]\w*)_[sdbtg]")
_LEAST_MARKED = 3
_USERS = ("user_id", "userId", "user", "account_id", "customer_id", "end_user", "distinct_id")
_SESSIONS = ("session_id", "sessionId", "conversation_id", "thread_id")


def _braintrust(record: Json) -> dict[str, Any] | None:
    """A span of Braintrust, of a call of a model."""
    about, counted = object_or_empty(record.get("span_attributes")), object_or_empty(record.get("metrics"))
    if "span_attributes" not in record or about.get("type") != "llm" or "input" not in record:
        return None
    told = object_or_empty(record.get("metadata"))
    start, end = counted.get("start"), counted.get("end")
    took = end - start if isinstance(start, int | float) and isinstance(end, int | float) else None
    return {
        **_parameters(told),
        "exchange_id": first(record, "span_id", "id"),
        "timestamp": start or record.get("created"),
        "user_id": first(told, *_USERS),
        "session_id": first(told, *_SESSIONS),
        "model": told.get("model"),
        "provider": told.get("provider"),
        "messages": record["input"],
        "output": record.get("output"),
        "input_tokens": counted.get("prompt_tokens"),
        "output_tokens": counted.get("completion_tokens"),
        "reasoning_tokens": counted.get("completion_reasoning_tokens"),
        "latency_ms": _milliseconds(took),
    }


def _opik(record: Json) -> dict[str, Any] | None:
    """A span of Opik, of a call of a model."""
    if record.get("type") != "llm" or "trace_id" not in record or "start_time" not in record or "input" not in record:
        return None
    told, counted = object_or_empty(record.get("metadata")), object_or_empty(record.get("usage"))
    asked = object_or_empty(record["input"]) if not isinstance(record["input"], list) else {}
    return {
        "exchange_id": record.get("id"),
        "timestamp": record["start_time"],
        "user_id": first(told, *_USERS) or first(asked, "user", "safety_identifier"),
        "session_id": first(record, "thread_id") or first(told, *_SESSIONS),
        "model": record.get("model"),
        "provider": record.get("provider"),
        "messages": record["input"],
        "output": record.get("output"),
        "input_tokens": counted.get("prompt_tokens"),
        "output_tokens": counted.get("completion_tokens"),
        "latency_ms": record.get("duration"),
    }


def _unmarked(record: Json) -> dict[str, Any] | None:
    """A row of a log service that marks the names a program gave: Log Analytics with their type behind them
    (`prompt_s`), Datadog with `@` before them."""
    marked = {name: found for name in record if (found := _MARKED.fullmatch(name)) is not None}
    if len(marked) < _LEAST_MARKED:
        return None
    told = {name: value for name, value in record.items() if name not in marked}
    own = {found[1] or found[2]: record[name] for name, found in marked.items()}
    if any(name in TIMES for name in own):
        # The service's own times say when the line came there.
        told = {name: value for name, value in told.items() if name not in ("TimeGenerated", "Date")}
    told = {in_lower_case(name): value for name, value in told.items()}
    return {**told, **own} if len(own) == len(marked) and own.keys().isdisjoint(told) else None


def _amazon_q(record: Json) -> dict[str, Any] | None:
    """A message in the log of Amazon Q Business, whose account is that of AWS, one for all who ask."""
    if "resource_arn" not in record or "user_message" not in record:
        return None
    return {
        "exchange_id": first(record, "user_message_id", "request_id"),
        "timestamp": first(record, "event_timestamp", "timestamp"),
        "user_id": record.get("user_id"),
        "org_id": record.get("account_id"),
        "session_id": record.get("conversation_id"),
        "model": record.get("model_id"),
        "prompt": record["user_message"],
        "response": first(record, "system_message", "attributed_message"),
    }


def _parameters(told: Json) -> dict[str, Any]:
    return {name: told.get(name) for name in ("temperature", "top_p", "max_tokens", "seed", "stream", "n")}


def _collectors_row(record: Json) -> dict[str, Any] | None:
    """A row of the table that the OpenTelemetry Collector keeps in ClickHouse."""
    if "SpanAttributes" not in record or "Timestamp" not in record:
        return None
    return {
        "traceId": record.get("TraceId"),
        "spanId": record.get("SpanId"),
        "parentSpanId": record.get("ParentSpanId"),
        "name": record.get("SpanName"),
        "start_time": record["Timestamp"],
        "duration_ns": record.get("Duration"),
        "resource": {"attributes": object_or_empty(record.get("ResourceAttributes"))},
        "attributes": object_or_empty(record["SpanAttributes"]),
        "events": _events(record),
    }


def _events(record: Json) -> list[dict[str, Any]]:
    try:
        columns = [listed(record.get(f"Events.{name}"), name) for name in ("Name", "Attributes")]
    except RecordError:
        return []
    return [{"name": name, "attributes": object_or_empty(held)} for name, held in zip(*columns, strict=False)]


_OF_CALLS = ("gen_ai.", "llm.", "openinference.", "traceloop.", "ai.prompt")


def _insights(record: Json) -> dict[str, Any] | None:
    """A dependency or a request of Application Insights: as its API exports it, or as Log Analytics keeps it."""
    held = object_or_empty(first(record, "customDimensions", "Properties", "properties"))
    when = first(record, "timestamp", "TimeGenerated", "time")
    if when is None or not any(str(name).startswith(_OF_CALLS) for name in held):
        return None
    caller = first(record, "user_AuthenticatedId", "UserAuthenticatedId", "user_AccountId", "UserAccountId")
    return {
        "traceId": first(record, "operation_Id", "OperationId"),
        "spanId": first(record, "id", "Id"),
        "parentSpanId": first(record, "operation_ParentId", "ParentId"),
        "name": first(record, "name", "Name"),
        "start_time": when,
        "duration_ms": first(record, "duration", "DurationMs"),
        "attributes": {**({"user.id": caller} if caller else {}), **held},
    }


def _elastic(record: Json) -> dict[str, Any] | None:
    """A span as a document, its attributes laid flat or in an object."""
    flat = {name[11:]: value for name, value in record.items() if str(name).startswith("attributes.")}
    held = flat or object_or_empty(record.get("attributes"))
    when = first(record, "@timestamp", "Timestamp", "timestamp")
    if when is None or first(record, "start_time", "startTimeUnixNano", "startTime") is not None:
        return None
    if not any(str(name).startswith(("gen_ai.", "gen_ai")) for name in held):
        return None
    trace, span = object_or_empty(record.get("trace")), object_or_empty(record.get("span"))
    found = {
        "traceId": first(record, "trace_id", "trace.id", "traceId") or trace.get("id"),
        "spanId": first(record, "span_id", "span.id", "spanId") or span.get("id"),
        "parentSpanId": first(record, "parent_span_id", "parent.id") or object_or_empty(record.get("parent")).get("id"),
        "name": first(record, "name", "span.name") or span.get("name"),
        "start_time": when,
        "duration_ns": record.get("duration"),
        "attributes": held,
        "events": record.get("events") if isinstance(record.get("events"), list) else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _sentry(record: Json) -> dict[str, Any] | None:
    """A span of Sentry: what it says of a model's call stands in its data."""
    held = record.get("data")
    if not isinstance(held, dict) or "start_timestamp" not in record:
        return None
    if not any(str(name).startswith("gen_ai.") for name in held):
        return None
    told = dict(held)
    told.setdefault("gen_ai.input.messages", held.get("gen_ai.request.messages"))
    if (text := held.get("gen_ai.response.text")) is not None:
        told.setdefault("gen_ai.output.messages", [{"role": "assistant", "content": text}])
    return {
        "traceId": record.get("trace_id"),
        "spanId": record.get("span_id"),
        "parentSpanId": record.get("parent_span_id"),
        "name": record.get("description"),
        "start_time": record["start_timestamp"],
        "end_time": record.get("timestamp"),
        "attributes": told,
    }


def _tyk(record: Json) -> dict[str, Any] | None:
    """A record of Tyk's analytics, whose request and answer are whole HTTP messages in base64."""
    names = {squashed(str(name)): value for name, value in record.items()}
    asked = _message_in(names.get("rawrequest"))
    if asked is None:
        return None
    return {
        "time": first(names, "timestamp"),
        "api_key_id": first(names, "apikey"),
        "account_id": first(names, "oauthid", "alias"),
        "status": names.get("responsecode"),
        "ip": names.get("ipaddress"),
        "latency_ms": names.get("requesttime"),
        "user_agent": names.get("useragent"),
        "path": names.get("path"),
        "request": object_or_empty(asked),
        "response": _message_in(names.get("rawresponse")),
    }


def _message_in(value: Any) -> str | None:
    """The body of an HTTP message in base64."""
    try:
        text = base64.b64decode(value, validate=True).decode() if isinstance(value, str) else ""
    except (binascii.Error, ValueError):
        return None
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    return body if body and "HTTP/" in head.split("\n", 1)[0] else None


_GROUPS = frozenset((
    "llm", "ai", "generation", "call", "data", "event", "properties", "context", "payload", "props", "fields", "extra",
    "details", "info", "completion", "params", "attributes", "meta", "request", "response", "model", "body", "input",
    "ailog", "mdc", "contextmap", "contextdata", "labels", "custom", "metadata", "genai", "http", "logprocessed",
    "customdimensions", "eventproperties", "attrs", "trace", "log", "state",
))  # fmt: skip
_SAID = frozenset(("messages", "contents", "prompt", "choices", "candidates"))


def _ungrouped(record: Json) -> dict[str, Any] | None:
    """A flat record of which some names stand in objects of their own: `{"user": {...}, "llm": {...}}`."""
    groups = {name: one for name, one in record.items() if squashed(name) in _GROUPS and isinstance(one, dict)}
    if not groups:
        return None
    found = {name: one for name, one in record.items() if name not in groups}
    if any(isinstance(one, dict) and not _SAID.isdisjoint(one) for one in found.values()):
        return None
    for one in groups.values():
        if not _GROUPS.isdisjoint(found.keys() & one.keys()):
            return None
        if any(found.get(name) not in (None, value) for name, value in one.items()):
            return None
        found |= one
    return found


_KINDS: tuple[tuple[str, Callable[[Json], dict[str, Any] | None]], ...] = (
    ("data capture (SageMaker)", _capture),
    ("event of PostHog", _posthog),
    ("span of Braintrust", _braintrust),
    ("span of Opik", _opik),
    ("row whose names a log service marked", _unmarked),
    ("message in the log of Amazon Q", _amazon_q),
    ("row of the Collector's table", _collectors_row),
    ("Application Insights dependency", _insights),
    ("span document", _elastic),
    ("span in a flat record", flat_span),
    ("record with its bodies under other names", paired),
    ("record with an API's answer in it", dated_by_its_answer),
    ("record with an API's bodies laid beside the account", laid_at_top),
    ("span of Sentry", _sentry),
    ("analytics record of Tyk", _tyk),
)


def ungrouped(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """A record whose names stand in objects of their own, laid flat, such that a format recognises it; None where names
    would meet, or none does."""
    found = _ungrouped(record)
    if found is None or recognising(found) is not None:
        return found
    if (other := told_otherwise(found)) is not None and recognising(other[1]) is not None:
        return other[1]
    return next(respelled(found), None)


def told_otherwise(record: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """What a record in a layout of its own is called, and the same as a format has it; None for others."""
    for name, tell in _KINDS:
        if (found := tell(record)) is not None:
            return name, found
    return None
