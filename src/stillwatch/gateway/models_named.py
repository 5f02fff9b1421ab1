"""Which models a request may be answered by: named in its body, as a fall-back there, in its path or its query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from stillwatch.core.normal_form import normal_form
from stillwatch.core.remembered import remembers_short
from stillwatch.gateway.paths import plain_path
from stillwatch.gateway.setting_names import plain_name, settings_in

__all__ = ["OTHER_MODELS", "is_one_of", "models_beside", "models_in"]

_MODEL = frozenset(("model", "modelid", "modelname", "engine", "deployment", "deploymentid", "deploymentname"))
_OTHERS = frozenset(("models", "fallbacks", "fallbackmodels", "contextwindowfallbacks", "contentpolicyfallbacks"))
OTHER_MODELS = _MODEL | _OTHERS | {"route"}
"""Settings, plainly spelt, by which a request is answered by another model than ``model`` says."""
_IN_PATH = re.compile(r"/(?:models?|deployments?|engines?|endpoints?)/([^/:]+)(?=[/:])")


def models_in(body: Any) -> tuple[str, ...]:
    """Models that a body names; LiteLLM asks each of ``a,b``."""
    if not isinstance(body, Mapping):
        return ()
    named = [value for name, value in settings_in(body) if name in _MODEL or name in _OTHERS]
    if len(named) == 1 and isinstance(named[0], str) and "," not in named[0]:
        return (named[0],) if named[0] else ()
    return tuple(dict.fromkeys(part.strip() for text in _texts(named) for part in text.split(",") if part.strip()))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def models_beside(path: str, query: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Models that a path and the pairs of a query name: what the body says may not count then."""
    return (
        *_of_path(path),
        *(value for name, value in query if plain_name(name) in _MODEL and value),
    )


@remembers_short(1024)
def _of_path(path: str) -> tuple[str, ...]:
    return tuple(_IN_PATH.findall(plain_path(path)))


def is_one_of(models: Iterable[str], patterns: Sequence[str]) -> bool:
    """Whether a model is meant by a pattern. Servers pass over case, and over blanks at its ends."""
    spelt = [_spelt(one) for one in models]
    return any(fnmatchcase(model, _spelt(one)) for one in patterns for model in spelt)


def _spelt(name: str) -> str:
    return normal_form("NFKC", name).casefold().strip()
