"""Snowflake's event table: spans of AI applications, as rows.

| read | as |
| --- | --- |
| ``user.id`` or ``enduser.id`` of ``RECORD_ATTRIBUTES``, else of ``RESOURCE_ATTRIBUTES`` | ``account_id`` |
| else ``snow.user.name`` or ``db.user`` of ``RESOURCE_ATTRIBUTES`` | ``account_id`` |
| ``START_TIMESTAMP``, ``TIMESTAMP`` (the span's end) | ``time``, ``latency_ms`` |
| ``TRACE.span_id`` | ``exchange_id`` |
| ``RECORD_ATTRIBUTES`` | as ``otel-genai`` reads a span's attributes |
| of Cortex Agents, after ``snow.ai.observability.agent.planning.``: ``messages``, else ``query`` | the request |
| likewise ``response``, ``thinking_response``, ``model``, ``token_count.input``, ``.output``, ``status`` | the answer |
| ``snow.ai.observability.agent.thread_id`` | ``session_id`` |

Names may be in lower case, columns JSON text. Rows that are no spans, and spans without ``gen_ai.`` or ``llm.``
attributes (Cortex's own usage and history views hold no text) are refused. Layout: Snowflake's event table columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.optional_parts import put
from stillwatch.core.bodies.shapes import Json, first, identity, messages, object_of, parsed
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.genai_spans import NO_CALLS, read_span
from stillwatch.ingest.record import Fields, RecordError
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT"]

_STEP = "snow.ai.observability.agent.planning."
_CALLERS = ("user.id", "snow.user.name", "db.user")
_NOBODY = "neither `user.id` among the span's attributes nor `snow.user.name` or `db.user` among the resource's"
# Snowflake writes a blank before the offset; ISO 8601 has none.
_OFFSET = re.compile(r" ([+-]\d\d):?(\d\d)$| (Z)$")


class Snowflake(LogFormat):
    """Reads spans of Snowflake's event table."""

    name: ClassVar[str] = "snowflake"
    description: ClassVar[str] = "Snowflake's event table: spans with GenAI attributes"
    example: ClassVar[Mapping[str, Any]] = {
        "START_TIMESTAMP": "2026-11-24 00:00:00.000",
        "TIMESTAMP": "2026-11-24 00:00:01.000",
        "TRACE": {"trace_id": "t", "span_id": "s-1"},
        "RECORD_TYPE": "SPAN",
        "RESOURCE_ATTRIBUTES": {"db.user": "a-1"},
        "RECORD_ATTRIBUTES": {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m",
            "gen_ai.input.messages": '[{"role": "user", "content": "Why?"}]',
            "gen_ai.output.messages": '[{"role": "assistant", "content": "Because."}]',
        },
    }

    def recognises(self, record: Json) -> bool:
        """By ``RECORD_TYPE`` and ``RECORD_ATTRIBUTES``, in either case."""
        upper = "RECORD_TYPE" in record and "RECORD_ATTRIBUTES" in record
        return upper or ("record_type" in record and "record_attributes" in record)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: the row is no span of a model's call.
        """
        row = {str(name).lower(): value for name, value in record.items()}
        attributes = dict(object_of(row.get("record_attributes"), "RECORD_ATTRIBUTES"))
        if step := {n[len(_STEP) :]: value for n, value in attributes.items() if str(n).startswith(_STEP)}:
            return [_step_of_agent(row, attributes, step)]
        if row.get("record_type") != "SPAN" or not any(str(n).startswith(("gen_ai.", "llm.")) for n in attributes):
            raise RecordError("no span with `gen_ai.` attributes: it holds no call of a model")
        if (operation := attributes.get("gen_ai.operation.name")) in NO_CALLS:
            raise RecordError(f"a span of `{operation}` is no call of a chat model")
        trace = object_of(row.get("trace"), "TRACE")
        span = {
            "spanId": trace.get("span_id"),
            "startTime": _moment(row.get("start_timestamp")),
            "endTime": _moment(row.get("timestamp")),
        }
        fields = read_span(span, attributes)
        if fields.get("account_id") is None:
            shared = object_of(row.get("resource_attributes"), "RESOURCE_ATTRIBUTES")
            fields["account_id"] = identity(first(shared, *_CALLERS))
        fields["account_in"] = _NOBODY
        return [fields]


def _step_of_agent(row: Json, attributes: Json, step: Json) -> Fields:
    """A planning step of a Cortex Agent, which is a call of a model; its tools and its root ask nothing anew.

    Raises:
        RecordError: it holds no text.
    """
    if first(step, "query", "messages") is None:
        raise RecordError(f"a step of an agent without text: neither `{_STEP}query` nor `{_STEP}messages`")
    trace = object_of(row.get("trace"), "TRACE")
    shared = object_of(row.get("resource_attributes"), "RESOURCE_ATTRIBUTES")
    start, end = _moment(row.get("start_timestamp")), _moment(row.get("timestamp"))
    fields: Fields = {
        "exchange_id": identity(trace.get("span_id")) or identity(step.get("request_id")),
        "time": start or end,
        "latency_ms": elapsed_ms(start, end) if start else None,
        "provider": "snowflake.cortex",
        "account_id": identity(first(attributes, "user.id", "enduser.id") or first(shared, *_CALLERS)),
        "session_id": identity(attributes.get("snow.ai.observability.agent.thread_id")),
        "model": first(step, "model"),
        "operation": "agent.planning",
        "prompt": first(step, "query"),
        "response": first(step, "response"),
        "reasoning": first(step, "thinking_response"),
        "status": first(step, "status.code", "status"),
        "input_tokens": first(step, "token_count.input"),
        "output_tokens": first(step, "token_count.output"),
        "account_in": _NOBODY,
    }
    put(fields, "messages", _messages, step.get("messages"))
    return fields


def _messages(value: object) -> Any:
    decoded = parsed(value, "planning.messages")
    return messages(decoded, "planning.messages") if isinstance(decoded, list) else None


def _moment(value: Any) -> Any:
    return _OFFSET.sub(lambda found: found[3] or f"{found[1]}:{found[2]}", value) if isinstance(value, str) else value


FORMAT = Snowflake()
