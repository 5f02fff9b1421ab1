"""Anthropic-shaped request/response lines: ``{"request": {...}, "response": {...}, ...}``.

Bodies of the messages API and of text completions, as ``bodies.anthropic`` reads them: ``system``,
content blocks, thinking blocks (``reasoning``), streams as lists of events. Either body may be a JSON
string, or stand in a ``body`` beside ``headers``. Around them the names of ``envelope``: these bodies
carry no time of their own, so the line must. ``account_id`` falls back to the request's
``metadata.user_id``, then to the key's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from stillwatch.core.bodies import anthropic
from stillwatch.core.bodies.columns import columns_of
from stillwatch.core.bodies.other_calls import check_conversation
from stillwatch.core.bodies.plain_anthropic import Answer, Asked, message_columns
from stillwatch.core.bodies.shapes import Json, merged
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.beside_bodies import counts_beside
from stillwatch.ingest.bodies_apart import text_of_answer
from stillwatch.ingest.envelope import bodies, dialect, envelope_fields, model_around, path_around
from stillwatch.ingest.plain_envelope import Envelope, told_around
from stillwatch.ingest.plain_pairs import made
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import NAMES, Exchange, Fields
from stillwatch.ingest.told_beside import parameters_beside

__all__ = ["FORMAT"]


class _Plain(Envelope, gc=False, forbid_unknown_fields=True, kw_only=True):
    """A line as most are: a message that was not streamed."""

    request: Asked
    response: Answer


def _exchanges(rows: Sequence[_Plain]) -> list[Exchange | None]:
    """Plain lines as ``AnthropicLog.read`` reads them; None for each that is to be read so."""
    columns, left = message_columns(*columns_of(rows, ("request", "response")))
    return made(told_around(rows, columns), left, len(rows))


class AnthropicLog(LogFormat):
    """Reads Anthropic-shaped request/response lines."""

    name: ClassVar[str] = "anthropic-log"
    description: ClassVar[str] = "lines of {request, response} with bodies of the Anthropic API"
    general: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {
        "time": "2026-11-24T00:00:00Z",
        "request": {
            "model": "m",
            "system": "Be brief.",
            "max_tokens": 64,
            "messages": [{"role": "user", "content": "Why?"}],
            "metadata": {"user_id": "a-1"},
        },
        "response": {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "…"}, {"type": "text", "text": "Because."}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 10, "output_tokens": 20},
        },
    }

    plain: ClassVar[PlainShape | None] = PlainShape(_Plain, _exchanges)

    def recognises(self, record: Json) -> bool:
        """By ``request`` with a body of this API, or a response of it."""
        return dialect(record) == "anthropic"

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
            anthropic.response_fields(response),
            anthropic.request_fields(request),
            frame,
            envelope_fields(record),
        )
        if "account_id" not in fields:
            fields["account_id"] = anthropic.caller(request) or fields.get("api_key_id")
        return [{name: value for name, value in fields.items() if name in NAMES or name == "account_in"}]


FORMAT = AnthropicLog()
