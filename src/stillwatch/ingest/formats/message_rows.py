"""Rows of a table of messages: one row a message, with who said it and in which conversation.

| names | read as |
| --- | --- |
| ``role``, ``message_role``, ``sender_role``: user or human; assistant, ai, bot, model; system; tool | who says it |
| else ``sender``, ``speaker``, ``author``, ``obj`` with such a word | likewise |
| ``content``, ``message``, ``text``, ``message_text``: a text or parts | what |
| ``conversation_id``, ``session_id``, ``chat_id``, ``thread_id`` | ``session_id`` |
| the names of accounts and times of ``flat``; ``metadata.user_id`` | ``account_id``, ``time`` |
| ``message_id``, ``id``; ``model``; ``prompt_tokens``, ``completion_tokens``, also in ``usage`` | their columns |
| ``parent_id``, ``parent_message_id`` | what a message follows |

Each message of a user is an exchange: with what its conversation holds before it, and what an assistant says before
the user's next, behind its tools. Rows are put in order by ``sequence``, ``seq``, ``message_index`` or ``position``
where all have one, else by time. Rows of a conversation that name several accounts are several conversations; an answer
that names none is then nobody's, and the exchange says so. Rows that name no conversation are refused, for whose answer
one is cannot be told. Texts that are JSON in all rows of a conversation are decoded. What Open WebUI shows of reasoning
and tools (``<details>``) is read as ``openwebui`` says, and a text that lacks is that of ``output``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from stillwatch.core.bodies.roles import role_of
from stillwatch.core.bodies.shapes import Json, Message, content_text, first, identity, object_of, whole
from stillwatch.ingest.base import PartsFormat
from stillwatch.ingest.beside_bodies import counts_beside
from stillwatch.ingest.conversation_tree import Node, exchanges_of
from stillwatch.ingest.plain_names import ACCOUNTS, OTHERS, PERSONS, TIMES, known_names
from stillwatch.ingest.record import Fields, RecordError
from stillwatch.ingest.shown_answers import text_shown
from stillwatch.ingest.timestamps import to_microseconds

__all__ = ["FORMAT", "role_in"]

_ROLES = {
    "user": "user", "human": "user", "assistant": "assistant", "ai": "assistant", "bot": "assistant",
    "model": "assistant", "system": "system", "developer": "system", "tool": "tool", "function": "tool",
}  # fmt: skip
_ROLE_NAMES = ("role", "message_role", "messageRole", "sender_role", "senderRole", "sender", "speaker", "author", "obj")
_TEXT_NAMES = ("content", "message", "text", "message_text", "messageText", "value")
_CONVERSATIONS = tuple(name for name in OTHERS["session_id"] if name.endswith("_id"))
_ORDER = ("sequence", "seq", "message_index", "position")
_PARENTS = ("parent_id", "parentId", "parent_message_id", "parentMessageId")
_ACCOUNT_IN = "none of the conversation's rows of a user names one: put `user_id` beside `role`"
_NO_QUESTION = "an answer whose question is not in the log, or cannot be read"


class MessageRows(PartsFormat):
    """Reads rows of messages."""

    name: ClassVar[str] = "message-rows"
    joined_as: ClassVar[str] = "message-rows"
    counts_repeats: ClassVar[bool] = False
    description: ClassVar[str] = "rows of a table of messages, one row a message"
    general: ClassVar[bool] = True
    holds_nothing: ClassVar[str] = "a message of a conversation in which no user says anything"
    example: ClassVar[Mapping[str, Any]] = {
        "id": "m-1",
        "conversation_id": "c-1",
        "user_id": "a-1",
        "role": "user",
        "content": "Why?",
        "created_at": "2026-11-24T00:00:00Z",
    }
    more_examples: ClassVar[Sequence[Mapping[str, Any]]] = (
        {
            "id": "m-2",
            "conversation_id": "c-1",
            "user_id": "a-1",
            "role": "assistant",
            "content": "Because.",
            "model": "m",
            "created_at": "2026-11-24T00:00:01Z",
        },
    )

    def recognises(self, record: Json) -> bool:
        """By a role of a conversation beside a text and a time, and neither a prompt nor messages."""
        if not any(name in record for name in _ROLE_NAMES) or not any(name in record for name in _TEXT_NAMES):
            return False
        if "prompt" in record or "messages" in record:
            return False
        names = known_names(tuple(map(str, record)))
        return names is not None and not names.keys().isdisjoint(TIMES) and role_in(record) is not None

    def key(self, record: Json) -> str | None:
        """A conversation."""
        found = _named(record, _CONVERSATIONS)
        return None if found is None else str(found)

    def join(self, parts: Sequence[Json]) -> Iterable[Fields | RecordError]:
        """The exchanges of one conversation.

        Raises:
            RecordError: a row alone names no conversation.
        """
        if self.key(parts[0]) is None:
            raise RecordError(
                "a row of one message that names no conversation (`conversation_id`, `session_id`, `chat_id`, "
                "`thread_id`): whose answer it is cannot be told; export it"
            )
        found: list[Fields | RecordError] = []
        parts = _decoded(parts)
        for account, rows, lost in _accounts(parts):
            shared = {"account_id": account, "session_id": self.key(parts[0]), "account_in": _ACCOUNT_IN}
            made = _by_parents(rows, shared) if _has_parents(parts) else _in_turn(rows, shared)
            for fields in made:
                if lost and isinstance(fields, dict) and fields.get("response") is None:
                    fields["note"] = lost
                found.append(fields)
        return found


Row = tuple[int, Json]
"""A row and its place among those of its conversation."""


def _named(record: Json, names: Sequence[str]) -> Any:
    """The first of these names that names somebody, in any spelling."""
    keys = known_names(tuple(map(str, record))) or {}
    return next((one for name in names if name in keys and (one := identity(record[keys[name]])) is not None), None)


def role_in(record: Json) -> str | None:
    """Who says a message, in the words that are read here; None where no role of a conversation is named."""
    given = first(record, *_ROLE_NAMES)
    return _ROLES.get(given.strip().lower(), _ROLES.get(role_of(given))) if isinstance(given, str) else None


def _account(record: Json) -> Any:
    found = _named(record, (*ACCOUNTS, *PERSONS))
    if found is None and isinstance(record.get("metadata"), dict | str):
        try:
            return identity(first(object_of(record["metadata"], "metadata"), "user_id", "userId"))
        except RecordError:
            return None
    return found


def _accounts(parts: Sequence[Json]) -> Iterator[tuple[Any, list[Row], str | None]]:
    """A conversation's rows by whose they are, in order, and what is told of answers that lack there."""
    rows = _ordered(parts)
    users = {str(one): one for _, row in rows if role_in(row) == "user" and (one := _account(row)) is not None}
    if len(users) <= 1:
        yield next(iter(users.values()), None), rows, None
        return
    nameless = sum(1 for _, row in rows if role_in(row) == "assistant" and str(_account(row)) not in users)
    lost = f"the conversation is of {len(users)} accounts, and {nameless} of its answers name none of them"
    for name, account in users.items():
        yield account, [(at, row) for at, row in rows if str(_account(row)) == name], lost if nameless else None
    alone = [(at, row) for at, row in rows if role_in(row) == "user" and _account(row) is None]
    if alone:
        yield None, alone, None


