"""Langfuse observations: of its API, its exports to blob storage and ClickHouse, and traces that hold them.

Only observations of type ``GENERATION`` are calls. A record is an observation, in camel case or snake case, or a
trace whose ``observations`` are objects. ``input``, ``output`` and parameters may be JSON text.

| read | as |
| --- | --- |
| ``userId``, the trace's, ``user_id`` or ``langfuse_user_id`` of ``metadata`` | ``account_id`` |
| ``sessionId``, or the trace's | ``session_id`` |
| ``id`` | ``exchange_id`` |
| ``startTime``, ``endTime`` | ``time``, ``latency_ms`` |
| ``model``, ``providedModelName``, ``internalModel`` | ``model`` |
| ``modelParameters`` | parameters |
| ``input``, ``output`` | ``messages`` or ``prompt``, ``system``, ``tools``; ``response``, ``reasoning`` |
| ``usageDetails``, ``usage``, ``promptTokens`` and ``completionTokens`` | token counts |
| ``level``, where it is ERROR | ``status`` |

Project and trace ids are no accounts. Layout: Langfuse's API reference and its documentation of blob storage
exports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.optional_parts import UNFORESEEN, said
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of, whole
from stillwatch.core.bodies.traced import answer_fields, asked_fields, parameter_fields
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields, RecordError, shown
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT"]

_TYPES = frozenset(
    ("GENERATION", "SPAN", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "EMBEDDING", "GUARDRAIL")
)
_USER = ("userId", "user_id")
_SESSION = ("sessionId", "session_id")
_ACCOUNT_IN = "neither the observation nor its trace has a `userId`; export observations with their trace's fields"


class Langfuse(LogFormat):
    """Reads Langfuse's observations and traces."""

    name: ClassVar[str] = "langfuse"
    description: ClassVar[str] = "Langfuse observations and traces, of its API and its exports"
    example: ClassVar[Mapping[str, Any]] = {
        "id": "o-1",
        "traceId": "t-1",
        "type": "GENERATION",
        "startTime": "2026-11-24T00:00:00.000Z",
        "endTime": "2026-11-24T00:00:01.000Z",
        "model": "m",
        "modelParameters": {"temperature": 0.7, "max_tokens": 64},
        "input": [{"role": "user", "content": "Why?"}],
        "output": {"role": "assistant", "content": "Because."},
        "usageDetails": {"input": 10, "output": 20},
        "userId": "a-1",
    }

    def recognises(self, record: Json) -> bool:
        """By a ``type`` of Langfuse's beside a trace's id and a start; of a trace, by its ``observations``."""
        if record.get("type") in _TYPES:
            return ("traceId" in record or "trace_id" in record) and ("startTime" in record or "start_time" in record)
        return _is_trace(record)

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """An exchange a generation.

        Raises:
            RecordError: the record is of another type, or a trace without generations.
        """
        if not _is_trace(record):
            return [_observation(record, object_of(record.get("trace"), "trace"))]
        given = record.get("observations") or []
        if not all(isinstance(one, Mapping) for one in given):
            raise RecordError("a trace whose `observations` are ids alone: export the observations themselves")
        found: list[Fields | RecordError] = []
        for one in given:
            if one.get("type") == "GENERATION":
                try:
                    found.append(_observation(one, record))
                except UNFORESEEN as error:
                    found.append(RecordError(said(error, "observations")))
        if not found:
            raise RecordError("a trace without observations of type GENERATION is no call of a model")
        return found


def _is_trace(record: Json) -> bool:
    if isinstance(record.get("observations"), list):
        return "id" in record and ("timestamp" in record or "projectId" in record or "project_id" in record)
    return "bookmarked" in record and "timestamp" in record


def _observation(record: Json, trace: Json) -> Fields:
    if record.get("type") != "GENERATION":
        raise RecordError(f"an observation of type {record.get('type')} is no call of a model: only GENERATION is")
    asked = asked_fields(record.get("input"))
    if not asked:
        raise RecordError(f"`input`: no text in it: {shown(record.get('input'))}")
    start, end = first(record, "startTime", "start_time"), first(record, "endTime", "end_time")
    try:
        metadata = object_of(record.get("metadata"), "metadata")
        attributes = object_of(metadata.get("attributes"), "metadata.attributes")
    except RecordError:
        metadata = attributes = {}
    own: Fields = {
        "exchange_id": identity(record.get("id")),
        "time": start,
        "latency_ms": elapsed_ms(start, end),
        "account_id": identity(
            first(record, *_USER)
            or first(trace, *_USER)
            or first(metadata, "langfuse_user_id", "user_id", "userId")
            or first(attributes, "langfuse.user.id", "user.id")
        ),
        "session_id": identity(
            first(record, *_SESSION) or first(trace, *_SESSION) or first(metadata, "langfuse_session_id", "session_id")
        ),
        "model": first(record, "model", "providedModelName", "provided_model_name", "internalModel", "model_id"),
        "status": record.get("level") if record.get("level") == "ERROR" else None,
        "account_in": _ACCOUNT_IN,
    }
    parameters = parameter_fields(first(record, "modelParameters", "model_parameters"), "modelParameters")
    return merged(answer_fields(record.get("output")), asked, parameters, _usage(record), own)


def _usage(record: Json) -> Fields:
    names = ("usageDetails", "usage_details", "usage", "providedUsageDetails", "provided_usage_details")
    try:
        usage = object_of(first(record, *names), "usage")
    except RecordError as error:
        return {"note": str(error)}
    return {
        "input_tokens": _count(first(usage, "input", "promptTokens", "prompt_tokens", "input_tokens"))
        or _count(first(record, "promptTokens", "prompt_tokens", "inputTokens", "inputUsage")),
        "output_tokens": _count(first(usage, "output", "completionTokens", "completion_tokens", "output_tokens"))
        or _count(first(record, "completionTokens", "completion_tokens", "outputTokens", "outputUsage")),
        "reasoning_tokens": _count(first(usage, "output_reasoning_tokens", "output_reasoning", "reasoning_tokens")),
    }


def _count(value: object) -> Any:
    """ClickHouse writes 64-bit counts as text."""
    return int(value) if isinstance(value, str) and value.isdecimal() else whole(value)


FORMAT = Langfuse()
