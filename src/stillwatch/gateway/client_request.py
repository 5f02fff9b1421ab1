"""A request as it was asked: its API, its canonical fields, its text; and what was answered, in the same fields."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from stillwatch.core.bodies import anthropic, openai
from stillwatch.core.bodies.shapes import Message, RecordError
from stillwatch.gateway.amounts import asks_and_tokens, ids_in, most_said
from stillwatch.gateway.caller import Caller
from stillwatch.gateway.events import EventReader
from stillwatch.gateway.going_on import goes_on_from
from stillwatch.gateway.json_body import NO_UTF8, without_surrogates
from stillwatch.gateway.models_named import models_in
from stillwatch.gateway.texts import cut_up, texts_of

__all__ = ["ClientRequest", "answer_fields", "read_request"]

_MOST_GATHERED = 64 * 1024
_LONGEST_NAME = 64
_NO_TEXT = frozenset(("model", "encoding_format", "user", "safety_identifier", "prompt_cache_key"))
_OPERATIONS = {"chat": "chat.completions"} | {name: name for name in ("completions", "responses", "messages")}
_encoder = msgspec.json.Encoder()


def _encode(value: Mapping[str, Any]) -> bytes:
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        # Half a letter, as some parsers let through: a record that cannot be written would stay pending for ever.
        return _encoder.encode(without_surrogates(value))


@dataclass(slots=True)
class ClientRequest:
    """One request.

    Attributes:
        exchange_id: new for every request.
        api: chat, completions, responses, messages, or nothing for other paths.
        operation: what is asked for on another path; nothing where no body came, as with a list of models.
        caller: who asks.
        fields: canonical fields, as asked.
        prompt, system: the last user message and the system prompt.
        texts: every other text in it, as known texts are compared with them too.
        asks: how many answers it asks for: prompts times answers to each.
        most_tokens: of each answer, as it says; 0 where it does not.
        letters: of text in it.
        began: monotonic clock, in seconds.
        within: the answer goes on from a text that opens reasoning and does not close it.
        begun: what of a tag stands at the end of what the answer goes on from.
        models: all that may answer, as far as the request says.
        by_path: whether the path or the query names one, whatever the body says.
    """

    exchange_id: str
    api: str | None
    operation: str | None
    caller: Caller
    fields: Mapping[str, Any]
    prompt: str
    system: str | None
    texts: tuple[str, ...]
    asks: int
    most_tokens: int
    letters: int
    began: float
    within: bool = False
    begun: str = ""
    models: tuple[str, ...] = ()
    by_path: bool = False
    _encoded: bytes = b""

    @property
    def recorded(self) -> bool:
        """Whether it may have asked a model for something, and so belongs into the record."""
        return bool(self.api or self.operation)

    def line(self, **more: Any) -> bytes:
        """One line of the record, with more fields in it."""
        more = {name: value for name, value in more.items() if value is not None}
        if not self.fields.keys().isdisjoint(more):
            return _encode({**self.fields, **more}) + b"\n"
        # Written twice, as asked and as answered: what was asked is encoded once.
        self._encoded = self._encoded or _encode(self.fields)
        return self._encoded[:-1] + b"," + _encode(more)[1:] + b"\n" if more else self._encoded + b"\n"


# What each API reads of the places where text may stand; a decoy in another place is no part of what was asked. Some
# servers read it all the same, or hand it on: it is compared, and it counts.
_PLACES = frozenset(("messages", "prompt", "input", "instructions", "system"))
_ACTING = {
    "chat": frozenset(("messages",)),
    "completions": frozenset(("prompt",)),
    "responses": frozenset(("input", "instructions", "prompt")),
    "messages": frozenset(("messages", "system")),
}


def _acting(api: str | None, body: Any) -> Any:
    """The body less what its path passes over; all of it where nothing stands where the path reads."""
    if api is None or not isinstance(body, Mapping) or not any(body.get(name) for name in _ACTING[api]):
        return body
    return {name: value for name, value in body.items() if name not in _PLACES or name in _ACTING[api]}


def _read(api: str | None, body: Any) -> dict[str, Any]:
    """Canonical fields of a body; where its shape is not known, every text in it, and why in ``unread``."""
    why = "its shape is not known"
    read: dict[str, Any] = {}
    if isinstance(body, Mapping):
        try:
            read = (anthropic if api == "messages" else openai).request_fields(body)
        except (RecordError, TypeError, AttributeError) as error:
            why = str(error)
    if read.get("messages") or read.get("prompt"):
        return read
    text = "\n".join(texts_of(_without_names(body)))[:_MOST_GATHERED]
    model = body.get("model") if isinstance(body, Mapping) else None
    return {"model": model if isinstance(model, str) else None, **read, "prompt": text, "unread": why}


def _without_names(body: Any) -> Any:
    """A body without what is a name in it; what is as long as no name is stays."""
    if not isinstance(body, Mapping):
        return body
    return [value for name, value in body.items() if name not in _NO_TEXT or _is_no_name(value)]


def _is_no_name(value: Any) -> bool:
    return not isinstance(value, str) or (len(value) > _LONGEST_NAME and " " in value)


def read_request(
    api: str | None,
    body: Any,
    caller: Caller,
    *,
    operation: str | None = None,
    unread: str | None = None,
    beside: Sequence[str] = (),
    query: Sequence[tuple[str, str]] = (),
    models: Sequence[str] = (),
    pathway: str = "api",
    now: float | None = None,
) -> ClientRequest:
    """A request in canonical fields. What cannot be read is left out, and the reason stands in ``unread``.

    Args:
        api: which API it is for, or None.
        body: the request, decoded; of what is no JSON the texts that are compared.
        caller: who asks.
        operation: what is asked for, where it is none of the APIs that are known; None is not recorded then.
        unread: why there is no body.
        beside: texts that stand beside the body.
        query: names and values of the query, which count as the body's where no API is known.
        models: that the path or the query names.
        pathway, now: as the record has them.
    """
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
    read = {"prompt": "", "unread": unread} if unread else _read(api, _acting(api, body))
    fields.update(read)
    if api is None or "operation" not in fields:
        fields["operation"] = operation or _OPERATIONS.get(api or "")
    said = [message for message in read.get("messages") or () if isinstance(message, Message) and message.content]
    prompt = next((m.content for m in reversed(said) if m.role == "user"), None) or read.get("prompt") or ""
    systems = [read.get("system"), *(m.content for m in said if m.role in ("system", "developer"))]
    system = "\n".join(text for text in systems if isinstance(text, str)) or None
    fields.setdefault("prompt", prompt)
    kept = {name: value for name, value in fields.items() if value is not None}
    text = prompt if isinstance(prompt, str) else ""
    # Parts of one message, and turns of one side, are read as one as well: a sentence may be cut between them.
    texts_alone = unread is not None and isinstance(body, list)
    acting = body if texts_alone else () if unread and not body else _without_names(body)
    written: list[str] = []
    given = tuple(texts_of(acting, written))
    texts = (*given, *written, *beside, *(m.content for m in said if m.content), *cut_up(body))
    letters = sum(map(len, given)) + sum(map(len, beside)) + 4 * ids_in(body, known=api is not None)
    settings = {**(most_said(query) if api is None else {}), **(body if isinstance(body, Mapping) else {})}
    asks, most = asks_and_tokens(settings, known=api is not None)
    now_ticking = time.monotonic()
    return ClientRequest(
        exchange_id,
        api,
        operation,
        caller,
        kept,
        text,
        system,
        texts,
        asks,
        most,
        letters,
        now_ticking,
        *goes_on_from(body),
        (*models_in(body), *models),
        bool(models),
    )


def answer_fields(api: str | None, parts: list[bytes], *, streamed: bool, texts: bool) -> dict[str, Any]:
    """Canonical fields of an answer, from its bytes as the upstream sent them; what is no text is named as such.

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
    except UnicodeError:
        return {"unread_answer": NO_UTF8}
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        # Whatever it is, the request is answered and must not stay pending.
        return {}
    for name in ("exchange_id", "time", "model", *(() if texts else ("response", "reasoning"))):
        fields.pop(name, None)
    return {name: value for name, value in fields.items() if value is not None}
