"""The server: uvicorn on one address, with or without TLS."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from stillwatch.console.ahead import Ahead
from stillwatch.console.app import create_app
from stillwatch.console.connections import Connection
from stillwatch.console.service import Console
from stillwatch.core import BadSetting
from stillwatch.listening import Server, address_url, in_thread, listen

__all__ = ["Serving", "Tls", "serve", "serving"]


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate and key, files in PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Serving:
    """A console that serves in this process: where, and itself."""

    url: str
    console: Console


def serve(
    console: Console, *, host: str, port: int, tls: Tls | None = None, ready: Callable[[str], object] | None = None
) -> None:
    """Serve until stopped by SIGINT or SIGTERM.

    Args:
        console: what to serve.
        host, port: where to listen; port 0 lets the system choose.
        tls: certificate and key; without them the connection is not encrypted.
        ready: called with the URL once the socket listens.

    Raises:
        OutputUnwritable: the address is taken.
        BadSetting: the certificate is none.
    """
    server = _server(console, tls)
    with listen(host, port) as listener:
        # Whoever comes first waits for none of it.
        ahead = Ahead(console)
        ahead.begin()
        try:
            server.ready = None if ready is None else lambda: ready(address_url(listener, secured=tls is not None))
            server.run([listener])
        finally:
            # A thread that is within DuckDB while Python ends aborts the process.
            console.runs.stop()
            console.copies.stop()
            ahead.stop()


@contextmanager
def serving(console: Console) -> Iterator[Serving]:
    """Serve on loopback in a thread for as long as the block runs, on a port that the system chooses."""
    try:
        with in_thread(_server(console, None)) as listener:
            yield Serving(address_url(listener), console)
    finally:
        console.copies.stop()


def _server(console: Console, tls: Tls | None) -> Server:
    config = uvicorn.Config(
        create_app(console),
        http=Connection,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,  # the console's own log says who looked at what
        server_header=False,
        proxy_headers=False,  # an address that a header names would get round the brakes on guessing
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise BadSetting(f"the certificate or its key cannot be used: {error}", where="--tls-certificate") from error
    return Server(config)
