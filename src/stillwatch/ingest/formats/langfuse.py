"""Langfuse observations: of its API, its exports to blob storage and ClickHouse, and traces that hold them.

Only observations of type ``GENERATION`` are calls, and of two in one another the inner one. A record is an
observation, in camel case or snake case, a trace whose ``observations`` are objects, or an object of ``traces`` beside
``observations``. Observations and traces that lie in files of their own, as exports to blob storage have them, meet by
the trace's id. ``input``, ``output`` and parameters may be JSON text.

| read | as |
| --- | --- |
| ``userId``, the trace's, ``user_id`` or ``langfuse_user_id`` of ``metadata`` | ``account_id`` |
| ``sessionId``, or the trace's | ``session_id`` |
| ``id`` | ``exchange_id`` |
| ``startTime``, ``endTime`` | ``time``, ``latency_ms`` |
| ``model``, ``providedModelName``, ``internalModel`` | ``model`` |
| ``modelParameters`` | parameters |
| ``toolDefinitions``, an object by names, where the request has none | ``tools`` |
| ``input``, ``output`` | ``messages`` or ``prompt``, ``system``, ``tools``; ``response``, ``reasoning`` |
| ``usageDetails`` or ``usage``: every ``input`` and every ``output`` added up; ``promptTokens`` | token counts |
| ``level``, where it is ERROR | ``status`` |

Project and trace ids are no accounts. Layout: Langfuse's API reference and its documentation of blob storage
exports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from stillwatch.core.bodies.optional_parts import UNFORESEEN, said
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of, whole
from stillwatch.core.bodies.traced import answer_fields, asked_fields, parameter_fields
from stillwatch.ingest.base import PartsFormat
from stillwatch.ingest.record import Fields, RecordError, shown
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT"]

_TYPES = frozenset(
    ("GENERATION", "SPAN", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "EMBEDDING", "GUARDRAIL")
)
_USER = ("userId", "user_id")
_PARENT = ("parentObservationId", "parent_observation_id")
_LISTED_TYPES = tuple(_TYPES)
_SESSION = ("sessionId", "session_id")
_OF_TRACES = (
    {"id", "timestamp", "name", "userId", "sessionId", "projectId"},
    {"id", "timestamp", "name", "user_id", "session_id", "project_id"},
)
_ACCOUNT_IN = "neither the observation nor its trace has a `userId`; export observations with their trace's fields"


class Langfuse(PartsFormat):
    """Reads Langfuse's observations and traces."""

    name: ClassVar[str] = "langfuse"
    joined_as: ClassVar[str] = "langfuse"
    counts_repeats: ClassVar[bool] = True
    comes_at_once: ClassVar[bool] = True
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
        if isinstance(record.get("type"), str) and record["type"] in _TYPES:
            return ("traceId" in record or "trace_id" in record) and ("startTime" in record or "start_time" in record)
        return _is_trace(record) or _is_both(record)

    def key(self, record: Json) -> str | None:
        """A trace, for its observations and for itself; what holds both stands alone."""
        if _is_both(record) or (_is_trace(record) and _held(record)):
            return None
        trace = record.get("id") if _is_trace(record) else first(record, "traceId", "trace_id")
        return str(trace) if trace else None

    def join(self, parts: Sequence[Json]) -> Iterable[Fields | RecordError]:
        """An exchange a generation, with what its trace says, whichever file holds that.

        Raises:
            RecordError: there is no generation among them.
        """
        found: list[Fields | RecordError] = []
        traces: dict[str, Json] = {}
        alone: list[tuple[int, Json]] = []
        for place, part in enumerate(parts):
            if _is_both(part):
                own = {str(one.get("id")): one for one in part["traces"] if isinstance(one, dict)}
                several = [(place, one) for one in part["observations"] if isinstance(one, dict)]
                found += _generations(several, own)
            elif _is_trace(part):
                traces[str(part.get("id"))] = part
                given = _held(part)
                found += _generations([(place, {"traceId": part.get("id"), **one}) for one in given], traces)
            else:
                alone.append((place, part))
        found += _generations(alone, traces)
        if not found:
            raise _no_call(parts)
        return found


