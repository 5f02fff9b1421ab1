"""Cloudflare AI Gateway: logs of its API, and Logpush's ``ai_gateway_events``.

| read | as |
| --- | --- |
| ``metadata.user``, ``user_id``, ``userId`` or ``user_email``; else the body's ``user`` | ``account_id`` |
| ``metadata.session_id``, ``conversation_id`` | ``session_id`` |
| ``created_at``; of Logpush ``CreatedAt``, ``Timestamp`` or ``Datetime`` | ``time`` |
| ``request``, ``response``; ``RequestBody``, ``ResponseBody`` | request and answer |
| ``model``, ``provider``, ``status_code``, ``duration``, ``id`` | their columns |
| ``tokens_in``, ``tokens_out`` | token counts |

Logpush encrypts bodies with the public key that the job was given: they are refused until they are decrypted. The
heads of bodies (``request_head``) are cut and are not read. A gateway is no account. Layout: Cloudflare's API
reference and its Logpush documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from stillwatch.core.bodies.columns import either, named, said, told, within
from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of, parsed
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.plain_pairs import Around, Body, Count, Id, Reply, Time, identities, made, pair_columns
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import Exchange, Fields, RecordError

__all__ = ["FORMAT"]

_ENCRYPTED = (
    "its bodies are encrypted: unwrap `RequestBody.key` with the private key of the Logpush job (RSA-OAEP, SHA-256), "
    "decrypt `data` with it (AES-GCM, nonce `iv`), and put the JSON in place of `RequestBody` and `ResponseBody`"
)


class _Metadata(msgspec.Struct, gc=False):
    user: Id | None = None
    user_id: Id | None = None
    userId: Id | None = None  # noqa: N815 - as some spell it
    user_email: str | None = None
    session_id: str | None = None
    conversation_id: str | None = None
    sessionId: str | None = None  # noqa: N815


class _Plain(Around, gc=False, kw_only=True):
    """A log of the API as most are: a chat completion."""

    created_at: Time
    request: Body
    response: Reply
    provider: str | None
    tokens_in: Count
    id: str | None = None
    model: str | None = None
    tokens_out: Count = None
    status_code: str | Count = None
    duration: float | None = None
    path: str | None = None
    metadata: _Metadata | None = None
    # Of Logpush.
    ID: None = None
    Provider: None = None
    Model: None = None
    TokensIn: None = None
    TokensOut: None = None
    StatusCode: None = None
    Duration: None = None
    Endpoint: None = None
    Metadata: None = None


_NAMES = (
    "created_at", "request", "response", "provider", "tokens_in", "id", "model", "tokens_out", "status_code",
    "duration", "path", "metadata",
)  # fmt: skip
_USERS, _SESSIONS = ("user", "user_id", "userId", "user_email"), ("session_id", "conversation_id", "sessionId")
_NO_METADATA = _Metadata()


def _exchanges(rows: Sequence[_Plain]) -> list[Exchange | None]:
    """Plain logs as ``Cloudflare.read`` reads them; None for each that is to be read so."""
    held = named(rows, _NAMES)
    columns, left = pair_columns(held["request"], held["response"], held["path"])
    users = map(identities, within(held["metadata"], _NO_METADATA, _USERS))
    sessions = within(held["metadata"], _NO_METADATA, _SESSIONS)
    columns |= {
        "exchange_id": told(held["id"], columns["exchange_id"]),
        "time": held["created_at"],
        "account_id": told(*users, columns.get("account_id", ())),
        "session_id": told(*sessions, columns.get("session_id", ())),
        "model": told(columns["model"], held["model"]),
        "provider": said(held["provider"]),
        "input_tokens": either(held["tokens_in"], columns["input_tokens"]),
        "output_tokens": either(held["tokens_out"], columns["output_tokens"]),
        "status": [None if one == "" else one for one in held["status_code"]],
        "latency_ms": held["duration"],
    }
    return made(columns, left, len(rows))


class Cloudflare(LogFormat):
    """Reads Cloudflare AI Gateway's logs."""

    name: ClassVar[str] = "cloudflare"
    description: ClassVar[str] = "Cloudflare AI Gateway's logs, of its API and of Logpush"
    example: ClassVar[Mapping[str, Any]] = {
        "id": "cf-1",
        "created_at": "2026-11-24T00:00:00Z",
        "provider": "openai",
        "model": "m",
        "request": '{"model": "m", "messages": [{"role": "user", "content": "Why?"}]}',
        "response": '{"choices": [{"index": 0, "message": {"content": "Because."}}]}',
        "tokens_in": 10,
        "tokens_out": 20,
        "success": True,
        "metadata": {"user": "a-1"},
    }

    plain: ClassVar[PlainShape | None] = PlainShape(_Plain, _exchanges, texts=True)

    def recognises(self, record: Json) -> bool:
        """By ``tokens_in`` and ``provider``; of Logpush, by ``Gateway`` beside ``Provider`` or ``RequestBody``."""
        return ("tokens_in" in record and "provider" in record) or (
            "Gateway" in record and ("Provider" in record or "RequestBody" in record)
        )

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: bodies are encrypted, or lacking.
        """
        request = parsed(first(record, "request", "RequestBody"), "request")
        response = first(record, "response", "ResponseBody")
        if isinstance(request, dict) and (
            request.get("type") == "encrypted" or {"key", "iv", "data"} <= request.keys()
        ):
            raise RecordError(_ENCRYPTED)
        if not request:
            raise RecordError("no `request`: the list of logs holds none; fetch each log's request and response")
        fields = pair_fields(request, response, path=first(record, "path", "Endpoint"))
        metadata = object_of(first(record, "metadata", "Metadata"), "metadata")
        own: Fields = {
            "exchange_id": identity(first(record, "id", "ID")),
            "time": first(record, "created_at", "CreatedAt", "Timestamp", "Datetime"),
            "account_id": identity(first(metadata, "user", "user_id", "userId", "user_email")) or pair_caller(request),
            "session_id": identity(first(metadata, "session_id", "conversation_id", "sessionId")),
            "model": None if fields.get("model") else first(record, "model", "Model"),
            "provider": first(record, "provider", "Provider"),
            "input_tokens": first(record, "tokens_in", "TokensIn"),
            "output_tokens": first(record, "tokens_out", "TokensOut"),
            "status": first(record, "status_code", "StatusCode"),
            "latency_ms": first(record, "duration", "Duration"),
            "account_in": "`metadata` has no `user`: the `cf-aig-metadata` header sets it",
        }
        return [merged(fields, own)]


FORMAT = Cloudflare()
