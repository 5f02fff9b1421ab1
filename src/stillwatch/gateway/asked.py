"""A request as it was asked: its API, its canonical fields, its text; and what was answered, in the same fields."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from stillwatch.core.bodies import anthropic, openai
from stillwatch.core.bodies.shapes import Message, RecordError
from stillwatch.gateway.events import EventReader, EventTooLong
from stillwatch.gateway.identity import Caller

__all__ = ["Asked", "answered_fields", "api_of", "asked"]

_APIS = {"/chat/completions": "chat", "/completions": "completions", "/responses": "responses", "/messages": "messages"}
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Asked:
    """One request.

    Attributes:
        exchange_id: new for every request.
        api: chat, completions, responses, messages, or nothing for other paths.
        caller: who asks.
        fields: canonical fields, as asked.
        prompt, system: the text that known texts are compared with.
        began: monotonic clock, in seconds.
    """

    exchange_id: str
    api: str | None
    caller: Caller
    fields: Mapping[str, Any]
    prompt: str
    system: str | None
    began: float
    _encoded: bytes = b""

    def line(self, **more: Any) -> bytes:
        """One line of the record, with more fields in it."""
        more = {name: value for name, value in more.items() if value is not None}
        if not self.fields.keys().isdisjoint(more):
            return _encode({**self.fields, **more}) + b"\n"
        # Written twice, as asked and as answered: what was asked is encoded once.
        self._encoded = self._encoded or _encode(self.fields)
        return self._encoded[:-1] + b"," + _encode(more)[1:] + b"\n" if more else self._encoded + b"\n"


def api_of(path: str) -> str | None:
    """Which API a path belongs to, whatever stands before it."""
    path = path.rstrip("/")
    for ending, api in _APIS.items():
        if path.endswith(ending):
            return api
    return None


def asked(
    api: str | None, body: Mapping[str, Any], caller: Caller, *, pathway: str = "api", now: float | None = None
) -> Asked:
    """A request in canonical fields. What cannot be read is left out, and the reason stands in ``unread``."""
    exchange_id = uuid.uuid4().hex
    time_said = datetime.now(UTC) if now is None else datetime.fromtimestamp(now, UTC)
    fields: dict[str, Any] = {
        "exchange_id": exchange_id,
        "time": time_said.isoformat(timespec="microseconds"),
        "pathway": pathway,
        "account_id": caller.account_id,
        "org_id": caller.org_id,
        "api_key_id": caller.api_key_id,
        "client_address": caller.client_address,
        "user_agent": caller.user_agent,
    }
    try:
        read = (anthropic if api == "messages" else openai).request_fields(body)
    except (RecordError, TypeError, AttributeError) as error:
        read = {"prompt": "", "model": body.get("model"), "unread": str(error)}
    fields.update(read)
    said = [message for message in read.get("messages") or () if isinstance(message, Message) and message.content]
    prompt = next((m.content for m in reversed(said) if m.role == "user"), None) or read.get("prompt") or ""
    systems = [read.get("system"), *(m.content for m in said if m.role in ("system", "developer"))]
    system = "\n".join(text for text in systems if isinstance(text, str)) or None
    fields.setdefault("prompt", prompt)
    kept = {name: value for name, value in fields.items() if value is not None}
    return Asked(exchange_id, api, caller, kept, prompt if isinstance(prompt, str) else "", system, time.monotonic())


def answered_fields(api: str | None, parts: list[bytes], *, streamed: bool, texts: bool) -> dict[str, Any]:
    """Canonical fields of an answer, from its bytes as the upstream sent them.

    Args:
        api: which API it came from.
        parts: the bytes, in order.
        streamed: whether they are server-sent events.
        texts: whether the text of answer and reasoning is wanted.
    """
    try:
        body: Any
        if streamed:
            events = [event.data for event in EventReader().feed(b"".join(parts)) if event.data != b"[DONE]"]
            body = [msgspec.json.decode(event) for event in events]
        else:
            body = msgspec.json.decode(b"".join(parts))
        fields = (anthropic if api == "messages" else openai).response_fields(body)
    except (RecordError, EventTooLong, msgspec.DecodeError, TypeError, AttributeError, RecursionError):
        return {}
    for name in ("exchange_id", "time", "model", *(() if texts else ("response", "reasoning"))):
        fields.pop(name, None)
    return {name: value for name, value in fields.items() if value is not None}