def _held(trace: Json) -> list[Json]:
    """The observations that a trace's record holds, where they are more than ids."""
    given = trace.get("observations") or []
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _no_call(parts: Sequence[Json]) -> RecordError:
    """Why records hold no call of a model."""
    for place, part in enumerate(parts):
        if not (_is_trace(part) or _is_both(part)):
            kind = part.get("type")
            why = f"an observation of type {kind} is no call of a model: only GENERATION is"
            return RecordError(why).of(place)
    if parts[0].get("observations"):
        return RecordError("a trace whose `observations` are ids alone: export the observations themselves")
    return RecordError("a trace without observations of type GENERATION is no call of a model")


def _generations(given: Sequence[tuple[int, Json]], traces: Mapping[str, Json]) -> list[Fields | RecordError]:
    """The generations among observations; of two in one another, which tell of one call, the inner one."""
    by_id = {str(one["id"]): one for _, one in given if one.get("id")}
    around: set[str] = set()
    calls = [(place, one) for place, one in given if one.get("type") == "GENERATION"]
    for _, call in calls:
        above = str(first(call, *_PARENT))
        while above in by_id and above not in around:
            around.add(above)
            above = str(first(by_id[above], *_PARENT))
    found: list[Fields | RecordError] = []
    for place, call in calls:
        if str(call.get("id")) in around:
            continue
        try:
            trace = object_of(call.get("trace"), "trace") or traces.get(str(first(call, "traceId", "trace_id")), {})
            found.append({**_observation(call, trace), "part": place})
        except UNFORESEEN as error:
            found.append(RecordError(said(error, "observations")).of(place))
    return found


def _is_both(record: Json) -> bool:
    """Whether it is an export of traces and their observations side by side."""
    if not (isinstance(record.get("traces"), list) and isinstance(record.get("observations"), list)):
        return False
    return any(isinstance(one, dict) and one.get("type") in _LISTED_TYPES for one in record["observations"])


def _is_trace(record: Json) -> bool:
    if isinstance(record.get("observations"), list):
        return "id" in record and ("timestamp" in record or "projectId" in record or "project_id" in record)
    if "type" in record or "model" in record or "timestamp" not in record:
        return False
    # What its stores keep of a trace, with or without the rest.
    return "bookmarked" in record or any(names <= record.keys() for names in _OF_TRACES)


def _observation(record: Json, trace: Json) -> Fields:
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
        "model": first(record, "model", "providedModelName", "provided_model_name", "internalModel"),
        "status": record.get("level") if record.get("level") == "ERROR" else None,
        "account_in": _ACCOUNT_IN,
    }
    tools = first(record, "toolDefinitions", "tool_definitions")
    if isinstance(tools, dict) and not asked.get("tools"):
        # By their names, as its later tables keep them.
        asked = {**asked, "tools": sorted(map(str, tools))}
    parameters = parameter_fields(first(record, "modelParameters", "model_parameters"), "modelParameters")
    return merged(answer_fields(record.get("output")), asked, parameters, _usage(record), own)


def _usage(record: Json) -> Fields:
    names = ("usageDetails", "usage_details", "usage", "providedUsageDetails", "provided_usage_details")
    try:
        usage = object_of(first(record, *names), "usage")
    except RecordError as error:
        return {"note": str(error)}
    return {
        "input_tokens": _sum(usage, "input")
        or _count(first(usage, "promptTokens", "prompt_tokens"))
        or _count(first(record, "promptTokens", "prompt_tokens", "inputTokens", "inputUsage")),
        "output_tokens": _sum(usage, "output")
        or _count(first(usage, "completionTokens", "completion_tokens"))
        or _count(first(record, "completionTokens", "completion_tokens", "outputTokens", "outputUsage")),
        "reasoning_tokens": _count(first(usage, "output_reasoning_tokens", "output_reasoning", "reasoning_tokens")),
    }


def _sum(usage: Json, side: str) -> int | None:
    """Langfuse keeps what was cached or thought apart (``input_cached_tokens``): its own sums are over every key."""
    counts = [
        _count(value) for name, value in usage.items() if side in str(name).lower() and "cost" not in str(name).lower()
    ]
    known = [count for count in counts if isinstance(count, int) and not isinstance(count, bool)]
    return sum(known) if known else None


def _count(value: object) -> Any:
    """ClickHouse writes 64-bit counts as text."""
    return int(value) if isinstance(value, str) and value.isdecimal() else whole(value)


FORMAT = Langfuse()
