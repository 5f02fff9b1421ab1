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

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import Json, first, identity, listed, merged, object_of, parsed
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.envelope import bodies
from stillwatch.ingest.record import Fields

__all__ = ["FORMAT"]


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
