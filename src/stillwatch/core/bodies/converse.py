"""Bodies of Bedrock's Converse API, and the plain-text bodies of other models invoked through Bedrock.

Read from a Converse request: ``messages`` (content blocks ``{text}``), ``system``,
``inferenceConfig`` (``temperature``, ``topP``, ``topK``, ``maxTokens``, ``stopSequences``, Nova's
snake-case spellings too), ``additionalModelRequestFields.top_k``, ``toolConfig.tools``. From a
response: ``output.message``, ``stopReason``, ``usage``, ``metrics.latencyMs``; a stream is the list
of its events.

Other vendors' invoke bodies: a prompt in ``prompt``, ``inputText`` or ``message`` (with ``chat_history`` and
``preamble``); an answer in ``generation``, ``completion``, ``text``, ``outputText``, ``outputs[0].text``,
``results[0].outputText`` or ``generations[0].text``, also in the pieces of a stream. A prompt that a chat template
wrote out is read as its messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stillwatch.core.bodies.chat_templates import turns_of
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
    shown,
    stop_list,
)

__all__ = ["merged_events", "request_fields", "response_fields", "streamed"]

_EVENTS = frozenset(("messageStart", "contentBlockDelta", "messageStop"))
_COHERE = {"CHATBOT": "assistant", "SYSTEM": "system", "TOOL": "tool"}


def _blocks(content: object, where: str) -> tuple[str | None, str | None, list[str | None]]:
    """Text, reasoning and tool results among content blocks, which carry no ``type``."""
    if isinstance(content, str):
        return content, None, []
    texts, thoughts, results = [], [], []
    for block in listed(content, where):
        block = object_of(block, where)
        guarded = object_of(object_of(block.get("guardContent"), "guardContent").get("text"), "guardContent.text")
        if isinstance(block.get("text"), str):
            texts.append(block["text"])
        elif isinstance(guarded.get("text"), str):
            texts.append(guarded["text"])
        elif isinstance(block.get("reasoningContent"), dict):
            thought = object_of(block["reasoningContent"].get("reasoningText"), "reasoningText").get("text")
            thoughts += [thought] if isinstance(thought, str) else []
        elif isinstance(block.get("toolResult"), dict):
            results.append(content_text(block["toolResult"].get("content"), "toolResult"))
    return "\n".join(texts) if texts else None, "\n".join(thoughts) if thoughts else None, results


def _messages(value: object) -> list[Message]:
    made: list[Message] = []
    for position, item in enumerate(listed(value, "messages")):
        if not isinstance(item, dict) or not isinstance(item.get("role"), str):
            raise RecordError(f"`messages[{position}]`: expected {{role, content}}, got {shown(item)}")
        text, _, results = _blocks(item.get("content"), f"messages[{position}].content")
        made += [Message("tool", result) for result in results]
        if text is not None or not results:
            made.append(Message(item["role"], text))
    return made


def request_fields(body: Json) -> Fields:
    """Canonical fields of a request body."""
    config = object_of(first(body, "inferenceConfig", "textGenerationConfig"), "inferenceConfig") or body
    extra = object_of(body.get("additionalModelRequestFields"), "additionalModelRequestFields")
    tools = object_of(body.get("toolConfig"), "toolConfig").get("tools")
    fields: Fields = {
        "temperature": config.get("temperature"),
        "top_p": first(config, "topP", "top_p"),
        "top_k": first({**extra, **config}, "topK", "top_k"),
        "max_tokens": first(config, "maxTokens", "max_new_tokens", "maxTokenCount", "max_tokens", "max_gen_len"),
        "stop": stop_list(first(config, "stopSequences", "stop_sequences", "stop")),
    }
    put(fields, "tools", names_of_tools, tools)
    put(fields, "system", content_text, body.get("system"))
    if body.get("messages") is not None:
        fields["messages"] = _messages(body["messages"])
    elif body.get("chat_history") is not None:
        fields["messages"] = _history(body)
    else:
        fields["prompt"] = first(body, "prompt", "inputText", "message")
        if isinstance(fields["prompt"], str) and (turns := turns_of(fields["prompt"])):
            fields |= {"prompt": None, "messages": turns}
    if isinstance(body.get("preamble"), str):
        fields["system"] = body["preamble"]
    return fields


def _history(body: Json) -> list[Message]:
    """Cohere's conversation: what was said before, and what is asked now."""
    before = [object_of(one, "chat_history[]") for one in listed(body["chat_history"], "chat_history")]
    said = [(_COHERE.get(str(one.get("role")), "user"), first(one, "message", "text")) for one in before]
    return [Message(role, text) for role, text in (*said, ("user", body.get("message"))) if isinstance(text, str)]


