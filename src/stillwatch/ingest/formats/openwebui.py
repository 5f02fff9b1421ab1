"""Open WebUI's exports of chats: each answer is an exchange, with the messages that led to it.

| read | as |
| --- | --- |
| ``user_id`` | ``account_id`` |
| ``id`` (the chat's) | ``session_id`` |
| the asking message's ``timestamp``, else the answer's | ``time`` |
| the messages from the chat's first to the asked, by ``parentId`` | ``messages`` |
| the answer's ``content``, ``model``, ``id`` | ``response``, ``model``, ``exchange_id`` |
| its ``usage`` | token counts |

A message that nobody answered is an exchange without a response. Where ``chat.history`` is empty, ``chat.messages``
are read in their order. Layout: Open WebUI's export of chats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json, Message, content_text, first, identity, listed, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields, RecordError

__all__ = ["FORMAT"]


class OpenWebUI(LogFormat):
    """Reads Open WebUI's exports of chats."""

    name: ClassVar[str] = "openwebui"
    description: ClassVar[str] = "Open WebUI's exports of chats"
    example: ClassVar[Mapping[str, Any]] = {
        "id": "c-1",
        "user_id": "a-1",
        "title": "t",
        "chat": {
            "models": ["m"],
            "messages": [
                {"id": "1", "role": "user", "content": "Why?", "timestamp": 1795490904},
                {"id": "2", "role": "assistant", "content": "Because.", "timestamp": 1795490906},
            ],
        },
        "created_at": 1795490904,
    }

    def recognises(self, record: Json) -> bool:
        """By ``chat`` with ``messages`` or ``history``."""
        chat = record.get("chat")
        return isinstance(chat, Mapping) and ("messages" in chat or "history" in chat)

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """An exchange an answer.

        Raises:
            RecordError: the chat holds no message of a user.
        """
        chat = object_of(record.get("chat"), "chat")
        said = _messages(chat)
        answered = {one["parentId"] for one in said.values() if one.get("role") == "assistant"}
        found: list[Fields | RecordError] = []
        for key, one in said.items():
            if one.get("role") == "assistant" and said.get(one["parentId"], {}).get("role") == "user":
                found.append(_exchange(record, chat, said, one["parentId"], one))
            elif one.get("role") == "user" and key not in answered:
                found.append(_exchange(record, chat, said, key, None))
        if not found:
            raise RecordError("the chat holds no message of a user")
        return found


def _messages(chat: Json) -> dict[Any, dict[str, Any]]:
    """Messages by id, each with its ``parentId``."""
    history = object_of(object_of(chat.get("history"), "chat.history").get("messages"), "chat.history.messages")
    if history:
        return {key: {**object_of(one, "messages"), "parentId": first(one, "parentId")} for key, one in history.items()}
    made: dict[Any, dict[str, Any]] = {}
    before = None
    for place, one in enumerate(listed(chat.get("messages"), "chat.messages")):
        message = object_of(one, "chat.messages")
        key = first(message, "id") or place
        made[key] = {**message, "parentId": before}
        before = key
    return made


def _exchange(record: Json, chat: Json, said: dict[Any, dict[str, Any]], asked: Any, answer: Json | None) -> Fields:
    path: list[Message] = []
    key, seen = asked, set()
    while key in said and key not in seen:
        seen.add(key)
        one = said[key]
        path.append(Message(str(one.get("role") or "user"), content_text(one.get("content"))))
        key = one["parentId"]
    question = said[asked]
    models = question.get("models") or chat.get("models") or [None]
    usage = object_of((answer or {}).get("usage"), "usage")
    params = object_of(chat.get("params"), "params")
    return {
        "exchange_id": identity(first(answer or question, "id")),
        "time": first(question, "timestamp") or first(answer or {}, "timestamp"),
        "account_id": identity(first(record, "user_id", "userId")),
        "session_id": identity(record.get("id")),
        "model": first(answer or {}, "model") or (models[0] if len(models) == 1 else None),
        "system": first(params, "system") or first(chat, "system"),
        "messages": path[::-1],
        "response": None if answer is None else content_text(answer.get("content")),
        "input_tokens": first(usage, "prompt_tokens", "prompt_eval_count"),
        "output_tokens": first(usage, "completion_tokens", "eval_count"),
        "account_in": "the chat has no `user_id`: export all chats as an administrator",
    }


FORMAT = OpenWebUI()
