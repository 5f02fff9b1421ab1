"""Bodies of the OpenAI API and those who copy it: chat completions, completions, responses.

Read from a request: ``model``, ``messages`` or ``prompt`` or ``input`` with ``instructions``,
``temperature``, ``top_p``, ``top_k``, ``n``, ``seed``, ``stream``, ``stop``, ``max_completion_tokens``
or ``max_tokens`` or ``max_output_tokens``, ``logprobs`` (true, or a number as completions have it),
``top_logprobs``, ``include`` (``message.output_text.logprobs``), ``response_format`` or ``text.format``,
``tools`` or ``functions``, and the caller's identity in ``safety_identifier``, ``user`` or
``metadata.user_id``. ``prompt_cache_key`` is no identity and is not read. A prompt that a chat template wrote out is
read as its messages.

Read from a response: ``id``, ``created`` or ``created_at``, the first choice's text, reasoning and ``finish_reason``
(or the ``output`` items), ``usage``. A streamed body may be a list of chunks. What Ollama and other model servers
write otherwise is read as ``ollama`` and ``model_servers`` say. An answer in which nothing is known is noted, and so
is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stillwatch.core.bodies import converse, model_servers, ollama
from stillwatch.core.bodies.chat_templates import turns_of
from stillwatch.core.bodies.end_user import composite_id
from stillwatch.core.bodies.optional_parts import UNFORESEEN, answered, put, said
from stillwatch.core.bodies.other_vendors import answered_elsewhere, asked_elsewhere
from stillwatch.core.bodies.shapes import (
    Fields,
    Json,
    Message,
    RecordError,
    content_text,
    first,
    identity,
    listed,
    messages,
    names_of_tools,
    noted,
    object_of,
    of_frameworks,
    reasoning_text,
    shown,
    stop_list,
)

__all__ = ["asking", "caller", "request_fields", "response_fields", "session"]

# Under which a program of one's own keeps an answer's text, where it keeps it under one of them alone.
_OWN_TEXTS = ("text", "content", "answer", "completion", "reply", "output_text", "response", "generated")
_SAME_NAME = ("model", "temperature", "top_p", "top_k", "n", "seed", "stream", "top_logprobs")


def _named(body: Json) -> Any:
    named = first(body, "safety_identifier", "user")
    if named is None and body.get("metadata") is not None:
        try:
            named = object_of(body["metadata"], "metadata").get("user_id")
        except RecordError:
            return None
    return named


def caller(body: Json) -> Any:
    """The end user a request names, or null: ``safety_identifier``, ``user``, ``metadata.user_id``."""
    return composite_id(_named(body))[0]


def session(body: Json) -> Any:
    """The session that its end user's id names beside the account, or null."""
    return composite_id(_named(body))[1]


def _prompt_text(prompt: object) -> str:
    if isinstance(prompt, str):
        return prompt
    if isinstance(prompt, list) and prompt and all(isinstance(part, str) for part in prompt):
        if len(prompt) > 1:
            raise RecordError(f"`prompt`: a batch of {len(prompt)} prompts, whose answers cannot be told apart")
        return str(prompt[0])
    raise RecordError(f"`prompt`: expected text, got {shown(prompt)} (token ids carry no text)")


def _input_messages(items: object) -> list[Message]:
    """The ``input`` of the responses API: text, or items of which some are messages."""
    if isinstance(items, str):
        return [Message("user", items)]
    made = []
    for item in listed(items, "input"):
        if not isinstance(item, dict):
            raise RecordError(f"`input`: expected items, got {shown(item)}")
        if item.get("type") == "function_call_output":
            made.append(Message("tool", content_text(item.get("output"), "input.output")))
        elif isinstance(item.get("role"), str):
            made.append(Message(item["role"], content_text(item.get("content"), "input.content")))
    return made


def _format_name(body: Json) -> Any:
    chosen = body.get("response_format")
    if chosen is None and isinstance(body.get("text"), dict):
        chosen = body["text"].get("format")
    return chosen.get("type") if isinstance(chosen, dict) else chosen


