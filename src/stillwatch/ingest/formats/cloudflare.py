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

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of, parsed
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields, RecordError

__all__ = ["FORMAT"]

_ENCRYPTED = (
    "its bodies are encrypted: unwrap `RequestBody.key` with the private key of the Logpush job (RSA-OAEP, SHA-256), "
    "decrypt `data` with it (AES-GCM, nonce `iv`), and put the JSON in place of `RequestBody` and `ResponseBody`"
)


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
