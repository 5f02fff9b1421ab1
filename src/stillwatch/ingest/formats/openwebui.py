"""Open WebUI's export of chats, and rows of its table ``chat``.

| read | as |
| --- | --- |
| ``user_id`` | ``account_id`` |
| ``id`` | ``session_id`` |
| ``chat.history.messages``, a tree; where it is empty, ``chat.messages`` in order | an exchange an answer |
| a question's ``timestamp`` (seconds) | ``time``; of an answer that was asked for again, its own |
| an answer's ``id``, ``model`` (else the chat's, where it has one only) | ``exchange_id``, ``model`` |
| an answer's ``usage``: ``prompt_tokens``, ``completion_tokens``, or Ollama's counts | token counts |
| ``chat.params.system``, else ``chat.system`` | ``system`` |

A chat is one record and holds as many exchanges as it has answers. An answer's ``<details type="reasoning">`` is
its reasoning, and what tools gave (``tool_calls``, ``code_interpreter``) is left out; one without a text has that of
its ``output``, items of the responses API. Rows of the table ``chat_message`` are ``message-rows``. A chat's own times
are not its messages'. After Open WebUI's model of a chat.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json, RecordError, content_text, first, identity, listed, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.conversation_tree import Node, exchanges_of
from stillwatch.ingest.record import Fields
from stillwatch.ingest.shown_answers import text_shown

__all__ = ["FORMAT"]


class OpenWebUI(LogFormat):
    """Reads Open WebUI's chats."""

    name: ClassVar[str] = "openwebui"
    description: ClassVar[str] = "Open WebUI's export of chats"
    example: ClassVar[Mapping[str, Any]] = {
        "id": "c-1",
        "user_id": "a-1",
        "title": "t",
        "chat": {
            "models": ["m"],
            "history": {
                "currentId": "b",
                "messages": {
                    "a": {"id": "a", "parentId": None, "role": "user", "content": "Why?", "timestamp": 1795490904},
                    "b": {"id": "b", "parentId": "a", "role": "assistant", "content": "Because.", "model": "m"},
                },
            },
        },
        "created_at": 1795490900,
    }

    def recognises(self, record: Json) -> bool:
        """By ``chat`` with ``messages`` or ``history``; as text, beside ``user_id`` and ``title``."""
        chat = record.get("chat")
        if isinstance(chat, str):
            return "user_id" in record and "title" in record
        return isinstance(chat, dict) and ("messages" in chat or "history" in chat)

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """An exchange an answer, and one for a question that was not answered."""
        chat = object_of(record.get("chat"), "chat")
        params = object_of(chat.get("params"), "chat.params")
        shared: Fields = {
            "account_id": identity(first(record, "user_id", "userId")),
            "session_id": identity(record.get("id")),
            "system": first(params, "system") or first(chat, "system"),
            "temperature": params.get("temperature"),
            "max_tokens": params.get("max_tokens"),
            "model": _only_model(chat),
            "account_in": "the chat has no `user_id`: export all chats as an administrator",
        }
        nodes = _nodes(chat)
        found = list(exchanges_of(nodes, {name: value for name, value in shared.items() if value is not None}))
        if not found:
            raise RecordError(f"the chat holds no question: {len(nodes)} messages, none of role `user`")
        return found


def _only_model(chat: Json) -> Any:
    """The model of a chat that has but one: old answers do not name theirs."""
    models = chat.get("models")
    return models[0] if isinstance(models, list) and len(models) == 1 else None


def _nodes(chat: Json) -> list[Node]:
    tree = object_of(object_of(chat.get("history"), "chat.history").get("messages"), "chat.history.messages")
    if tree:
        return [_node(object_of(item, "messages[]"), key, _parent(item)) for key, item in tree.items()]
    nodes: list[Node] = []
    for place, item in enumerate(listed(chat.get("messages"), "chat.messages")):
        message = object_of(item, "chat.messages[]")
        nodes.append(_node(message, f"{place}", nodes[-1].id if nodes else None))
    return nodes


def _parent(item: Any) -> str | None:
    found = identity(item.get("parentId")) if isinstance(item, dict) else None
    return None if found is None else str(found)


def _node(message: Json, key: str, parent: str | None) -> Node:
    text, reasoning = text_shown(content_text(message.get("content")), message.get("output"))
    usage = object_of(first(message, "usage", "info"), "usage")
    answer: Fields = {
        "model": first(message, "model", "modelName"),
        "reasoning": reasoning,
        "input_tokens": first(usage, "prompt_tokens", "input_tokens", "prompt_eval_count"),
        "output_tokens": first(usage, "completion_tokens", "output_tokens", "eval_count"),
        "status": "error" if message.get("error") else None,
    }
    # Whose words a message without a role are, nobody knows: no question of anybody.
    role = str(message.get("role") or "unknown")
    return Node(str(identity(message.get("id")) or key), parent, role, text, message.get("timestamp"), answer)


FORMAT = OpenWebUI()
