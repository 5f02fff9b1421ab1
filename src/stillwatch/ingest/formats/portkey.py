"""Portkey's log exports.

| read | as |
| --- | --- |
| ``metadata._user``, else ``user_id`` or ``user`` of it; else the body's ``user`` | ``account_id`` |
| ``metadata.session_id``, ``metadata._session`` | ``session_id`` |
| ``created_at`` | ``time`` |
| ``request``, ``response``: bodies, or objects with a ``body`` | request and answer |
| ``ai_model``, ``ai_org`` | ``model`` where the body has none, ``provider`` |
| ``prompt_tokens`` or ``req_units``, ``completion_tokens`` or ``res_units`` | token counts |
| ``response_status_code``, ``response_time``, ``id`` | ``status``, ``latency_ms``, ``exchange_id`` |

``trace_id`` is no session, a workspace or virtual key no account. Layout: Portkey's documentation of log exports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies.columns import columns_of, either, given, named, told, within
from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import Json, first, identity, listed, merged, object_of, parsed
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.envelope import bodies
from stillwatch.ingest.plain_pairs import Around, Body, Count, Id, Reply, Time, agents, identities, made, pair_columns
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import Exchange, Fields

__all__ = ["FORMAT"]


class _Metadata(msgspec.Struct, gc=False):
    own: Id | None = msgspec.field(default=None, name="_user")
    user_id: Id | None = None
    user: Id | None = None
    userId: Id | None = None  # noqa: N815 - as some spell it
    session_id: str | None = None
    session: str | None = msgspec.field(default=None, name="_session")
    sessionId: str | None = None  # noqa: N815
    conversation_id: str | None = None


class _Sent(msgspec.Struct, gc=False):
    body: Body
    url: str | None = None
    path: str | None = None
    headers: dict[str, Any] | None = None
    # What a body has, or an answer.
    model: UnsetType = UNSET
    status: None = None
    status_code: None = None


class _Came(msgspec.Struct, gc=False):
    body: Reply
    status: str | Count = None
    headers: dict[str, Any] | None = None
    response_time: float | None = None
    model: UnsetType = UNSET
    status_code: None = None
    url: None = None
    path: None = None


class _Plain(Around, gc=False, kw_only=True):
    """A record as most are: a chat completion, each body in its HTTP frame."""

    created_at: Time
    request: _Sent
    response: _Came
    ai_model: str | UnsetType | None = UNSET
    ai_org: str | UnsetType | None = UNSET
    id: str | None = None
    request_url: str | None = None
    metadata: _Metadata | None = None
    prompt_tokens: Count = None
    req_units: Count = None
    completion_tokens: Count = None
    res_units: Count = None
    response_status_code: str | Count = None
    response_time: float | None = None


_NAMES = (
    "created_at", "request", "response", "ai_model", "ai_org", "id", "request_url", "metadata", "prompt_tokens",
    "req_units", "completion_tokens", "res_units", "response_status_code", "response_time",
)  # fmt: skip
_USERS = ("own", "user_id", "user", "userId")
_SESSIONS = ("session_id", "session", "sessionId", "conversation_id")
_NO_METADATA = _Metadata()


def _exchanges(rows: Sequence[_Plain]) -> list[Exchange | None]:
    """Plain records as ``Portkey.read`` reads them; None for each that is to be read so."""
    held = named(rows, _NAMES)
    asked, urls, paths, headers = columns_of(held["request"], ("body", "url", "path", "headers"))
    answered, states, others, took = columns_of(held["response"], ("body", "status", "headers", "response_time"))
    columns, left = pair_columns(asked, answered, told(urls, paths, held["request_url"]))
    left.update(
        place
        for place, (model, org) in enumerate(zip(held["ai_model"], held["ai_org"], strict=True))
        if model is UNSET and org is UNSET
    )
    users = map(identities, within(held["metadata"], _NO_METADATA, _USERS))
    sessions = within(held["metadata"], _NO_METADATA, _SESSIONS)
    codes = held["response_status_code"]
    columns |= {
        "exchange_id": told(held["id"], columns["exchange_id"]),
        "time": held["created_at"],
        "account_id": told(*users, columns.get("account_id", ())),
        "session_id": told(*sessions, columns.get("session_id", ())),
        "model": told(columns["model"], given(held["ai_model"])),
        "provider": given(held["ai_org"]),
        "input_tokens": either(held["prompt_tokens"], held["req_units"], columns["input_tokens"]),
        "output_tokens": either(held["completion_tokens"], held["res_units"], columns["output_tokens"]),
        "status": [(code or state) if state != "" else code or None for code, state in zip(codes, states, strict=True)],
        "latency_ms": [one or two for one, two in zip(held["response_time"], took, strict=True)],
        "user_agent": either(agents(others, left), agents(headers, left)),
    }
    return made(columns, left, len(rows))


class Portkey(LogFormat):
    """Reads Portkey's log exports."""

    name: ClassVar[str] = "portkey"
    description: ClassVar[str] = "Portkey's log exports"
    example: ClassVar[Mapping[str, Any]] = {
        "id": "pk-1",
        "created_at": "2026-11-24T00:00:00.000Z",
        "request": {"url": "https://api.openai.com/v1/chat/completions",
                    "body": {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}},
        "response": {"status": 200, "body": {"choices": [{"index": 0, "message": {"content": "Because."}}]}},
        "metadata": {"_user": "a-1"},
        "ai_model": "m",
        "ai_org": "openai",
    }  # fmt: skip

    plain: ClassVar[PlainShape | None] = PlainShape(_Plain, _exchanges, texts=True)

    def recognises(self, record: Json) -> bool:
        """By ``ai_org`` or ``ai_model`` beside ``request``."""
        return ("ai_org" in record or "ai_model" in record) and "request" in record

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        request, response, frame = bodies(record)
        fields = pair_fields(request, response, path=frame.get("url") or record.get("request_url"))
        metadata = _metadata(record.get("metadata"))
        answered = record.get("response")
        own: Fields = {
            "exchange_id": identity(record.get("id")),
            "time": record.get("created_at"),
            "account_id": identity(first(metadata, "_user", "user_id", "user", "userId")) or pair_caller(request),
            "session_id": identity(first(metadata, "session_id", "_session", "sessionId", "conversation_id")),
            "model": None if fields.get("model") else record.get("ai_model"),
            "provider": record.get("ai_org"),
            "input_tokens": first(record, "prompt_tokens", "req_units"),
            "output_tokens": first(record, "completion_tokens", "res_units"),
            "status": first(record, "response_status_code") or frame.get("status"),
            "latency_ms": first(record, "response_time")
            or (answered.get("response_time") if isinstance(answered, dict) else None),
            "user_agent": frame.get("user_agent"),
            "account_in": "`metadata` has no `_user`",
        }
        return [merged(fields, own)]


def _metadata(value: object) -> Json:
    """Metadata as an object, also where it is a list of keys and values."""
    value = parsed(value, "metadata")
    if isinstance(value, list):
        pairs = [object_of(one, "metadata[]") for one in listed(value, "metadata")]
        return {str(one.get("key")): one.get("value") for one in pairs}
    return object_of(value, "metadata")


FORMAT = Portkey()
