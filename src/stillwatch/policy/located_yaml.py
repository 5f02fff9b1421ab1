"""YAML in which every value knows its line, so that what is wrong with a file is said where it is.

``read_located`` gives the root; ``Located`` takes values out of it and refuses what does not fit with the file,
line, value and what to write instead.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from stillwatch.core import BadPolicy, UnreadableInput, said_by
from stillwatch.core.small_files import read_small

__all__ = ["Located", "did_you_mean", "read_located"]

_HUGE = 10**9
_MOST_VALUES = 100_000


def did_you_mean(name: str, known: Collection[str]) -> str:
    """A suggestion where a known name is close, else all of them.

    >>> did_you_mean("verdikt", ["id", "verdict"])
    'did you mean verdict?'
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"


@dataclass(frozen=True, slots=True)
class Located:
    """A YAML value and where it stands.

    Attributes:
        file: the file's name as the reader gave it.
        name: what the value is called, for errors.
        node: the YAML node.
    """

    file: str
    name: str
    node: Any

    @property
    def line(self) -> int:
        """Line in the file, from 1."""
        return int(self.node.start_mark.line) + 1

    def wrong(self, problem: str, hint: str | None = None) -> BadPolicy:
        """The error to raise about this value."""
        return BadPolicy(problem, where=f"{self.file}:{self.line}", hint=hint)

    def value(self) -> Any:
        """The plain value."""
        # Short names for long values can stand for more of them than there is memory, and each is made.
        if _values_in(self.node, {}) > _MOST_VALUES:
            raise self.wrong(
                f"{self.name} holds more than {_MOST_VALUES:,} values, or itself", "write out what is meant"
            )
        maker = yaml.SafeLoader("")
        try:
            return maker.construct_object(self.node, deep=True)
        except (yaml.YAMLError, ValueError, TypeError) as error:
            raise self.wrong(f"{self.name} is no value that YAML can make: {error}") from error

    def mapping(self, known: Collection[str] | None = None, required: Sequence[str] = ()) -> dict[str, Located]:
        """The values of a mapping by key, in the file's order.

        Args:
            known: keys that may be there; None: any.
            required: keys that must.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong(f"{self.name} is {self._shown()}, and must be a mapping (key: value)")
        found: dict[str, Located] = {}
        for key, value in self.node.value:
            name = str(key.value)
            at = Located(self.file, name, key)
            if known is not None and name not in known:
                raise at.wrong(f"{self.name} knows no {name!r}", did_you_mean(name, known))
            if name in found:
                raise at.wrong(f"{name!r} stands twice in {self.name}", "keep one")
            found[name] = Located(self.file, name, value)
        for name in required:
            if name not in found:
                raise self.wrong(f"{self.name} has no {name!r}", f"add {name}:")
        return found

    def items(self, name: str | None = None) -> Iterator[Located]:
        """The values of a list.

        Args:
            name: what each is called.
        """
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.wrong(f"{self.name} is {self._shown()}, and must be a list (- item)")
        for value in self.node.value:
            yield Located(self.file, name or self.name, value)

    def text(self, among: Collection[str] | None = None) -> str:
        """A text, stripped; not empty.

        Args:
            among: the texts that are allowed.
        """
        value = self.value()
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(f"{self.name} is {self._shown()}, and must be a text", "put it in quotation marks")
        if among is not None and value not in among:
            raise self.wrong(f"{self.name} is {value!r}", did_you_mean(value, among))
        return value.strip()

    def plain(self) -> str:
        """A text or a number, as text."""
        # A list could name itself many times over, and be endless once written out.
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.wrong(f"{self.name} is {self._shown()}, and must be a text or a number")
        return str(self.value())

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text() for item in self.items())

    def number(self, least: float, most: float, *, whole: bool = False) -> float:
        """A number within bounds."""
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise self.wrong(f"{self.name} is {self._shown()}, and must be a {'whole ' if whole else ''}number")
        if not least <= value <= most:
            bounds = f"{least:g} to {most:g}" if most < _HUGE else f"{least:g} or more"
            raise self.wrong(f"{self.name} is {value}, and must be {bounds}")
        return value

    def truth(self) -> bool:
        """True or false."""
        value = self.value()
        if not isinstance(value, bool):
            raise self.wrong(f"{self.name} is {self._shown()}, and must be true or false")
        return value

    def moment(self, *, end_of_day: bool = False) -> datetime:
        """A time in UTC; a day alone is its first moment, or its last."""
        value = self.value()
        if isinstance(value, datetime):
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, date):
            edge = datetime.max.time() if end_of_day else datetime.min.time()
            return datetime.combine(value, edge, tzinfo=UTC)
        raise self.wrong(f"{self.name} is {self._shown()}, and must be a day such as 2026-12-31")

    def _shown(self) -> str:
        if isinstance(self.node, yaml.ScalarNode):
            return repr(self.node.value) if self.node.value else "empty"
        return "a list" if isinstance(self.node, yaml.SequenceNode) else "a mapping"


def _values_in(node: Any, known: dict[int, int]) -> int:
    """How many values a node comes to, each written out wherever it is named; one that holds itself is huge.

    Args:
        node: any.
        known: of nodes that were counted, by identity.
    """
    if id(node) not in known:
        known[id(node)] = _HUGE
        held = itertools.chain.from_iterable(node.value) if isinstance(node, yaml.MappingNode) else node.value
        known[id(node)] = 1 if isinstance(node, yaml.ScalarNode) else 1 + sum(_values_in(one, known) for one in held)
    return known[id(node)]


def read_located(path: Path, text: str | None = None) -> Located:
    """The root of a YAML file.

    Args:
        path: the file, and its name in errors.
        text: its content, where that is at hand.

    Raises:
        UnreadableInput: the file cannot be read.
        BadPolicy: it is no YAML, or empty.
    """
    try:
        text = read_small(path).decode() if text is None else text
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"cannot be read: {said_by(error)}", where=str(path)) from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadPolicy(
            f"is no YAML: {error.problem}", where=f"{path}:{line}", hint="mind the indentation and the quotation marks"
        ) from error
    except yaml.YAMLError as error:
        raise BadPolicy(f"is no YAML: {error}", where=str(path)) from error
    except RecursionError as error:
        raise BadPolicy("is nested too deeply", where=str(path)) from error
    if node is None:
        raise BadPolicy("the file is empty", where=str(path), hint="see `stillwatch docs policy-file`")
    return Located(str(path), "the file", node)
