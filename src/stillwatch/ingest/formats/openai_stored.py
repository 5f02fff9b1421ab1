"""What OpenAI stores of calls with ``store``: completions and their messages, and responses with their input.

| read | as |
| --- | --- |
| ``user_id``, ``userId`` or ``user`` of ``metadata`` | ``account_id`` |
| else ``safety_identifier``, ``user``, ``input_user`` | ``account_id`` |
| ``metadata``: ``session_id``, ``conversation_id``; else ``conversation`` | ``session_id`` |
| ``created``, ``created_at`` (seconds) | ``time`` |
| ``id`` | ``exchange_id`` |
| the rest of an object | as ``bodies.openai`` reads an answer and its parameters |

A list of completions (``/v1/chat/completions``) holds no messages: those of each (``.../{id}/messages``), whose ids
are the completion's with a number behind it, must lie in the same folder; or ``messages`` stands in the object, put
there by whoever exported it. So must ``input`` in an object of ``/v1/responses``, whose items, listed alone, do not say
of which response they are. Layout: OpenAI's API reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from stillwatch.core.bodies import openai
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of
from stillwatch.ingest.base import PartsFormat
from stillwatch.ingest.record import Fields, RecordError, shown

__all__ = ["FORMAT"]

_MESSAGE = re.compile(r"(chatcmpl-.+)-(\d+)")
_HELD = {"chat.completion": "choices", "response": "output"}
_NOT_STORED = frozenset(("request", "prompt", "account_id", "user_id", "time", "timestamp"))
_ACCOUNT_IN = "it names no end user: send `metadata.user_id` or `safety_identifier` with calls that are stored"


class OpenAIStored(PartsFormat):
    """Reads stored completions and responses."""

    name: ClassVar[str] = "openai-stored"
    joined_as: ClassVar[str] = "openai-stored"
    description: ClassVar[str] = "completions and responses that OpenAI stores, with their messages"
    example: ClassVar[Mapping[str, Any]] = {
        "object": "chat.completion",
        "id": "chatcmpl-1",
        "model": "m",
        "created": 1795490904,
        "temperature": 0.7,
        "metadata": {"user_id": "a-1"},
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Because."}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 20},
    }
    more_examples: ClassVar[Sequence[Mapping[str, Any]]] = (
        {"id": "chatcmpl-1-0", "role": "user", "content": "Why?", "name": None, "content_parts": None},
    )

    def recognises(self, record: Json) -> bool:
        """By ``object`` of a completion or a response with its answer, or a message whose id is a completion's with a
        number behind it."""
        kind = record.get("object")
        if kind in _HELD:
            # Beside names that the API does not give, it is an answer that a program put into its own record.
            return _HELD[kind] in record and _NOT_STORED.isdisjoint(record)
        return "role" in record and "content" in record and _of(record) is not None

    def key(self, record: Json) -> str | None:
        """A completion's id."""
        named = _of(record)
        if named is not None:
            return named[0]
        return None if record.get("object") == "response" or not record.get("id") else str(record["id"])

    def join(self, parts: Sequence[Json]) -> Iterable[Fields | RecordError]:
        """One exchange.

        Raises:
            RecordError: its messages or their completion are not in the log.
        """
        whole = [(place, part) for place, part in enumerate(parts) if "object" in part]
        said = sorted((found[1], place) for place, part in enumerate(parts) if (found := _of(part)) is not None)
        if not whole:
            raise RecordError("messages of a stored completion, and not the completion: it must lie in the same folder")
        place, record = whole[-1]
        return [{**_exchange(record, [parts[at] for _, at in said]), "part": place}]


def _of(record: Json) -> tuple[str, int] | None:
    """The completion that a message is of, and its number; None for what is no message of one."""
    name = record.get("id")
    found = _MESSAGE.fullmatch(name) if isinstance(name, str) and "object" not in record else None
    return (found[1], int(found[2])) if found is not None else None


def _exchange(record: Json, said: Sequence[Json]) -> Fields:
    asked = [{"role": one.get("role"), "content": first(one, "content_parts", "content")} for one in said]
    body = {**record, "messages": asked or record.get("messages")}
    # `text`, `tools` and the like are the request's own, which the object repeats.
    fields = openai.request_fields(body if record.get("object") != "response" else record)
    if not (fields.get("messages") or fields.get("prompt")):
        raise RecordError(_unasked(record))
    metadata = object_of(record.get("metadata"), "metadata")
    own: Fields = {
        "account_id": identity(first(metadata, "user_id", "userId", "user"))
        or openai.caller(record)
        or identity(record.get("input_user")),
        "session_id": identity(first(metadata, "session_id", "conversation_id")) or _conversation(record),
        "account_in": _ACCOUNT_IN,
    }
    return merged(fields, openai.response_fields(record), own)


def _conversation(record: Json) -> Any:
    """The conversation that a response is of."""
    given = record.get("conversation")
    return identity(given.get("id") if isinstance(given, dict) else given)


def _unasked(record: Json) -> str:
    name = shown(record.get("id"))
    if record.get("object") == "response":
        return f"response {name} says no `input`: fetch /v1/responses/{{id}}/input_items and put them in it as `input`"
    return f"completion {name} says no messages: fetch /v1/chat/completions/{{id}}/messages into the same folder"


FORMAT = OpenAIStored()
