"""Bodies of Ollama's API, where they differ from those of the OpenAI API; its messages are the same.

Read from a request: ``options`` (``temperature``, ``top_p``, ``top_k``, ``seed``, ``num_predict``, ``stop``),
``system`` beside a ``prompt``.

Read from a response: ``message`` or ``response``, ``thinking``, ``done_reason``, ``prompt_eval_count``, ``eval_count``,
``total_duration``. A streamed body is the list of its pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stillwatch.core.bodies.shapes import Fields, Json, content_text, first, object_of, stop_list

__all__ = ["is_ollama", "options_of", "response_fields"]

_SAME_NAME = ("temperature", "top_p", "top_k", "seed")
_NANOSECONDS = 1_000_000


def is_ollama(answer: object) -> bool:
    """Whether an answer, or the first of a stream's pieces, is this API's."""
    if isinstance(answer, list):
        answer = next((one for one in answer if isinstance(one, dict)), None)
    return isinstance(answer, dict) and "done" in answer and ("message" in answer or "response" in answer)


def options_of(body: Json) -> Fields:
    """The parameters that a request keeps in ``options``, and its system prompt; nothing for other APIs' requests."""
    options = body.get("options")
    if options is None and "system" not in body:
        return {}
    fields: Fields = {}
    if isinstance(options, dict):
        fields = {name: options.get(name) for name in _SAME_NAME}
        fields |= {"max_tokens": options.get("num_predict"), "stop": stop_list(options.get("stop"))}
    system = body.get("system")
    if isinstance(system, str) and "prompt" in body:
        fields["system"] = system
    return {name: value for name, value in fields.items() if value is not None}


def response_fields(body: Json | Sequence[Any]) -> Fields:
    """Canonical fields of an answer: one object, or the list of a stream's pieces."""
    pieces = [object_of(one, "response[]") for one in (body if isinstance(body, list) else [body])]
    messages = [object_of(one.get("message"), "message") for one in pieces]
    texts = [
        content_text(first(said, "content") or one.get("response")) for said, one in zip(messages, pieces, strict=True)
    ]
    thoughts = [first(said, "thinking") or one.get("thinking") for said, one in zip(messages, pieces, strict=True)]
    last = pieces[-1]
    took = last.get("total_duration")
    return {
        "model": first(last, "model"),
        "response": _joined(texts),
        "reasoning": _joined(thoughts),
        "stop_reason": last.get("done_reason"),
        "input_tokens": last.get("prompt_eval_count"),
        "output_tokens": last.get("eval_count"),
        "latency_ms": took / _NANOSECONDS if isinstance(took, int) and not isinstance(took, bool) else None,
    }


def _joined(parts: Sequence[Any]) -> str | None:
    return "".join(part for part in parts if isinstance(part, str)) or None
