"""Helicone's requests, as its query API and exports give them.

| read | as |
| --- | --- |
| ``request_created_at`` | ``time`` |
| ``request_user_id``, else the body's end user | ``account_id`` |
| ``request_id`` | ``exchange_id`` |
| ``request_properties`` (or ``properties``): ``Helicone-Session-Id`` | ``session_id`` |
| ``request_body``, ``response_body`` | the bodies, of any API |
| ``request_model``, else ``response_model``; ``provider`` | ``model``, ``provider`` |
| ``prompt_tokens``, ``completion_tokens``, ``response_status``, ``delay_ms``, ``country_code`` | their columns |

Bodies may lie in object storage, with ``signed_body_url`` in place of them: fetch them first. ``helicone_user`` is
who runs the gateway, and no account. After Helicone's published ``HeliconeRequest`` schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.dialects import body_fields, end_user
from stillwatch.core.bodies.shapes import Json, RecordError, first, identity, merged, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields

__all__ = ["FORMAT"]


class Helicone(LogFormat):
    """Reads Helicone's requests."""

    name: ClassVar[str] = "helicone"
    description: ClassVar[str] = "Helicone's requests, from its API or an export"
    account_from: ClassVar[str] = (
        "Helicone names a caller in `request_user_id`: have clients send `Helicone-User-Id`, or say whose the log is "
        "by --callers or --default-account"
    )
    example: ClassVar[Mapping[str, Any]] = {
        "request_id": "h-1",
        "request_created_at": "2026-11-24T00:00:00+00:00",
        "request_user_id": "a-1",
        "request_model": "m",
        "request_body": {"model": "m", "messages": [{"role": "user", "content": "Why?"}]},
        "response_body": {"choices": [{"message": {"role": "assistant", "content": "Because."}}]},
        "response_status": 200,
        "prompt_tokens": 5,
        "completion_tokens": 3,
        "request_properties": {"Helicone-Session-Id": "s-1"},
    }

    def recognises(self, record: Json) -> bool:
        """By ``request_created_at`` beside ``request_body``, or ``request_user_id`` beside ``request_properties``."""
        if "request_created_at" in record and ("request_body" in record or "signed_body_url" in record):
            return True
        return "request_user_id" in record and "request_properties" in record

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        asked = object_of(record.get("request_body"), "request_body")
        if not asked:
            beside = "it lies at `signed_body_url`, fetch it first" if record.get("signed_body_url") else "it is empty"
            raise RecordError(f"no text in `request_body`: {beside}")
        properties = {
            str(name).lower(): value
            for held in ("properties", "request_properties")
            for name, value in object_of(record.get(held), held).items()
        }
        own: Fields = {
            "exchange_id": identity(record.get("request_id")),
            "time": record.get("request_created_at"),
            "account_id": identity(record.get("request_user_id")) or end_user(asked)[0],
            "session_id": identity(properties.get("helicone-session-id")),
            "provider": first(record, "provider"),
            "model": first(record, "request_model") or first(asked, "model") or first(record, "response_model"),
            "status": first(record, "response_status"),
            "latency_ms": first(record, "delay_ms"),
            "input_tokens": first(record, "prompt_tokens"),
            "output_tokens": first(record, "completion_tokens"),
            "country": first(record, "country_code"),
        }
        return [merged(body_fields(asked, record.get("response_body"), where="request_body"), own)]


FORMAT = Helicone()
