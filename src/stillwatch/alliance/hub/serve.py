"""The server: uvicorn, with or without TLS, over connections of our own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI

from stillwatch.alliance.hub.app import EVERYONES, USUAL, create_app
from stillwatch.alliance.hub.attempts import Attempts
from stillwatch.alliance.hub.connections import Connection, Handshake
from stillwatch.alliance.hub.database import Hub
from stillwatch.alliance.hub.quotas import Quota
from stillwatch.alliance.hub.traffic import Pace, Traffic
from stillwatch.core import BadSetting
from stillwatch.listening import Server, address_url, in_thread, listen

__all__ = ["Serving", "Tls", "serve", "serving"]


@dataclass(frozen=True, slots=True)
class Tls:
    """The hub's certificate and key, and who signs its members' certificates.

    Attributes:
        certificate, key: files in PEM.
        client_ca: certificates that sign members'; None where members come by token alone.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None


def _counting(attempts: Attempts) -> type[ssl.SSLObject]:
    """Connections that count certificates nobody vouches for: those end in the handshake, before any request."""

    class Counted(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLCertVerificationError:
                attempts.count("certificate of no known authority")
                raise

    return Counted


def _opening(traffic: Traffic, context: ssl.SSLContext | None) -> Any:
    """What makes a connection's protocol, as uvicorn asks for one."""

    def opened(_loop: asyncio.AbstractEventLoop | None = None, **more: Any) -> asyncio.Protocol:
        then = Connection(traffic, _loop=_loop, **more)
        return then if context is None else Handshake(then, context)

    return opened


def _server(app: FastAPI, tls: Tls | None) -> Server:
    config = uvicorn.Config(
        app,
        http=_opening(app.state.traffic, None),
        loop="asyncio",
        lifespan="off",
        log_level="warning",
        access_log=False,  # the journal says who read and wrote what; addresses are not kept
        server_header=False,
        timeout_keep_alive=15,
        h11_max_incomplete_event_size=64 * 1024,
        ws="none",
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        ssl_ca_certs=tls.client_ca if tls else None,
        # Optional: who comes by token alone has none.
        ssl_cert_reqs=ssl.CERT_OPTIONAL if tls and tls.client_ca else ssl.CERT_NONE,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise BadSetting(f"the certificate or its key cannot be used: {error}", where="--tls-certificate") from error
    if config.ssl is not None:
        config.ssl.sslobject_class = _counting(app.state.attempts)
        # The handshake is not uvicorn's, which would count no socket before its end.
        config.http_protocol_class, config.ssl = _opening(app.state.traffic, config.ssl), None
    return Server(config)


def serve(
    hub: Hub,
    *,
    host: str,
    port: int,
    tls: Tls | None = None,
    routers: Sequence[APIRouter] = (),
    ready: Callable[[str], object] | None = None,
    quota: Quota = EVERYONES,
    pace: Pace = USUAL,
) -> None:
    """Serve until stopped by SIGINT or SIGTERM.

    Args:
        hub: opened and founded.
        host, port: where to listen; port 0 lets the system choose.
        tls: certificate and key; without them the connection is not encrypted.
        routers: mounted beside TAXII's.
        ready: called with the URL once the socket listens.
        quota: what each member may have there.
        pace: what each may ask of it at a time.

    Raises:
        OutputUnwritable: the address is taken.
        BadSetting: the certificate is none.
    """
    app = create_app(hub, routers, quota=quota, pace=pace)
    server = _server(app, tls)
    with listen(host, port) as listener:
        server.ready = None if ready is None else lambda: ready(address_url(listener, secured=tls is not None))
        try:
            server.run([listener])
        finally:
            app.state.attempts.settle(at_once=True)


@dataclass(frozen=True, slots=True)
class Serving:
    """A hub that serves in this process: its URL and itself."""

    url: str
    hub: Hub


@contextmanager
def serving(
    hub: Hub,
    *,
    routers: Sequence[APIRouter] = (),
    tls: Tls | None = None,
    quota: Quota = EVERYONES,
    pace: Pace = USUAL,
) -> Iterator[Serving]:
    """Serve on loopback in a thread for as long as the block runs, on a port that the system chooses."""
    app = create_app(hub, routers, quota=quota, pace=pace)
    try:
        with in_thread(_server(app, tls)) as listener:
            yield Serving(address_url(listener, secured=tls is not None), hub)
    finally:
        app.state.attempts.settle(at_once=True)
