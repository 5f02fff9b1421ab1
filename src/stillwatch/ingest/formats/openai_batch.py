"""OpenAI batch files: requests ``{"custom_id", "url", "body"}``, results ``{"custom_id", "response"}``.

A request's ``body`` and a result's ``response.body`` are read as ``bodies.openai`` reads them;
``url`` gives ``operation``, ``response.status_code`` (or ``error.code``) ``status``, and the result's
``id`` the ``exchange_id`` where the body has none. A batch line names no time and no account:
``time`` is the response's ``created``, ``account_id`` the request's ``safety_identifier``, ``user`` or
``metadata.user_id``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies import openai
from stillwatch.core.bodies.other_calls import check_conversation
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of
from stillwatch.ingest.base import BatchFormat, Half
from stillwatch.ingest.record import Fields

__all__ = ["FORMAT"]


class OpenAIBatch(BatchFormat):
    """Reads OpenAI batch files."""

    name: ClassVar[str] = "openai-batch"
    description: ClassVar[str] = "OpenAI batch input and output files, joined on custom_id"
    requests_lie_in: ClassVar[str] = "input file"
    example: ClassVar[Mapping[str, Any]] = {
        "custom_id": "r-1",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": [{"role": "user", "content": "Why?"}], "user": "a-1"},
    }
    example_result: ClassVar[Mapping[str, Any]] = {
        "id": "batch_req_1",
        "custom_id": "r-1",
        "response": {
            "status_code": 200,
            "request_id": "q",
            "body": {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1795490904,
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Because."}}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 20},
            },
        },
        "error": None,
    }

    def recognises(self, record: Json) -> bool:
        """By ``custom_id`` beside ``body``, or beside ``response`` or ``error``."""
        return "custom_id" in record and ("body" in record or "response" in record or "error" in record)

    def half(self, record: Json) -> Half:
        """A request has a ``body``."""
        return "request" if "body" in record else "result"

    def model(self, record: Json) -> str | None:
        """Of the body, or of the response's."""
        body = record.get("body")
        if body is None and isinstance(record.get("response"), dict):
            body = record["response"].get("body")
        model = body.get("model") if isinstance(body, dict) else None
        return model if isinstance(model, str) else None

    def join(self, request: Json, result: Json) -> Fields:
        """The exchange of a request and its result.

        Raises:
            RecordError: it is no conversation.
        """
        body = object_of(request.get("body"), "body")
        response = object_of(result.get("response"), "response")
        check_conversation(response.get("body"), request.get("url"))
        error = object_of(result.get("error"), "error")
        fields = merged(
            {"exchange_id": identity(result.get("id"))},
            openai.response_fields(response.get("body")),
            openai.request_fields(body),
        )
        fields["account_id"] = openai.caller(body)
        fields["operation"] = first(request, "url") or fields.get("operation")
        fields["status"] = first(response, "status_code") or first(error, "code")
        return fields


FORMAT = OpenAIBatch()
