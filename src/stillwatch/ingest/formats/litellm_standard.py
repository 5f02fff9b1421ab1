"""LiteLLM's StandardLoggingPayload, as its callbacks and object-store loggers write it.

| read | as |
| --- | --- |
| ``id``, else ``litellm_call_id`` | ``exchange_id`` |
| ``startTime``, ``endTime`` | ``time``, ``latency_ms`` |
| ``metadata.user_api_key_user_id``, else ``metadata.user_api_key_hash`` | ``account_id`` |
| ``metadata.user_api_key_org_id``, else ``..._team_id`` | ``org_id`` |
| ``metadata.user_api_key_hash`` | ``api_key_id`` |
| ``custom_llm_provider``, ``model``, ``call_type``, ``status``, ``session_id`` | their columns |
| ``messages``, ``response``, ``model_parameters`` | request and response |
| ``prompt_tokens``, ``completion_tokens`` | token counts, over the response's own |
| ``requester_ip_address``, ``user_agent`` (also in ``metadata``) | origin |

``end_user`` is the customer's customer and no account: a provider can act on the holder of a key, not
on the people behind it. For ``/v1/messages`` and ``/v1/responses`` LiteLLM logs empty
``model_parameters``, so those columns are null there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec

from stillwatch.core.bodies import anthropic, gemini, openai
from stillwatch.core.bodies.optional_parts import object_or_note
from stillwatch.core.bodies.plain_openai import Answer, Int64, Parameters, Said
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of, parsed
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.plain_pairs import of_openai
from stillwatch.ingest.plain_shape import PlainShape
from stillwatch.ingest.record import Exchange, Fields, RecordError
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT"]

_NO_CHATS = frozenset(
    ("embedding", "rerank", "moderation", "image_generation", "transcription", "speech", "search", "ocr")
)


class _Key(msgspec.Struct, gc=False):
    """What the metadata say of the key."""

    user_api_key_hash: str | None = None
    user_api_key_user_id: str | None = None
    user_api_key_org_id: str | None = None
    user_api_key_team_id: str | None = None
    requester_ip_address: str | None = None
    user_agent: str | None = None


class _Plain(msgspec.Struct, gc=False):
    """A payload as most are: a chat completion of whatever model."""

    call_type: str
    startTime: str | int | float  # noqa: N815 - as LiteLLM spells it
    messages: list[Said]
    model_parameters: Parameters
    response: Answer
    endTime: str | int | float | None = None  # noqa: N815
    id: str | None = None
    litellm_call_id: str | None = None
    metadata: _Key | None = None
    model: str | None = None
    session_id: str | None = None
    custom_llm_provider: str | None = None
    status: str | Int64 | None = None
    stream: bool | None = None
    prompt_tokens: Int64 | None = None
    completion_tokens: Int64 | None = None
    requester_ip_address: str | None = None
    user_agent: str | None = None
    # Of the spend logs' spelling; and bodies that may lie beside the log.
    starttime: None = None
    endtime: None = None
    input: None = None
    output: None = None


_NOBODY = _Key()


def _exchange(row: _Plain) -> Exchange | None:
    """A plain payload as ``LiteLLMStandard.read`` reads it; None where that is to read it."""
    if row.call_type == "" or row.startTime == "" or row.call_type.removeprefix("a") in _NO_CHATS:
        return None
    asked, key = row.model_parameters, row.metadata or _NOBODY
    asked.model = row.model
    one = of_openai(asked, row.messages, row.response)
    if one is None:
        return None
    one.exchange_id = row.id or row.litellm_call_id or one.exchange_id
    one.time = row.startTime
    one.latency_ms = elapsed_ms(row.startTime, row.endTime)
    one.account_id = key.user_api_key_user_id or key.user_api_key_hash or ""
    one.org_id = key.user_api_key_org_id or key.user_api_key_team_id
    one.api_key_id = key.user_api_key_hash or None
    one.session_id = row.session_id or one.session_id
    one.provider, one.operation, one.status = row.custom_llm_provider, row.call_type, row.status
    if row.stream is not None:
        one.stream = row.stream
    if row.prompt_tokens is not None:
        one.input_tokens = row.prompt_tokens
    if row.completion_tokens is not None:
        one.output_tokens = row.completion_tokens
    one.client_address = row.requester_ip_address or key.requester_ip_address or None
    one.user_agent = row.user_agent or key.user_agent or None
    return one


class LiteLLMStandard(LogFormat):
    """Reads LiteLLM's StandardLoggingPayload."""

    name: ClassVar[str] = "litellm-standard"
    description: ClassVar[str] = "LiteLLM's StandardLoggingPayload"
    example: ClassVar[Mapping[str, Any]] = {
        "id": "chatcmpl-1",
        "litellm_call_id": "call-1",
        "call_type": "acompletion",
        "status": "success",
        "custom_llm_provider": "openai",
        "startTime": 1795490904.003069,
        "endTime": 1795490904.033509,
        "model": "openai/m",
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "end_user": "cust-77",
        "requester_ip_address": "203.0.113.9",
        "user_agent": "openai-python/2.54",
        "messages": [{"role": "user", "content": "Why?"}],
        "response": {
            "id": "chatcmpl-1",
            "choices": [{"finish_reason": "stop", "index": 0, "message": {"content": "Because."}}],
        },
        "model_parameters": {"temperature": 0.7, "max_tokens": 64, "seed": 3, "stream": False},
        "metadata": {"user_api_key_hash": "h", "user_api_key_user_id": "a-1"},
    }

    plain: ClassVar[PlainShape | None] = PlainShape(_Plain, _exchange)

    def recognises(self, record: Json) -> bool:
        """By ``call_type`` and ``model_parameters``."""
        return "call_type" in record and "model_parameters" in record

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: the call is none of a chat.
        """
        check_call(record)
        metadata = object_of(record.get("metadata"), "metadata")
        told: Fields = {}
        asked = {
            **object_or_note(told, record.get("model_parameters"), "model_parameters"),
            "model": record.get("model"),
            **conversation(record.get("messages")),
        }
        key = identity(metadata.get("user_api_key_hash"))
        own: Fields = {
            "exchange_id": identity(first(record, "id", "litellm_call_id")),
            "time": first(record, "startTime", "starttime"),
            "latency_ms": elapsed_ms(first(record, "startTime", "starttime"), first(record, "endTime", "endtime")),
            "account_id": identity(metadata.get("user_api_key_user_id")) or key,
            "org_id": identity(first(metadata, "user_api_key_org_id", "user_api_key_team_id")),
            "api_key_id": key,
            "session_id": identity(record.get("session_id")),
            "provider": record.get("custom_llm_provider"),
            "operation": record.get("call_type"),
            "status": record.get("status"),
            "stream": record.get("stream"),
            "input_tokens": record.get("prompt_tokens"),
            "output_tokens": record.get("completion_tokens"),
            "client_address": first(record, "requester_ip_address") or first(metadata, "requester_ip_address"),
            "user_agent": first(record, "user_agent") or first(metadata, "user_agent"),
        }
        return [merged(told, answer(record.get("response")), openai.request_fields(asked), own)]


def check_call(record: Json) -> None:
    """Refuse a call that is none of a chat.

    Raises:
        RecordError: it is not.
    """
    if str(record.get("call_type")).removeprefix("a") in _NO_CHATS:
        raise RecordError(f"a call of `{record['call_type']}` holds no conversation")


def conversation(value: object) -> Json:
    """LiteLLM's ``messages`` as a request body has them: a list, or text for other call types."""
    value = parsed(value, "messages")
    if not value:
        return {}
    return {"prompt": value} if isinstance(value, str) else {"messages": value}


def answer(value: object, side: Any = openai) -> Fields:
    """LiteLLM's ``response``: a body of one of the APIs, or the bare text of a redacted one."""
    if isinstance(value, str) and not value.lstrip().startswith(("{", "[", '"{', '"[', "data:", "event:")):
        return {"response": value}
    if isinstance(value, dict) and "candidates" in value:
        return gemini.response_fields(value)
    try:
        known = parsed(value, "response")
    except RecordError:
        known = None
    if anthropic.is_anthropic(None, known):
        return anthropic.response_fields(known)
    return dict(side.response_fields(value if known is None else known))


FORMAT = LiteLLMStandard()
