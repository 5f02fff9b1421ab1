"""LangSmith runs, of its API and its bulk exports.

Only runs of ``run_type`` ``llm`` are calls, and of two in one another the inner one. A record is a run, with
``child_runs`` or without; the runs of a trace are read together. ``inputs``, ``outputs`` and ``extra`` may be JSON
text.

| read | as |
| --- | --- |
| ``user_id``, ``userId`` or ``user`` of ``extra.metadata``, else of a run around it | ``account_id`` |
| of the same ``thread_id``, ``session_id``, ``conversation_id`` | ``session_id`` |
| ``start_time``, ``end_time``, ``id`` | ``time``, ``latency_ms``, ``exchange_id`` |
| ``inputs``, ``outputs`` | request and answer |
| ``extra.invocation_params``; ``ls_model_name``, ``ls_provider`` | parameters, ``model``, ``provider`` |
| ``prompt_tokens``, ``completion_tokens``, ``status`` | their columns |

A run's own ``session_id`` is its project, ``trace_id`` its trace: neither is a session or an account. Layout:
LangSmith's run data format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from stillwatch.core.bodies.optional_parts import UNFORESEEN, said
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of
from stillwatch.core.bodies.traced import answer_fields, asked_fields, parameter_fields
from stillwatch.ingest.base import PartsFormat
from stillwatch.ingest.record import Fields, RecordError
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT"]


class LangSmith(PartsFormat):
    """Reads LangSmith runs."""

    name: ClassVar[str] = "langsmith"
    joined_as: ClassVar[str] = "langsmith"
    counts_repeats: ClassVar[bool] = True
    comes_at_once: ClassVar[bool] = True
    description: ClassVar[str] = "LangSmith runs, of its API and bulk exports"
    example: ClassVar[Mapping[str, Any]] = {
        "id": "r-1",
        "run_type": "llm",
        "name": "ChatOpenAI",
        "start_time": "2026-11-24T00:00:00",
        "end_time": "2026-11-24T00:00:01",
        "inputs": {"messages": [[{"lc": 1, "type": "constructor", "id": ["langchain", "schema", "HumanMessage"],
                                  "kwargs": {"content": "Why?"}}]]},
        "outputs": {"generations": [[{"text": "Because."}]]},
        "extra": {"metadata": {"user_id": "a-1"}},
    }  # fmt: skip

    def recognises(self, record: Json) -> bool:
        """By ``run_type`` beside ``inputs`` or ``start_time``."""
        return "run_type" in record and ("inputs" in record or "start_time" in record)

    def key(self, record: Json) -> str | None:
        """A trace."""
        trace = first(record, "trace_id")
        return str(trace) if trace else None

    def join(self, parts: Sequence[Json]) -> Iterable[Fields | RecordError]:
        """An exchange a run of type llm, with the metadata of the runs around it.

        Raises:
            RecordError: there is none.
        """
        runs = [one for place, part in enumerate(parts) for one in _runs(part, place, None)]
        by_id = {one.name: one for one in runs if one.name}
        calls = [one for one in runs if one.run.get("run_type") == "llm"]
        around = {above.name for call in calls for above in _above(call, by_id)}
        found: list[Fields | RecordError] = []
        for call in calls:
            # Of two in one another, which tell of one call, the inner one.
            if call.name in around and call.name:
                continue
            try:
                chain = [*reversed([*_above(call, by_id)]), call]
                known = {name: value for one in chain for name, value in _metadata(one.run).items()}
                found.append({**_run(call.run, known), "part": call.place})
            except UNFORESEEN as error:
                found.append(RecordError(said(error, "inputs")).of(call.place))
        if not found:
            raise RecordError(f"a run of type {parts[0].get('run_type')} is no call of a model: only llm is")
        return found


class _Run(NamedTuple):
    """A run with its id, that of the run around it, and the place of its record."""

    run: Json
    place: int
    name: str
    parent: str


def _runs(run: Json, place: int, around: str | None) -> Iterator[_Run]:
    """A run and those that it holds."""
    name = str(run.get("id") or "")
    yield _Run(run, place, name, str(first(run, "parent_run_id") or around or ""))
    for child in run.get("child_runs") or ():
        if isinstance(child, dict):
            yield from _runs(child, place, name)


def _above(one: _Run, by_id: Mapping[str, _Run]) -> Iterator[_Run]:
    """The runs around a run, the nearest first."""
    seen = {one.name}
    while one.parent in by_id and one.parent not in seen:
        seen.add(one.parent)
        one = by_id[one.parent]
        yield one


def _metadata(run: Json) -> Json:
    try:
        extra = object_of(run.get("extra"), "extra")
        return {**object_of(run.get("metadata"), "metadata"), **object_of(extra.get("metadata"), "extra.metadata")}
    except RecordError:
        return {}


def _counted(outputs: Any) -> Json:
    """The counts that LangSmith's wrappers put into what a call gave."""
    try:
        return object_of(object_of(outputs, "outputs").get("usage_metadata"), "usage_metadata")
    except RecordError:
        return {}


def _run(run: Json, metadata: Json) -> Fields:
    asked = asked_fields(run.get("inputs"), "inputs")
    try:
        extra = object_of(run.get("extra"), "extra")
    except RecordError:
        extra = {}
    start, end = run.get("start_time"), run.get("end_time")
    parameters = parameter_fields(extra.get("invocation_params"), "extra.invocation_params")
    counted = _counted(run.get("outputs"))
    own: Fields = {
        "exchange_id": identity(run.get("id")),
        "time": start,
        "latency_ms": elapsed_ms(start, end),
        "account_id": identity(first(metadata, "user_id", "userId", "user")),
        "session_id": identity(first(metadata, "thread_id", "session_id", "conversation_id")),
        "provider": metadata.get("ls_provider"),
        "model": None if parameters.get("model") else metadata.get("ls_model_name"),
        "input_tokens": first(run, "prompt_tokens") or counted.get("input_tokens"),
        "output_tokens": first(run, "completion_tokens") or counted.get("output_tokens"),
        "status": run.get("status"),
        "account_in": "the run's `extra.metadata` has no `user_id`; its `session_id` is a project",
    }
    return merged(answer_fields(run.get("outputs"), "outputs"), asked, parameters, own)


FORMAT = LangSmith()
