"""What a server says over and over is said once a minute: whoever can have a line written with each request, and needs
no login for that, would else fill the disk that logs are kept on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from types import TracebackType

__all__ = ["Seldom"]

_EVERY_SECONDS = 60.0
_MOST_KINDS = 256


class Seldom(logging.Filter):
    """Lets each warning and error through once a minute, with how often it was left out since.

    Args:
        clock: seconds that only ever grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._next: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is said."""
        if record.levelno < logging.WARNING:
            return True
        what, now = (str(record.msg), _place_of(record)), self._clock()
        then, left_out = self._next.get(what, (now, 0))
        if now < then:
            self._next[what] = then, left_out + 1
            return False
        if len(self._next) >= _MOST_KINDS:
            self._next.clear()
        self._next[what] = now + _EVERY_SECONDS, 0
        if left_out:
            record.msg = f"{record.msg} (and {left_out:,} more in the last minutes)"
        return True


def _place_of(record: logging.LogRecord) -> str:
    """Where an exception comes from: another fault is another thing to say."""
    _, error, at = record.exc_info or (None, None, None)
    if error is None:
        return ""
    last: TracebackType | None = at
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}" if last else ""
    return f"{type(error).__qualname__} {where}"
