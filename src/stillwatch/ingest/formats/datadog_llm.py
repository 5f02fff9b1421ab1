"""Datadog's LLM Observability: spans as its SDKs and its API are sent them, and as its export gives them.

Only spans of kind ``llm`` are calls; who asked may stand in a span around them.

| read | as |
| --- | --- |
| tags ``user_id``, ``usr.id`` or ``user``, else ``user_handle``; of a payload, for all of its spans | ``account_id`` |
| ``session_id``, also as a tag | ``session_id`` |
| ``start_ns``, ``duration`` | ``time``, ``latency_ms`` |
| ``trace_id``, ``span_id``, ``parent_id`` | the tree; ``exchange_id`` |
| ``messages`` or ``value`` of ``meta.input`` and ``meta.output`` (of an export ``input``, ``output``) | texts |
| ``model_name``, ``model_provider`` | ``model``, ``provider`` |
| ``metadata``: ``temperature``, ``max_tokens`` and others | parameters |
| ``metrics``: ``input_tokens``, ``output_tokens`` | token counts |
| ``tool_definitions`` | ``tools`` |

An ``ml_app`` and a service are no accounts. Layout: Datadog's API reference of LLM Observability, and its export.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.optional_parts import object_or_note
from stillwatch.core.bodies.shapes import Json, first, listed, object_of
from stillwatch.ingest.span_format import SpanFormat

__all__ = ["FORMAT"]

_KINDS = {
    "llm": "chat", "agent": "invoke_agent", "workflow": "invoke_workflow", "task": "invoke_workflow",
    "step": "invoke_workflow", "tool": "execute_tool", "embedding": "embeddings", "retrieval": "retrieval",
}  # fmt: skip
_WHO = ("user_id", "usr.id", "user.id", "user", "user_handle")
_SAME_NAME = ("temperature", "top_p", "top_k", "max_tokens", "seed", "stop_sequences", "stream")
# Nanoseconds; the export's own example counts milliseconds.
_NANOSECONDS = 10**17


class DatadogLLM(SpanFormat):
    """Reads spans of Datadog's LLM Observability."""

    name: ClassVar[str] = "datadog-llm"
    description: ClassVar[str] = "spans of Datadog's LLM Observability"
    holds_nothing: ClassVar[str] = "no call of a model: only spans of kind llm are"
    example: ClassVar[Mapping[str, Any]] = {
        "span_id": "2",
        "trace_id": "1",
        "parent_id": "undefined",
        "name": "answer",
        "start_ns": 1795490904000000000,
        "duration": 1000000000,
        "status": "ok",
        "session_id": "s-1",
        "meta": {
            "kind": "llm",
            "model_name": "m",
            "input": {"messages": [{"role": "user", "content": "Why?"}]},
            "output": {"messages": [{"role": "assistant", "content": "Because."}]},
        },
        "metrics": {"input_tokens": 10, "output_tokens": 20},
        "tags": ["user_id:a-1"],
    }

    def recognises(self, record: Json) -> bool:
        """By ``start_ns`` and ``span_id`` beside ``meta`` or ``span_kind``, or by ``spans`` of such."""
        given = record.get("spans")
        if isinstance(given, list):
            return bool(given) and isinstance(given[0], dict) and _is_span(given[0])
        return _is_span(record)

    def exported(self, record: Json) -> Json:
        """A payload, or a span alone, as OTLP has it."""
        given = listed(record["spans"], "spans") if "spans" in record else [record]
        shared = _whose(record) if "spans" in record else {}
        spans = [_span(object_of(one, "spans[]")) for one in given]
        return {"resourceSpans": [{"resource": {"attributes": shared}, "scopeSpans": [{"spans": spans}]}]}


def _is_span(record: Json) -> bool:
    if not ("start_ns" in record and "span_id" in record):
        return False
    return isinstance(record.get("meta"), dict | str) or "span_kind" in record


def _whose(holder: Json) -> dict[str, Any]:
    """Account and session among tags and names."""
    tags: dict[str, str] = {}
    given = holder.get("tags")
    for one in given if isinstance(given, list) else ():
        name, _, value = str(one).partition(":")
        tags.setdefault(name, value)
    found = {"user.id": first(tags, *_WHO), "session.id": first(holder, "session_id") or tags.get("session_id")}
    return {name: value for name, value in found.items() if value}


def _span(span: Json) -> dict[str, Any]:
    meta = {**span, **object_of(span.get("meta"), "meta")}
    start, length = span.get("start_ns"), span.get("duration")
    end = None
    if isinstance(start, int) and isinstance(length, int | float) and start > _NANOSECONDS:
        end = start + int(length)
    parent = span.get("parent_id")
    return {
        "traceId": first(span, "trace_id"),
        "spanId": first(span, "span_id"),
        "parentSpanId": None if parent in ("undefined", "0", 0) else parent,
        "name": span.get("name"),
        "startTimeUnixNano": start,
        "endTimeUnixNano": end,
        "attributes": {name: value for name, value in _attributes(span, meta).items() if value is not None},
    }


def _attributes(span: Json, meta: Json) -> dict[str, Any]:
    kind = first(meta, "kind", "span.kind", "span_kind") or object_of(meta.get("span"), "meta.span").get("kind")
    # Parameters and counts: a call is one without them, and a span has no place for a note.
    metadata = object_or_note({}, meta.get("metadata"), "metadata")
    metrics = object_or_note({}, span.get("metrics"), "metrics")
    operation = _KINDS.get(str(kind).lower(), "invoke_workflow")
    # What a workflow was handed may be anything.
    asked, given = (meta.get("input"), meta.get("output")) if operation == "chat" else (None, None)
    return {
        **_whose(span),
        **{f"gen_ai.request.{name}": metadata.get(name) for name in _SAME_NAME},
        "gen_ai.operation.name": operation,
        "gen_ai.request.model": first(meta, "model_name"),
        "gen_ai.provider.name": first(meta, "model_provider"),
        "gen_ai.input.messages": _said(asked, "user"),
        "gen_ai.output.messages": _said(given, "assistant"),
        "gen_ai.tool.definitions": first(meta, "tool_definitions"),
        "gen_ai.usage.input_tokens": metrics.get("input_tokens"),
        "gen_ai.usage.output_tokens": metrics.get("output_tokens"),
        "gen_ai.usage.reasoning_tokens": metrics.get("reasoning_output_tokens"),
        "error.type": "error" if span.get("status") == "error" else None,
    }


def _said(side: Any, role: str) -> list[dict[str, Any]] | None:
    """What one side of a span says, as messages; None where it says nothing."""
    held = object_of(side, "input") if not isinstance(side, str) else {"value": side}
    given = listed(held.get("messages"), "messages")
    if given:
        return [_message(object_of(one, "messages[]"), role) for one in given]
    value = first(held, "value")
    return [{"role": role, "content": value if isinstance(value, str) else str(value)}] if value is not None else None


def _message(one: Json, role: str) -> dict[str, Any]:
    content = first(one, "content")
    if content is None:
        gave = [
            first(object_of(given, "tool_results[]"), "result")
            for given in listed(one.get("tool_results"), "tool_results")
        ]
        content = "\n".join(text for text in gave if isinstance(text, str)) or None
    return {"role": first(one, "role") or role, "content": content}


FORMAT = DatadogLLM()
