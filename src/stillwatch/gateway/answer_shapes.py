"""The shapes of answers, each an allow-list field by field: what is not named here does not pass (ADR 0012).

A field that an upstream invents tomorrow, an item of another type, a value of another kind is left out, and a
body of no known shape is refused. So what is to be stripped cannot come back under a new name. Shapes are told
by what they hold, never by the path asked for. To let a field pass, give it a line in its shape, with the
narrowest rule of ``allowed`` that serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stillwatch.gateway.allowed import (
    LEFT_OUT,
    Redaction,
    Rule,
    across,
    arguments,
    constant,
    encoded,
    identifier,
    is_hidden,
    logprobs,
    many,
    model,
    number,
    obj,
    piece,
    said_text,
    text,
    typed,
    unless_hidden,
    word,
)
from stillwatch.gateway.endings import is_under_way

__all__ = ["BLOCK", "CHUNK", "CITATION", "ERROR", "ITEM", "MESSAGES", "PART", "RESPONSE", "USAGE", "UnknownShape"]
__all__ += ["redacted_body"]


class UnknownShape(ValueError):
    """An answer of no known shape; it never leaves this package, and says nothing of what is in it."""


_COUNTS = obj(
    cached_tokens=number,
    audio_tokens=number,
    image_tokens=number,
    cache_creation_tokens=number,
    cache_write_tokens=number,
)
_SPENT = obj(
    audio_tokens=number,
    accepted_prediction_tokens=number,
    rejected_prediction_tokens=number,
    reasoning_tokens=unless_hidden,
    text_tokens=unless_hidden,
)
USAGE = obj(
    prompt_tokens=number,
    completion_tokens=number,
    total_tokens=number,
    input_tokens=number,
    output_tokens=number,
    cache_creation_input_tokens=number,
    cache_read_input_tokens=number,
    cache_creation=obj(ephemeral_5m_input_tokens=number, ephemeral_1h_input_tokens=number),
    server_tool_use=obj(web_search_requests=number, web_fetch_requests=number),
    prompt_tokens_details=_COUNTS,
    input_tokens_details=_COUNTS,
    completion_tokens_details=_SPENT,
    output_tokens_details=_SPENT,
    reasoning_tokens=unless_hidden,
    service_tier=word,
)

CITATION = obj(
    type=word,
    cited_text=text,
    document_index=number,
    document_title=text,
    start_char_index=number,
    end_char_index=number,
    start_page_number=number,
    end_page_number=number,
    start_index=number,
    end_index=number,
    url=text,
    title=text,
    url_citation=obj(start_index=number, end_index=number, url=text, title=text),
)
PART = typed(
    {
        "text": obj(type=word, text=piece, annotations=many(CITATION)),
        "output_text": obj(type=word, text=piece, annotations=many(CITATION), logprobs=logprobs),
        "refusal": obj(type=word, refusal=piece),
        "image_url": obj(type=word, image_url=obj(url=text)),
        **dict.fromkeys(
            ("thinking", "reasoning", "redacted_thinking", "reasoning_text", "summary_text"), unless_hidden
        ),
    }
)


def _parts(value: Any, redaction: Redaction) -> Any:
    """Parts of a text. Pieces of a stream go through its own filters."""
    return many(PART)(value if redaction.streaming else across(value, redaction), redaction)


def _content(value: Any, redaction: Redaction) -> Any:
    return _parts(value, redaction) if isinstance(value, list) else said_text(value, redaction)


def _details(value: Any, redaction: Redaction) -> Any:
    """``reasoning_details``: only entries that call themselves summaries, where those may stay."""
    if not redaction.hide_reasoning:
        return unless_hidden(value, redaction)
    if not redaction.keep_summaries:
        return LEFT_OUT
    return many(typed({"reasoning.summary": obj(type=word, summary=text, index=number, format=word)}))(value, redaction)


_CALL = obj(
    id=identifier,
    type=word,
    index=number,
    function=obj(name=word, arguments=arguments),
    custom=obj(name=word, input=piece),
)
_MESSAGE = obj(
    role=word,
    content=_content,
    refusal=piece,
    tool_calls=many(_CALL),
    function_call=obj(name=word, arguments=arguments),
    annotations=many(CITATION),
    audio=obj(id=identifier, data=encoded, transcript=piece, expires_at=number),
    reasoning=unless_hidden,
    reasoning_content=unless_hidden,
    reasoning_text=unless_hidden,
    thinking=unless_hidden,
    thinking_blocks=unless_hidden,
    reasoning_details=_details,
)


def _message(value: Any, redaction: Redaction) -> Any:
    """A message that is whole, also where a stream brings one."""
    apart = redaction.within and isinstance(value, Mapping) and is_hidden(value)
    return _MESSAGE(value, replace(redaction.whole(), within=redaction.within and not apart))


_CHOICE = obj(
    index=number,
    finish_reason=word,
    native_finish_reason=word,
    stop_reason=word,
    message=_message,
    delta=_MESSAGE,
    text=said_text,
    logprobs=logprobs,
)
CHUNK = obj(
    id=identifier,
    object=word,
    created=number,
    model=model,
    provider=word,
    choices=many(_CHOICE),
    usage=USAGE,
    system_fingerprint=word,
    service_tier=word,
)
"""A chat completion or a completion: whole, or a chunk of a stream."""


def _reasoning_item(value: Any, redaction: Redaction) -> Any:
    if not redaction.hide_reasoning:
        return unless_hidden(value, redaction)
    if not redaction.keep_summaries:
        return LEFT_OUT
    summary = many(typed({"summary_text": obj(type=word, text=text)}))
    return obj(id=identifier, type=word, status=word, summary=summary)(value, redaction)


ITEM = typed(
    {
        "message": obj(id=identifier, type=word, status=word, role=word, phase=word, content=_parts),
        "function_call": obj(id=identifier, type=word, status=word, call_id=identifier, name=word, arguments=arguments),
        "custom_tool_call": obj(id=identifier, type=word, status=word, call_id=identifier, name=word, input=text),
        "web_search_call": obj(id=identifier, type=word, status=word),
        "file_search_call": obj(id=identifier, type=word, status=word),
        "image_generation_call": obj(id=identifier, type=word, status=word, result=encoded),
        "reasoning": _reasoning_item,
    }
)


def _output(value: Any, redaction: Redaction) -> Any:
    """Items of an answer, whose texts are one text: what begins in one may end in the next."""
    if redaction.hide_reasoning and isinstance(value, list):
        messages = [one for one in value if isinstance(one, Mapping) and isinstance(one.get("content"), list)]
        apart = any(isinstance(one, Mapping) and one.get("type") == "reasoning" for one in value)
        redaction = replace(
            redaction, within=redaction.within and not apart, under_way=redaction.under_way and not apart
        )
        clean = iter(across([part for one in messages for part in one["content"]], redaction))
        redaction = replace(redaction, within=False, begun="", under_way=False)
        parts = {id(one): [next(clean) for _ in one["content"]] for one in messages}
        value = [{**one, "content": parts[id(one)]} if id(one) in parts else one for one in value]
    return many(ITEM)(value, redaction)


def _fault(value: Any, redaction: Redaction) -> Any:
    """What went wrong. Servers quote what the model has said so far: where that begins within reasoning, it is such."""
    return said_text(value, redaction.whole()) or (value and "It is not shown to this account.")


ERROR = obj(type=word, code=word, message=_fault, param=word, status=word)


def _number_or_word(value: Any, redaction: Redaction) -> Any:
    """A code, or a place in a list or an object."""
    return (number if isinstance(value, int) else word)(value, redaction)


_AT = obj(
    loc=many(_number_or_word),
    type=word,
    msg=_fault,
)


def _told(value: Any, redaction: Redaction) -> Any:
    """Words for what went wrong; what of a request is wrong, as FastAPI lists it; or OpenAI's error."""
    if isinstance(value, str):
        return _fault(value, redaction)
    return (many(_AT) if isinstance(value, list) else ERROR)(value, redaction)


