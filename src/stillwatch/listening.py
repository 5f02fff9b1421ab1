"""What every server of Stillwatch has in common: where it listens, when it is ready, and one that runs in a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from stillwatch.core import OutputUnwritable

__all__ = ["Server", "address_url", "in_thread", "listen"]


class Server(uvicorn.Server):
    """A server that says that it is ready once a signal would end it as it should."""

    ready: Callable[[], object] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does it, and say so."""
        await super().startup(sockets)
        if self.ready is not None and not self.should_exit:
            self.ready()


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
        return socket.create_server((host, port), family=family, backlog=backlog)
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or error
        raise OutputUnwritable(
            f"cannot listen there: {said}",
            where=f"{host}:{port}",
            hint=f"give {option} another one, or stop what has it",
        ) from error


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
