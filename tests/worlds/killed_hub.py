"""A hub in a process of its own that ends itself by SIGKILL around a transaction, before it can say anything."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import sqlalchemy as sa
from forks import FORKS
from patience import PATIENCE_SECONDS

from stillwatch.alliance.hub import Hub, serve
from stillwatch.rounds.relay import matching_router


def free_port() -> int:
    """A port on which a hub can be started again and again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def start(database: Path, port: int, die_after: float = 0) -> BaseProcess:
    """A hub that listens on loopback when this returns.

    Args:
        database: made and founded.
        port: where to listen.
        die_after: so many transactions; with a half, when the last of them is done and not yet on disk.
    """
    here, there = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_serve, args=(database, port, die_after, there), daemon=True)
    process.start()
    there.close()
    assert here.poll(PATIENCE_SECONDS), "it does not listen"
    here.recv()
    here.close()
    return process


def _serve(database: Path, port: int, die_after: float, listens: object) -> None:
    left, transaction = die_after, Hub.transaction

    @contextmanager
    def counted(self: Hub) -> Iterator[sa.Connection]:
        nonlocal left
        with transaction(self) as connection:
            yield connection
            left -= 0.5
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        left -= 0.5
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    Hub.transaction = counted  # type: ignore[method-assign]
    router = matching_router()
    serve(
        Hub.open(database),
        host="127.0.0.1",
        port=port,
        routers=[router],
        ready=lambda url: listens.send(url),  # type: ignore[attr-defined]
    )
