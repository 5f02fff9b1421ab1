"""A request's body and its answer's, of whichever API: told apart and read by that API's module."""

from __future__ import annotations

from typing import Any

from stillwatch.core.bodies import anthropic, gemini, openai
from stillwatch.core.bodies.model_paths import model_in_path
from stillwatch.core.bodies.optional_parts import pieces_of
from stillwatch.core.bodies.other_calls import check_conversation
from stillwatch.core.bodies.plain_chat import plain_chat
from stillwatch.core.bodies.shapes import Fields, Json, RecordError, merged, object_of

__all__ = ["pair_caller", "pair_fields"]


def pair_fields(request: object, response: object, *, where: str = "request", path: object = "") -> Fields:
    """Canonical fields of a request and its answer; the answer's own ``time`` is left out.

    Args:
        request: a body, or its JSON text.
        response: a body, the list of a stream's pieces, either as text, or None.
        where: the request's name in the record.
        path: the URL's path, where it is known.

    Raises:
        RecordError: the request is no body with a conversation.
    """
    body = object_of(request, where)
    if not body:
        raise RecordError(f"`{where}`: empty: the log was written without bodies")
    known = _decoded(response)
    check_conversation(known, path)
    side = _side(body, known, str(path))
    # Lines of a text may be the pieces of a stream.
    one = not isinstance(response, str) or "\n" not in response
    if side is openai and one and (plain := plain_chat(body, known)) is not None:
        return plain
    answer = {
        name: value for name, value in _answering(response, side).response_fields(response).items() if name != "time"
    }
    named = {"model": model_in_path(str(path))} if path else {}
    return merged(named, answer, openai.asking(body) if side is openai else side.request_fields(body))


def pair_caller(request: object) -> Any:
    """The end user whom a request's body names, or None."""
    try:
        return openai.caller(object_of(request, "request"))
    except RecordError:
        return None


def _decoded(response: object) -> Any:
    """An answer that may be JSON text; None where that is broken."""
    try:
        return pieces_of(response)
    except RecordError:
        return None


def _answering(response: object, asked: Any) -> Any:
    """Whose API an answer is of: a gateway may have translated it; where it does not tell, its request does."""
    known = _decoded(response)
    if not isinstance(known, dict) or not known:
        return asked
    if "candidates" in known or "usageMetadata" in known:
        return gemini
    if "choices" in known:
        return openai
    return anthropic if known.get("type") == "message" else asked


def _side(body: Json, response: object, path: str) -> Any:
    if gemini.is_gemini(body):
        return gemini
    if isinstance(response, dict) and "candidates" in response:
        return gemini
    return anthropic if "/v1/messages" in path or anthropic.is_anthropic(body, response) else openai
