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

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from stillwatch.core.bodies import anthropic, gemini, openai
from stillwatch.core.bodies.columns import either, named, said, told, within
from stillwatch.core.bodies.optional_parts import object_or_note
from stillwatch.core.bodies.plain_chat import chat_columns
from stillwatch.core.bodies.plain_openai import Answer, Int64, Parameters, Said
from stillwatch.core.bodies.shapes import Json, first, identity, merged, object_of, parsed
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.column_times import elapsed
from stillwatch.ingest.plain_pairs import made
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
_AROUND = (
    "call_type", "startTime", "endTime", "id", "litellm_call_id", "metadata", "model", "session_id",
    "custom_llm_provider", "status", "stream", "prompt_tokens", "completion_tokens", "requester_ip_address",
    "user_agent", "messages", "model_parameters", "response",
)  # fmt: skip
_OF_KEY = (
    "user_api_key_hash", "user_api_key_user_id", "user_api_key_org_id", "user_api_key_team_id", "requester_ip_address",
    "user_agent",
)  # fmt: skip


def _exchanges(rows: Sequence[_Plain]) -> list[Exchange | None]:
    """Plain payloads as ``LiteLLMStandard.read`` reads them; None for each that is to be read so."""
    held = named(rows, _AROUND)
    hashes, users, organisations, teams, addresses, agents = within(held["metadata"], _NOBODY, _OF_KEY)
    calls, starts = held["call_type"], held["startTime"]
    for one, model in zip(held["model_parameters"], held["model"], strict=True):
        # The parameters name none.
        one.model = model
    columns, left = chat_columns(held["model_parameters"], held["messages"], held["response"])
    left.update(
        place
        for place, (call, start) in enumerate(zip(calls, starts, strict=True))
        if call == "" or start == "" or not is_chat(call)
    )
    columns |= {
        "exchange_id": told(held["id"], held["litellm_call_id"], columns["exchange_id"]),
        "time": starts,
        "latency_ms": elapsed(starts, held["endTime"]),
        "account_id": told(users, hashes),
        "org_id": said(told(organisations, teams)),
        "api_key_id": said(hashes),
        "session_id": told(held["session_id"], columns.get("session_id", ())),
        "provider": held["custom_llm_provider"],
        "operation": calls,
        "status": held["status"],
        "stream": either(held["stream"], columns["stream"]),
        "input_tokens": either(held["prompt_tokens"], columns["input_tokens"]),
        "output_tokens": either(held["completion_tokens"], columns["output_tokens"]),
        "client_address": said(told(held["requester_ip_address"], addresses)),
        "user_agent": said(told(held["user_agent"], agents)),
    }
    return made(columns, left, len(rows))


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

    plain: ClassVar[PlainShape | None] = PlainShape(_Plain, _exchanges)

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
    if not is_chat(str(record.get("call_type"))):
        raise RecordError(f"a call of `{record['call_type']}` holds no conversation")


def is_chat(call: str) -> bool:
    """Whether a call of this type may hold a conversation."""
    return call.removeprefix("a") not in _NO_CHATS


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
