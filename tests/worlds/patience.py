"""Waiting for what a busy machine takes its time for: for a condition, to a bound of minutes, never for seconds."""

import socket
import time
from collections.abc import Callable
from typing import Any

__all__ = ["PATIENCE_SECONDS", "until", "until_closed"]

PATIENCE_SECONDS = 120.0
"""How long a condition is waited for."""


def until(holds: Callable[[], Any], seconds: float = PATIENCE_SECONDS, *, pause: float = 0.02) -> Any:
    """What it gives once it gives something; what it gave last where it never did. It is asked after each pause."""
    ends = time.monotonic() + seconds
    while not (got := holds()) and time.monotonic() < ends:
        time.sleep(pause)
    return got


def until_closed(one: socket.socket) -> bytes:
    """All that comes until the other end closes, however; else the socket's own time runs out."""
    found = b""
    try:
        while piece := one.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    return found
