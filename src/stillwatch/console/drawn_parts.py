"""Parts of pages that are the same for everybody who may see them, drawn once and handed out again.

    Parts.keep(key, make) > what ``make`` gave for that key

A run and the cases of one state of the log hold their own: what a part is drawn of does not change while they last.
Its key names whatever else it depends on. Nothing of a session belongs into a part, least of all a form's token.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

__all__ = ["Parts"]

T = TypeVar("T")

_MOST = 64


class Parts:
    """Parts by key; those that nobody asked for longest are forgotten.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._most = most
        self._turn = threading.Lock()

    def keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is kept for ``key``, else what ``make`` gives now; whoever asks for it meanwhile waits for that."""
        with self._turn:
            if key in self._kept:
                found: T = self._found(key)
                return found
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._turn:
                if key in self._kept:
                    found = self._found(key)
                    return found  # noqa: RET504 - what is kept has no type of its own
            try:
                made = make()
                with self._turn:
                    self._kept[key] = made
                    while len(self._kept) > self._most:
                        self._kept.popitem(last=False)
            finally:
                with self._turn:
                    self._making.pop(key, None)
        return made

    def _found(self, key: Hashable) -> Any:
        self._kept.move_to_end(key)
        return self._kept[key]
