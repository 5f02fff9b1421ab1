"""Bodies of the Anthropic API: messages, the older text completions, and their streams.

Read from a request: ``model``, ``system`` (text or blocks), ``messages``, ``prompt`` (text
completions), ``max_tokens`` or ``max_tokens_to_sample``, ``temperature``, ``top_p``, ``top_k``,
``stop_sequences``, ``stream``, ``tools``, ``metadata.user_id``.

Read from a response: ``id``, text blocks (``response``), thinking blocks (``reasoning``),
``stop_reason``, ``usage``. A streamed body is the list of its events, put back together here.

A user message that carries ``tool_result`` blocks holds what a tool returned, which the person did
not write: those blocks become messages of role ``tool``, as other APIs log them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stillwatch.core.bodies.end_user import composite_id
from stillwatch.core.bodies.optional_parts import answered, put
from stillwatch.core.bodies.shapes import (
    Fields,
    Json,
    Message,
    RecordError,
    content_text,
    first,
    identity,
    listed,
    names_of_tools,
    object_of,
    object_or_empty,
    parts_of,
    reasoning_text,
    shown,
    stop_list,
)

__all__ = ["caller", "is_anthropic", "merged_events", "request_fields", "response_fields", "session"]

_SAME_NAME = ("model", "temperature", "top_p", "top_k", "stream")


_EVENTS = frozenset(("message_start", "content_block_start", "content_block_delta", "message_delta", "ping"))
# Fields that only a request to this API has.
_OWN = frozenset(("system", "stop_sequences", "thinking", "anthropic_version", "max_tokens_to_sample"))
# Fields of other APIs' answers.
_OTHERS = frozenset(("result", "choices", "output", "object", "done"))


def is_anthropic(request: object, response: object) -> bool:
    """Whether a pair of bodies is this API's: the response tells; without one, the request."""
    if isinstance(response, list):
        return any(isinstance(event, dict) and str(event.get("type")) in _EVENTS for event in response[:5])
    if response and isinstance(response, dict):
        if response.get("type") in ("message", "completion") or isinstance(response.get("content"), list):
            return True
        if not _OTHERS.isdisjoint(response):
            return False
    if not isinstance(request, dict) or "options" in request:
        return False
    return not _OWN.isdisjoint(request) or str(request.get("model")).startswith("claude")


def caller(body: Json) -> Any:
    """The account in ``metadata.user_id``, or null."""
    return composite_id(object_or_empty(body.get("metadata")).get("user_id"))[0]


def session(body: Json) -> Any:
    """The session in ``metadata.user_id``, or null."""
    return composite_id(object_or_empty(body.get("metadata")).get("user_id"))[1]


def _messages(value: object) -> list[Message]:
    made = []
    for position, item in enumerate(listed(value, "messages")):
        if not isinstance(item, dict) or not isinstance(item.get("role"), str):
            raise RecordError(f"`messages[{position}]`: expected {{role, content}}, got {shown(item)}")
        content = parts_of(item.get("content"))
        blocks = content if isinstance(content, list) else ()
        results = [block for block in blocks if isinstance(block, dict) and block.get("type") == "tool_result"]
        made += [Message("tool", content_text(block.get("content"), "tool_result")) for block in results]
        text = content_text(content, f"messages[{position}].content")
        if text is not None or not results:
            made.append(Message(item["role"], text))
    return made


def _human_turn(prompt: object) -> Any:
    """The last ``Human:`` turn of a text-completions prompt."""
    if not isinstance(prompt, str):
        return prompt
    turn = prompt.rpartition("\n\nHuman:")[2]
    return turn.partition("\n\nAssistant:")[0].strip()


def request_fields(body: Json) -> Fields:
    """Canonical fields of a request body.

    Raises:
        RecordError: the conversation is not a list of messages.
    """
    fields: Fields = {name: body.get(name) for name in _SAME_NAME}
    fields["max_tokens"] = first(body, "max_tokens", "max_tokens_to_sample")
    fields["stop"] = stop_list(body.get("stop_sequences"))
    fields["session_id"] = session(body)
    put(fields, "tools", names_of_tools, body.get("tools"))
    put(fields, "system", content_text, body.get("system"))
    if body.get("messages") is not None:
        fields |= {"operation": "messages", "messages": _messages(body["messages"])}
    elif body.get("prompt") is not None:
        fields |= {"operation": "complete", "prompt": _human_turn(body["prompt"])}
    return fields


def merged_events(events: Sequence[Any]) -> Json:
    """A streamed message put back together from its events.

    ``message_start`` opens it, ``content_block_start`` and ``content_block_delta`` add to the block
    of their ``index``, ``message_delta`` brings the stop reason and the final usage. Text
    completions stream ``completion`` pieces.
    """
    message: dict[str, Any] = {}
    usage: dict[str, Any] = {}
    blocks: dict[Any, dict[str, Any]] = {}
    completion: list[str] = []
    for event in events:
        event = object_of(event, "response[]")
        if isinstance(event.get("message"), dict):
            message |= event["message"]
            usage |= object_of(message.get("usage"), "usage")
        delta = object_of(event.get("delta"), "delta")
        if event.get("type") == "message_delta":
            message |= delta
            usage |= object_of(event.get("usage"), "usage")
        elif event.get("type") in ("content_block_start", "content_block_delta"):
            block = blocks.setdefault(
                str(event.get("index", 0)), dict(object_of(event.get("content_block"), "content_block"))
            )
            for name in ("text", "thinking"):
                if isinstance(delta.get(name), str):
                    block.setdefault("type", name)
                    block[name] = (block.get(name) or "") + delta[name]
        elif isinstance(event.get("completion"), str):
            completion.append(event["completion"])
            message["stop_reason"] = event.get("stop_reason")
    if completion:
        message["completion"] = "".join(completion)
    message["content"] = list(blocks.values()) or message.get("content")
    message["usage"] = usage
    return message


def response_fields(body: object) -> Fields:
    """Canonical fields of a response body: one object, or the list of a stream's events.

    ``exchange_id`` and ``model`` are the response's own: a caller that knows better overrides them.
    """
    return answered(_response_fields, body)


def _response_fields(body: object) -> Fields:
    body = merged_events(body) if isinstance(body, list) else object_of(body, "response")
    usage = object_of(body.get("usage"), "usage")
    content = parts_of(body.get("content"))
    told: Fields = {"note": f"`response`: an error: {shown(body['error'])}"} if body.get("error") else {}
    return told | {
        "exchange_id": identity(body.get("id")),
        "model": body.get("model"),
        "response": content_text(content, "content") if content is not None else body.get("completion"),
        "reasoning": reasoning_text(content),
        "stop_reason": body.get("stop_reason"),
        "input_tokens": usage.get("input_tokens"),
        "output_tokens": usage.get("output_tokens"),
    }
