"""How much one member may ask of a hub at a time: requests, objects, bytes, connections; the rest is refused with 429.

What a member may have there stays within its ``Quota``; what is bounded here is what every request costs beside that:
the hub's time, a line in its journal for all that was read and written, and memory until an answer has been read.
Levels are kept in memory, a row a member. They rise again with time, and are full after a start.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from stillwatch.alliance.hub.problems import Problem

__all__ = ["Pace", "Traffic"]

_MINUTE, _DAY = 60.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Pace:
    """What each member may ask of a hub.

    Attributes:
        requests: a minute.
        objects: sent, read and deleted in a day, all together: each is named in the journal.
        characters: of messages of rounds, in a day: they stay at the hub.
        connections: at a time, on which something is asked, sent or not yet read.
    """

    requests: int = 3_000
    objects: int = 2_000_000
    characters: int = 2_000_000_000
    connections: int = 16


class Asking(Protocol):
    """A connection: whether it asks for nothing, and every answer has left."""

    @property
    def idle(self) -> bool:
        """Whether it is so."""


@dataclass
class _Bucket:
    """Holds ``most``, and fills in so many seconds; may be overdrawn by one request, for its cost is known late."""

    most: float
    seconds: float
    level: float = field(init=False)
    since: float = 0.0

    def __post_init__(self) -> None:
        self.level = self.most

    def wait(self, now: float) -> int:
        """Seconds until something is in it; 0 where there is."""
        self.level = min(self.most, self.level + max(0.0, now - self.since) * self.most / self.seconds)
        self.since = now
        return 0 if self.level > 0 else math.ceil((1 - self.level) * self.seconds / self.most)


class Traffic:
    """What members of one hub's process ask of it.

    Args:
        pace: what each may.
        clock: seconds that only ever grow.
    """

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace, self._clock = pace, clock
        self._lock = threading.Lock()
        self._requests: dict[str, _Bucket] = defaultdict(lambda: _Bucket(pace.requests, _MINUTE))
        self._objects: dict[str, _Bucket] = defaultdict(lambda: _Bucket(pace.objects, _DAY))
        self._characters: dict[str, _Bucket] = defaultdict(lambda: _Bucket(pace.characters, _DAY))
        self._bundles: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._open: dict[str, set[Asking]] = defaultdict(set)

    def ask(self, member: str, connection: Asking | None = None) -> None:
        """Count a request.

        Args:
            member: whose it is.
            connection: by which it came; None where that is not known. Those that ask for nothing are not counted.

        Raises:
            Problem: 429, it is one too many.
        """
        with self._lock:
            held = self._open[member]
            busy = sum(not one.idle for one in held if one is not connection)
            crowded = connection is not None and busy >= self._pace.connections
            if connection is not None:
                held.add(connection)
            now = self._clock()
            waits = self._requests[member].wait(now), self._objects[member].wait(now)
            if not crowded and not any(waits):
                self._requests[member].level -= 1
        if crowded:
            raise _too_many("connections", f"a member may have {self._pace.connections} at a time", 15)
        if waits[0]:
            raise _too_many("requests", f"a member may send {self._pace.requests} a minute", waits[0])
        if waits[1]:
            raise _too_many("objects", f"a member may send and read {self._pace.objects} in a day", waits[1])

    def spend(self, member: str, objects: int) -> None:
        """Count objects that are sent, read or deleted; too many of them cost the member its next requests."""
        with self._lock:
            self._objects[member].wait(self._clock())
            self._objects[member].level -= objects

    def carry(self, member: str, characters: int) -> None:
        """Count a message of a round.

        Raises:
            Problem: 429, there were too many in the last days.
        """
        with self._lock:
            wait = self._characters[member].wait(self._clock())
            if not wait:
                self._characters[member].level -= characters
        if wait:
            raise _too_many("messages", f"a member may send {self._pace.characters} characters in a day", wait)

    def one_bundle(self, member: str) -> asyncio.Lock:
        """Held while something that a member sent is taken in: of one member's things one at a time.

        Each may keep a thread, and the turn of writing, for a while.
        """
        return self._bundles[member]

    def close(self, connection: Asking) -> None:
        """A connection is no more."""
        with self._lock:
            for held in self._open.values():
                held.discard(connection)

    def of_member(self, connection: Asking) -> bool:
        """Whether a member has asked for something by it."""
        with self._lock:
            return any(connection in held for held in self._open.values())


def _too_many(what: str, allowed: str, wait: int) -> Problem:
    return Problem(429, f"too many {what}", f"{allowed}; the next may come in {wait} s", {"Retry-After": str(wait)})
