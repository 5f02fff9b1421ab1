"""Inputs and outputs of a model call as tracers keep them: whatever the program handed over, as JSON or as its text.

Read as what was asked: a text; a list of messages (``role`` and ``content``; LangChain's ``kwargs``, ``data`` or
``type``; pairs of role and text), also alone in a list of one; an object with ``messages``, ``contents`` (Gemini),
``prompt``, ``prompts`` of one, or ``input``; the same under ``kwargs``. Read as an answer: a text; a message or a
list of them, of which the first counts; a body of the OpenAI, Anthropic or Gemini API; LangChain's ``generations``;
an object with one text. A text that begins like JSON and is none was cut by a logger: asked, it is refused;
answered, noted.
"""

from __future__ import annotations

from typing import Any

from stillwatch.core.bodies import anthropic, gemini, openai
from stillwatch.core.bodies.chat_templates import may_be_written_out, turns_of
from stillwatch.core.bodies.optional_parts import UNFORESEEN, is_streamed, pieces_of, said
from stillwatch.core.bodies.shapes import (
    Fields,
    Json,
    RecordError,
    content_text,
    first,
    object_of,
    of_frameworks,
    parsed,
    parsed_or_text,
    reasoning_text,
    shown,
)

__all__ = ["answer_fields", "asked_fields", "parameter_fields"]

_ROLES = {
    "human": "user", "ai": "assistant", "AIMessageChunk": "assistant", "function": "tool", "model": "assistant",
    "HumanMessage": "user", "AIMessage": "assistant", "SystemMessage": "system", "ToolMessage": "tool",
    "FunctionMessage": "tool", "HumanMessageChunk": "user",
}  # fmt: skip
_OTHER_NAMES = {
    "maxTokens": "max_tokens", "maxOutputTokens": "max_tokens", "max_output_tokens": "max_tokens", "topP": "top_p",
    "topK": "top_k", "stop_sequences": "stop", "model_name": "model",
    "max_new_tokens": "max_tokens", "maxNewTokens": "max_tokens", "num_predict": "max_tokens",
    "n_predict": "max_tokens", "maxTokenCount": "max_tokens",
    "max_tokens_to_sample": "max_tokens", "temp": "temperature",
}  # fmt: skip
_NUMBERS = frozenset(("temperature", "top_p", "top_k", "n", "seed", "max_tokens", "stream", "logprobs", "top_logprobs"))
_PARTS = frozenset(("text", "input_text", "image", "image_url", "input_image", "file", "input_file", "input_audio"))
# Of bodies of an API, beside which a text within JSON is the answer's, and not part of an answer that is JSON.
_OWN_KEYS = frozenset((
    "candidates", "choices", "generations", "usage", "lc", "kwargs", "role", "message", "messages", "usageMetadata",
))  # fmt: skip
_ABOUT = frozenset(("text", "content", "output", "response", "completion", "answer", "generated_text", "output_text",
                    "id", "model", "type", "created", "finish_reason", "tokens", "sources", "metrics",
                    "attachments"))  # fmt: skip
_TEXT_KEYS = (
    "text", "content", "output", "response", "completion", "answer", "generated_text", "output_text", "outputText",
)  # fmt: skip


def asked_fields(value: object, where: str = "input") -> Fields:
    """What a call asked.

    Raises:
        RecordError: there is no conversation in it, or a batch of several.
    """
    value = parsed_or_text(value, where)
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        turns = turns_of(value) if may_be_written_out(value) else None
        return {"messages": turns} if turns else {"prompt": value}
    if isinstance(value, dict):
        return _asked_object(value, where)
    if not isinstance(value, list | tuple):
        raise RecordError(f"`{where}`: expected a text, messages or a request, got {shown(value)}")
    return _asked_list(value, where)


def _asked_object(value: Json, where: str) -> Fields:
    if not value:
        return {}
    if gemini.is_gemini(value):
        return gemini.request_fields(value)
    if "messages" in value:
        body = {**value, "messages": _messages(value["messages"], f"{where}.messages")}
        return _request(body)
    if "content" in value and ("role" in value or "type" in value):
        return _asked_list([value], where)
    for name in ("prompts", "prompt", "input", "inputs", "kwargs"):
        if value.get(name) is None:
            continue
        if name == "input" and isinstance(value[name], list) and "model" in value:
            return openai.request_fields(value)
        inner = asked_fields(value[name], f"{where}.{name}")
        return {**_optional(value), **inner} if inner else {}
    keys = ", ".join(f"`{name}`" for name in list(value)[:6])
    raise RecordError(f"`{where}`: no `messages`, `contents`, `prompt` or `input` in it, but {keys}")


