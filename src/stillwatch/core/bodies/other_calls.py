"""Calls of a model's API that hold no conversation, told by their path or by what came back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from stillwatch.core.bodies.shapes import RecordError

__all__ = ["check_conversation", "is_other_call"]

_PATHS = {
    "/embeddings": "embeddings", "/moderations": "moderation", "/images/": "images", "/audio/": "audio",
    "/rerank": "ranking", ":embedContent": "embeddings", ":batchEmbedContents": "embeddings",
    "/count_tokens": "counting tokens", ":countTokens": "counting tokens", "/tokenize": "counting tokens",
    "/detokenize": "counting tokens", "/v1/models": "a list of models", "/api/tags": "a list of models",
}  # fmt: skip
# Keys under which an answer that is no text stands alone, and those of answers that are.
_ALONE = {"embedding": "embeddings", "embeddings": "embeddings", "artifacts": "images", "images": "images"}
_ANSWERS = frozenset(("choices", "content", "output", "candidates", "generation", "generations", "text", "message"))
# Keys of the first item under a list's key.
_GIVEN = (
    ("data", "embedding", "embeddings"), ("results", "flagged", "moderation"), ("data", "b64_json", "images"),
    ("data", "revised_prompt", "images"), ("data", "url", "images"), ("results", "relevance_score", "ranking"),
)  # fmt: skip


def check_conversation(response: Any, path: object = None) -> None:
    """Refuse what is no conversation.

    Args:
        response: its body, decoded.
        path: of its URL, where that is known.

    Raises:
        RecordError: it is a call for something else.
    """
    named = _kind_of(str(path)) if path else None
    if named is None and isinstance(response, dict) and "choices" not in response:
        named = next((kind for key, inner, kind in _GIVEN if inner in _first(response.get(key))), None)
        if named is None and _ANSWERS.isdisjoint(response):
            named = next((kind for key, kind in _ALONE.items() if isinstance(response.get(key), list)), None)
    if named is not None:
        raise RecordError(f"a call for {named} holds no conversation")


def is_other_call(path: str) -> bool:
    """Whether a URL's path is of a call that holds no conversation."""
    return _kind_of(path) is not None


@lru_cache(maxsize=1024)
def _kind_of(path: str) -> str | None:
    # A log has few of them.
    return next((kind for part, kind in _PATHS.items() if part in path), None)


def _first(value: object) -> Mapping[str, Any]:
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}
