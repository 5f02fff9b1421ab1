"""A pool of worker processes."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any

from stillwatch.core.interrupts import interrupt_held

__all__ = ["worker_pool"]

_ENDS_WITHIN = 60.0
"""Seconds a worker that was told to end is waited for; it takes one, unless the disk holds it."""


class _Pool(ProcessPoolExecutor):
    """A pool whose start no Ctrl-C can cut in two, and whose processes never hear one, not even while they import."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        # The first call starts every process, and what blocks a signal is handed to a child.
        with interrupt_held():
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
        # Whoever cleans up next finds nobody still writing.
        running = [process.sentinel for process in processes]
        deadline = time.monotonic() + _ENDS_WITHIN
        while running and (left := deadline - time.monotonic()) > 0:
            ended = wait(running, left)
            running = [sentinel for sentinel in running if sentinel not in ended]
        raise
    pool.shutdown()


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