def _optional(body: Json) -> Fields:
    """Parameters beside a prompt."""
    return {name: value for name, value in parameter_fields(body).items() if value is not None}


def _asked_list(value: list[Any] | tuple[Any, ...], where: str) -> Fields:
    if not value:
        return {}
    if all(isinstance(item, str) for item in value):
        if len(value) > 1:
            raise RecordError(f"`{where}`: a batch of {len(value)} prompts, whose answers cannot be told apart")
        return {"prompt": value[0]}
    if all(isinstance(item, dict) and "role" not in item and item.get("type") in _PARTS for item in value):
        # One message's parts without their message.
        return {"prompt": content_text(list(value), where) or ""}
    return _request({"messages": _messages(value, where)})


def _request(body: Json) -> Fields:
    blocks = [b for m in body["messages"] if isinstance(m["content"], list) for b in m["content"]]
    results = any(isinstance(block, dict) and block.get("type") == "tool_result" for block in blocks)
    return (
        anthropic.request_fields(body) if results or anthropic.is_anthropic(body, None) else openai.request_fields(body)
    )


def _messages(value: object, where: str) -> list[dict[str, Any]]:
    value = parsed(value, where)
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    if not isinstance(value, list | tuple):
        raise RecordError(f"`{where}`: expected messages, got {shown(value)}")
    several: list[Any] | tuple[Any, ...] = value
    if several and all(isinstance(item, list) and (not item or isinstance(item[0], dict)) for item in several):
        if len(several) > 1:
            raise RecordError(f"`{where}`: a batch of {len(several)} conversations, whose answers cannot be told apart")
        several = several[0]
    alone = len(several) == 1
    return [_message(item, f"{where}[{place}]", alone=alone) for place, item in enumerate(several)]


def _message(item: object, where: str, *, alone: bool = False) -> dict[str, Any]:
    """One message as ``{role, content}``, whoever's class it was."""
    if isinstance(item, list | tuple) and len(item) == 2 and all(isinstance(part, str) for part in item):
        return {"role": _ROLES.get(item[0], item[0]), "content": item[1]}
    if not isinstance(item, dict):
        raise RecordError(f"`{where}`: expected a message, got {shown(item)}")
    if isinstance(item.get("from"), str) and "role" not in item:
        item = {**item, "role": item["from"], "content": first(item, "value", "content")}
    item = of_frameworks(item)
    inner = first(item, "kwargs", "data", "message")
    inner = inner if isinstance(inner, dict) and "content" not in item else item
    role = first(inner, "role") or first(item, "role") or first(inner, "type") or first(item, "type")
    if role in (None, "constructor", "message"):
        named = item.get("id")
        role = named[-1] if isinstance(named, list) and named else ("user" if alone else None)
    if not isinstance(role, str):
        raise RecordError(f"`{where}`: a message without a role: {shown(item)}")
    content = first(inner, "content")
    if content is None and isinstance(inner.get("parts"), list):
        content = [
            {"type": "text", "text": part} if isinstance(part, str) else {"type": "text", **part}
            for part in inner["parts"]
            if isinstance(part, str | dict)
        ]
    if content is None:
        content = next((one for name in ("text", "message") if isinstance(one := inner.get(name), str)), None)
    return {"role": _ROLES.get(role, role), "content": content}


def answer_fields(value: object, where: str = "output") -> Fields:
    """What a call answered; what cannot be read is a note."""
    try:
        return _answer(value, where)
    except UNFORESEEN as error:
        return {"note": said(error, where)}


