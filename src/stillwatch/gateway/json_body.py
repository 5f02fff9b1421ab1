"""JSON that means one thing: to us, and to whatever reads the same bytes behind us.

Parsers differ in which of two values of one name they keep, and some (Go's) pass over letters' case. A body that could
be read in two ways is refused; what is judged is then what acts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from stillwatch.core.bodies.shapes import Message
from stillwatch.gateway.long_bodies import TooManyValues

__all__ = ["NO_UTF8", "TwoMeanings", "documents_in", "lenient_json", "strict_json", "without_surrogates"]


NO_UTF8 = "it is no UTF-8"
"""Why bytes were not read."""
_TOO_DEEP = "it is nested too deeply"
_READ = frozenset(("messages", "prompt", "input", "instructions", "system", "role", "content", "text"))
"""Names of which another spelling would be read by some servers and not by us."""
_BETWEEN = re.compile(r"[\s,\[\]\x00\ufeff]*")
_MOST_TRIED = 32
_HALF = re.compile(rb"\\\x00*u\x00*[dD]\x00*[89a-fA-F]")


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
    except UnicodeDecodeError:
        raise ValueError(NO_UTF8) from None
    _same_letters(body, strictly=True)
    return body


def lenient_json(raw: bytes) -> Any:
    """A body for whoever may be behind another path: in any encoding of JSON, and with NaN, as Python reads it.

    Raises:
        ValueError: it is no JSON.
        TwoMeanings: a name stands twice in an object.
        TooManyValues: it is nested more deeply than is looked at.
    """
    try:
        body = json.loads(raw, object_pairs_hook=_once)
        _same_letters(body)
        return without_surrogates(body) if _HALF.search(raw) else body
    except RecursionError:
        raise TooManyValues(_TOO_DEEP) from None
    except UnicodeDecodeError:
        raise ValueError(NO_UTF8) from None


def without_surrogates(value: Any) -> Any:
    """A JSON value whose half letters, which no file can hold, are question marks."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {without_surrogates(name): without_surrogates(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_surrogates(item) for item in value]
    if isinstance(value, Message):
        return {"role": without_surrogates(value.role), "content": without_surrogates(value.content)}
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise TwoMeanings("a name stands twice in one object")
    return made


def _same_letters(body: Any, *, strictly: bool = False) -> None:
    """Names that differ in case alone, where they say what is asked: of the body, its messages and their parts; and
    strictly, such a name in other case alone, which some servers read and we do not."""
    if not isinstance(body, Mapping):
        return
    objects = [body]
    for inner in (body.get("messages"), body.get("input")):
        turns = [one for one in inner if isinstance(one, Mapping)] if isinstance(inner, list) else []
        objects += turns
        for content in (one.get("content") for one in turns):
            objects += [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
    for one in objects:
        folded = {name.casefold() for name in one}
        if len(folded) != len(one):
            raise TwoMeanings("two names differ in their letters' case alone")
        if strictly and not (folded & _READ).issubset(one):
            raise TwoMeanings("a name is written in other letters' case")


def documents_in(text: str) -> Iterator[Any]:
    """The JSON objects in a line, one behind another, in a list, or behind something else.

    Raises:
        TwoMeanings: a name stands twice in an object.
        ValueError: something in it is no JSON; what comes before is given first.
    """
    decoder = json.JSONDecoder(object_pairs_hook=_once)
    at, failed = 0, 0
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        begins = text.find("{", at)
        if begins < 0 or failed >= _MOST_TRIED:
            break
        try:
            body, ends = decoder.raw_decode(text, begins)
            _same_letters(body)
            body = without_surrogates(body) if "\\u" in text[begins:ends] else body
        except TwoMeanings:
            raise
        except (ValueError, RecursionError):
            failed, at = failed + 1, begins + 1
            continue
        yield body
        at = ends
    if failed:
        raise ValueError("something in it is no JSON")
