"""Records in which an API's request and answer lie beside the account and the time, in no objects of their own.

| of | asked | answered |
| --- | --- | --- |
| Gemini, Vertex AI | ``contents``, ``systemInstruction``, ``generationConfig`` | ``candidates``, ``usageMetadata`` |
| Cohere's first chat API | ``message`` beside ``preamble`` or ``chat_history`` | ``text``, ``meta`` |
| Text Generation Inference | ``inputs``, ``parameters`` | ``generated_text``, ``details`` |
| SGLang | ``text`` beside ``sampling_params`` | ``meta_info`` |

What lies at the top of other APIs' records (``messages``, ``choices``, ``usage``) ``flat`` reads by its names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from stillwatch.ingest.spelling import in_camel_case

__all__ = ["laid_at_top"]


class _Body(NamedTuple):
    """An API's body: the name that tells it, of what kinds its value is, one that stands beside, and all of both."""

    told_by: str
    kinds: tuple[type, ...]
    beside: frozenset[str]
    asked: frozenset[str]
    answered: frozenset[str]


def _spelt(*names: str) -> frozenset[str]:
    return frozenset((*names, *map(in_camel_case, names)))


_SAMPLED = ("temperature", "top_p", "top_k", "seed", "stop", "stream")
_BODIES = (
    _Body(
        "contents",
        (list, dict, str),
        frozenset(),
        _spelt("contents", "system_instruction", "generation_config", "tools", "tool_config",
               "safety_settings", "cached_content"),
        _spelt("candidates", "usage_metadata", "model_version", "response_id", "prompt_feedback"),
    ),
    _Body(
        "message",
        (str,),
        frozenset(("preamble", "chat_history", "generation_id")),
        frozenset(("message", "preamble", "chat_history", "max_tokens", "p", "k", *_SAMPLED)),
        frozenset(("text", "generation_id", "response_id", "meta", "finish_reason")),
    ),
    _Body(
        "inputs",
        (str,),
        _spelt("generated_text", "parameters"),
        frozenset(("inputs", "parameters")),
        _spelt("generated_text", "details"),
    ),
    _Body(
        "text",
        (str,),
        frozenset(("sampling_params",)),
        frozenset(("text", "sampling_params", "rid", "stream", "return_logprob", "image_data")),
        frozenset(("meta_info",)),
    ),
)  # fmt: skip


def laid_at_top(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """A record with the bodies that lie at its top as ``request`` and ``response``; None where none does."""
    if "request" in record or "messages" in record:
        return None
    for body in _BODIES:
        if not isinstance(record.get(body.told_by), body.kinds) or not record[body.told_by]:
            continue
        if body.beside and body.beside.isdisjoint(record):
            continue
        asked = {name: value for name, value in record.items() if name in body.asked}
        answered = {name: value for name, value in record.items() if name in body.answered and name not in asked}
        rest = {name: value for name, value in record.items() if name not in asked and name not in answered}
        return {**rest, "request": asked, **({"response": answered} if answered else {})}
    return None
