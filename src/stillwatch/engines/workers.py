"""A pool of worker processes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any

__all__ = ["worker_pool"]

_MASKS = hasattr(signal, "pthread_sigmask")


class _Pool(ProcessPoolExecutor):
    """A pool whose start no Ctrl-C can cut in two, and whose processes never hear one, not even while they import."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        # The first call starts every process, and what blocks a signal is handed to a child.
        with _interrupt_held():
            return super().submit(fn, *args, **kwargs)


@contextmanager
def worker_pool(workers: int, prepare: Callable[[], None] | None = None) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes that leave Ctrl-C to their parent, started at first use.

    Spawned, not forked: forking a process that holds Arrow's and DuckDB's threads can hang. When
    the block is left by an exception, workers are ended in the middle of what they do.

    Args:
        workers: how many, at most.
        prepare: called once in each, before its first work.
    """
    pool = _Pool(max_workers=workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(prepare,))
    try:
        yield pool
    except BaseException:
        # Taken first: a pool that is shut down knows its processes no more.
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        raise
    pool.shutdown()


@contextmanager
def _interrupt_held() -> Iterator[None]:
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


def _begin(prepare: Callable[[], None] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if prepare is not None:
        prepare()


def _end_with_parent() -> None:
    """Wait for the parent's end, however it comes, and end too: whoever is killed shuts no pool down."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
