"""OpenAI-shaped request/response lines: ``{"request": {...}, "response": {...}, ...}``.

Bodies of chat completions, completions and responses, as ``bodies.openai`` reads them; either may be
a JSON string, or stand in a ``body`` beside ``headers``. Around them the names of ``envelope``.
``time`` falls back to the response's ``created``; ``account_id`` to the request's
``safety_identifier``, ``user`` or ``metadata.user_id``, then to the key's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from stillwatch.core.bodies import openai
from stillwatch.core.bodies.columns import columns_of
from stillwatch.core.bodies.other_calls import check_conversation
from stillwatch.core.bodies.plain_chat import chat_columns
from stillwatch.core.bodies.plain_openai import Answer, Asked
from stillwatch.core.bodies.shapes import Json, merged
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.beside_bodies import counts_beside
from stillwatch.ingest.bodies_apart import text_of_answer
from stillwatch.ingest.envelope import bodies, dialect, envelope_fields, model_around, path_around
from stillwatch.ingest.plain_envelope import Envelope, told_around
from stillwatch.ingest.plain_pairs import made
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import Exchange, Fields
from stillwatch.ingest.told_beside import parameters_beside

__all__ = ["FORMAT"]


class _Plain(Envelope, gc=False, forbid_unknown_fields=True, kw_only=True):
    """A line as most are: a chat completion."""

    request: Asked
    response: Answer


def _exchanges(rows: Sequence[_Plain]) -> list[Exchange | None]:
    """Plain lines as ``OpenAILog.read`` reads them; None for each that is to be read so."""
    asked, answered = columns_of(rows, ("request", "response"))
    columns, left = chat_columns(asked, [one.messages for one in asked], answered)
    columns["time"] = [one.created for one in answered]
    return made(told_around(rows, columns), left, len(rows))


class OpenAILog(LogFormat):
    """Reads OpenAI-shaped request/response lines."""

    name: ClassVar[str] = "openai-log"
    description: ClassVar[str] = "lines of {request, response} with bodies of the OpenAI API"
    general: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {
        "time": "2026-11-24T00:00:00Z",
        "account_id": "a-1",
        "request": {
            "model": "m",
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Why?"}]}],
            "temperature": 0.7,
            "max_completion_tokens": 64,
            "tools": [{"type": "function", "function": {"name": "search"}}],
            "user": "cust-77",
        },
        "response": {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1795490904,
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Because."}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 20},
        },
    }

    plain: ClassVar[PlainShape | None] = PlainShape(_Plain, _exchanges)

    def recognises(self, record: Json) -> bool:
        """By ``request`` with a body that is not Anthropic's."""
        return dialect(record) == "openai"

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: it is no conversation.
        """
        request, response, frame = bodies(record)
        check_conversation(response, path_around(record, frame))
        fields = merged(
            parameters_beside(record),
            counts_beside(record),
            {"response": text_of_answer(record)} if response is None else {},
            model_around(record, frame),
            openai.response_fields(response),
            openai.asking(request),
            frame,
            envelope_fields(record),
        )
        if "account_id" not in fields:
            fields["account_id"] = openai.caller(request) or fields.get("api_key_id")
        fields.pop("url", None)
        return [fields]


FORMAT = OpenAILog()