def _logprobs(body: Json) -> Fields:
    asked = body.get("logprobs")
    if isinstance(asked, int) and not isinstance(asked, bool):
        # The completions API asks for k alternatives by a number.
        return {"logprobs": True, "top_logprobs": asked}
    if asked is None and "message.output_text.logprobs" in (body.get("include") or ()):
        asked = True
    return {"logprobs": asked}


def request_fields(body: Json) -> Fields:
    """Canonical fields of a request body.

    Raises:
        RecordError: the conversation is not text, messages or items.
    """
    if isinstance(given := body.get("optional_params"), dict):
        # Of LiteLLM's callbacks.
        body = {**given, **body, "optional_params": None}
    if (other := asked_elsewhere(body)) is not None:
        return request_fields(other)
    if "inferenceConfig" in body or ("modelId" in body and _has_blocks(body.get("messages"))):
        return {"model": body.get("modelId"), **converse.request_fields(body)}
    fields: Fields = {name: body.get(name) for name in _SAME_NAME}
    try:
        fields |= _logprobs(body)
    except UNFORESEEN as error:
        noted(fields, said(error, "logprobs"))
    fields["max_tokens"] = first(body, "max_completion_tokens", "max_tokens", "max_output_tokens")
    fields["stop"] = stop_list(body.get("stop"))
    fields["session_id"] = session(body)
    put(fields, "response_format", _format_name, body)
    put(fields, "tools", names_of_tools, first(body, "tools", "functions"))
    if body.get("messages") is not None:
        fields |= {"operation": "chat.completions", "messages": messages(body["messages"])}
        if isinstance(body.get("system"), str):
            fields["system"] = body["system"]
    elif body.get("input") is not None:
        fields |= {"operation": "responses", "messages": _input_messages(body["input"])}
        fields["system"] = body.get("instructions")
    elif isinstance(body.get("prompt"), list) and any(isinstance(one, dict) for one in body["prompt"]):
        fields |= {"operation": "chat", "messages": messages(body["prompt"], "prompt")}
    elif body.get("prompt") is not None:
        fields |= {"operation": "completions", **_completing(_prompt_text(body["prompt"]))}
    elif isinstance(body.get("inputs"), str):
        fields |= {"operation": "generate", **_completing(body["inputs"])} | _parameters(body)
    elif isinstance(body.get("message"), str):
        fields |= {"operation": "chat", "messages": _turns_of_cohere(body), "system": body.get("preamble")}
    elif isinstance(body.get("inputText"), str):
        fields |= {"operation": "generate", **_completing(body["inputText"])}
    elif asked := model_servers.asked_of_server(body):
        fields |= {**asked, **_completing(asked["prompt"])}
    fields |= model_servers.options_of_server(body)
    fields |= ollama.options_of(body)
    return fields


def _has_blocks(given: Any) -> bool:
    """Whether messages hold the parts of Converse, each of one key that says its kind."""
    first_of = given[0].get("content") if isinstance(given, list) and given and isinstance(given[0], dict) else None
    return isinstance(first_of, list) and all(isinstance(one, dict) and "type" not in one for one in first_of)


def _completing(text: str) -> Fields:
    """What is asked of a bare completion: a text, or the messages that a chat template made it of."""
    turns = turns_of(text)
    return {"prompt": None, "messages": turns} if turns else {"prompt": text}


def asking(body: Json) -> Fields:
    """Canonical fields of a request body that asks something.

    Raises:
        RecordError: it asks nothing that is known here, or what it asks is not text, messages or items.
    """
    fields = request_fields(body)
    if fields.get("messages") is None and fields.get("prompt") is None and body:
        names = ", ".join(f"`{name}`" for name in [*body][:6])
        raise RecordError(f"neither `messages`, `prompt` nor `input` in the request, but {names}")
    return fields


def _turns_of_cohere(body: Json) -> list[Message]:
    """Cohere's first chat API: what was said before, and the message that is asked."""
    return [*(messages(body.get("chat_history"), "chat_history") or ()), Message("user", body["message"])]


