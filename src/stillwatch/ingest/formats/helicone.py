"""Helicone's requests, as its API and its exports give them.

| read | as |
| --- | --- |
| ``request_user_id``, else the body's ``user`` | ``account_id`` |
| ``request_properties["Helicone-Session-Id"]`` | ``session_id`` |
| ``request_created_at``, ``delay_ms`` | ``time``, ``latency_ms`` |
| ``request_body``, ``response_body`` (or a stream, its ``streamed_data``) | request and answer |
| ``request_model``, ``response_model``, ``provider`` | ``model`` where the body has none, ``provider`` |
| ``prompt_tokens``, ``completion_tokens``, ``response_status``, ``request_id`` | their columns |
| ``country_code``, ``request_ip`` | origin |

Organisations and keys (``auth_hash``, ``helicone_*``) are no accounts. The API leaves bodies at a
``signed_body_url``: what has no body but that is a dead letter that says so. Layout: Helicone's API reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from stillwatch.core.bodies.columns import either, named, told, within
from stillwatch.core.bodies.optional_parts import object_or_note
from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.plain_pairs import Around, Body, Count, Id, Reply, Time, identities, made, pair_columns
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import Exchange, Fields, RecordError

__all__ = ["FORMAT"]


class _Properties(msgspec.Struct, gc=False):
    session: str | None = msgspec.field(default=None, name="Helicone-Session-Id")
    session_in_small: str | None = msgspec.field(default=None, name="helicone-session-id")


class _Plain(Around, gc=False, kw_only=True):
    """A request as most are: a chat completion."""

    request_created_at: Time
    request_body: Body
    response_body: Reply
    request_id: str | None = None
    request_user_id: Id | None = None
    request_path: str | None = None
    request_properties: _Properties | None = None
    request_model: str | None = None
    response_model: str | None = None
    provider: str | None = None
    prompt_tokens: Count = None
    completion_tokens: Count = None
    response_status: str | Count = None
    delay_ms: float | None = None
    response_delay_ms: float | None = None
    request_ip: str | None = None
    country_code: str | None = None


_NAMES = (
    "request_created_at", "request_body", "response_body", "request_id", "request_user_id", "request_path",
    "request_properties", "request_model", "response_model", "provider", "prompt_tokens", "completion_tokens",
    "response_status", "delay_ms", "response_delay_ms", "request_ip", "country_code",
)  # fmt: skip
# Of an answer that was put together.
_WHOLE = frozenset(("choices", "content", "candidates", "output"))
_NO_PROPERTIES = _Properties()


def _exchanges(rows: Sequence[_Plain]) -> list[Exchange | None]:
    """Plain requests as ``Helicone.read`` reads them; None for each that is to be read so."""
    held = named(rows, _NAMES)
    columns, left = pair_columns(held["request_body"], held["response_body"], held["request_path"])
    sessions = within(held["request_properties"], _NO_PROPERTIES, ("session", "session_in_small"))
    columns |= {
        "exchange_id": told(held["request_id"], columns["exchange_id"]),
        "time": held["request_created_at"],
        "account_id": told(identities(held["request_user_id"]), columns.get("account_id", ())),
        "session_id": told(*sessions, columns.get("session_id", ())),
        "model": told(columns["model"], held["request_model"], held["response_model"]),
        "provider": held["provider"],
        "input_tokens": either(held["prompt_tokens"], columns["input_tokens"]),
        "output_tokens": either(held["completion_tokens"], columns["output_tokens"]),
        "status": held["response_status"],
        "latency_ms": either(held["delay_ms"], held["response_delay_ms"]),
        "client_address": held["request_ip"],
        "country": held["country_code"],
    }
    return made(columns, left, len(rows))


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

    plain: ClassVar[PlainShape | None] = PlainShape(_Plain, _exchanges, texts=True)

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
            request, _answer(record.get("response_body")), where="request_body", path=record.get("request_path")
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


def _answer(body: Any) -> Any:
    """An answer's body; of one that was not put together, the stream as it came."""
    try:
        held = object_of(body, "response_body")
    except RecordError:
        return body
    return held["streamed_data"] if held.get("streamed_data") and _WHOLE.isdisjoint(held) else body


FORMAT = Helicone()
