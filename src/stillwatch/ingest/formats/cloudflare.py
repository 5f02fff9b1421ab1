"""Cloudflare's AI Gateway: its logs from the API with their bodies put beside, and decrypted Logpush records.

| read (API · Logpush) | as |
| --- | --- |
| ``created_at`` · ``CreatedAt`` or ``Timestamp`` | ``time`` |
| ``metadata.user`` (also ``user_id``, ``userId``) · ``Metadata`` | ``account_id``; else the body's end user |
| ``id`` · ``ID`` | ``exchange_id`` |
| ``request``, ``response`` · ``RequestBody``, ``ResponseBody`` | the bodies, of any API |
| ``model``, ``provider``, ``status_code``, ``duration`` · ``Model``, ``Provider``, ``StatusCode`` | their columns |
| ``tokens_in``, ``tokens_out`` | token counts |

The API's list of logs leaves bodies out. Logpush encrypts bodies and metadata with the gateway's public key
(``{"key", "iv", "data"}``, or text): such a record is refused. Decrypt first, by the script of Cloudflare's page
"Workers Logpush" of AI Gateway with your private key, and write the JSON back into ``RequestBody``,
``ResponseBody`` and ``Metadata``. A gateway's name is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.dialects import body_fields, end_user
from stillwatch.core.bodies.shapes import Json, RecordError, first, identity, merged, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields

__all__ = ["FORMAT"]

_USERS = ("user", "user_id", "userId", "user-id", "userid")
_DECRYPT = (
    "the body is encrypted: decrypt it with the gateway's private key first, by the script of Cloudflare's page "
    "`Workers Logpush` of AI Gateway, and write the JSON back"
)


class Cloudflare(LogFormat):
    """Reads Cloudflare AI Gateway logs."""

    name: ClassVar[str] = "cloudflare-ai-gateway"
    description: ClassVar[str] = "Cloudflare AI Gateway logs, from its API or decrypted from Logpush"
    account_from: ClassVar[str] = (
        "Cloudflare keeps a caller in the custom metadata `user`: have clients send `cf-aig-metadata`, or say whose "
        "the log is by --callers or --default-account"
    )
    example: ClassVar[Mapping[str, Any]] = {
        "id": "cf-1",
        "created_at": "2026-11-24T00:00:00Z",
        "provider": "openai",
        "model": "m",
        "request": '{"model": "m", "messages": [{"role": "user", "content": "Why?"}]}',
        "response": '{"choices": [{"index": 0, "message": {"content": "Because."}}]}',
        "tokens_in": 5,
        "tokens_out": 3,
        "success": True,
        "metadata": {"user": "a-1"},
    }

    def recognises(self, record: Json) -> bool:
        """By ``tokens_in`` beside ``tokens_out``, or by ``RequestBody`` beside ``Gateway`` or ``RateLimited``."""
        if "tokens_in" in record and "tokens_out" in record:
            return True
        return "RequestBody" in record and ("Gateway" in record or "RateLimited" in record)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        asked = first(record, "request", "RequestBody")
        if asked is None:
            raise RecordError(
                "no text: Cloudflare's list of logs leaves the bodies out; fetch each log's request and response, and "
                "put them beside it as `request` and `response`"
            )
        if _encrypted(asked):
            raise RecordError(_DECRYPT)
        answer = first(record, "response", "ResponseBody")
        hidden = _encrypted(answer)
        metadata = _metadata(first(record, "metadata", "Metadata"))
        own: Fields = {
            "exchange_id": identity(first(record, "id", "ID")),
            "time": first(record, "created_at", "CreatedAt", "Timestamp", "Datetime"),
            "account_id": identity(first(metadata, *_USERS)) or end_user(asked)[0],
            "provider": first(record, "provider", "Provider"),
            "model": first(record, "model", "Model"),
            "status": first(record, "status_code", "StatusCode"),
            "latency_ms": first(record, "duration", "Duration"),
            "input_tokens": first(record, "tokens_in", "TokensIn"),
            "output_tokens": first(record, "tokens_out", "TokensOut"),
            "note": "`ResponseBody` is encrypted" if hidden else None,
        }
        return [merged(body_fields(asked, None if hidden else answer, where="request"), own)]


def _encrypted(body: object) -> bool:
    """Whether a body is what Logpush made of it: an object of key, vector and data, or text that is no JSON."""
    try:
        return {"iv", "data"} <= object_of(body, "RequestBody").keys() if body is not None else False
    except RecordError:
        return isinstance(body, str) and " " not in body and not body.lstrip().startswith(("{", "["))


def _metadata(value: object) -> Json:
    try:
        return object_of(value, "metadata")
    except RecordError:
        # Encrypted like the bodies, or cut: it names nobody then.
        return {}


FORMAT = Cloudflare()
