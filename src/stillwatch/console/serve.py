"""The server: uvicorn on one address, with or without TLS."""

from __future__ import annotations

import contextlib
import gc
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from stillwatch.console.app import create_app
from stillwatch.console.connections import Connection
from stillwatch.console.pages import make_pages
from stillwatch.console.service import Console
from stillwatch.console.views.overview import prepare
from stillwatch.core import BadSetting, StillwatchError
from stillwatch.listening import Server, address_url, in_thread, listen, settle

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
        preparing = threading.Thread(target=_prepare, args=(console,), daemon=True)
        preparing.start()
        try:
            server.ready = None if ready is None else lambda: ready(address_url(listener, secured=tls is not None))
            server.run([listener])
        finally:
            # A thread that is within DuckDB while Python ends aborts the process.
            console.runs.stop()
            console.copies.stop()
            preparing.join(timeout=30)
            gc.unfreeze()  # or DuckDB says at the end what is still there


@contextmanager
def serving(console: Console) -> Iterator[Serving]:
    """Serve on loopback in a thread for as long as the block runs, on a port that the system chooses."""
    try:
        with in_thread(_server(console, None)) as listener:
            yield Serving(address_url(listener), console)
    finally:
        console.copies.stop()


def _prepare(console: Console) -> None:
    """Work out the first screens, and read the decision log; what is wrong with either is told to whoever asks."""
    # All that is made here stays: to look for garbage among it takes as long again.
    gc.disable()
    try:
        _read_ahead(console)
    finally:
        gc.enable()
        settle()


def _read_ahead(console: Console) -> None:
    pages = make_pages()
    for name in pages.list_templates(extensions=["j2"]):
        pages.get_template(name)
    with contextlib.suppress(StillwatchError):
        runs = console.runs.all()
        console.copies.forget_others(runs)
        console.copies.use_made(runs[0])
        prepare(runs[0])
        console.cases.cases()
        console.cases.labels()
        for run in runs:
            console.copies.want(run)


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
