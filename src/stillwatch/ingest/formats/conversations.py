"""Whole conversations, one a record, whose messages each say when they were written.

Exports of chat programs and documents of their stores: one object a conversation, with a list of its messages.

| names | read as |
| --- | --- |
| ``messages``, ``chat_messages``, ``turns``, ``conversation``, ``history``, ``transcript`` | the messages |
| ``id``, ``uuid``, ``_id``, ``conversation_id``, ``session_id`` of the conversation | ``session_id`` |
| the names of accounts of ``flat``, also an object's id (``account.uuid``); those of a message | ``account_id`` |
| of a message: ``role``, ``sender``, ``author``, ``speaker`` | who says it |
| its ``content``, ``text``, ``message``, ``value`` | what |
| its ``created_at``, ``timestamp`` and the other names of times of ``flat`` | ``time`` |
| its ``id``, ``uuid``, ``model``, token counts; what it follows (``parent_id``) | as ``message-rows`` has them |

Each message of a user is an exchange, as those of ``message-rows`` are; when the conversation began is no time of a
message. Read so are Claude's exports, too, of which an organisation's name their accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json, first, identity
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.beside_bodies import account_beside
from stillwatch.ingest.formats.message_rows import FORMAT as MESSAGE_ROWS
from stillwatch.ingest.formats.message_rows import role_in
from stillwatch.ingest.plain_names import ACCOUNTS, OTHERS, PERSONS, TIMES, known_names
from stillwatch.ingest.record import Fields, RecordError

__all__ = ["FORMAT"]

_TALKS = ("messages", "chat_messages", "chatMessages", "turns", "conversation", "history", "transcript")
# Of a record of one call, whose messages may say when they were written too.
_OF_A_CALL = frozenset((
    "prompt", "response", "request", "completion", "output", "outputs", "input", "inputs", "answer", "choices",
    "call_type", "run_type", "attributes", "observations", "body", "chat", "resourceSpans",
))  # fmt: skip
_IDS = ("id", "uuid", "_id", "message_id", "messageId")
_IDS_OF_PERSONS = ("uuid", "id", "_id", "user_id", "userId", "email")
_TEXTS = ("content", "text", "message", "value", "parts")
_PARENTS = ("parent_id", "parentId", "parent_message_id", "parentMessageId", "parent_message_uuid")


class Conversations(LogFormat):
    """Reads whole conversations."""

    name: ClassVar[str] = "conversations"
    description: ClassVar[str] = "whole conversations, one a record, whose messages say when they were written"
    example: ClassVar[Mapping[str, Any]] = {
        "id": "c-1",
        "user_id": "a-1",
        "messages": [
            {"role": "user", "content": "Why?", "created_at": "2026-11-24T00:00:00Z"},
            {"role": "assistant", "content": "Because.", "created_at": "2026-11-24T00:00:01Z", "model": "m"},
        ],
    }

    def recognises(self, record: Json) -> bool:
        """By a list of messages, each with who says it and those of users with a time, and nothing of a single call."""
        if not _OF_A_CALL.isdisjoint(record) or {"account_id", "time"} <= record.keys():
            return False
        return _talk_of(record) is not None

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """An exchange a question."""
        rows = _rows_of(record, _talk_of(record) or [])
        for one in MESSAGE_ROWS.join(rows):
            # All are of one record.
            yield {name: value for name, value in one.items() if name != "part"} if isinstance(one, dict) else one


def _talk_of(record: Json) -> Sequence[Json] | None:
    for name in _TALKS:
        held = record.get(name)
        held = held.get("data") if isinstance(held, dict) else held
        if isinstance(held, list) and held and all(map(_is_message, held)):
            return held
    return None


def _is_message(one: Any) -> bool:
    """Whether something is a message of a conversation; one of a user says when it was written."""
    if not isinstance(one, dict) or (role := _role(one)) is None or "isCreatedByUser" in one:
        return False
    return role != "user" or _named(one, TIMES) is not None


def _role(message: Json) -> str | None:
    who = first(message, "role", "sender", "author", "speaker", "from")
    return role_in({"role": who.get("role") if isinstance(who, dict) else who})


def _named(record: Json, names: Sequence[str]) -> Any:
    keys = known_names(tuple(map(str, record))) or {}
    return next((one for name in names if name in keys and (one := record[keys[name]]) not in (None, "")), None)


def _whose(record: Json) -> Any:
    """The account of a conversation, or of a message."""
    for name in (*ACCOUNTS, *PERSONS, "owner"):
        given = _named(record, (name,)) if name != "owner" else record.get(name)
        if isinstance(given, dict):
            given = first(given, *_IDS_OF_PERSONS)
        if (found := identity(given)) is not None:
            return found
    return account_beside(record).get("account_id")


def _rows_of(record: Json, talk: Sequence[Json]) -> list[Json]:
    """The messages as rows of a table that holds this conversation alone."""
    session = _named(record, OTHERS["session_id"]) or first(record, *_IDS) or "0"
    shared = {"conversation_id": session, "user_id": _whose(record), "model": _named(record, ("model", "model_name"))}
    times = [str(_named(one, TIMES)) for one in talk]
    # Some programs list what came last first.
    ordered = [*reversed(talk)] if times[0] > times[-1] and _role(talk[-1]) == "user" else talk
    rows: list[Json] = []
    for place, one in enumerate(ordered):
        content = first(one, *_TEXTS)
        row = {
            **{name: value for name, value in shared.items() if value is not None},
            **{name: value for name, value in one.items() if name in _COUNTED and value is not None},
            "role": _role(one),
            "content": content.get("value", content.get("parts")) if isinstance(content, dict) else content,
            "created_at": _named(one, TIMES),
            "message_id": first(one, *_IDS),
            "parent_id": first(one, *_PARENTS),
            "position": place,
        }
        if shared["user_id"] is None:
            row["user_id"] = _whose(one)
        rows.append({name: value for name, value in row.items() if value is not None})
    return rows


_COUNTED = frozenset(("model", *OTHERS["input_tokens"], *OTHERS["output_tokens"]))

FORMAT = Conversations()
