"""The model that the path of a call's URL names, where its body does not: Gemini, Azure, Bedrock, Vertex."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

__all__ = ["model_in_path"]

_PLACES = re.compile(
    r"/models/(?P<named>[^/:?#]+):\w"
    r"|/deployments/(?P<deployed>[^/?#]+)/"
    r"|/model/(?P<invoked>[^/?#]+)/(?:invoke|converse)"
)


@lru_cache(maxsize=4096)
def model_in_path(path: str) -> str | None:
    """The model of a call by its path; None where the path names none.

    >>> model_in_path("/v1beta/models/gemini-x:generateContent")
    'gemini-x'
    >>> model_in_path("/openai/deployments/chat/chat/completions?api-version=1")
    'chat'
    """
    found = _PLACES.search(path)
    return unquote(found[found.lastgroup or 0]) if found is not None else None