def _ordered(parts: Sequence[Json]) -> list[Row]:
    rows = list(enumerate(parts))
    for name in _ORDER:
        numbers = [whole(row.get(name)) for row in parts]
        if all(isinstance(one, int) and not isinstance(one, bool) for one in numbers) and len(set(numbers)) == len(
            rows
        ):
            return sorted(rows, key=lambda row: numbers[row[0]])
    times = [_moment(row) for row in parts]
    if None in times:
        return rows
    # Of a table that was written out latest first, two of one second stand the other way round.
    back = -1 if times[0] > times[-1] else 1  # type: ignore[operator]
    return sorted(rows, key=lambda row: (times[row[0]] or 0, back * row[0]))


def _moment(row: Json) -> int | None:
    try:
        return to_microseconds(_time(row))
    except RecordError:
        return None


def _time(row: Json) -> Any:
    keys = known_names(tuple(map(str, row))) or {}
    return next((row[keys[name]] for name in TIMES if name in keys and row[keys[name]] not in (None, "")), None)


def _text(row: Json) -> str | None:
    return _said(row)[0]


def _said(row: Json) -> tuple[str | None, str | None]:
    """A message's text, and its reasoning."""
    content = first(row, *_TEXT_NAMES)
    if isinstance(content, list):
        # Of a thread of assistants: `{"type": "text", "text": {"value": ...}}`; of FastGPT with `content`.
        content = [
            {**part, "text": first(part["text"], "value", "content")}
            if isinstance(part, dict) and isinstance(part.get("text"), dict)
            else part
            for part in content
        ]
    return text_shown(content_text(content), row.get("output"))


