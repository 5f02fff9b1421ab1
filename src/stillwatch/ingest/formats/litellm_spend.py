"""Rows of LiteLLM's ``LiteLLM_SpendLogs`` table, exported as JSON.

| read | as |
| --- | --- |
| ``request_id`` | ``exchange_id`` |
| ``startTime``, ``endTime`` | ``time``, ``latency_ms`` |
| ``user``, else ``metadata.user_api_key_user_id``, else ``api_key`` (a hash) | ``account_id`` |
| ``organization_id``, else ``team_id`` | ``org_id`` |
| ``api_key`` | ``api_key_id`` |
| ``proxy_server_request`` | the request's body; ``messages`` where it is not ``{}`` |
| ``response``, ``prompt_tokens``, ``completion_tokens`` | response |
| ``custom_llm_provider``, ``model``, ``call_type``, ``status``, ``session_id`` | their columns |
| ``requester_ip_address``, ``metadata.user_agent`` | origin |

Content is logged only where ``store_prompts_in_spend_logs`` is on: without it there is no prompt and the
row is a dead letter. LiteLLM cuts strings at 2,048 characters; its mark in a text cut in its midst is left out and
noted. JSON columns may be strings.
``end_user`` is the customer's customer and no account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from stillwatch.core.bodies import gemini, openai
from stillwatch.core.bodies.optional_parts import object_or_note
from stillwatch.core.bodies.shapes import Json, content_text, first, identity, merged, noted, object_of
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.formats.litellm_standard import answer, check_call, conversation
from stillwatch.ingest.record import Fields, RecordError
from stillwatch.ingest.timestamps import elapsed_ms

__all__ = ["FORMAT"]


_MARK = "(litellm_truncated"
_CUT = re.compile(r"\s*(?:\.\.\.\s*)?\(litellm_truncated[^()]*(?:\([^()]*\)[^()]*)*\)(?:\s*\.\.\.)?\s*")


class LiteLLMSpend(LogFormat):
    """Reads rows of LiteLLM's SpendLogs table."""

    name: ClassVar[str] = "litellm-spend"
    description: ClassVar[str] = "rows of LiteLLM's SpendLogs table"
    example: ClassVar[Mapping[str, Any]] = {
        "request_id": "chatcmpl-1",
        "call_type": "acompletion",
        "api_key": "h",
        "startTime": "2026-11-24T03:28:24Z",
        "endTime": "2026-11-24T03:28:25Z",
        "model": "openai/m",
        "user": "a-1",
        "end_user": "cust-77",
        "organization_id": None,
        "requester_ip_address": "203.0.113.9",
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "messages": {},
        "response": {},
        "proxy_server_request": {
            "model": "m",
            "temperature": 0.7,
            "messages": [{"role": "user", "content": "Why?"}],
        },
        "metadata": {"user_agent": "x"},
        "status": "success",
    }

    def recognises(self, record: Json) -> bool:
        """By ``call_type`` beside ``proxy_server_request`` or ``request_id``."""
        if "call_type" not in record or "model_parameters" in record:
            return False
        return "proxy_server_request" in record or "request_id" in record

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        told: Fields = {}
        user = identity(record.get("user"))
        # Where nothing else names the holder of the key, half of it would name another.
        given = record.get("metadata")
        metadata = object_or_note(told, given, "metadata") if user else object_of(given, "metadata")
        asked = {
            **object_of(record.get("proxy_server_request"), "proxy_server_request"),
            **conversation(record.get("messages")),
        }
        check_call(record)
        if not first(asked, "messages", "prompt", "input", "contents"):
            # The commonest trap of this table, so it gets a sentence of its own.
            empty = "keeps" if asked else "has"
            raise RecordError(
                f"no content in this row, which {empty} no `messages`, `prompt`, `input` or `contents`: is LiteLLM's "
                "`store_prompts_in_spend_logs` on?"
            )
        key = identity(record.get("api_key"))
        own: Fields = {
            "exchange_id": identity(record.get("request_id")),
            "time": first(record, "startTime", "starttime"),
            "latency_ms": elapsed_ms(first(record, "startTime", "starttime"), first(record, "endTime", "endtime")),
            "account_id": user or identity(metadata.get("user_api_key_user_id")) or key,
            "org_id": identity(first(record, "organization_id", "team_id")),
            "api_key_id": key,
            "session_id": identity(record.get("session_id")),
            "provider": first(record, "custom_llm_provider"),
            "model": first(record, "model"),
            "operation": record.get("call_type"),
            "status": first(record, "status") or first(metadata, "status"),
            "system": _instruction(asked),
            "input_tokens": record.get("prompt_tokens"),
            "output_tokens": record.get("completion_tokens"),
            "client_address": first(record, "requester_ip_address"),
            "user_agent": first(metadata, "user_agent"),
        }
        side = gemini if gemini.is_gemini(asked) else openai
        fields = merged(told, answer(record.get("response"), side), side.request_fields(asked), own)
        return [_without_marks(fields)]


def _instruction(asked: Json) -> str | None:
    system = asked.get("system")
    return content_text(system, "system") if system is not None else None


def _without_marks(fields: Fields) -> Fields:
    """Fields less the mark that LiteLLM leaves in a text which it cut in its midst."""
    cut = False
    for name in ("prompt", "system", "response", "reasoning"):
        if _MARK in str(fields.get(name)) and _CUT.search(fields[name]):
            fields[name], cut = _CUT.sub(" ", fields[name]), True
    for message in fields.get("messages") or ():
        if message.content and _MARK in message.content and _CUT.search(message.content):
            message.content, cut = _CUT.sub(" ", message.content), True
    if cut:
        noted(fields, "LiteLLM cut a long text in its midst")
    return fields


FORMAT = LiteLLMSpend()
