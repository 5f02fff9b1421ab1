"""Helicone's requests, as its API and its exports give them.

| read | as |
| --- | --- |
| ``request_user_id``, else the body's ``user`` | ``account_id`` |
| ``request_properties["Helicone-Session-Id"]`` | ``session_id`` |
| ``request_created_at``, ``delay_ms`` | ``time``, ``latency_ms`` |
| ``request_body``, ``response_body`` | request and answer |
| ``request_model``, ``response_model``, ``provider`` | ``model`` where the body has none, ``provider`` |
| ``prompt_tokens``, ``completion_tokens``, ``response_status``, ``request_id`` | their columns |
| ``country_code``, ``request_ip`` | origin |

Organisations and keys (``auth_hash``, ``helicone_*``) are no accounts. The API leaves bodies at a
``signed_body_url``: what has no body but that is a dead letter that says so. Layout: Helicone's API reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.optional_parts import object_or_note
from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import Json, first, identity, merged
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields, RecordError

__all__ = ["FORMAT"]


class Helicone(LogFormat):
    """Reads Helicone's requests."""

    name: ClassVar[str] = "helicone"
    description: ClassVar[str] = "Helicone's requests, of its API and exports"
    example: ClassVar[Mapping[str, Any]] = {
        "request_id": "h-1",
        "request_created_at": "2026-11-24T00:00:00+00:00",
        "request_user_id": "a-1",
        "request_body": {"model": "m", "messages": [{"role": "user", "content": "Why?"}]},
        "response_body": {"choices": [{"index": 0, "message": {"content": "Because."}}]},
        "response_status": 200,
        "prompt_tokens": 10,
        "completion_tokens": 20,
    }

    def recognises(self, record: Json) -> bool:
        """By ``request_created_at`` beside ``request_body``, ``response_status`` or ``signed_body_url``."""
        return "request_created_at" in record and not {"request_body", "response_status", "signed_body_url"}.isdisjoint(
            record
        )

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: its body lies elsewhere.
        """
        request = record.get("request_body")
        if not request:
            raise RecordError(
                "no `request_body`: the body lies at `signed_body_url`: export with bodies"
                if record.get("signed_body_url")
                else "no `request_body`: the request was logged without its body"
            )
        fields = pair_fields(
            request, record.get("response_body"), where="request_body", path=record.get("request_path")
        )
        properties = object_or_note(fields, record.get("request_properties"), "request_properties")
        own: Fields = {
            "exchange_id": identity(record.get("request_id")),
            "time": record.get("request_created_at"),
            "account_id": identity(record.get("request_user_id")) or pair_caller(request),
            "session_id": identity(first(properties, "Helicone-Session-Id", "helicone-session-id")),
            "model": None if fields.get("model") else first(record, "request_model", "response_model"),
            "provider": record.get("provider"),
            "input_tokens": record.get("prompt_tokens"),
            "output_tokens": record.get("completion_tokens"),
            "status": record.get("response_status"),
            "latency_ms": first(record, "delay_ms", "response_delay_ms"),
            "client_address": record.get("request_ip"),
            "country": record.get("country_code"),
            "account_in": "`request_user_id` is empty: the `Helicone-User-Id` header sets it",
        }
        return [merged(fields, own)]


FORMAT = Helicone()