def _decoded(parts: Sequence[Json]) -> Sequence[Json]:
    """Rows of a conversation whose texts are JSON, of a column that may hold parts as well, with the texts in it."""
    texts = [one for row in parts if (one := row.get("content"))]
    if not all(isinstance(one, str) and len(one) > 1 and one[0] == one[-1] == '"' for one in texts):
        return parts
    try:
        return [{**row, "content": json.loads(one)} if (one := row.get("content")) else row for row in parts]
    except ValueError:
        return parts


def _in_turn(rows: Sequence[Row], shared: Fields) -> Iterator[Fields | RecordError]:
    """Exchanges of rows that follow one another."""
    before: list[Message] = []
    asked: Fields | None = None
    # A second text is what the model said next only where it used a tool between.
    awaited = False
    for place, row in rows:
        role = role_in(row)
        try:
            text = _text(row)
        except RecordError as error:
            yield error.of(place)
            text = None
            if role == "user":
                yield from [] if asked is None else [asked]
                asked = None
                continue
        before = [*before, Message(role or "", text)]
        if role == "user":
            yield from [] if asked is None else [asked]
            asked, awaited = {**shared, "time": _time(row), "messages": before, "part": place, **_ids(row)}, True
        elif role == "assistant" and asked is None:
            yield RecordError(_NO_QUESTION).of(place)
        elif role == "assistant" and asked is not None and text and awaited:
            asked |= {"response": text, **_answer(row)}
            awaited = False
        else:
            awaited = awaited or role == "tool" or not text
    if asked is not None:
        yield asked


def _ids(row: Json) -> Fields:
    found = identity(first(row, "message_id", "messageId", "id"))
    # Open WebUI's rows have the conversation's id before a message's own, by which others name it.
    before = f"{_named(row, _CONVERSATIONS)}-"
    return {"exchange_id": found.removeprefix(before) if isinstance(found, str) else found}


def _answer(row: Json) -> Fields:
    keys = known_names(tuple(map(str, row))) or {}
    columns = ("model", "input_tokens", "output_tokens", "latency_ms")
    told = {column: next((row[keys[name]] for name in OTHERS[column] if name in keys), None) for column in columns} | {
        "reasoning": _said(row)[1],
        **_ids(row),
    }
    told = {name: value for name, value in told.items() if value is not None}
    return {name: value for name, value in counts_beside(row).items() if value is not None} | told


def _has_parents(parts: Sequence[Json]) -> bool:
    return any(first(row, *_PARENTS) is not None for row in parts) and all(_ids(row)["exchange_id"] for row in parts)


def _by_parents(rows: Sequence[Row], shared: Fields) -> Iterator[Fields | RecordError]:
    """Exchanges of rows that say what they follow."""
    nodes: list[Node] = []
    places: dict[str, int] = {}
    for place, row in rows:
        name = str(_ids(row)["exchange_id"])
        parent = identity(first(row, *_PARENTS))
        try:
            nodes.append(
                Node(
                    name,
                    None if parent is None else str(parent),
                    role_in(row) or "",
                    _text(row),
                    _time(row),
                    _answer(row),
                )
            )
        except RecordError as error:
            yield error.of(place)
            continue
        places[name] = place
    for fields in exchanges_of(nodes, shared):
        if isinstance(fields, dict):
            fields["part"] = places.get(str(fields.get("exchange_id")), 0)
        yield fields


FORMAT = MessageRows()