_REFUSED = obj(
    detail=_told,
    error=_told,
    message=_fault,
    type=word,
    code=_number_or_word,
    param=word,
    object=word,
    error_type=word,
    request_id=identifier,
)
"""What servers say with a status of 400 and more: FastAPI's, Ollama's, TGI's, Bedrock's, vLLM's of old."""
_RESPONSE = obj(
    id=identifier,
    object=word,
    created_at=number,
    completed_at=number,
    status=word,
    background=number,
    error=ERROR,
    incomplete_details=obj(reason=word),
    model=model,
    output=_output,
    parallel_tool_calls=number,
    previous_response_id=identifier,
    temperature=number,
    top_p=number,
    top_logprobs=number,
    max_output_tokens=number,
    max_tool_calls=number,
    service_tier=word,
    store=number,
    truncation=word,
    usage=USAGE,
    # The caller's own words come back here; nobody needs them, and they are of any shape.
    tools=constant([]),
    tool_choice=word,
    metadata=constant({}),
    instructions=constant(None),
)


_STILL_SPENDING = ("in_progress", "queued")
"""What is spent while it is made tells how long each thought is; what it comes to is said at its end."""


def _response(value: Any, redaction: Redaction) -> Any:
    """A response. Of one that is under way nobody knows yet whether its text so far is reasoning."""
    held = redaction.hide_reasoning and is_under_way(value)
    if held and value.get("status") in _STILL_SPENDING:
        value = {**value, "usage": None}
    return _RESPONSE(value, replace(redaction, under_way=True) if held else redaction)


