"""Kong AI Gateway's records, as its log plugins (http-log, file-log, tcp-log) write them.

Bodies are there where the AI plugin's ``logging.log_payloads`` is on. They are of any API.

| read | as |
| --- | --- |
| ``consumer.id``, else ``custom_id``, else ``username``; else the body's ``user`` | ``account_id`` |
| ``authenticated_entity.id`` (the credential) | ``api_key_id`` |
| ``started_at`` (milliseconds) | ``time`` |
| ``ai.<plugin>.payload.request``, ``.response`` | request and answer |
| ``ai.<plugin>.meta.request_model``, ``.provider_name`` | ``model``, ``provider`` |
| ``ai.<plugin>.usage.prompt_tokens`` (``prompt_token``), ``.completion_tokens`` | token counts |
| ``client_ip``, ``request.headers.user-agent`` | origin |
| ``response.status``, ``latencies.request``, ``request.id`` | ``status``, ``latency_ms``, ``exchange_id`` |

Workspace, service and route are no accounts. Layout: Kong's reference of its AI audit log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.record import Fields, RecordError

__all__ = ["FORMAT"]


class Kong(LogFormat):
    """Reads Kong AI Gateway's log records."""

    name: ClassVar[str] = "kong"
    description: ClassVar[str] = "Kong AI Gateway's log plugins (http-log, file-log)"
    example: ClassVar[Mapping[str, Any]] = {
        "client_ip": "203.0.113.9",
        "started_at": 1795490904000,
        "request": {"id": "q", "uri": "/v1/chat/completions", "headers": {"user-agent": "curl/8"}},
        "response": {"status": 200, "headers": {}},
        "latencies": {"request": 900, "proxy": 890, "kong": 10},
        "consumer": {"id": "a-1", "username": "acme"},
        "ai": {
            "proxy": {
                "meta": {"request_model": "m", "provider_name": "openai"},
                "usage": {"prompt_tokens": 10, "completion_tokens": 20},
                "payload": {
                    "request": '{"model": "m", "messages": [{"role": "user", "content": "Why?"}]}',
                    "response": '{"choices": [{"index": 0, "message": {"content": "Because."}}]}',
                },
            }
        },
    }

    def recognises(self, record: Json) -> bool:
        """By ``latencies`` beside ``started_at`` or ``client_ip``."""
        return isinstance(record.get("latencies"), Mapping) and ("started_at" in record or "client_ip" in record)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: the request was no call of a model, or its body was not logged.
        """
        plugins = [one for one in object_of(record.get("ai"), "ai").values() if isinstance(one, Mapping)]
        if not plugins:
            raise RecordError("no `ai` in it: the request was no call of a model, or no AI plugin logs statistics")
        logged = [one for one in plugins if isinstance(one.get("payload"), Mapping) and one["payload"].get("request")]
        if not logged:
            raise RecordError("`ai`: no `payload.request`: turn on the AI plugin's `logging.log_payloads`")
        plugin = logged[0]
        payload = plugin["payload"]
        asked = object_of(record.get("request"), "request")
        consumer = object_of(record.get("consumer"), "consumer")
        headers = {str(n).lower(): v for n, v in object_of(asked.get("headers"), "request.headers").items()}
        meta, usage = object_of(plugin.get("meta"), "meta"), object_of(plugin.get("usage"), "usage")
        fields = merged(
            {"exchange_id": identity(asked.get("id"))},
            pair_fields(payload["request"], payload.get("response"), where="ai.payload.request", path=asked.get("uri")),
        )
        own: Fields = {
            "time": record.get("started_at"),
            "account_id": identity(first(consumer, "id", "custom_id", "username")) or pair_caller(payload["request"]),
            "api_key_id": identity(object_of(record.get("authenticated_entity"), "authenticated_entity").get("id")),
            "model": first(meta, "request_model", "response_model") if not fields.get("model") else None,
            "provider": meta.get("provider_name"),
            "input_tokens": first(usage, "prompt_tokens", "prompt_token"),
            "output_tokens": first(usage, "completion_tokens", "completion_token"),
            "client_address": record.get("client_ip"),
            "user_agent": headers.get("user-agent"),
            "status": object_of(record.get("response"), "response").get("status"),
            "latency_ms": object_of(record.get("latencies"), "latencies").get("request"),
            "account_in": "the request had no `consumer`: require authentication on the route",
        }
        return [merged(fields, own)]


FORMAT = Kong()
