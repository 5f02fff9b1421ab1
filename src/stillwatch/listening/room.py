"""Which connections make way where there are too many: whoever keeps a server waiting keeps nobody else out."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterable
from typing import Any

__all__ = ["make_room", "next_number", "peer_address"]

_MOST_CONNECTIONS = 200
_SECONDS_TO_ASK = 1.0

_numbers = itertools.count()


def next_number() -> int:
    """Which connection of this process it is: of two that came in one tick of the clock, the second is younger."""
    return next(_numbers)


def peer_address(transport: asyncio.BaseTransport) -> str:
    """The other end's address; empty where it has none."""
    return str((transport.get_extra_info("peername") or ("",))[0])


def make_room(connections: Iterable[Any], now: float) -> None:
    """Where there are over 200 connections, some go that keep the server waiting, of the address that has the most.

    Of equals the one of the lowest rank goes first, then the oldest. Who has just come has a second to ask in: while
    all others are being answered, nobody else would be waiting; beyond twice as many, nobody is spared.

    Args:
        connections: each has a ``transport``, an ``address``, a ``number`` of its own and a ``rank``; ``begun``, when
            its phase did, in seconds; ``idle``: is it the client's turn; ``unasked``: has it asked for nothing yet.
        now: the loop's time, in seconds.
    """
    here = [one for one in connections if not one.transport.is_closing()]
    if len(here) <= _MOST_CONNECTIONS:
        return
    crowded = len(here) > 2 * _MOST_CONNECTIONS
    idle = [one for one in here if one.idle and (crowded or not one.unasked or now - one.begun > _SECONDS_TO_ASK)]
    held = Counter(one.address for one in here)
    idle.sort(key=lambda one: (-held[one.address], one.rank, one.begun, one.number))
    for one in idle[: len(here) - _MOST_CONNECTIONS]:
        one.transport.abort()
