"""Turns of one process at writing to its database: who asks first is served first.

SQLite's own lock is whoever's looks at the right instant: of many who wait, one may wait for good while others come
again and again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

__all__ = ["Turns"]


class Turns:
    """A lock that is handed to whoever has waited longest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def taken(self, seconds: float) -> Iterator[None]:
        """Have the turn for as long as the block runs.

        Raises:
            sqlalchemy.exc.TimeoutError: it did not come in so many seconds.
        """
        self._take(seconds)
        try:
            yield
        finally:
            self._hand_on()

    def _take(self, seconds: float) -> None:
        mine = threading.Event()
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            self._waiting.append(mine)
        if not mine.wait(seconds):
            with self._lock:
                # It may have been handed over at the last instant.
                if not mine.is_set():
                    self._waiting.remove(mine)
                    raise sa.exc.TimeoutError("too many wait for a turn")

    def _hand_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