RESPONSE: Rule = _response


def _input(value: Any, redaction: Redaction) -> Any:
    """What a tool is given, whole; what of it is streamed comes in events of its own."""
    return arguments(value, redaction.whole())


BLOCK = typed(
    {
        "text": obj(type=word, text=piece, citations=many(CITATION)),
        "tool_use": obj(type=word, id=identifier, name=word, input=_input),
        "server_tool_use": obj(type=word, id=identifier, name=word, input=_input),
        "thinking": unless_hidden,
        "redacted_thinking": unless_hidden,
    }
)
MESSAGES = obj(
    id=identifier,
    type=word,
    role=word,
    model=model,
    content=lambda value, redaction: many(BLOCK)(across(value, redaction), redaction),
    stop_reason=word,
    stop_sequence=text,
    usage=USAGE,
)

_COMPLETION = obj(id=identifier, type=word, completion=said_text, stop_reason=word, stop=text, model=model)
_LISTED = obj(id=model, object=word, created=number, owned_by=word, type=word, display_name=text, created_at=word)
_VECTOR = obj(
    object=word,
    index=number,
    embedding=lambda value, redaction: (many(number) if isinstance(value, list) else encoded)(value, redaction),
)


def redacted_body(body: object, redaction: Redaction, *, fault: bool = False) -> Any:
    """A whole answer with only what may pass.

    Args:
        body: the answer, decoded from JSON.
        redaction: what is taken out.
        fault: whether its status says that nothing was answered.

    Raises:
        UnknownShape: the answer is of no known shape, and nothing of it may pass.
    """
    if not isinstance(body, Mapping):
        raise UnknownShape("it is no object")
    redaction = redaction.for_answer(body)
    if isinstance(body.get("error"), Mapping) and "output" not in body:
        return obj(type=word, error=ERROR, request_id=identifier)(body, redaction)
    if isinstance(body.get("choices"), list):
        return CHUNK(body, redaction)
    if isinstance(body.get("output"), list):
        return RESPONSE(body, redaction)
    if body.get("type") == "message":
        return MESSAGES(body, redaction)
    if isinstance(body.get("completion"), str):
        return _COMPLETION(body, redaction)
    if isinstance(body.get("data"), list):
        entry = _VECTOR if any(isinstance(one, Mapping) and "embedding" in one for one in body["data"]) else _LISTED
        return obj(object=word, data=many(entry), model=model, usage=USAGE)(body, redaction)
    if fault and not body.keys().isdisjoint(("detail", "error", "message")):
        return _REFUSED(body, redaction)
    if body.keys() and body.keys() <= {"input_tokens", "object"}:
        return obj(input_tokens=number, object=word)(body, redaction)
    raise UnknownShape("its shape is none that is known")
