"""Attempts to come in that fail: slowed down by source, and told in the journal so often and no more.

A token is looked up before its source is, so that whoever has a valid one comes in however many others at the same
address have none: what is slowed down is failing. Nor is a request without any credential, for many clients send one
first and wait to be asked. Tokens have 256 bits; the limit keeps attempts cheap for the hub, it is not what keeps
guessers out.

The journal gets the first failure of a network in a minute at once, and when the minute is over one row for all of
them. A day has at most ``ROWS_A_DAY`` of the former and 1,440 of the latter, whatever comes. It names networks, not
addresses, and never what was tried.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from stillwatch.alliance.hub.database import Hub
from stillwatch.alliance.hub.journal import record

__all__ = ["BURST", "ROWS_A_DAY", "SECONDS_EACH", "Attempts"]

BURST = 20
"""Failures of a source that are answered with 401 before 429 is said."""
SECONDS_EACH = 6.0
"""Seconds after which one more is."""
ROWS_A_DAY = 500
"""Most rows of single failures in a day of UTC."""

_MOST_SOURCES = 4_096
_MOST_NAMED = 5
_SECONDS_LEFT_ALONE = 60.0  # after the database did not take a row

_log = logging.getLogger(__name__)


@dataclass
class _Minute:
    """What failed in one minute."""

    number: int
    why: Counter[str] = field(default_factory=Counter)
    networks: Counter[str] = field(default_factory=Counter)
    told: int = 0

    def add(self, why: str, network: str) -> bool:
        """Count one; whether it is the network's first."""
        self.why[why] += 1
        first = network not in self.networks
        if not first or len(self.networks) < _MOST_SOURCES:
            self.networks[network] += 1
            return first
        return False

    def row(self) -> dict[str, Any]:
        begun = datetime.fromtimestamp(self.number * 60, UTC)
        return {
            "action": "refused in a minute",
            "minute": begun.strftime("%Y-%m-%dT%H:%MZ"),
            "attempts": self.why.total(),
            "why": dict(sorted(self.why.items())),
            "networks": len(self.networks),
            "most": [[network, count] for network, count in self.networks.most_common(_MOST_NAMED)],
        }


class Attempts:
    """Failed attempts of one hub's process.

    Args:
        hub: whose journal tells of them.
        clock: seconds since 1970.
    """

    def __init__(self, hub: Hub, clock: Callable[[], float] = time.time) -> None:
        self._hub, self._clock = hub, clock
        self._lock = threading.Lock()
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._minute = _Minute(int(clock() // 60))
        self._pending: deque[dict[str, Any]] = deque(maxlen=ROWS_A_DAY)
        self._day, self._rows = -1, 0
        self._leave_alone_until = 0.0

    def fail(self, address: str | None, why: str, *, slowed: bool = True) -> int:
        """Count a failure; seconds that its source shall wait, 0 where it is still below the limit.

        Args:
            address: where it comes from; None where that is not known.
            why: in a few fixed words, never what was sent.
            slowed: whether it counts against its source.
        """
        source, network = _source(address)
        with self._lock:
            now = self._clock()
            self._roll(now)
            if self._minute.add(why, network) and self._may_tell(now):
                self._minute.told += 1
                self._pending.append({"action": "refuse", "network": network, "why": why})
            wait = self._spend(source, now) if slowed else 0
        self._tell()
        return wait

    def count(self, why: str) -> None:
        """Count what failed before there was a request; told with the next that comes. Touches no database."""
        with self._lock:
            self._roll(self._clock())
            self._minute.why[why] += 1

    def settle(self, *, at_once: bool = False) -> None:
        """Tell of the last minute in which something failed, if it is over.

        Args:
            at_once: or is not, for the hub stops.
        """
        with self._lock:
            self._roll(-60.0 if at_once else self._clock())
            if at_once:
                self._leave_alone_until = 0.0
        self._tell()

    def _roll(self, now: float) -> None:
        """Begin a new minute; the last one has its row, where that says more than its single rows do."""
        if int(now // 60) != self._minute.number:
            if self._minute.why.total() > self._minute.told:
                self._pending.append(self._minute.row())
            self._minute = _Minute(int(now // 60))

    def _may_tell(self, now: float) -> bool:
        day = int(now // 86_400)
        if day != self._day:
            self._day, self._rows = day, 0
        self._rows += 1
        return self._rows <= ROWS_A_DAY

    def _spend(self, source: str, now: float) -> int:
        level, since = self._levels.pop(source, (float(BURST), now))
        level = min(float(BURST), level + max(0.0, now - since) / SECONDS_EACH)
        wait = 0 if level >= 1 else math.ceil((1 - level) * SECONDS_EACH)
        self._levels[source] = (level - 1 if not wait else level, now)
        while len(self._levels) > _MOST_SOURCES:
            self._levels.popitem(last=False)
        return wait

    def _tell(self) -> None:
        """Write down what is to be told; where the database does not take it, later: nobody is kept out for that."""
        with self._lock:
            if not self._pending or self._clock() < self._leave_alone_until:
                return
            rows = list(self._pending)
            self._pending.clear()
        try:
            with self._hub.transaction() as connection:
                for row in rows:
                    record(connection, row)
        except sa.exc.SQLAlchemyError as error:
            _log.error("attempts that failed cannot be written down yet: %s", str(error).splitlines()[0])
            with self._lock:
                self._pending.extendleft(reversed(rows))
                self._leave_alone_until = self._clock() + _SECONDS_LEFT_ALONE


def _source(address: str | None) -> tuple[str, str]:
    """What is slowed down, and what the journal names: an address and its /24, or a /64 and its /48."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown", "unknown"
    found = getattr(found, "ipv4_mapped", None) or found
    four = found.version == 4
    return (
        str(found if four else ipaddress.ip_network(f"{found}/64", strict=False)),
        str(ipaddress.ip_network(f"{found}/{24 if four else 48}", strict=False)),
    )
