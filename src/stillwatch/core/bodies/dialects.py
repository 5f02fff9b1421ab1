"""Bodies of whichever API: gateways log what passes through them, and tell whose API it is by the body alone.

Each side is told on its own, for a gateway may translate one of them: ``contents`` and ``candidates`` are Gemini's,
``inferenceConfig`` and ``output.message`` Converse's, ``is_anthropic`` says what is Anthropic's, and the rest is
OpenAI's or a copy of it. To read another API, write its module beside this one and tell it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from stillwatch.core.bodies import anthropic, converse, gemini, openai
from stillwatch.core.bodies.shapes import Fields, Json, RecordError, merged, noted, object_of, parsed, shown

__all__ = ["DIALECTS", "body_fields", "end_user", "response_fields"]

DIALECTS: Mapping[str, ModuleType] = {
    "anthropic": anthropic,
    "converse": converse,
    "gemini": gemini,
    "openai": openai,
}
"""Readers by the name of the API."""

_STREAM_OF_ANTHROPIC = ("event: message_start", "event:message_start")


def body_fields(request: object, response: object, *, where: str = "request", dialect: str | None = None) -> Fields:
    """Canonical fields of a request's body and its answer's, less the account: ``end_user`` says whom it names.

    Args:
        request: an object, or JSON text.
        response: an object, a list of a stream's pieces, text of either, or null. What cannot be read is a note.
        where: what the log calls the request, for reasons.
        dialect: whose API both are, where the log says so; a name of ``DIALECTS``.

    Raises:
        RecordError: the request is no object, or its conversation cannot be read.
    """
    asked = object_of(request, where)
    answer = _decoded(response)
    side = DIALECTS[dialect] if dialect else _of_request(asked, answer)
    answers = DIALECTS[dialect] if dialect else _of_response(answer, side)
    return merged(_answer_fields(response, answer, answers), side.request_fields(asked))


def response_fields(response: object) -> Fields:
    """Canonical fields of an answer whose request is read elsewhere; what cannot be read is a note."""
    answer = _decoded(response)
    return _answer_fields(response, answer, _of_response(answer, openai))


def _answer_fields(response: object, answer: object, side: ModuleType) -> Fields:
    if answer is None or answer == "":
        return {}
    if isinstance(answer, str):
        streamed = answer.lstrip().startswith(("data:", "event:", ": "))
        if not streamed:
            return {"note": f"`response`: text that is no JSON: {shown(answer)}"}
    fields: Fields = dict(side.response_fields(response))
    if isinstance(answer, Mapping) and answer.get("error") and not fields.get("response"):
        noted(fields, f"`response`: an error: {shown(answer['error'])}")
    return fields


def _decoded(response: object) -> Any:
    try:
        return parsed(response, "response")
    except RecordError:
        # Half an answer is its reader's to tell of.
        return response


def _of_request(request: Json, answer: object) -> ModuleType:
    if gemini.is_gemini(request):
        return gemini
    if "inferenceConfig" in request or "toolConfig" in request:
        return converse
    if anthropic.is_anthropic(request, answer if isinstance(answer, Mapping | list) else None):
        return anthropic
    return openai


def _of_response(answer: object, asked: ModuleType) -> ModuleType:
    """The reader of an answer; where it does not tell, that of its request."""
    if isinstance(answer, str):
        return anthropic if answer.lstrip().startswith(_STREAM_OF_ANTHROPIC) else asked
    sample: Any = answer
    if isinstance(answer, list):
        sample = next((piece for piece in answer if isinstance(piece, Mapping)), {})
    if not isinstance(sample, Mapping):
        return asked
    if "candidates" in sample or "usageMetadata" in sample or "usage_metadata" in sample:
        return gemini
    if isinstance(sample.get("output"), Mapping) and "message" in sample["output"]:
        return converse
    if anthropic.is_anthropic(None, answer):
        return anthropic
    return openai if {"choices", "object"} & sample.keys() else asked


def end_user(request: object) -> tuple[Any, Any]:
    """The account and the session that a request names as its end user's, each null where it names none."""
    try:
        asked = object_of(request, "request")
    except RecordError:
        return None, None
    side = anthropic if anthropic.is_anthropic(asked, None) else openai
    return side.caller(asked), side.session(asked)
