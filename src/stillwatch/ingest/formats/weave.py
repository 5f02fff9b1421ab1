"""W&B Weave calls, of its API and exports.

A record is a call. Those are calls of a model whose ``inputs`` hold a conversation: ``messages``, ``contents``, or
``input`` or ``prompt`` beside ``model``; others are refused.

| read | as |
| --- | --- |
| ``attributes``: ``user_id``, ``userId``, ``user``; else ``inputs.user`` | ``account_id`` |
| ``attributes``: ``session_id``, ``conversation_id``; ``thread_id`` | ``session_id`` |
| ``started_at``, ``ended_at``, ``id`` | ``time``, ``latency_ms``, ``exchange_id`` |
| ``inputs``, ``output`` | request and answer |
| ``summary.usage``, where the output has none | token counts |
| ``exception`` | ``status`` error |

``wb_user_id`` is who runs the program at W&B, ``project_id`` a project: neither is an account. Layout: Weave's
service API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.pairs import pair_caller
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of, shown, whole
from stillwatch.core.bodies.traced import answer_fields, asked_fields
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields, RecordError
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT"]


class Weave(LogFormat):
    """Reads W&B Weave calls."""

    name: ClassVar[str] = "weave"
    description: ClassVar[str] = "W&B Weave calls"
    example: ClassVar[Mapping[str, Any]] = {
        "id": "w-1",
        "op_name": "weave:///team/shop/op/openai.chat.completions.create:h",
        "started_at": "2026-11-24T00:00:00Z",
        "ended_at": "2026-11-24T00:00:01Z",
        "attributes": {"user_id": "a-1"},
        "inputs": {"model": "m", "messages": [{"role": "user", "content": "Why?"}]},
        "output": {"choices": [{"index": 0, "message": {"content": "Because."}}]},
    }

    def recognises(self, record: Json) -> bool:
        """By ``op_name`` beside ``started_at`` and ``inputs``."""
        return "op_name" in record and "started_at" in record and "inputs" in record

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: the call is none of a model.
        """
        inputs = object_of(record.get("inputs"), "inputs")
        if not (
            {"messages", "contents"} & inputs.keys() or ("model" in inputs and {"input", "prompt"} & inputs.keys())
        ):
            raise RecordError(
                f"`op_name`: {shown(record.get('op_name'))} is no call of a model: `inputs` has no messages"
            )
        attributes = object_of(record.get("attributes"), "attributes")
        start, end = record.get("started_at"), record.get("ended_at")
        own: Fields = {
            "exchange_id": identity(record.get("id")),
            "time": start,
            "latency_ms": elapsed_ms(start, end),
            "account_id": identity(first(attributes, "user_id", "userId", "user")) or pair_caller(inputs),
            "session_id": identity(
                first(attributes, "session_id", "conversation_id", "sessionId") or record.get("thread_id")
            ),
            "status": "error" if record.get("exception") else None,
            "account_in": "`attributes` has no `user_id` (`weave.attributes` sets it); `wb_user_id` is no end user",
        }
        answer = {k: v for k, v in answer_fields(record.get("output")).items() if k not in ("time", "exchange_id")}
        if answer.get("input_tokens") is None:
            answer |= _usage(record.get("summary"))
        return [merged(answer, asked_fields(inputs, "inputs"), own)]


def _usage(summary: object) -> Fields:
    """Counts of ``summary.usage``, which has them by model; of several models none is this call's."""
    usage = summary.get("usage") if isinstance(summary, dict) else None
    counts = list(usage.values()) if isinstance(usage, dict) else []
    if len(counts) != 1 or not isinstance(counts[0], dict):
        return {}
    return {
        "input_tokens": whole(first(counts[0], "prompt_tokens", "input_tokens")),
        "output_tokens": whole(first(counts[0], "completion_tokens", "output_tokens")),
    }


FORMAT = Weave()
