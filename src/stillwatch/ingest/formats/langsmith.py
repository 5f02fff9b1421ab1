"""LangSmith runs, of its API and its bulk exports.

Only runs of ``run_type`` ``llm`` are calls. A record is a run, with ``child_runs`` or without; ``inputs``,
``outputs`` and ``extra`` may be JSON text.

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

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.optional_parts import UNFORESEEN, said
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of
from stillwatch.core.bodies.traced import answer_fields, asked_fields, parameter_fields
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields, RecordError
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT"]


class LangSmith(LogFormat):
    """Reads LangSmith runs."""

    name: ClassVar[str] = "langsmith"
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

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """An exchange a run of type llm.

        Raises:
            RecordError: there is none.
        """
        found: list[Fields | RecordError] = []
        for run, around in _calls(record, {}):
            try:
                found.append(_run(run, around))
            except UNFORESEEN as error:
                found.append(RecordError(said(error, "inputs")))
        if not found:
            raise RecordError(f"a run of type {record.get('run_type')} is no call of a model: only llm is")
        return found


def _calls(run: Json, around: Json) -> Iterator[tuple[Json, Json]]:
    """Runs that call a model, each with the metadata around it."""
    known = {**around, **_metadata(run)}
    if run.get("run_type") == "llm":
        yield run, known
        return
    for child in run.get("child_runs") or ():
        if isinstance(child, Mapping):
            yield from _calls(child, known)


def _metadata(run: Json) -> Json:
    try:
        extra = object_of(run.get("extra"), "extra")
        return {**object_of(run.get("metadata"), "metadata"), **object_of(extra.get("metadata"), "extra.metadata")}
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
    own: Fields = {
        "exchange_id": identity(run.get("id")),
        "time": start,
        "latency_ms": elapsed_ms(start, end),
        "account_id": identity(first(metadata, "user_id", "userId", "user")),
        "session_id": identity(first(metadata, "thread_id", "session_id", "conversation_id")),
        "provider": metadata.get("ls_provider"),
        "model": None if parameters.get("model") else metadata.get("ls_model_name"),
        "input_tokens": run.get("prompt_tokens"),
        "output_tokens": run.get("completion_tokens"),
        "status": run.get("status"),
        "account_in": "the run's `extra.metadata` has no `user_id`; its `session_id` is a project",
    }
    return merged(answer_fields(run.get("outputs"), "outputs"), asked, parameters, own)


FORMAT = LangSmith()
