"""Paths into records, as a map of a log's layout writes them.

| path | finds |
| --- | --- |
| ``user.id`` | the key ``id`` of the object under ``user``; a leading ``$.`` is allowed |
| ``["user id"]``, ``meta["a.b"]`` | a key with blanks or dots |
| ``choices[0]``, ``messages[-1]`` | an item of a list, from its beginning or end |
| ``messages[?role=user]`` | the items of a list whose key has this value; the value may stand in quotes |
| ``parts[*].text`` | the key of every item; on a list a key alone does the same |

A whole path that is itself a key of the record, such as a column of a CSV with dots in its name, is that key. Text that
holds a JSON object or list is opened where a path goes on inside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stillwatch.core.bodies.shapes import Json, RecordError, parsed

__all__ = ["BadPath", "RecordPath"]

_STEP = re.compile(
    r"""\.?(?P<key>[^.\[\]"'\s][^.\[\]"']*)
    |\[(?P<index>-?\d+)\]
    |\[(?P<each>\*)\]
    |\[(?P<quote>["'])(?P<quoted>.*?)(?P=quote)\]
    |\[\?(?P<name>[^=\[\]]+)=(?P<value>"[^"]*"|'[^']*'|[^\]]*)\]""",
    re.VERBOSE,
)


class BadPath(ValueError):
    """A path that cannot be read: where it goes wrong."""


@dataclass(frozen=True, slots=True)
class _Key:
    name: str

    def of(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return value.get(self.name)
        if isinstance(value, list):
            found = [item.get(self.name) for item in value if isinstance(item, Mapping)]
            return [item for item in found if item is not None]
        return None


@dataclass(frozen=True, slots=True)
class _Index:
    place: int

    def of(self, value: Any) -> Any:
        if isinstance(value, list) and -len(value) <= self.place < len(value):
            return value[self.place]
        return None


@dataclass(frozen=True, slots=True)
class _Each:
    def of(self, value: Any) -> Any:
        return value if isinstance(value, list) else None


@dataclass(frozen=True, slots=True)
class _Where:
    name: str
    wanted: str

    def of(self, value: Any) -> Any:
        if not isinstance(value, list):
            return None
        return [item for item in value if isinstance(item, Mapping) and _as_text(item.get(self.name)) == self.wanted]


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class RecordPath:
    """A path, taken apart once.

    Attributes:
        text: as it was written.
        steps: what it is made of.
    """

    text: str
    steps: tuple[_Key | _Index | _Each | _Where, ...]

    @classmethod
    def of(cls, text: str) -> RecordPath:
        """A path from its text.

        Raises:
            BadPath: it is none.
        """
        at = 2 if text.startswith("$.") else 1 if text.startswith("$[") else 0
        steps: list[_Key | _Index | _Each | _Where] = []
        while at < len(text):
            found = _STEP.match(text, at)
            if found is None or (found["key"] is not None and bool(steps) != (text[at] == ".")):
                raise BadPath(f"cannot be read from {text[at:]!r} on")
            at = found.end()
            steps.append(_step(found))
        if not steps:
            raise BadPath("is empty")
        return cls(text, tuple(steps))

    def find(self, record: Json) -> Any:
        """What a record has there, null for nothing."""
        if self.text in record:
            return record[self.text]
        value: Any = record
        for step in self.steps:
            if isinstance(value, str):
                try:
                    value = parsed(value, self.text)
                except RecordError:
                    return None
            value = step.of(value)
            if value is None:
                return None
        return value


def _step(found: re.Match[str]) -> _Key | _Index | _Each | _Where:
    if found["key"] is not None:
        return _Key(found["key"].strip())
    if found["index"] is not None:
        return _Index(int(found["index"]))
    if found["each"] is not None:
        return _Each()
    if found["quoted"] is not None:
        return _Key(found["quoted"])
    value = found["value"].strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return _Where(found["name"].strip(), value[1:-1] if quoted else value)
