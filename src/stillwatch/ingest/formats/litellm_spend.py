"""Rows of LiteLLM's ``LiteLLM_SpendLogs`` table, exported as JSON.

| read | as |
| --- | --- |
| ``request_id`` | ``exchange_id`` |
| ``startTime``, ``endTime`` | ``time``, ``latency_ms`` |
| ``user``, else ``metadata.user_api_key_user_id``, else ``api_key`` (a hash) | ``account_id`` |
| ``organization_id``, else ``team_id`` | ``org_id`` |
| ``api_key`` | ``api_key_id`` |
| ``proxy_server_request`` | the request's body; ``messages`` where it is not ``{}`` |
| ``response``, ``prompt_tokens``, ``completion_tokens`` | response |
| ``custom_llm_provider``, ``model``, ``call_type``, ``status``, ``session_id`` | their columns |
| ``requester_ip_address``, ``metadata.user_agent`` | origin |

Content is logged only where ``store_prompts_in_spend_logs`` is on: without it there is no prompt and the
row is a dead letter. LiteLLM cuts strings at 2,048 characters; its mark in a text cut in its midst is left out and
noted. JSON columns may be strings.
``end_user`` is the customer's customer and no account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies import gemini, openai
from stillwatch.core.bodies.columns import Columns, either, named, said, told, within
from stillwatch.core.bodies.optional_parts import object_or_note
from stillwatch.core.bodies.plain_openai import Asked
from stillwatch.core.bodies.shapes import Json, content_text, first, identity, merged, noted, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.column_times import elapsed
from stillwatch.ingest.formats.litellm_standard import answer, check_call, conversation, is_chat
from stillwatch.ingest.plain_pairs import Around, Body, Count, Id, Reply, Time, identities, made, pair_columns
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import Exchange, Fields, RecordError
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT"]


_MARK = "(litellm_truncated"
# From the first of several blanks alone: looked for from each of them, a million would take hours.
_CUT = re.compile(r"(?<!\s)\s*(?:\.\.\.\s*)?\(litellm_truncated[^()]*(?:\([^()]*\)[^()]*)*\)(?:\s*\.\.\.)?\s*")


class _Nothing(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """An empty object."""


class _Metadata(msgspec.Struct, gc=False):
    user_api_key_user_id: Id | None = None
    user_agent: str | None = None
    status: str | Count = None


class _Plain(Around, gc=False, kw_only=True):
    """A row as most are: a chat completion, its request whole."""

    call_type: str
    proxy_server_request: Body
    response: Reply
    startTime: Time  # noqa: N815 - as LiteLLM spells it
    endTime: Time | None = None  # noqa: N815
    messages: _Nothing | Literal["{}", ""] | UnsetType | None = UNSET
    request_id: str | None = None
    user: Id | UnsetType | None = UNSET
    api_key: str | None = None
    organization_id: str | None = None
    team_id: str | None = None
    session_id: str | None = None
    custom_llm_provider: str | None = None
    model: str | None = None
    status: str | Count = None
    prompt_tokens: Count = None
    completion_tokens: Count = None
    requester_ip_address: str | None = None
    metadata: _Metadata | None = None
    # Of the payloads, and where they are spelt otherwise.
    model_parameters: UnsetType = UNSET
    starttime: None = None
    endtime: None = None


_NAMES = (
    "call_type", "proxy_server_request", "response", "startTime", "endTime", "request_id", "user", "api_key",
    "organization_id", "team_id", "session_id", "custom_llm_provider", "model", "status", "prompt_tokens",
    "completion_tokens", "requester_ip_address", "metadata",
)  # fmt: skip
_NO_METADATA = _Metadata()


def _exchanges(rows: Sequence[_Plain]) -> list[Exchange | None]:
    """Plain rows as ``LiteLLMSpend.read`` reads them; None for each that is to be read so."""
    held = named(rows, _NAMES)
    columns, left = pair_columns(held["proxy_server_request"], held["response"])
    users, agents, states = within(held["metadata"], _NO_METADATA, ("user_api_key_user_id", "user_agent", "status"))
    left.update(
        place
        for place, (call, start) in enumerate(zip(held["call_type"], held["startTime"], strict=True))
        if start == "" or not is_chat(call)
    )
    left.update(_cut(columns))
    columns |= {
        "exchange_id": told(held["request_id"], columns["exchange_id"]),
        "time": held["startTime"],
        "latency_ms": elapsed(held["startTime"], held["endTime"]),
        "account_id": told(identities(held["user"]), identities(users), held["api_key"]),
        "org_id": said(told(held["organization_id"], held["team_id"])),
        "api_key_id": said(held["api_key"]),
        "session_id": said(told(held["session_id"], columns.get("session_id", ()))),
        "provider": said(held["custom_llm_provider"]),
        "model": told(held["model"], columns["model"]),
        "operation": held["call_type"],
        "status": [one or (None if two == "" else two) for one, two in zip(held["status"], states, strict=True)],
        "input_tokens": either(held["prompt_tokens"], columns["input_tokens"]),
        "output_tokens": either(held["completion_tokens"], columns["output_tokens"]),
        "client_address": said(held["requester_ip_address"]),
        "user_agent": said(agents),
    }
    return made(columns, left, len(rows))


def _cut(columns: Columns) -> Iterator[int]:
    """Places of those in which LiteLLM may have cut a text."""
    for name in ("response", "reasoning"):
        yield from (place for place, text in enumerate(columns.get(name, ())) if text is not None and _MARK in text)
    for place, messages in enumerate(columns["messages"]):
        if any(one.content is not None and _MARK in one.content for one in messages):
            yield place


def _users_within(rows: Sequence[_Plain]) -> int:
    """How often `user` stands deeper in records: in requests that are no text."""
    asked = (one.proxy_server_request for one in rows)
    return sum(isinstance(one, Asked) and one.user is not None for one in asked)


def _messages_within(rows: Sequence[_Plain]) -> int:
    """How often `messages` stands deeper in records: in requests that are no text."""
    return sum(isinstance(one.proxy_server_request, Asked) for one in rows)


_DEEPER = {"user": _users_within, "messages": _messages_within}


class LiteLLMSpend(LogFormat):
    """Reads rows of LiteLLM's SpendLogs table."""

    name: ClassVar[str] = "litellm-spend"
    description: ClassVar[str] = "rows of LiteLLM's SpendLogs table"
    example: ClassVar[Mapping[str, Any]] = {
        "request_id": "chatcmpl-1",
        "call_type": "acompletion",
        "api_key": "h",
        "startTime": "2026-11-24T03:28:24Z",
        "endTime": "2026-11-24T03:28:25Z",
        "model": "openai/m",
        "user": "a-1",
        "end_user": "cust-77",
        "organization_id": None,
        "requester_ip_address": "203.0.113.9",
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "messages": {},
        "response": {},
        "proxy_server_request": {
            "model": "m",
            "temperature": 0.7,
            "messages": [{"role": "user", "content": "Why?"}],
        },
        "metadata": {"user_agent": "x"},
        "status": "success",
    }

    plain: ClassVar[PlainShape | None] = PlainShape(_Plain, _exchanges, texts=True, deeper=_DEEPER)

    def recognises(self, record: Json) -> bool:
        """By ``call_type`` beside ``proxy_server_request`` or ``request_id``."""
        if "call_type" not in record or "model_parameters" in record:
            return False
        return "proxy_server_request" in record or "request_id" in record

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        notes: Fields = {}
        user = identity(record.get("user"))
        # Where nothing else names the holder of the key, half of it would name another.
        given = record.get("metadata")
        metadata = object_or_note(notes, given, "metadata") if user else object_of(given, "metadata")
        asked = {
            **object_of(record.get("proxy_server_request"), "proxy_server_request"),
            **conversation(record.get("messages")),
        }
        check_call(record)
        if not first(asked, "messages", "prompt", "input", "contents"):
            # The commonest trap of this table, so it gets a sentence of its own.
            empty = "keeps" if asked else "has"
            raise RecordError(
                f"no content in this row, which {empty} no `messages`, `prompt`, `input` or `contents`: is LiteLLM's "
                "`store_prompts_in_spend_logs` on?"
            )
        key = identity(record.get("api_key"))
        own: Fields = {
            "exchange_id": identity(record.get("request_id")),
            "time": first(record, "startTime", "starttime"),
            "latency_ms": elapsed_ms(first(record, "startTime", "starttime"), first(record, "endTime", "endtime")),
            "account_id": user or identity(metadata.get("user_api_key_user_id")) or key,
            "org_id": identity(first(record, "organization_id", "team_id")),
            "api_key_id": key,
            "session_id": identity(record.get("session_id")),
            "provider": first(record, "custom_llm_provider"),
            "model": first(record, "model"),
            "operation": record.get("call_type"),
            "status": first(record, "status") or first(metadata, "status"),
            "system": _instruction(asked),
            "input_tokens": record.get("prompt_tokens"),
            "output_tokens": record.get("completion_tokens"),
            "client_address": first(record, "requester_ip_address"),
            "user_agent": first(metadata, "user_agent"),
        }
        side = gemini if gemini.is_gemini(asked) else openai
        fields = merged(notes, answer(record.get("response"), side), side.request_fields(asked), own)
        return [_without_marks(fields)]


def _instruction(asked: Json) -> str | None:
    system = asked.get("system")
    return content_text(system, "system") if system is not None else None


def _without_marks(fields: Fields) -> Fields:
    """Fields less the mark that LiteLLM leaves in a text which it cut in its midst."""
    cut = False
    for name in ("prompt", "system", "response", "reasoning"):
        if _MARK in str(fields.get(name)) and _CUT.search(fields[name]):
            fields[name], cut = _CUT.sub(" ", fields[name]), True
    for message in fields.get("messages") or ():
        if message.content and _MARK in message.content and _CUT.search(message.content):
            message.content, cut = _CUT.sub(" ", message.content), True
    if cut:
        noted(fields, "LiteLLM cut a long text in its midst")
    return fields


FORMAT = LiteLLMSpend()
