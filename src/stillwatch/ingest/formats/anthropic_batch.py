"""Anthropic batch files: requests ``{"custom_id", "params"}``, results ``{"custom_id", "result"}``.

A request's ``params`` and a result's ``result.message`` are read as ``bodies.anthropic`` reads them;
``result.type`` gives ``status``. ``account_id`` is ``params.metadata.user_id``. Neither file says when a
request was made: without a ``created_at`` or ``timestamp`` that an exporter added to the result or the
request, the caller must give a default time, or every record is a dead letter that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies import anthropic
from stillwatch.core.bodies.shapes import Json, first, merged, object_of
from stillwatch.ingest.base import BatchFormat, Half
from stillwatch.ingest.record import Fields

__all__ = ["FORMAT"]

_TIMES = ("time", "created_at", "timestamp")


class AnthropicBatch(BatchFormat):
    """Reads Anthropic batch files."""

    name: ClassVar[str] = "anthropic-batch"
    description: ClassVar[str] = "Anthropic batch request and result files, joined on custom_id"
    requests_lie_in: ClassVar[str] = "request file"
    example: ClassVar[Mapping[str, Any]] = {
        "custom_id": "r-1",
        "created_at": "2026-11-24T00:00:00Z",
        "params": {
            "model": "m",
            "max_tokens": 64,
            "messages": [{"role": "user", "content": "Why?"}],
            "metadata": {"user_id": "a-1"},
        },
    }
    example_result: ClassVar[Mapping[str, Any]] = {
        "custom_id": "r-1",
        "result": {
            "type": "succeeded",
            "message": {
                "id": "msg_1",
                "content": [{"type": "thinking", "thinking": "…"}, {"type": "text", "text": "Because."}],
                "usage": {"input_tokens": 1, "output_tokens": 2},
            },
        },
    }

    def recognises(self, record: Json) -> bool:
        """By ``custom_id`` beside ``params`` or ``result``."""
        return "custom_id" in record and ("params" in record or "result" in record)

    def half(self, record: Json) -> Half:
        """A request has ``params``."""
        return "request" if "params" in record else "result"

    def model(self, record: Json) -> str | None:
        """Of the parameters, or of the message."""
        body = record.get("params")
        if body is None and isinstance(record.get("result"), dict):
            body = record["result"].get("message")
        model = body.get("model") if isinstance(body, dict) else None
        return model if isinstance(model, str) else None

    def join(self, request: Json, result: Json) -> Fields:
        """The exchange of a request and its result."""
        params = object_of(request.get("params"), "params")
        outcome = object_of(result.get("result"), "result")
        fields = merged(anthropic.response_fields(outcome.get("message")), anthropic.request_fields(params))
        fields["account_id"] = anthropic.caller(params)
        fields["time"] = first(result, *_TIMES) or first(request, *_TIMES)
        fields["status"] = outcome.get("type")
        return fields


FORMAT = AnthropicBatch()