def _answer(value: object, where: str) -> Fields:
    if isinstance(value, str) and is_streamed(value):
        pieces = pieces_of(value)
        return (
            anthropic.response_fields(pieces)
            if anthropic.is_anthropic(None, pieces)
            else openai.response_fields(pieces)
        )
    text = value if isinstance(value, str) else None
    value = parsed(value, where)
    if value is None or value == "" or value == {} or value == []:
        return {}
    if isinstance(value, str):
        return {"response": value}
    if isinstance(value, list):
        if not isinstance(value[0], dict):
            return {"response": text} if text is not None else _answer(value[0], where)
        if "choices" in value[0]:
            return openai.response_fields(value)
        return _answer(value[0], where)
    if not isinstance(value, dict):
        return {"response": text if text is not None else str(value)}
    known = _answered_body(of_frameworks(value), where)
    if known is not None and (text is None or "response" not in known or not _OWN_KEYS.isdisjoint(value)):
        return known
    if known is not None and text is not None and _ABOUT.issuperset(value.keys()):
        return known
    if text is not None:
        # A model may have been asked for JSON.
        return {"response": text}
    raise RecordError(f"`{where}`: no answer in it, but {', '.join(f'`{name}`' for name in list(value)[:6])}")


def _answered_body(value: Json, where: str) -> Fields | None:
    if isinstance(value.get("candidates"), list):
        return gemini.response_fields(value)
    if isinstance(value.get("choices"), list) or isinstance(value.get("output"), list) or "meta_info" in value:
        return openai.response_fields(value)
    if isinstance(value.get("generations"), list):
        return _generation(value, where)
    if value.get("type") == "message" and isinstance(value.get("content"), list) and "usage" in value:
        return anthropic.response_fields(value)
    if ("content" in value and ("role" in value or "type" in value)) or _is_langchain(value):
        message = _message({"role": "assistant", **value} if "role" in value else value, where, alone=True)
        content = message["content"]
        inner = value.get("kwargs") if isinstance(value.get("kwargs"), dict) else value
        thought = first(inner or {}, "reasoning_content", "reasoning")
        return {
            "response": content_text(content, where),
            "reasoning": thought if isinstance(thought, str) else reasoning_text(content),
        }
    if isinstance(value.get("message"), dict):
        return _answer(value["message"], where)
    if isinstance(value.get("message"), str) and len(value) == 1:
        return {"response": value["message"]}
    if isinstance(value.get("parts"), list) and isinstance(value.get("role"), str):
        content = _message(value, where)["content"]
        return {"response": content_text(content, where), "reasoning": reasoning_text(content)}
    if isinstance(value.get("messages"), list) and value["messages"]:
        return _answer(value["messages"][-1], where)
    texts = [value[name] for name in _TEXT_KEYS if isinstance(value.get(name), str)]
    return {"response": texts[0]} if len(texts) == 1 else None


def _is_langchain(value: Json) -> bool:
    """Whether an answer is a message of LangChain: its constructor, or as it stores one."""
    held = value.get("data")
    return {"kwargs", "lc"} <= value.keys() or ("type" in value and isinstance(held, dict) and "content" in held)


def _generation(value: Json, where: str) -> Fields:
    """LangChain's ``generations``: the first of the first prompt, with its usage beside."""
    several = value["generations"]
    while isinstance(several, list) and several:
        several = several[0]
    if not isinstance(several, dict):
        return {}
    fields = _answer(several["message"], where) if isinstance(several.get("message"), dict) else {}
    if fields.get("response") is None and isinstance(several.get("text"), str) and several["text"]:
        fields["response"] = several["text"]
    info = object_of(several.get("generation_info"), "generation_info")
    usage = object_of(object_of(value.get("llm_output"), "llm_output").get("token_usage"), "token_usage")
    fields["model"] = object_of(value.get("llm_output"), "llm_output").get("model_name")
    fields["stop_reason"] = first(info, "finish_reason", "stop_reason")
    fields["input_tokens"], fields["output_tokens"] = usage.get("prompt_tokens"), usage.get("completion_tokens")
    return fields


def parameter_fields(value: object, where: str = "parameters") -> Fields:
    """Sampling parameters, under the names of any API or LangChain; what cannot be read is a note."""
    try:
        given = dict(object_of(value, where))
    except UNFORESEEN as error:
        return {"note": said(error, where)}
    for name in ("messages", "input", "prompt"):
        given.pop(name, None)
    for old, new in _OTHER_NAMES.items():
        if given.get(old) is not None and given.get(new) is None:
            given[new] = given[old]
    fields = {name: _plain(one) if name in _NUMBERS else one for name, one in openai.request_fields(given).items()}
    fields.pop("session_id", None)
    return fields


def _plain(value: Any) -> Any:
    """Numbers and truths that a tracer wrote as text."""
    if not isinstance(value, str):
        return value
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    try:
        return int(value) if value.lstrip("-").isdecimal() else float(value)
    except ValueError:
        return value
