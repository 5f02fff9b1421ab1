"""Bodies of the Gemini API and of Vertex AI's ``generateContent``, in camel case or snake case.

Read from a request: ``contents`` (``role`` and ``parts``; a text alone is the user's), ``systemInstruction``,
``generationConfig`` (``temperature``, ``topP``, ``topK``, ``maxOutputTokens``, ``candidateCount``, ``seed``,
``stopSequences``, ``responseMimeType``, ``responseLogprobs``, ``logprobs``), ``tools`` (``functionDeclarations``).

Read from a response: ``responseId``, ``modelVersion``, the first candidate's text, its parts marked ``thought``
(``reasoning``) and ``finishReason``, ``usageMetadata``. A streamed body is the list of its pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.core.bodies.optional_parts import answered, put
from stillwatch.core.bodies.shapes import (
    Fields,
    Json,
    Message,
    RecordError,
    first,
    identity,
    listed,
    noted,
    object_of,
    parsed,
    shown,
    stop_list,
)

__all__ = ["is_gemini", "request_fields", "response_fields"]

_ROLES = {"model": "assistant", "function": "tool"}


def is_gemini(request: object) -> bool:
    """Whether a request's body is this API's."""
    return isinstance(request, dict) and "contents" in request and "messages" not in request


def _parts(value: object, where: str) -> list[Json]:
    if isinstance(value, str):
        value = _written(value)
    if isinstance(value, str):
        return [{"text": value}]
    if isinstance(value, dict):
        value = value.get("parts", [value])
    return [{"text": part} if isinstance(part, str) else object_of(part, where) for part in listed(value, where)]


def _texts(parts: list[Json], *, thought: bool = False) -> list[str]:
    return [p["text"] for p in parts if isinstance(p.get("text"), str) and bool(p.get("thought")) is thought]


def _text(parts: list[Json]) -> str | None:
    texts = _texts(parts)
    return "\n".join(texts) if texts else None


def _messages(contents: object) -> list[Message]:
    contents = _written(contents) if isinstance(contents, str) else contents
    if isinstance(contents, str | dict):
        contents = [contents]
    made = []
    for position, item in enumerate(listed(contents, "contents")):
        if not isinstance(item, str | dict):
            raise RecordError(f"`contents[{position}]`: expected {{role, parts}}, got {shown(item)}")
        parts = _parts(item, f"contents[{position}].parts")
        role = str(item.get("role") or "user") if isinstance(item, dict) else "user"
        text = _text(parts)
        gave = any("functionResponse" in part or "function_response" in part for part in parts)
        made.append(Message("tool" if gave and text is None else _ROLES.get(role, role), text))
    return made


def _written(text: str) -> Any:
    """Contents that were written as JSON text; any other text is the user's own, though it be JSON."""
    try:
        found = parsed(text, "contents")
    except RecordError:
        return text
    held = [found] if isinstance(found, dict) else found
    known = isinstance(held, list) and held and all(isinstance(item, dict) and "parts" in item for item in held)
    return found if known else text


def _instruction(value: object) -> str | None:
    return None if value is None else _text(_parts(value, "systemInstruction"))


def _tools(value: object) -> list[str] | None:
    if value is None:
        return None
    names = []
    for tool in [value] if isinstance(value, dict) else listed(value, "tools"):
        tool = object_of(tool, "tools[]")
        declared = listed(first(tool, "functionDeclarations", "function_declarations"), "functionDeclarations")
        names += [str(object_of(one, "functionDeclarations[]").get("name")) for one in declared]
        # A built-in tool is a key of its own, such as googleSearch.
        names += [str(name) for name in tool if name not in ("functionDeclarations", "function_declarations")]
    return names


def request_fields(body: Json) -> Fields:
    """Canonical fields of a request body.

    Raises:
        RecordError: the conversation is no text, content or list of contents.
    """
    config: Json = {}
    fields: Fields = {}
    try:
        config = object_of(first(body, "generationConfig", "generation_config", "config"), "generationConfig")
    except RecordError as error:
        noted(fields, str(error))
    asked = config.get("logprobs")
    fields |= {
        "operation": "generateContent",
        "model": body.get("model"),
        "temperature": config.get("temperature"),
        "top_p": first(config, "topP", "top_p"),
        "top_k": first(config, "topK", "top_k"),
        "n": first(config, "candidateCount", "candidate_count"),
        "max_tokens": first(config, "maxOutputTokens", "max_output_tokens"),
        "seed": config.get("seed"),
        "stop": stop_list(first(config, "stopSequences", "stop_sequences")),
        "response_format": first(config, "responseMimeType", "response_mime_type"),
        "logprobs": first(config, "responseLogprobs", "response_logprobs"),
        "top_logprobs": None if isinstance(asked, bool) else asked,
        "messages": _messages(body.get("contents")),
    }
    instruction = first(body, "systemInstruction", "system_instruction") or first(
        config, "systemInstruction", "system_instruction"
    )
    put(fields, "system", _instruction, instruction)
    put(fields, "tools", _tools, body.get("tools"))
    return fields


def response_fields(body: object) -> Fields:
    """Canonical fields of a response body: one object, or the list of a stream's pieces; what cannot be read is a
    note."""
    return answered(_response_fields, body)


def _response_fields(body: object) -> Fields:
    pieces = [object_of(piece, "response[]") for piece in (body if isinstance(body, list) else [body])]
    texts: list[str] = []
    thoughts: list[str] = []
    fields: Fields = {}
    for piece in pieces:
        usage = object_of(first(piece, "usageMetadata", "usage_metadata"), "usageMetadata")
        candidates = listed(piece.get("candidates"), "candidates")
        chosen: Mapping[str, Any] = object_of(candidates[0], "candidates[0]") if candidates else {}
        content = chosen.get("content")
        parts = _parts(content, "content") if content else []
        # An answer's parts go on in one another, as its pieces do.
        texts += _texts(parts)
        thoughts += _texts(parts, thought=True)
        told: Fields = {
            "exchange_id": identity(first(piece, "responseId", "response_id")),
            "time": first(piece, "createTime", "create_time"),
            "model": first(piece, "modelVersion", "model_version"),
            "stop_reason": first(chosen, "finishReason", "finish_reason"),
            "input_tokens": first(usage, "promptTokenCount", "prompt_token_count"),
            "output_tokens": first(usage, "candidatesTokenCount", "candidates_token_count"),
            "reasoning_tokens": first(usage, "thoughtsTokenCount", "thoughts_token_count"),
        }
        fields |= {name: value for name, value in told.items() if value is not None}
    fields["response"] = "".join(texts) if texts else None
    fields["reasoning"] = "".join(thoughts) if thoughts else None
    return fields
