"""Snowflake Cortex events: rows of ``SNOWFLAKE.LOCAL.AI_OBSERVABILITY_EVENTS``, an event table of spans.

| read | as |
| --- | --- |
| ``START_TIMESTAMP``, else ``TIMESTAMP`` (which is a span's end) | ``time``; both: ``latency_ms`` |
| ``RESOURCE_ATTRIBUTES``: ``snow.user.name`` (also ``db.user``) | ``account_id`` |
| ``RECORD_ATTRIBUTES``, after ``snow.ai.observability.agent.planning.``: ``messages``, else ``query`` | the request |
| likewise ``response``, ``thinking_response``, ``model``, ``token_count.input``, ``.output``, ``status`` | the answer |
| ``RECORD_ATTRIBUTES``: ``snow.ai.observability.agent.thread_id`` | ``session_id`` |
| ``TRACE``: ``trace_id:span_id``, else ``planning.request_id`` | ``exchange_id`` |

Times are UTC. A row is an exchange where it is a call of a model, which Cortex logs as a planning step; the agent's
root, its tools and its SQL are refused, for they hold the same question again. Names of columns are read in either
case, objects as text too. After Snowflake's "AI_OBSERVABILITY_EVENTS" and "Observability" pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.optional_parts import put
from stillwatch.core.bodies.shapes import Json, RecordError, first, identity, messages, object_of, parsed, shown
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT"]

_PLANNING = "snow.ai.observability.agent.planning."
_THREAD = "snow.ai.observability.agent.thread_id"
# Snowflake writes a blank before the offset; ISO 8601 has none.
_OFFSET = re.compile(r" ([+-]\d\d):?(\d\d)$| (Z)$")


class Snowflake(LogFormat):
    """Reads rows of Snowflake's AI observability events."""

    name: ClassVar[str] = "snowflake-cortex"
    description: ClassVar[str] = "Snowflake Cortex AI observability events"
    account_from: ClassVar[str] = (
        "Snowflake names a caller in `RESOURCE_ATTRIBUTES` as `snow.user.name`: export that column too, or say whose "
        "the table is by --callers or --default-account"
    )
    example: ClassVar[Mapping[str, Any]] = {
        "TIMESTAMP": "2026-11-24 00:00:02.500",
        "START_TIMESTAMP": "2026-11-24 00:00:00.000",
        "RESOURCE_ATTRIBUTES": {"snow.user.name": "a-1"},
        "RECORD_TYPE": "SPAN",
        "RECORD": {"name": "ReasoningAgentStepPlanning-0"},
        "RECORD_ATTRIBUTES": {
            "snow.ai.observability.agent.thread_id": 7,
            "snow.ai.observability.agent.planning.model": "m",
            "snow.ai.observability.agent.planning.query": "Why?",
            "snow.ai.observability.agent.planning.response": "Because.",
            "snow.ai.observability.agent.planning.token_count.input": 8,
            "snow.ai.observability.agent.planning.token_count.output": 4,
        },
        "TRACE": {"trace_id": "t", "span_id": "s"},
    }

    def recognises(self, record: Json) -> bool:
        """By ``RECORD_ATTRIBUTES`` beside ``RESOURCE_ATTRIBUTES``, ``RECORD`` or ``TRACE``, in either case."""
        if "RECORD_ATTRIBUTES" in record:
            return any(name in record for name in ("RESOURCE_ATTRIBUTES", "RECORD", "TRACE"))
        return "record_attributes" in record and any(n in record for n in ("resource_attributes", "record", "trace"))

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        row = {str(name).upper(): value for name, value in record.items()}
        told = object_of(row.get("RECORD_ATTRIBUTES"), "RECORD_ATTRIBUTES")
        caller = object_of(row.get("RESOURCE_ATTRIBUTES"), "RESOURCE_ATTRIBUTES")
        trace = object_of(row.get("TRACE"), "TRACE")
        step = {name[len(_PLANNING) :]: value for name, value in told.items() if str(name).startswith(_PLANNING)}
        if first(step, "query", "messages") is None:
            name = object_of(row.get("RECORD"), "RECORD").get("name")
            raise RecordError(f"no call of a model with text: the span {shown(name)} has no `{_PLANNING}query`")
        start = _moment(row.get("START_TIMESTAMP"))
        end = _moment(row.get("TIMESTAMP"))
        spans = [identity(trace.get(name)) for name in ("trace_id", "span_id")]
        fields: Fields = {
            "exchange_id": ":".join(map(str, spans)) if all(spans) else identity(step.get("request_id")),
            "time": start or end,
            "latency_ms": elapsed_ms(start, end) if start else None,
            "provider": "snowflake.cortex",
            "account_id": identity(first(caller, "snow.user.name", "db.user")),
            "session_id": identity(told.get(_THREAD)),
            "model": first(step, "model"),
            "operation": "agent.planning",
            "prompt": first(step, "query"),
            "response": first(step, "response"),
            "reasoning": first(step, "thinking_response"),
            "status": first(step, "status.code", "status"),
            "input_tokens": first(step, "token_count.input"),
            "output_tokens": first(step, "token_count.output"),
        }
        put(fields, "messages", _messages, step.get("messages"))
        return [fields]


def _messages(value: object) -> Any:
    decoded = parsed(value, "planning.messages")
    return messages(decoded, "planning.messages") if isinstance(decoded, list) else None


def _moment(value: Any) -> Any:
    return _OFFSET.sub(lambda found: found[3] or f"{found[1]}:{found[2]}", value) if isinstance(value, str) else value


FORMAT = Snowflake()
