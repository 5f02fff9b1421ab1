"""Which API a path belongs to, however it is spelt.

Servers differ in what they take for the same path: some join slashes, pass over letters' case, cut ``;parameters``,
decode twice. Whatever any of them could read as an API's path is treated as that API; that a server does not know
the spelling costs nothing. To serve one more API, add its ending here and its shapes in ``answer_shapes``.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from stillwatch.core.normal_form import normal_form

__all__ = ["api_of", "path_without_models", "plain_path"]

_APIS = {
    ("chat", "completions"): "chat",
    ("completions",): "completions",
    ("responses",): "responses",
    ("messages",): "messages",
}
_COMMON = {f"/v1/{'/'.join(ending)}": api for ending, api in _APIS.items()}
_MOST_DECODED = 8
_NAMES_A_MODEL = re.compile(r"/(?:models?|deployments?|engines?|endpoints?)/[^/:]+")
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+")


def plain_path(path: str) -> str:
    """A path in its plainest spelling: decoded, in small letters, without empty or dotted segments, parameters,
    query, and letters that are not seen."""
    for _ in range(_MOST_DECODED):
        decoded = unquote(path)
        if decoded == path:
            break
        path = decoded
    path = _UNSEEN.sub("", normal_form("NFKC", path).lower().replace("\\", "/"))
    segments: list[str] = []
    for segment in re.split("[?#]", path, maxsplit=1)[0].split("/"):
        kept = segment.partition(";")[0]
        if kept == "..":
            del segments[-1:]
        elif kept.strip("."):
            segments.append(kept.rstrip("."))
    return "/" + "/".join(segments)


def path_without_models(path: str) -> str:
    """A path, plainly spelt, without what it says of a model: that is a name of anybody's choice."""
    return _NAMES_A_MODEL.sub("", plain_path(path))


def api_of(path: str) -> str | None:
    """Which API a path belongs to, whatever stands before it: chat, completions, responses or messages."""
    common = _COMMON.get(path)
    if common is not None:
        return common
    segments = plain_path(path).split("/")
    for ending, api in _APIS.items():
        if tuple(segments[-len(ending) :]) == ending:
            return api
    return None
