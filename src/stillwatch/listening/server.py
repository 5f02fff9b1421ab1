"""A server: where it listens, when it is ready, how it ends, one in a thread."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from types import FrameType
from typing import Any

import uvicorn

from stillwatch.core import OutputUnwritable
from stillwatch.core.counted import counted
from stillwatch.listening.seldom import Seldom

__all__ = ["Server", "address_url", "in_thread", "listen", "settle"]


_LOG = logging.getLogger("stillwatch.listening")
_LOOK_SECONDS = 0.05
_STOPPED_SECONDS = 0.4
"""What Ctrl-C leaves to requests under way: a person waits."""
_ENDED_SECONDS = 10
"""What SIGTERM leaves them, where the server was told nothing else."""
_CUT_SECONDS = 1.0
_COLLECT_AFTER = 10_000
"""Objects made before garbage is looked for; Python's own 700 are a few requests."""


class Server(uvicorn.Server):
    """A server that says that it is ready once a signal would end it as it should, and that a signal ends in order.

    What it says of requests it says seldom. Requests that are still under way when the time for them is over, or at a
    second Ctrl-C, are cut off, how many is logged, and only then the app is told that it ends.
    """

    ready: Callable[[], object] | None = None
    _stopped = False

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._seldom = Seldom()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, at a signal."""
        super().handle_exit(sig, frame)
        self._stopped |= sig == signal.SIGINT
        # Raised again when all has ended: one is enough, and a second would end the clean-up of others.
        self._captured_signals[:] = dict.fromkeys(self._captured_signals)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does it, and a closed terminal as well; whoever runs under nohup has none."""
        with super().capture_signals():
            before = _heard(signal.SIGHUP) if hasattr(signal, "SIGHUP") else None
            if before is None:
                yield
                return
            signal.signal(signal.SIGHUP, self.handle_exit)
            try:
                yield
            finally:
                signal.signal(signal.SIGHUP, before)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does it, and say so."""
        logging.getLogger("uvicorn.error").addFilter(self._seldom)
        await super().startup(sockets)
        if self.ready is not None and not self.should_exit:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does it, but for requests under way, of which it would print a traceback each."""
        seconds = _STOPPED_SECONDS if self._stopped else self.config.timeout_graceful_shutdown or _ENDED_SECONDS
        # Longer than ours, which comes first.
        self.config.timeout_graceful_shutdown = _ENDED_SECONDS + ceil(seconds)
        errors = logging.getLogger("uvicorn.error")
        errors.addFilter(_not_cut_off)
        cutting = asyncio.ensure_future(self._cut_off_after(seconds))
        try:
            await super().shutdown(sockets)
            if self.force_exit:
                await cutting
                await self.lifespan.shutdown()
        finally:
            cutting.cancel()
            errors.removeFilter(_not_cut_off)
            errors.removeFilter(self._seldom)

    async def _cut_off_after(self, seconds: float) -> None:
        began = asyncio.get_running_loop().time()
        while not self.force_exit and asyncio.get_running_loop().time() < began + seconds:
            await asyncio.sleep(_LOOK_SECONDS)
        if under_way := list(self.server_state.tasks):
            for task in under_way:
                task.cancel()
            _LOG.warning("%s cut off", counted(len(under_way), "request under way", "requests under way"))
            await asyncio.wait(under_way, timeout=_CUT_SECONDS)


def _heard(number: int) -> Any:
    """What is done at a signal; None where nothing is to be, or where that is not this thread's to say."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(number) is signal.SIG_IGN:
        return None
    return signal.getsignal(number)


def _not_cut_off(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def listen(host: str, port: int, option: str = "--port", *, backlog: int = 256) -> socket.socket:
    """A listening socket, bound before anything is served: uvicorn ends the process with a traceback where it cannot.

    Args:
        host, port: where; port 0 lets the system choose.
        option: that gave the port, for the error.
        backlog: connections that wait to be taken.

    Raises:
        OutputUnwritable: the address is taken, or none of this machine's.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=backlog)
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or error
        raise OutputUnwritable(
            f"cannot listen there: {said}",
            where=f"{host}:{port}",
            hint=f"give {option} another one, or stop what has it",
        ) from error
    # What it accepts has this too. asyncio sets it where a socket says that it is of TCP, and these say 0: the body of
    # an answer, sent after its head, waited 40 ms for the client to acknowledge that.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def settle() -> None:
    """What stands by now stands until the end: a full collection would walk all of it while requests wait."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


def address_url(listener: socket.socket, *, secured: bool = False) -> str:
    """The URL of what a listening socket serves."""
    host, port = listener.getsockname()[:2]
    return f"{'https' if secured else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def in_thread(server: uvicorn.Server) -> Iterator[socket.socket]:
    """Serve on loopback in a thread for as long as the block runs, on a port that the system chooses."""
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            server.should_exit = True
            thread.join(timeout=30)
