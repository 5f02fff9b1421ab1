"""Langfuse's ingestion events: bodies of its ingestion API, and the events that it keeps in its store.

A record is a body (``batch``, a list of events) or one event (``id``, ``timestamp``, ``type``, ``body``). Events of
one trace are put together over all lines and files: ``trace-create`` says whose it is, ``generation-create`` what was
asked, ``generation-update`` what was answered; of two events about one thing the later adds to the earlier. The rest
is read as ``langfuse`` reads observations and traces. A generation without a ``startTime`` began when its create event
says. An update that names no trace is read where its create event lies in the same batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json
from stillwatch.ingest.base import PartsFormat
from stillwatch.ingest.formats.langfuse import FORMAT as LANGFUSE
from stillwatch.ingest.record import Fields, RecordError

__all__ = ["FORMAT"]

_KINDS = frozenset(
    ("generation", "span", "event", "agent", "tool", "chain", "retriever", "evaluator", "embedding", "guardrail",
     "observation")
)  # fmt: skip
_OTHERS = frozenset(("trace-create", "score-create", "sdk-log", "dataset-run-item-create"))
_TYPES = _OTHERS | {f"{kind}-{done}" for kind in _KINDS for done in ("create", "update")}


class LangfuseEvents(PartsFormat):
    """Reads Langfuse's ingestion events."""

    name: ClassVar[str] = "langfuse-events"
    joined_as: ClassVar[str] = "langfuse-events"
    comes_at_once: ClassVar[bool] = True
    description: ClassVar[str] = "Langfuse's ingestion events, in batches and single"
    holds_nothing: ClassVar[str] = "none of its events is of a call of a model: only generations are"
    example: ClassVar[Mapping[str, Any]] = {
        "batch": [
            {
                "id": "e-1",
                "timestamp": "2026-11-24T00:00:00.000Z",
                "type": "trace-create",
                "body": {"id": "t-1", "userId": "a-1", "sessionId": "s-1"},
            },
            {
                "id": "e-2",
                "timestamp": "2026-11-24T00:00:00.000Z",
                "type": "generation-create",
                "body": {
                    "id": "o-1",
                    "traceId": "t-1",
                    "startTime": "2026-11-24T00:00:00.000Z",
                    "model": "m",
                    "modelParameters": {"temperature": 0.7},
                    "input": [{"role": "user", "content": "Why?"}],
                },
            },
            {
                "id": "e-3",
                "timestamp": "2026-11-24T00:00:01.000Z",
                "type": "generation-update",
                "body": {
                    "id": "o-1",
                    "traceId": "t-1",
                    "endTime": "2026-11-24T00:00:01.000Z",
                    "output": {"role": "assistant", "content": "Because."},
                    "usage": {"input": 10, "output": 20},
                },
            },
        ],
        "metadata": {"batch_size": 3},
    }

    def recognises(self, record: Json) -> bool:
        """By a ``type`` of Langfuse's events beside ``body``, alone or in a ``batch``."""
        batch = record.get("batch")
        if isinstance(batch, list):
            return any(isinstance(one, dict) and _is_event(one) for one in batch)
        return _is_event(record)

    def key(self, record: Json) -> str | None:
        """The trace of an event."""
        return next((key for key, _ in self.pieces(record)), None)

    def pieces(self, record: Json) -> Iterable[tuple[str | None, Json]]:
        """Events by the trace that they are of, but those that say nothing of a call.

        Raises:
            RecordError: the one event is none of a trace.
        """
        events = record["batch"] if isinstance(record.get("batch"), list) else [record]
        known = [one for one in events if isinstance(one, dict) and _is_event(one) and _is_of_trace(one)]
        traces = {str(one["body"]["id"]): one["body"]["traceId"] for one in known if _names_its_trace(one)}
        found = []
        for one in known:
            trace = traces.get(str(one["body"].get("id"))) if one["type"] != "trace-create" else one["body"].get("id")
            found.append((str(trace) if trace else None, {**one, "body": {**one["body"], "traceId": trace}}))
        return found

    def join(self, parts: Sequence[Json]) -> Iterable[Fields | RecordError]:
        """An exchange a generation of the trace.

        Raises:
            RecordError: there is no generation among them.
        """
        if "batch" in parts[0]:
            parts = [event for part in parts for _, event in self.pieces(part)]
        places, records = zip(*_merged(parts), strict=True) if parts else ((), ())
        if not any(one.get("type") == "GENERATION" for one in records):
            return []
        return list(_placed(LANGFUSE.join(records), places))


def _is_event(record: Json) -> bool:
    kind = record.get("type")
    return isinstance(kind, str) and kind in _TYPES and isinstance(record.get("body"), dict)


def _is_of_trace(event: Json) -> bool:
    return event["type"] == "trace-create" or event["type"] not in _OTHERS


def _names_its_trace(event: Json) -> bool:
    body = event["body"]
    return event["type"] != "trace-create" and bool(body.get("id")) and bool(body.get("traceId"))


def _merged(events: Sequence[Json]) -> Iterator[tuple[int, Json]]:
    """Traces and observations, each out of its events, and the place of the event that stands for it."""
    made: dict[tuple[str, str], dict[str, Any]] = {}
    stands: dict[tuple[str, str], int] = {}
    for place, event in sorted(enumerate(events), key=lambda one: str(one[1].get("timestamp") or "")):
        kind, _, done = str(event["type"]).partition("-")
        body = {name: value for name, value in event["body"].items() if value is not None}
        name = str(body.get("id") or event.get("id") or place)
        of = ("trace" if kind == "trace" else "observation", name)
        if kind == "trace":
            body = {"timestamp": event.get("timestamp"), **body, "observations": []}
        else:
            body = body if kind == "observation" else {**body, "type": kind.upper()}
            if done == "create":
                body = {"startTime": event.get("timestamp"), **body}
        if of not in stands or done == "create":
            stands[of] = place
        made[of] = {**made.get(of, {"id": name, "traceId": None, "startTime": None}), **body}
    for of, record in made.items():
        yield stands[of], record


def _placed(found: Iterable[Fields | RecordError], places: Sequence[int]) -> Iterator[Fields | RecordError]:
    for one in found:
        if isinstance(one, RecordError):
            yield one.of(places[one.part])
        else:
            yield {**one, "part": places[one.get("part", 0)]}


FORMAT = LangfuseEvents()
