"""JSON that means one thing: to us, and to whatever reads the same bytes behind us.

Parsers differ in which of two values of one name they keep, and some (Go's) pass over letters' case. A body that could
be read in two ways is refused; what is judged is then what acts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["TwoMeanings", "lenient_json", "strict_json"]


class TwoMeanings(ValueError):
    """A body that two parsers may read differently; it never leaves this package."""


def strict_json(raw: bytes) -> Any:
    """A body for an API that is known.

    Raises:
        ValueError: it is no JSON.
        TwoMeanings: a name stands twice in an object.
    """
    try:
        body = msgspec.json.decode(raw)
        json.loads(raw, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    _same_letters(body)
    return body


def lenient_json(raw: bytes) -> Any:
    """A body for whoever may be behind another path: in any encoding of JSON, and with NaN, as Python reads it.

    Raises:
        ValueError: it is no JSON.
        TwoMeanings: a name stands twice in an object.
    """
    try:
        body = json.loads(raw, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    _same_letters(body)
    return body


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise TwoMeanings("a name stands twice in one object")
    return made


def _same_letters(body: Any) -> None:
    """Names that differ in case alone, where they say what is asked: of the body and of its messages."""
    if not isinstance(body, Mapping):
        return
    objects = [body]
    for inner in (body.get("messages"), body.get("input")):
        objects += [one for one in inner if isinstance(one, Mapping)] if isinstance(inner, list) else []
    for one in objects:
        if len({name.casefold() for name in one}) != len(one):
            raise TwoMeanings("two names differ in their letters' case alone")
