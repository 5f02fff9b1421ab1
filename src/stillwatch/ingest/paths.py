"""What lies at a dotted path of a record, however a logger wrote what is on the way.

A path goes into objects by their keys (a key may hold dots; where no key is spelt so, case is not asked, as headers
want it), into lists by places, into lists of names and values (headers, attributes) by a name, into JSON that was
written as text, and into an end user's id that was put together of parts (``user``, ``account``, ``session``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from stillwatch.core.bodies.end_user import composite_parts
from stillwatch.core.bodies.shapes import Json, RecordError, parsed
from stillwatch.ingest.otlp import any_value

__all__ = ["at", "first_at", "normal"]

_QUOTED = re.compile(r"""\[\s*(?P<quote>["'])(?P<name>[^"'\]]*)(?P=quote)\s*\]""")
_NAMES = ("key", "name", "Key", "Name")


def normal(path: str) -> str:
    """A path as it is followed: ``calls[0].model`` and JSONPath's ``$.calls[0]['model']`` as ``calls.0.model``."""
    # Names that begin with a dollar, such as MongoDB's, are names.
    path = _QUOTED.sub(r".\g<name>", path[1:] if path.startswith(("$.", "$[")) else path)
    return path.replace("[", ".").replace("]", "").removeprefix(".")


def first_at(record: Json, paths: Sequence[str]) -> Any:
    """The first value at one of the paths that is neither null nor empty."""
    for path in paths:
        value = at(record, path)
        if value is not None and value != "":
            return value
    return None


def at(value: Any, path: str) -> Any:
    """What lies at a path; None where nothing does."""
    try:
        value = parsed(value, path)
    except RecordError:
        return None
    if isinstance(value, str):
        return composite_parts(value).get(path)
    if isinstance(value, list):
        step, _, rest = path.partition(".")
        if not step.lstrip("-").isdecimal():
            return _named(value, path)
        if not -len(value) <= int(step) < len(value):
            return None
        return at(value[int(step)], rest) if rest else value[int(step)]
    if not isinstance(value, dict):
        return None
    if path in value:
        return value[path]
    place = path.find(".")
    while place >= 0:
        if (key := _key(value, path[:place])) is not None:
            found = at(value[key], path[place + 1 :])
            if found is not None:
                return found
        place = path.find(".", place + 1)
    key = _key(value, path)
    return None if key is None else value[key]


def _key(value: Json, step: str) -> str | None:
    """The key that is spelt so, in whatever case."""
    if step in value:
        return step
    lowered = step.lower()
    return next((name for name in value if str(name).lower() == lowered), None)


def _named(pairs: list[Any], path: str) -> Any:
    """A value by its name in a list of names and values, OTLP's kinds of values opened."""
    found = {
        str(name): any_value(one["value"])
        for one in pairs
        if isinstance(one, dict) and "value" in one and (name := _name(one)) is not None
    }
    return at(found, path) if found else None


def _name(one: Json) -> str | None:
    return next((one[name] for name in _NAMES if isinstance(one.get(name), str)), None)
