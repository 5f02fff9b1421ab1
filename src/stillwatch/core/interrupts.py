"""When Ctrl-C is heard."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["interrupt_held"]

_MASKS = hasattr(signal, "pthread_sigmask")


@contextmanager
def interrupt_held() -> Iterator[None]:
    """Keep Ctrl-C until the block is left.

    Blocking it in this thread is not enough: the system hands it to any other thread, and Python then
    interrupts the main one all the same.
    """
    if not _MASKS:
        yield
        return
    came: list[int] = []
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda number, _frame: came.append(number)) if main else None
    try:
        yield
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        if came:
            signal.raise_signal(signal.SIGINT)
