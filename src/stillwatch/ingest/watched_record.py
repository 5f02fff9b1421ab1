"""A record of which only the names are known: whoever asks for a value of it is noted.

What a format says of such a record without asking, it says of every record with the same names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["WatchedRecord"]


class WatchedRecord(dict[str, Any]):
    """Names without values.

    Attributes:
        watched: whether anybody has asked for a value.
    """

    watched = False

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(dict.fromkeys(names))

    def __getitem__(self, name: str) -> Any:
        self.watched = True
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """A value, watched where there is one."""
        self.watched |= name in self
        return super().get(name, default)

    def items(self) -> Any:
        """Names and values, watched."""
        self.watched = True
        return super().items()

    def values(self) -> Any:
        """Values, watched."""
        self.watched = True
        return super().values()

    def copy(self) -> dict[str, Any]:
        """A copy, watched."""
        self.watched = True
        return super().copy()

    def __eq__(self, other: object) -> bool:
        self.watched = True
        return super().__eq__(other)

    __hash__ = None

    def __iter__(self) -> Iterator[str]:
        # A dict whose iterator is its own is copied without a look at its methods.
        return iter([*self.keys()])