def _parameters(body: Json) -> Fields:
    """What Text Generation Inference keeps in ``parameters``."""
    given = body.get("parameters")
    if not isinstance(given, dict):
        return {}
    fields: Fields = {name: given.get(name) for name in ("temperature", "top_p", "top_k", "seed")}
    fields |= {"max_tokens": given.get("max_new_tokens"), "stop": stop_list(given.get("stop"))}
    return {name: value for name, value in fields.items() if value is not None}


def _joined(parts: list[Any]) -> str | None:
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if texts else None


def _merged_chunks(chunks: Sequence[Any]) -> Json:
    """A streamed chat completion put back together: the first choice's deltas joined."""
    merged: dict[str, Any] = {}
    text: list[Any] = []
    said: list[Any] = []
    reasoning: list[Any] = []
    finish = None
    for chunk in chunks:
        chunk = object_of(chunk, "response[]")
        if isinstance(chunk.get("response"), dict):
            # The responses API ends its stream with the whole response.
            merged = dict(chunk["response"])
        if str(chunk.get("type")).endswith("output_text.delta"):
            said.append(chunk.get("delta"))
        for name in ("id", "created", "model", "usage", "error"):
            if chunk.get(name) is not None:
                merged[name] = chunk[name]
        for choice in listed(chunk.get("choices"), "choices"):
            choice = object_of(choice, "choices[]")
            if choice.get("index", 0) == 0:
                delta = object_of(choice.get("delta"), "delta")
                text.append(delta.get("content") if delta else choice.get("text"))
                reasoning.append(first(delta, "reasoning_content", "reasoning"))
                finish = choice.get("finish_reason") or finish
    if text:
        message = {"content": _joined(text), "reasoning_content": _joined(reasoning)}
        merged["choices"] = [{"message": message, "finish_reason": finish}]
    if said and not merged.get("output"):
        # The stream broke before its whole response came.
        merged["output"] = [{"type": "message", "content": _joined(said)}]
    return merged


def _usage(body: Json) -> Fields:
    usage = object_of(body.get("usage"), "usage")
    if isinstance(counted := first(usage, "tokens", "billed_units"), dict):
        # Cohere's second chat API.
        usage = counted
    details = first(usage, "completion_tokens_details", "output_tokens_details")
    return {
        "input_tokens": first(usage, "prompt_tokens", "input_tokens", "total_input_tokens"),
        "output_tokens": first(usage, "completion_tokens", "output_tokens", "total_output_tokens"),
        "reasoning_tokens": object_of(details, "output_tokens_details").get("reasoning_tokens"),
    }


def _from_choice(choice: Json) -> Fields:
    message = object_of(choice.get("message"), "message")
    text = content_text(first(message, "content", "refusal") if message else choice.get("text"), "content")
    return {
        "response": text,
        "reasoning": content_text(first(message, "reasoning_content", "reasoning"), "reasoning")
        or _thoughts(message.get("content")),
        "stop_reason": choice.get("finish_reason"),
    }


def _thoughts(content: Any) -> str | None:
    """What was thought, among a message's parts: as a text, or as parts of its own (Mistral)."""
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and isinstance(part.get("thinking"), list):
            return content_text(part["thinking"], "thinking")
    return reasoning_text(content)


def _from_items(body: Json) -> Fields:
    texts: list[str] = []
    thoughts: list[str] = []
    for item in listed(body.get("output"), "output"):
        item = object_of(item, "output[]")
        if item.get("type") == "reasoning":
            thought = reasoning_text(first(item, "content", "summary"))
            thoughts += [thought] if thought else []
        elif item.get("type", "message") == "message":
            text = content_text(item.get("content"), "output.content")
            texts += [text] if text else []
    incomplete = object_of(body.get("incomplete_details"), "incomplete_details")
    return {
        "response": "\n".join(texts) if texts else None,
        "reasoning": "\n".join(thoughts) if thoughts else None,
        "stop_reason": first(incomplete, "reason") or body.get("status"),
    }


