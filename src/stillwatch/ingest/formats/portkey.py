"""Portkey's logs, as its log export writes them.

| read | as |
| --- | --- |
| ``created_at`` | ``time`` |
| ``metadata._user``, else the body's end user | ``account_id`` |
| ``id`` | ``exchange_id`` |
| ``request``, ``response`` (the bodies, or ``{url, headers, body}`` around them) | the bodies, of any API |
| ``ai_model``, ``ai_org`` | ``model``, ``provider`` |
| ``req_units`` or ``prompt_tokens``, ``res_units`` or ``completion_tokens`` | token counts |
| ``response_status_code``, else ``response.status``; ``response_time`` (milliseconds) | ``status``, ``latency_ms`` |
| ``request.headers.user-agent`` | origin |

``trace_id`` groups what its caller likes, and ``virtual_key`` is the provider's key at the gateway: neither is a
name or a session. After Portkey's "Logs Export" and "Metadata" pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.dialects import body_fields, end_user
from stillwatch.core.bodies.shapes import Json, RecordError, first, identity, merged, object_of, parsed
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.headers import header
from stillwatch.ingest.record import Fields

__all__ = ["FORMAT"]


class Portkey(LogFormat):
    """Reads Portkey's log exports."""

    name: ClassVar[str] = "portkey"
    description: ClassVar[str] = "Portkey's log export"
    account_from: ClassVar[str] = (
        "Portkey names a caller in `metadata._user`: have clients send it, or say whose the log is by --callers or "
        "--default-account"
    )
    example: ClassVar[Mapping[str, Any]] = {
        "id": "pk-1",
        "trace_id": "t",
        "created_at": "2026-11-24T00:00:00.000Z",
        "request": {
            "url": "https://api.openai.com/v1/chat/completions",
            "headers": {},
            "body": {"model": "m", "messages": [{"role": "user", "content": "Why?"}]},
        },
        "response": {"status": 200, "body": {"choices": [{"index": 0, "message": {"content": "Because."}}]}},
        "metadata": {"_user": "a-1", "environment": "prod"},
        "ai_org": "openai",
        "ai_model": "m",
        "req_units": 8,
        "res_units": 4,
    }

    def recognises(self, record: Json) -> bool:
        """By ``ai_model`` or ``ai_org`` beside ``request``."""
        return ("ai_model" in record or "ai_org" in record) and "request" in record

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        request, asked = _unframed(object_of(record.get("request"), "request"))
        if not asked:
            raise RecordError("no text: `request` is empty; ask for the field `request` in Portkey's export")
        response, answer = _answer(record.get("response"))
        metadata = object_of(record.get("metadata"), "metadata")
        own: Fields = {
            "exchange_id": identity(record.get("id")),
            "time": record.get("created_at"),
            "account_id": identity(metadata.get("_user")) or end_user(asked)[0],
            "provider": first(record, "ai_org"),
            "model": first(record, "ai_model"),
            "status": first(record, "response_status_code") or first(response, "status"),
            "latency_ms": first(record, "response_time") or first(response, "response_time"),
            "input_tokens": first(record, "req_units", "prompt_tokens"),
            "output_tokens": first(record, "res_units", "completion_tokens"),
            "user_agent": header(request.get("headers"), "user-agent"),
        }
        return [merged(body_fields(asked, answer, where="request.body"), own)]


def _unframed(side: Json) -> tuple[Json, Any]:
    """The HTTP frame around a body, empty where there is none, and the body."""
    framed = "body" in side and not {"messages", "choices", "contents", "model"} & side.keys()
    return (side, side["body"]) if framed else ({}, side)


def _answer(response: object) -> tuple[Json, Any]:
    try:
        decoded = parsed(response, "response")
    except RecordError:
        return {}, response
    return _unframed(decoded) if isinstance(decoded, Mapping) else ({}, response)


FORMAT = Portkey()
