"""Kong's AI Gateway, as its logging plugins (http-log, file-log and others) write a request.

| read | as |
| --- | --- |
| ``started_at`` (milliseconds) | ``time`` |
| ``consumer.username``, else ``.custom_id``, else ``.id`` | ``account_id``; else the body's end user or the key |
| ``authenticated_entity.id`` (the credential) | ``api_key_id`` |
| ``request.id`` | ``exchange_id`` |
| ``payload.request``, ``payload.response`` of ``ai.proxy`` (also ``ai.ai-proxy``, ``ai``) | the bodies, of any API |
| ``meta.request_model``, ``meta.provider_name`` | ``model``, ``provider`` |
| ``usage.prompt_tokens``, ``usage.completion_tokens`` (older: ``prompt_token``, ``completion_token``) | token counts |
| ``response.status``, ``latencies.request`` | ``status``, ``latency_ms`` |
| ``client_ip``, ``request.headers.user-agent`` | origin |

Bodies are logged only where ``config.logging.log_payloads`` of the AI Proxy plugin is on. Routes, services and
workspaces are nobody's name. After Kong's "AI Gateway audit log reference" and "HTTP Log" pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.dialects import body_fields, end_user
from stillwatch.core.bodies.shapes import Json, RecordError, first, identity, merged, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.headers import header
from stillwatch.ingest.record import Fields

__all__ = ["FORMAT"]

_PROXIES = ("proxy", "ai-proxy", "ai-proxy-advanced")


class Kong(LogFormat):
    """Reads Kong's AI logs."""

    name: ClassVar[str] = "kong"
    description: ClassVar[str] = "Kong AI Gateway's logging plugins"
    account_from: ClassVar[str] = (
        "Kong names a caller in `consumer` where an authentication plugin is on: switch one on, or say whose the log "
        "is by --callers or --default-account"
    )
    example: ClassVar[Mapping[str, Any]] = {
        "client_ip": "203.0.113.20",
        "started_at": 1795490904719,
        "request": {"id": "9ec9", "uri": "/v1/chat/completions", "headers": {"user-agent": "OpenAI/Python 2.54"}},
        "response": {"status": 200},
        "consumer": {"id": "c-1", "username": "a-1"},
        "latencies": {"request": 900, "proxy": 890, "kong": 10},
        "ai": {
            "proxy": {
                "meta": {"request_model": "m", "provider_name": "openai"},
                "usage": {"prompt_tokens": 8, "completion_tokens": 4},
                "payload": {
                    "request": '{"model": "m", "messages": [{"role": "user", "content": "Why?"}]}',
                    "response": '{"choices": [{"index": 0, "message": {"content": "Because."}}]}',
                },
            }
        },
    }

    def recognises(self, record: Json) -> bool:
        """By ``ai`` beside ``started_at``, ``latencies`` or ``client_ip``."""
        if not isinstance(record.get("ai"), Mapping | str):
            return False
        return "started_at" in record or "latencies" in record or "client_ip" in record

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        sections = _sections(object_of(record.get("ai"), "ai"))
        payload = _found(sections, "payload", "request")
        if payload.get("request") is None:
            raise RecordError(
                "no text: `ai.proxy.payload.request` is absent; turn on `config.logging.log_payloads` of Kong's "
                "AI Proxy"
            )
        answer = payload.get("response")
        if answer is None:
            answer = _found(sections, "payload", "response").get("response")
        meta, usage = _found(sections, "meta", "request_model"), _usage(sections)
        consumer = object_of(record.get("consumer"), "consumer")
        request = object_of(record.get("request"), "request")
        response = object_of(record.get("response"), "response")
        key = identity(object_of(record.get("authenticated_entity"), "authenticated_entity").get("id"))
        own: Fields = {
            "exchange_id": identity(request.get("id")),
            "time": record.get("started_at"),
            "account_id": identity(first(consumer, "username", "custom_id", "id"))
            or end_user(payload["request"])[0]
            or key,
            "api_key_id": key,
            "provider": first(meta, "provider_name"),
            "model": first(meta, "request_model"),
            "status": first(response, "status") or first(record, "upstream_status"),
            "latency_ms": object_of(record.get("latencies"), "latencies").get("request"),
            "input_tokens": first(usage, "prompt_tokens", "prompt_token"),
            "output_tokens": first(usage, "completion_tokens", "completion_token"),
            "client_address": first(record, "client_ip"),
            "user_agent": header(request.get("headers"), "user-agent"),
        }
        return [merged(body_fields(payload["request"], answer, where="ai.proxy.payload.request"), own)]


def _sections(ai: Json) -> list[Json]:
    """Where an AI plugin that calls a model may have written, the newest names first; ``ai`` itself in old versions."""
    return [*(object_of(ai.get(name), f"ai.{name}") for name in _PROXIES), ai]


def _found(sections: list[Json], group: str, name: str) -> Json:
    held = [object_of(section.get(group), group) for section in sections]
    return next((one for one in held if one.get(name) is not None), {})


def _usage(sections: list[Json]) -> Json:
    return next((one for one in (object_of(section.get("usage"), "usage") for section in sections) if one), {})


FORMAT = Kong()