def merged_events(events: Sequence[Any]) -> Json:
    """A stream put back together from its events: Converse's, or the pieces of another vendor's answer."""
    text: list[str] = []
    thoughts: list[str] = []
    merged: dict[str, Any] = {}
    for event in events:
        event = object_of(event, "response[]")
        delta = object_of(object_of(event.get("contentBlockDelta"), "contentBlockDelta").get("delta"), "delta")
        if isinstance(delta.get("text"), str):
            text.append(delta["text"])
        thought = object_of(delta.get("reasoningContent"), "reasoningContent").get("text")
        thoughts += [thought] if isinstance(thought, str) else []
        if isinstance(piece := _plain_answer(event), str):
            text.append(piece)
            merged |= {name: value for name, value in event.items() if value is not None}
        merged |= object_of(event.get("metadata"), "metadata")
        merged |= object_of(event.get("messageStop"), "messageStop")
    content: list[Json] = [{"text": "".join(text)}] if text else []
    if thoughts:
        content.append({"reasoningContent": {"reasoningText": {"text": "".join(thoughts)}}})
    return merged | {"output": {"message": {"content": content}}}


def streamed(events: Sequence[Any]) -> Fields | None:
    """Canonical fields of the events of Converse's stream; None of any other's."""
    names = {name for one in events if isinstance(one, dict) for name in one}
    return None if _EVENTS.isdisjoint(names) else response_fields(events)


def _plain_answer(body: Json) -> Any:
    answer = first(body, "generation", "completion", "text", "outputText")
    for name, key in (("outputs", "text"), ("results", "outputText"), ("generations", "text")):
        items = body.get(name)
        if answer is None and isinstance(items, list) and items and isinstance(items[0], dict):
            answer = items[0].get(key)
    if answer is None and isinstance(several := body.get("completions"), list) and several:
        # Of AI21's Jurassic.
        answer = object_of(object_of(several[0], "completions[0]").get("data"), "data").get("text")
    return answer


def response_fields(body: object) -> Fields:
    """Canonical fields of a response body: one object, or the list of a stream's events."""
    return answered(_response_fields, body)


def _response_fields(body: object) -> Fields:
    body = merged_events(body) if isinstance(body, list) else object_of(body, "response")
    usage = object_of(body.get("usage"), "usage")
    alone = first(body, "outputs", "results", "generations")
    item = object_of(alone[0] if isinstance(alone, list) and alone else None, "outputs[0]")
    written = first(usage, "outputTokens") or first(body, "generation_token_count") or item.get("tokenCount")
    fields: Fields = {
        "exchange_id": identity(body.get("id")),
        "stop_reason": first(body, "stopReason", "stop_reason", "finish_reason", "completionReason")
        or first(item, "stop_reason", "completionReason", "finish_reason"),
        "input_tokens": first(usage, "inputTokens") or first(body, "prompt_token_count", "inputTextTokenCount"),
        "output_tokens": written,
        "latency_ms": object_of(body.get("metrics"), "metrics").get("latencyMs"),
    }
    if isinstance(body.get("output"), dict):
        message = object_of(body["output"].get("message"), "output.message")
        fields["response"], fields["reasoning"], _ = _blocks(message.get("content"), "output.message.content")
    else:
        fields["response"] = _plain_answer(body)
        if body and fields["response"] is None:
            fields["note"] = f"`response`: no answer in it, but {', '.join(f'`{name}`' for name in list(body)[:6])}"
    return fields
