"""Kong AI Gateway's records, as its log plugins (http-log, file-log, tcp-log) write them.

Bodies are there where the AI plugin's ``logging.log_payloads`` is on. They are of any API.

| read | as |
| --- | --- |
| ``consumer.id``, else ``custom_id``, else ``username``; else the body's ``user`` | ``account_id`` |
| ``authenticated_entity.id`` (the credential) | ``api_key_id`` |
| ``started_at`` (milliseconds) | ``time`` |
| ``ai.<plugin>.payload.request``, ``.response``; of old ``ai.payload.request`` | request and answer |
| ``ai.<plugin>.meta.request_model``, ``.provider_name`` | ``model``, ``provider`` |
| ``ai.<plugin>.usage.prompt_tokens`` (``prompt_token``), ``.completion_tokens`` | token counts |
| ``client_ip``, ``request.headers.user-agent`` | origin |
| ``response.status``, ``latencies.request``, ``request.id`` | ``status``, ``latency_ms``, ``exchange_id`` |

Workspace, service and route are no accounts. Layout: Kong's reference of its AI audit log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from stillwatch.core.bodies.columns import columns_of, either, given, named, said, told, within
from stillwatch.core.bodies.optional_parts import object_or_note
from stillwatch.core.bodies.pairs import pair_caller, pair_fields
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of, parsed
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.plain_pairs import Around, Body, Count, Reply, Time, agents, made, pair_columns
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import Exchange, Fields, RecordError

__all__ = ["FORMAT"]

_SECTIONS = ("payload", "meta", "usage")


class _Asked(msgspec.Struct, gc=False):
    id: str | None = None
    uri: str | None = None
    headers: dict[str, Any] | None = None


class _Got(msgspec.Struct, gc=False):
    status: str | Count = None


class _Latencies(msgspec.Struct, gc=False):
    request: float | UnsetType | None = UNSET


class _Consumer(msgspec.Struct, gc=False):
    id: str | None = None
    custom_id: str | None = None
    username: str | None = None


class _Entity(msgspec.Struct, gc=False):
    id: str | None = None


class _Payload(msgspec.Struct, gc=False):
    request: Body
    response: Reply


class _Meta(msgspec.Struct, gc=False):
    request_model: str | None = None
    response_model: str | None = None
    provider_name: str | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: Count = None
    prompt_token: Count = None
    completion_tokens: Count = None
    completion_token: Count = None


class _Plugin(msgspec.Struct, gc=False):
    payload: _Payload
    meta: _Meta | None = None
    usage: _Usage | None = None


class _Plain(Around, gc=False, kw_only=True):
    """A record as most are: a chat completion that one plugin logs."""

    started_at: Time
    latencies: _Latencies
    ai: dict[str, _Plugin]
    request: _Asked | UnsetType | None = UNSET
    response: _Got | None = None
    consumer: _Consumer | UnsetType | None = UNSET
    authenticated_entity: _Entity | None = None
    client_ip: str | None = None


_NAMES = (
    "started_at", "latencies", "ai", "request", "response", "consumer", "authenticated_entity", "client_ip",
)  # fmt: skip
_COUNTED = ("prompt_tokens", "prompt_token", "completion_tokens", "completion_token")
_NONE, _NO_ENTITY, _NO_PLUGIN = _Asked(), _Entity(), _Plugin(_Payload("", ""))


def _exchanges(rows: Sequence[_Plain]) -> list[Exchange | None]:
    """Plain records as ``Kong.read`` reads them; None for each that is to be read so."""
    held = named(rows, _NAMES)
    several = {place for place, one in enumerate(held["ai"]) if len(one) != 1}
    for section in set[str]().union(*held["ai"]).intersection(_SECTIONS):
        several.update(place for place, one in enumerate(held["ai"]) if section in one)
    plugins = [next(iter(one.values()), _NO_PLUGIN) for one in held["ai"]]
    payloads, meta, usage = columns_of(plugins, ("payload", "meta", "usage"))
    ids, paths, headers = within(held["request"], _NONE, ("id", "uri", "headers"))
    requests, responses = columns_of(payloads, ("request", "response"))
    columns, left = pair_columns(requests, responses, paths)
    asked, answered, provider = within(meta, _Meta(), ("request_model", "response_model", "provider_name"))
    counts = within(usage, _Usage(), _COUNTED)
    consumers = within(held["consumer"], _Consumer(), ("id", "custom_id", "username"))
    columns |= {
        "exchange_id": told(columns["exchange_id"], ids),
        "time": held["started_at"],
        "account_id": told(*consumers, columns.get("account_id", ())),
        "api_key_id": said(within(held["authenticated_entity"], _NO_ENTITY, ("id",))[0]),
        "model": told(columns["model"], asked, answered),
        "provider": provider,
        "input_tokens": either(counts[0], counts[1], columns["input_tokens"]),
        "output_tokens": either(counts[2], counts[3], columns["output_tokens"]),
        "client_address": held["client_ip"],
        "user_agent": agents(headers, left),
        "status": [None if one is None else one.status for one in held["response"]],
        "latency_ms": given([one.request for one in held["latencies"]]),
    }
    return made(columns, left | several, len(rows))


def _requests_within(rows: Sequence[_Plain]) -> int:
    """How often `request` stands deeper in records: of payloads, and of latencies."""
    return len(rows) + sum(one.latencies.request is not UNSET for one in rows)


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

    plain: ClassVar[PlainShape | None] = PlainShape(
        _Plain, _exchanges, texts=True, deeper={"request": _requests_within}
    )

    def recognises(self, record: Json) -> bool:
        """By ``latencies`` beside ``started_at`` or ``client_ip``."""
        return isinstance(record.get("latencies"), dict | str) and ("started_at" in record or "client_ip" in record)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: the request was no call of a model, or its body was not logged.
        """
        plugins = _plugins(_opened(object_of(record.get("ai"), "ai")))
        if not plugins:
            raise RecordError("no `ai` in it: the request was no call of a model, or no AI plugin logs statistics")
        logged = [one for one in plugins if isinstance(one.get("payload"), dict) and one["payload"].get("request")]
        if not logged:
            raise RecordError("`ai`: no `payload.request`: turn on the AI plugin's `logging.log_payloads`")
        plugin = logged[0]
        payload = plugin["payload"]
        told: Fields = {}
        asked, got, took, entity = (
            object_or_note(told, record.get(name), name)
            for name in ("request", "response", "latencies", "authenticated_entity")
        )
        consumer = object_of(record.get("consumer"), "consumer")
        headers = {str(n).lower(): v for n, v in object_or_note(told, asked.get("headers"), "request.headers").items()}
        meta, usage = (object_or_note(told, plugin.get(name), name) for name in ("meta", "usage"))
        fields = merged(
            {**told, "exchange_id": identity(asked.get("id"))},
            pair_fields(payload["request"], payload.get("response"), where="ai.payload.request", path=asked.get("uri")),
        )
        own: Fields = {
            "time": record.get("started_at"),
            "account_id": identity(first(consumer, "id", "custom_id", "username")) or pair_caller(payload["request"]),
            "api_key_id": identity(entity.get("id")),
            "model": first(meta, "request_model", "response_model") if not fields.get("model") else None,
            "provider": meta.get("provider_name"),
            "input_tokens": first(usage, "prompt_tokens", "prompt_token"),
            "output_tokens": first(usage, "completion_tokens", "completion_token"),
            "client_address": record.get("client_ip"),
            "user_agent": headers.get("user-agent"),
            "status": got.get("status"),
            "latency_ms": took.get("request"),
            "account_in": "the request had no `consumer`: require authentication on the route",
        }
        return [merged(fields, own)]