def _generated(body: Json) -> Fields:
    """What Text Generation Inference answers."""
    details = object_of(body.get("details"), "details")
    asked = details.get("prefill")
    return {
        "response": body["generated_text"],
        "stop_reason": details.get("finish_reason"),
        "input_tokens": len(asked) if isinstance(asked, list) and asked else None,
        "output_tokens": details.get("generated_tokens"),
    }


def _from_cohere(body: Json) -> Fields:
    """What Cohere's first chat API answers."""
    meta = object_of(body.get("meta"), "meta")
    counted = object_of(first(meta, "tokens", "billed_units"), "meta.tokens")
    return {
        "exchange_id": identity(first(body, "response_id", "generation_id")),
        "response": body["text"],
        "stop_reason": body.get("finish_reason"),
        "input_tokens": counted.get("input_tokens"),
        "output_tokens": counted.get("output_tokens"),
    }


def response_fields(body: object) -> Fields:
    """Canonical fields of a response body: one object, or the list of a stream's chunks.

    ``exchange_id``, ``time`` and ``model`` are the response's own: a caller that knows better
    overrides them. Of several choices only that of index 0 is kept. What cannot be read is a note.
    """
    return answered(_response_fields, body)


def _response_fields(body: object) -> Fields:
    if ollama.is_ollama(body):
        return ollama.response_fields(body)  # type: ignore[arg-type]
    if model_servers.is_of_server(body):
        return model_servers.response_fields(body)
    if isinstance(body, list) and (read := converse.streamed(body)) is not None:
        return read
    if (other := answered_elsewhere(body)) is not None:
        body = other
    if isinstance(body, list) and len(body) == 1 and "generated_text" in object_of(body[0], "response[]"):
        body = body[0]
    if isinstance(body, list):
        body = _merged_chunks(body)
    body = object_of(body, "response")
    if isinstance(said := body.get("output"), dict) and isinstance(said.get("message"), dict):
        # Of Bedrock's Converse, whose requests have messages too.
        return converse.response_fields(body)
    fields: Fields = {
        "exchange_id": identity(body.get("id")),
        "time": first(body, "created", "created_at"),
        "model": body.get("model"),
        **_usage(body),
    }
    choices = listed(body.get("choices"), "choices")
    if choices:
        known = [object_of(choice, "choices[]") for choice in choices]
        fields |= _from_choice(next((one for one in known if one.get("index") == 0), known[0]))
    elif isinstance(body.get("output"), str):
        fields["response"] = body["output"]
    elif body.get("output") is not None:
        fields |= _from_items(body)
    elif isinstance(body.get("generated_text"), str):
        fields |= _generated(body)
    elif isinstance(said := body.get("outputs"), list):
        # Of Gemini's interactions.
        fields["response"] = content_text([one for one in said if isinstance(one, dict) and "text" in one], "outputs")
    elif isinstance(body.get("text"), str) and ("generation_id" in body or isinstance(body.get("meta"), dict)):
        fields |= _from_cohere(body)
    elif isinstance(body.get("message"), dict):
        fields["response"] = content_text(of_frameworks(body["message"]).get("content"), "message.content")
        fields["stop_reason"] = body.get("finish_reason")
    elif isinstance(said := body.get("messages"), list) and said and isinstance(said[-1], dict):
        fields["response"] = content_text(of_frameworks(said[-1]).get("content"), "messages.content")
    elif len(texts := [body[name] for name in _OWN_TEXTS if isinstance(body.get(name), str)]) == 1:
        fields["response"] = texts[0]
    elif body and "choices" not in body:
        fields["note"] = _unanswered(body)
    return fields


def _unanswered(body: Json) -> str:
    """What stands in place of an answer."""
    if body.get("error"):
        return f"`response`: an error: {shown(body['error'])}"
    return f"`response`: no answer in it, but {', '.join(f'`{name}`' for name in list(body)[:6])}"
