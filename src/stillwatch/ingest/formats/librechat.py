"""LibreChat's exports of conversations, and its message documents as ``mongoexport`` writes them.

| read | as |
| --- | --- |
| ``user`` of the message or the conversation | ``account_id`` |
| ``conversationId`` | ``session_id`` |
| ``createdAt`` of the asking message (text, or ``{"$date"}``) | ``time`` |
| the messages that led to it, by ``parentMessageId`` or ``children`` | ``messages`` |
| the answer's ``text``, or the texts of its ``content`` | ``response`` |
| ``model`` of the answer, else of ``options`` | ``model`` |
| ``messageId`` | ``exchange_id`` |

A conversation exported by its own user names none: give the account. A message document alone is an exchange
without a response where a user wrote it, else a dead letter. Layout: LibreChat's export of conversations and its
schemas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json, Message, content_text, first, identity, listed, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields, RecordError

__all__ = ["FORMAT"]


class LibreChat(LogFormat):
    """Reads LibreChat's conversations and messages."""

    name: ClassVar[str] = "librechat"
    description: ClassVar[str] = "LibreChat's exports of conversations and messages"
    example: ClassVar[Mapping[str, Any]] = {
        "conversationId": "c-1",
        "user": "a-1",
        "options": {"model": "m"},
        "messages": [
            {"messageId": "1", "parentMessageId": "0", "isCreatedByUser": True, "text": "Why?",
             "createdAt": "2026-11-24T00:00:00.000Z"},
            {"messageId": "2", "parentMessageId": "1", "isCreatedByUser": False, "text": "Because.", "model": "m"},
        ],
    }  # fmt: skip

    def recognises(self, record: Json) -> bool:
        """By ``conversationId`` beside ``messages`` or ``isCreatedByUser``."""
        return "conversationId" in record and ("messages" in record or "isCreatedByUser" in record)

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """An exchange an answer.

        Raises:
            RecordError: no message of a user is there.
        """
        if "messages" not in record:
            if not record.get("isCreatedByUser"):
                raise RecordError("an answer alone: export the conversation, which holds what was asked")
            return [_exchange(record, [record], None)]
        said = {one.get("messageId"): one for one in _flat(record.get("messages"), None)}
        answered = {one.get("parentMessageId") for one in said.values() if not one.get("isCreatedByUser")}
        found: list[Fields | RecordError] = []
        for key, one in said.items():
            asked = said.get(one.get("parentMessageId"))
            if not one.get("isCreatedByUser") and asked is not None and asked.get("isCreatedByUser"):
                found.append(_exchange(record, _path(said, asked), one))
            elif one.get("isCreatedByUser") and key not in answered:
                found.append(_exchange(record, _path(said, one), None))
        if not found:
            raise RecordError("the conversation holds no message of a user")
        return found


def _flat(messages: object, parent: Any) -> Iterator[dict[str, Any]]:
    """Messages of a list or a tree, each with its parent."""
    for one in listed(messages, "messages"):
        message = object_of(one, "messages[]")
        yield {"parentMessageId": parent, **message}
        yield from _flat(message.get("children"), message.get("messageId"))


def _path(said: Mapping[Any, Json], last: Json) -> list[Json]:
    path, seen = [last], {last.get("messageId")}
    while (above := said.get(path[-1].get("parentMessageId"))) is not None and above.get("messageId") not in seen:
        seen.add(above.get("messageId"))
        path.append(above)
    return path[::-1]


def _plain(value: Any) -> Any:
    """MongoDB's extended JSON as plain values."""
    return first(value, "$date", "$oid", "$numberLong") if isinstance(value, Mapping) else value


def _text(message: Json) -> str | None:
    text = first(message, "text")
    if isinstance(text, str):
        return text
    parts = [
        {**part, "text": part["text"].get("value")} if isinstance(part.get("text"), Mapping) else part
        for part in listed(message.get("content"), "content")
        if isinstance(part, Mapping)
    ]
    return content_text(parts, "content")


def _exchange(record: Json, path: list[Json], answer: Json | None) -> Fields:
    asked = path[-1]
    system = first(object_of(record.get("options"), "options"), "promptPrefix", "system")
    time = _plain(first(asked, "createdAt")) or _plain(first(answer or {}, "createdAt"))
    return {
        "exchange_id": identity(first(answer or asked, "messageId")),
        "time": _plain(time),
        "account_id": identity(_plain(first(asked, "user") or first(record, "user"))),
        "session_id": identity(first(record, "conversationId")),
        "model": first(answer or {}, "model") or first(object_of(record.get("options"), "options"), "model"),
        "system": system if isinstance(system, str) else None,
        "messages": [Message("user" if one.get("isCreatedByUser") else "assistant", _text(one)) for one in path],
        "response": None if answer is None else _text(answer),
        "account_in": "neither the message nor the conversation has a `user`: give the account (--default-account)",
    }


FORMAT = LibreChat()
