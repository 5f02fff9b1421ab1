"""A pool of worker processes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess

__all__ = ["worker_pool"]


class _Deaf(SpawnProcess):
    """A process that never hears Ctrl-C, not even while it imports: what blocks a signal is handed to a child."""

    def start(self) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if _MASKS else None
        try:
            super().start()
        finally:
            if before is not None:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _DeafContext(SpawnContext):
    Process = _Deaf


_MASKS = hasattr(signal, "pthread_sigmask")


@contextmanager
def worker_pool(workers: int, prepare: Callable[[], None] | None = None) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes that leave Ctrl-C to their parent, started at first use.

    Spawned, not forked: forking a process that holds Arrow's and DuckDB's threads can hang. When
    the block is left by an exception, workers are ended in the middle of what they do.

    Args:
        workers: how many, at most.
        prepare: called once in each, before its first work.
    """
    pool = ProcessPoolExecutor(max_workers=workers, mp_context=_DeafContext(), initializer=_begin, initargs=(prepare,))
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


def _begin(prepare: Callable[[], None] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if prepare is not None:
        prepare()