def _opened(ai: Json) -> Json:
    """Objects to the third level that were written as JSON text, as they are."""
    opened = {name: parsed(one, f"ai.{name}") for name, one in ai.items()}
    return {
        name: {key: _opened_section(value, f"ai.{name}.{key}") for key, value in one.items()}
        if isinstance(one, dict)
        else one
        for name, one in opened.items()
    }


def _opened_section(value: Any, where: str) -> Any:
    try:
        return parsed(value, where)
    except RecordError:
        # Half of a payload is for its own reader to tell of, and counts can be done without.
        return value


def _plugins(ai: Json) -> list[Json]:
    """What AI plugins logged, those that call a model first; ``ai`` itself may hold the request beside them."""
    named = {name: one for name, one in ai.items() if isinstance(one, dict) and name not in _SECTIONS}
    ordered = sorted(named, key=lambda name: (not str(name).endswith(("proxy", "proxy-advanced")), str(name)))
    held = {name: ai[name] for name in _SECTIONS if isinstance(ai.get(name), dict)}
    if not held:
        return [named[name] for name in ordered]
    inner = [named[name] for name in ordered]
    joined = {
        name: merged(*(one[name] for one in (*inner[::-1], held) if isinstance(one.get(name), dict)))
        for name in _SECTIONS
    }
    return [joined]


FORMAT = Kong()
