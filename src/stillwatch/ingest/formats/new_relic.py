"""New Relic's AI monitoring: events of a call and of each of its messages, put together.

Rows of ``LlmChatCompletionSummary`` and ``LlmChatCompletionMessage`` as NRQL's replies, exports and the agents' own
payloads have them, in one folder; those of a call share the summary's ``id``.

| read | as |
| --- | --- |
| ``llm.user_id``, ``llm.userId``, ``user_id``, ``userId``, ``enduser.id`` of either | ``account_id`` |
| ``llm.conversation_id``, ``conversation_id`` | ``session_id`` |
| ``timestamp`` (milliseconds) of the summary, else of the first message | ``time`` |
| ``request_id``, else ``id`` of the summary | ``exchange_id`` |
| ``role``, ``content`` of messages, in the order of ``sequence`` | ``messages``, ``response`` |
| ``response.model``, ``request.model``; ``vendor`` | ``model``, ``provider`` |
| ``request.max_tokens``, ``request.temperature``, ``response.choices.finish_reason`` | their columns |
| ``response.usage.prompt_tokens`` and the like, ``duration`` (milliseconds) | their columns |

The last message of a call that ``is_response``, or of the assistant, is what was answered. Layout: New Relic's
reference of event types for AI monitoring.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from stillwatch.core.bodies.shapes import Json, first, identity, merged
from stillwatch.core.bodies.traced import asked_fields
from stillwatch.ingest.base import PartsFormat
from stillwatch.ingest.record import Fields, RecordError, shown

__all__ = ["FORMAT"]

_SUMMARY, _MESSAGE = "LlmChatCompletionSummary", "LlmChatCompletionMessage"
_USERS = ("llm.user_id", "llm.userId", "llm.user", "user_id", "userId", "enduser.id")
_SESSIONS = ("llm.conversation_id", "conversation_id", "llm.session_id", "session_id")
_NOBODY = "neither its summary nor its messages name a user: add the attribute `llm.user_id`, or say which it is"


class NewRelic(PartsFormat):
    """Reads New Relic's events of calls of models."""

    name: ClassVar[str] = "new-relic"
    description: ClassVar[str] = "New Relic's AI monitoring: events of calls and of their messages"
    example: ClassVar[Mapping[str, Any]] = {
        "eventType": _SUMMARY,
        "timestamp": 1795490904000,
        "id": "c-1",
        "request_id": "r-1",
        "request.model": "m",
        "vendor": "openai",
        "duration": 900,
        "llm.user_id": "a-1",
    }
    more_examples: ClassVar[Sequence[Mapping[str, Any]]] = (
        {"eventType": _MESSAGE, "completion_id": "c-1", "sequence": 0, "role": "user", "content": "Why?"},
        {
            "eventType": _MESSAGE,
            "completion_id": "c-1",
            "sequence": 1,
            "role": "assistant",
            "content": "Because.",
            "is_response": True,
        },
    )

    def recognises(self, record: Json) -> bool:
        """By the type of the event, or by a message's names beside ``completion_id``."""
        kind = record.get("eventType", record.get("type"))
        return kind in (_SUMMARY, _MESSAGE) or {"completion_id", "sequence", "role", "content"} <= record.keys()

    def key(self, record: Json) -> str | None:
        """The id of a call."""
        named = identity(record.get("completion_id") if _is_message(record) else record.get("id"))
        return None if named is None else str(named)

    def join(self, parts: Sequence[Json]) -> Iterable[Fields | RecordError]:
        """One exchange.

        Raises:
            RecordError: none of its messages is in the log.
        """
        said = sorted((one for one in parts if _is_message(one) and one.get("content")), key=_place)
        summary: Json = next((one for one in parts if not _is_message(one)), {})
        if not said:
            raise RecordError("a call without its messages: export `LlmChatCompletionMessage` into the same folder")
        if any(not isinstance(one.get("role"), str) for one in said):
            raise RecordError("a message of a call does not say whose it is (`role`)")
        answers = [one for one in said if one.get("is_response") is True] or [
            one for one in said[-1:] if one.get("role") == "assistant"
        ]
        asked = [one for one in said if not any(one is answer for answer in answers)]
        told = asked_fields([{"role": one["role"], "content": one["content"]} for one in asked], "messages")
        answer = {"response": "\n".join(str(one["content"]) for one in answers) or None}
        return [merged(told, answer, self._about(summary, said))]

    def _about(self, summary: Json, said: Sequence[Json]) -> Fields:
        """Who asked, when, of which model, and what it took."""
        every = [summary, *said]
        return {
            "account_id": _named(every, _USERS),
            "account_in": _NOBODY,
            "session_id": _named(every, _SESSIONS),
            "time": next((one["timestamp"] for one in every if one.get("timestamp")), None),
            "exchange_id": identity(first(summary, "request_id", "id") or said[0].get("completion_id")),
            "operation": "chat",
            "model": first(summary, "response.model", "request.model") or first(said[-1], "response.model"),
            "provider": first(summary, "vendor"),
            "max_tokens": summary.get("request.max_tokens"),
            "temperature": summary.get("request.temperature"),
            "stop_reason": summary.get("response.choices.finish_reason"),
            "input_tokens": summary.get("response.usage.prompt_tokens"),
            "output_tokens": summary.get("response.usage.completion_tokens"),
            "latency_ms": summary.get("duration"),
            "status": "error" if summary.get("error") is True else None,
        }


def _is_message(record: Json) -> bool:
    return "completion_id" in record


def _place(record: Json) -> int:
    number = record.get("sequence")
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise RecordError(f"`sequence`: expected a number, got {shown(number)}")
    return int(number)


def _named(records: Sequence[Json], names: Sequence[str]) -> Any:
    return next((found for one in records if (found := identity(first(one, *names))) is not None), None)


FORMAT = NewRelic()
