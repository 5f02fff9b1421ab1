"""When Ctrl-C is heard, and an end that the system asks for."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Terminated", "ended_by", "heed_termination", "interrupt_held", "leave_to_the_system"]

_MASKS = hasattr(signal, "pthread_sigmask")
_ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_heard: list[int] = []


class Terminated(KeyboardInterrupt):
    """The system asked the process to end, or its terminal is gone: as Ctrl-C, but that nobody gave the work up."""


def heed_termination() -> None:
    """Have SIGTERM and SIGHUP raise ``Terminated``, where they would end the process on the spot."""
    for number in _ENDS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _terminate)


def leave_to_the_system() -> None:
    """Let the next of any of them end the process on the spot."""
    for number in (signal.SIGINT, *_ENDS):
        if signal.getsignal(number) in (_terminate, signal.default_int_handler):
            signal.signal(number, signal.SIG_DFL)


def ended_by() -> int | None:
    """The signal that raised ``Terminated``; None where none did."""
    return _heard[0] if _heard else None


def _terminate(number: int, _frame: FrameType | None) -> None:
    _heard.append(number)
    raise Terminated


@contextmanager
def interrupt_held() -> Iterator[None]:
    """Keep Ctrl-C, and an end that is asked for, until the block is left.

    Blocking it in this thread is not enough: the system hands it to any other thread, and Python then
    interrupts the main one all the same. A process that is started here does not hear Ctrl-C, but can be ended.
    """
    if not _MASKS:
        yield
        return
    came: list[int] = []
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    main = threading.current_thread() is threading.main_thread()
    # What something else than Python handles is left to it.
    held = [number for number in (signal.SIGINT, *_ENDS) if main and signal.getsignal(number) is not None]
    handlers = {number: signal.signal(number, lambda number, _frame: came.append(number)) for number in held}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for number in dict.fromkeys(came):
            signal.raise_signal(number)
