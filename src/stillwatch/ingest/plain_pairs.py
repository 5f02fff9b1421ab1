"""Plain bodies of requests and their answers as exchanges, with what the records around them say; a column at a time.

Ids stand as they are written: of a record with one that names nobody, or has blanks around it, its format is asked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

import msgspec
from msgspec import UNSET

from stillwatch.core.bodies.columns import Column, Columns, is_empty
from stillwatch.core.bodies.other_calls import is_other_call
from stillwatch.core.bodies.plain_chat import chat_columns
from stillwatch.core.bodies.plain_openai import Answer, Asked, Int64
from stillwatch.core.not_json import NOT_JSON
from stillwatch.ingest.record import COLUMNS, Exchange

__all__ = ["Around", "Body", "Count", "Id", "Reply", "Time", "agents", "identities", "made", "pair_columns"]

Time = str | int | float
Id = str | Int64
Count = Int64 | None
Body = str | Asked
"""A request's body, or its JSON text."""
Reply = str | Answer
"""An answer's body, or its JSON text."""

_DEFAULTS = {"time": 0, "account_id": ""}
_NO_REQUEST, _NO_ANSWER = Asked(messages=[]), Answer(choices=[])
_asked, _answered = msgspec.json.Decoder(Asked), msgspec.json.Decoder(Answer)


class Around(msgspec.Struct, gc=False):
    """A record around bodies."""

    # Where bodies may be named that lie beside the log.
    input: None = None
    output: None = None


def made(columns: Columns, left: set[int], rows: int) -> list[Exchange | None]:
    """Exchanges of columns, and None in the places that are left to their format.

    Args:
        columns: by name; what is not there is missing of all.
        left: places.
        rows: how many there are.
    """
    held = {name: values for name, values in columns.items() if not is_empty(values)}
    for name, default in _DEFAULTS.items():
        if name in held and None in held[name]:
            held[name] = [default if one is None else one for one in held[name]]
    placed = (held.get(name) or repeat(_DEFAULTS.get(name), rows) for name in COLUMNS[: _last(held) + 1])
    found: list[Exchange | None] = [*map(Exchange, *placed)]
    for place in left:
        found[place] = None
    return found


def _last(held: Columns) -> int:
    return max((place for place, name in enumerate(COLUMNS) if name in held), default=0)


def identities(values: Column) -> Column:
    """Ids as text, of which some may be numbers."""
    if {*map(type, values)} <= {str, type(None)}:
        return values
    return [str(one) if type(one) is int else None if one is UNSET else one for one in values]


def agents(headers: Sequence[Mapping[str, Any] | None], left: set[int]) -> Column:
    """The user agents of headers, whose names are in any case; places of those that are no text are left."""
    found: list[Any] = [None] * len(headers)
    for spelt in {name for name in set[str]().union(*filter(None, headers)) if name.lower() == "user-agent"}:
        for place, of in enumerate(headers):
            if of and spelt in of:
                # In two spellings, the last counts.
                if found[place] is not None or type(of[spelt]) is not str:
                    left.add(place)
                found[place] = of[spelt]
    return found


def pair_columns(
    requests: Sequence[Asked | str], responses: Sequence[Answer | str | None], paths: Sequence[str | None] = ()
) -> tuple[Columns, set[int]]:
    """``pairs.pair_fields`` of many, with the account that ``pairs.pair_caller`` finds; places of those to be read so.

    Args:
        requests: bodies, or their JSON text.
        responses: bodies, or their JSON text.
        paths: the URL's, where they are known.
    """
    left: set[int] = set()
    asked = _opened(requests, _asked, _NO_REQUEST, left)
    answered = _opened(responses, _answered, _NO_ANSWER, left)
    # Lines of a text may be the pieces of a stream.
    left.update(place for place, one in enumerate(responses) if type(one) is str and "\n" in one)
    if any(paths):
        left.update(place for place, path in enumerate(paths) if path and (is_other_call(path) or _OF_CLAUDE in path))
    columns, strange = chat_columns(asked, [one.messages for one in asked], answered)
    return columns, left | strange


_OF_CLAUDE = "/v1/messages"


def _opened(bodies: Sequence[Any], decoder: msgspec.json.Decoder[Any], lacking: Any, left: set[int]) -> list[Any]:
    """Bodies as they are typed; what cannot be typed has its place in ``left``, and something in its place."""
    kinds = {*map(type, bodies)}
    if str not in kinds:
        left.update(place for place, one in enumerate(bodies) if one is None)
        return [one or lacking for one in bodies]
    if kinds == {str}:
        # Mostly each of them is as most are.
        with contextlib.suppress(*NOT_JSON):
            return [*map(decoder.decode, bodies)]
    found = []
    for place, one in enumerate(bodies):
        try:
            body = decoder.decode(one) if type(one) is str else one
        except NOT_JSON:
            body = None
        if body is None:
            left.add(place)
            body = lacking
        found.append(body)
    return found
