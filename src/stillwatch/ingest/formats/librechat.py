"""LibreChat's messages: an exported conversation, or documents of its collection ``messages``, one a line.

| read | as |
| --- | --- |
| ``user`` of a message, else of the conversation | ``account_id`` |
| ``conversationId`` | ``session_id``; what the documents of a conversation are put together by |
| ``parentMessageId``, ``isCreatedByUser`` | the tree; an exchange an answer |
| a question's ``createdAt`` (ISO, or MongoDB's ``$date``) | ``time``; of an answer that was asked for again, its own |
| ``text``, else ``content`` (``text``, ``think``, other parts) | texts, reasoning |
| an answer's ``messageId``, ``model``, ``endpoint`` | ``exchange_id``, ``model``, ``provider`` |
| an answer's ``tokenCount``, ``finish_reason``, ``error`` | ``output_tokens``, ``stop_reason``, ``status`` |
| ``options.promptPrefix``, ``options.temperature`` of an export | ``system``, ``temperature`` |

A user's own export leaves ``user`` out. ``sender`` is a name to show, and ``tokenCount`` of a question is not that
of the whole request. After LibreChat's schema of a message and its "Export conversation".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json, RecordError, first, identity, listed, object_of
from stillwatch.ingest.base import PartsFormat
from stillwatch.ingest.conversation_tree import Node, exchanges_of
from stillwatch.ingest.record import Fields

__all__ = ["FORMAT"]

_NO_PARENT = "00000000-0000-0000-0000-000000000000"


class LibreChat(PartsFormat):
    """Reads LibreChat's conversations and messages."""

    name: ClassVar[str] = "librechat"
    description: ClassVar[str] = "LibreChat's messages, exported or from its database"
    example: ClassVar[Mapping[str, Any]] = {
        "messageId": "q-1",
        "conversationId": "c-1",
        "user": "a-1",
        "parentMessageId": _NO_PARENT,
        "isCreatedByUser": True,
        "sender": "User",
        "text": "Why?",
        "createdAt": "2026-11-24T00:00:00.000Z",
    }
    more_examples: ClassVar[Sequence[Mapping[str, Any]]] = (
        {
            "messageId": "r-1",
            "conversationId": "c-1",
            "user": "a-1",
            "parentMessageId": "q-1",
            "isCreatedByUser": False,
            "sender": "m",
            "model": "m",
            "text": "Because.",
            "tokenCount": 4,
            "createdAt": "2026-11-24T00:00:02.000Z",
        },
    )

    def recognises(self, record: Json) -> bool:
        """By ``conversationId`` beside ``messageId`` and ``isCreatedByUser``, or ``messages`` or ``messagesTree``."""
        if "conversationId" not in record:
            return False
        if "messageId" in record:
            return "isCreatedByUser" in record or "parentMessageId" in record
        return "messages" in record or "messagesTree" in record

    def key(self, record: Json) -> str | None:
        """A conversation and its owner, for documents of the collection; an exported conversation stands alone."""
        return f"{record.get('conversationId')} of {record.get('user')}" if "messageId" in record else None

    def join(self, parts: Sequence[Json]) -> Iterable[Fields | RecordError]:
        """The exchanges of one conversation."""
        messages = [message for part in parts for message in _messages(part)]
        options = object_of(parts[0].get("options"), "options")
        shared: Fields = {
            "account_id": identity(parts[0].get("user")),
            "session_id": identity(parts[0].get("conversationId")),
            "system": first(options, "promptPrefix", "instructions", "system"),
            "temperature": options.get("temperature"),
            "model": first(options, "model"),
            "provider": first(parts[0], "endpoint"),
            "account_in": "neither the message nor the conversation has a `user`: give the account (--default-account)",
        }
        nodes = [_node(one) for one in messages]
        found = list(exchanges_of(nodes, {name: value for name, value in shared.items() if value is not None}))
        if not found:
            raise RecordError(f"the conversation holds no question: {len(nodes)} messages, none of them a user's")
        return found


def _messages(part: Json) -> Iterator[Json]:
    if "messageId" in part:
        yield part
        return
    waiting = [*listed(first(part, "messages", "messagesTree"), "messages")]
    while waiting:
        message = object_of(waiting.pop(0), "messages[]")
        yield message
        # In a tree, who stands under whom needs no id.
        under = {"parentMessageId": message.get("messageId")}
        waiting = [
            *({**under, **object_of(one, "children[]")} for one in listed(message.get("children"), "children")),
            *waiting,
        ]


def _node(message: Json) -> Node:
    role = "user" if message.get("isCreatedByUser") in (True, "true") else "assistant"
    parent = identity(message.get("parentMessageId"))
    text, reasoning = _texts(message)
    answer: Fields = {
        "model": first(message, "model"),
        "provider": first(message, "endpoint"),
        "reasoning": reasoning,
        "output_tokens": first(message, "tokenCount"),
        "stop_reason": first(message, "finish_reason"),
        "status": "error" if message.get("error") in (True, "true") else None,
    }
    name = str(identity(message.get("messageId")))
    asker = {"account_id": user} if (user := identity(message.get("user"))) else {}
    above = None if parent == _NO_PARENT else parent
    return Node(name, above, role, text, _moment(message.get("createdAt")), answer, asker)


def _texts(message: Json) -> tuple[str | None, str | None]:
    """A message's text and its reasoning."""
    texts: list[str] = []
    thoughts: list[str] = []
    for item in listed(message.get("content"), "content"):
        part = object_of(item, "content[]")
        for kind, held in (("text", texts), ("think", thoughts)):
            value = part.get(kind) if part.get("type") == kind else None
            value = value.get("value") if isinstance(value, dict) else value
            held += [value] if isinstance(value, str) and value else []
    said = message.get("text")
    return (said if isinstance(said, str) and said else "\n".join(texts) or None), "\n".join(thoughts) or None


def _moment(value: Any) -> Any:
    """A time, out of what MongoDB's exports wrap it in."""
    if isinstance(value, dict):
        value = value.get("$date", value)
    if isinstance(value, dict):
        value = value.get("$numberLong", value)
    return value


FORMAT = LibreChat()
