"""When Ctrl-C is heard, and an end that the system asks for."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Known to type checkers alone.
    from sys import UnraisableHookArgs

__all__ = ["Terminated", "ended_by", "heed_termination", "interrupt_held", "leave_to_the_system"]

_MASKS = hasattr(signal, "pthread_sigmask")
_ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_heard: list[int] = []
_LATER_SECONDS = 0.01


class Terminated(KeyboardInterrupt):
    """The system asked the process to end, or its terminal is gone: as Ctrl-C, but that nobody gave the work up."""


def heed_termination() -> None:
    """Have SIGTERM and SIGHUP raise ``Terminated``, where they would end the process on the spot.

    What any of them, or Ctrl-C, raises where Python drops exceptions (``__del__``, callbacks of weak references) is
    raised again a moment later: the process would pass the signal over, and print a traceback.
    """
    for number in _ENDS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _terminate)
    sys.unraisablehook = _dropped


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


def _dropped(what: UnraisableHookArgs) -> None:
    if not issubclass(what.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(what)
        return
    number = _heard[-1] if issubclass(what.exc_type, Terminated) else signal.SIGINT
    threading.Thread(target=_raise_again, args=(number,), daemon=True).start()


def _raise_again(number: int) -> None:
    """Signal the process once its main thread has left ``_dropped``: raised in there it would be dropped for good."""
    inside = True
    while inside:
        time.sleep(_LATER_SECONDS)
        frame = sys._current_frames().get(threading.main_thread().ident or 0)
        while frame is not None and frame.f_code is not _dropped.__code__:
            frame = frame.f_back
        inside = frame is not None
    os.kill(os.getpid(), number)


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
