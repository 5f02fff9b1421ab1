"""The server: uvicorn with or without TLS, and a client's certificate handed on to the application (mTLS)."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from stillwatch.alliance.hub.app import EVERYONES, create_app
from stillwatch.alliance.hub.attempts import Attempts
from stillwatch.alliance.hub.database import Hub
from stillwatch.alliance.hub.quotas import Quota
from stillwatch.core import BadSetting, OutputUnwritable

__all__ = ["Serving", "Tls", "serve", "serving"]


_MOST_CONNECTIONS = 200
_SECONDS_FOR_A_HEAD = 15.0
_SECONDS_FOR_A_REQUEST = 600.0
_SECONDS_A_LOOK = 5.0


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


class _WithCertificate(H11Protocol):
    """Tells the application the fingerprint of the certificate that the client proved to hold.

    The application takes it from the connection's state, which no header can set.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.begun = self.loop.time()
        self.address = (transport.get_extra_info("peername") or ("",))[0]
        self._watch()
        _make_room(self.connections)
        secured = transport.get_extra_info("ssl_object")
        proved = secured.getpeercert(binary_form=True) if secured else None
        if proved:
            self.app_state = {**self.app_state, "client_certificate_sha256": hashlib.sha256(proved).hexdigest()}

    def data_received(self, data: bytes) -> None:
        # Whatever a request is sent in, its clock began when the last one ended.
        was_idle = self.idle
        super().data_received(data)
        if was_idle and not self.idle:
            self.begun = self.loop.time()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.begun = self.loop.time()

    @property
    def idle(self) -> bool:
        """Whether no request of this connection is being answered."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def _watch(self) -> None:
        """Close what has sent no whole head, or has not been done with a request, for too long."""
        if self.transport.is_closing():
            return
        if self.loop.time() - self.begun > (_SECONDS_FOR_A_HEAD if self.idle else _SECONDS_FOR_A_REQUEST):
            self.transport.abort()
        else:
            self.loop.call_later(_SECONDS_A_LOOK, self._watch)


def _make_room(connections: Iterable[Any]) -> None:
    """Where there are too many connections, the oldest goes that asks for nothing, of the address that has the most."""
    here = [one for one in connections if isinstance(one, _WithCertificate) and not one.transport.is_closing()]
    if len(here) <= _MOST_CONNECTIONS:
        return
    held = Counter(one.address for one in here)
    idle = [one for one in here if one.idle]
    if idle:
        min(idle, key=lambda one: (-held[one.address], one.begun)).transport.abort()


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


def _server(app: FastAPI, tls: Tls | None) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=_WithCertificate,
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
    return uvicorn.Server(config)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=256)
    except OSError as error:
        raise OutputUnwritable(f"cannot listen there: {error.strerror or error}", where=f"{host}:{port}") from error


def serve(
    hub: Hub,
    *,
    host: str,
    port: int,
    tls: Tls | None = None,
    routers: Sequence[APIRouter] = (),
    ready: object = None,
    quota: Quota = EVERYONES,
) -> None:
    """Serve until stopped by SIGINT or SIGTERM.

    Args:
        hub: opened and founded.
        host, port: where to listen; port 0 lets the system choose.
        tls: certificate and key; without them the connection is not encrypted.
        routers: mounted beside TAXII's.
        ready: called with the URL once the socket listens.
        quota: what each member may have there.

    Raises:
        OutputUnwritable: the address is taken.
        BadSetting: the certificate is none.
    """
    app = create_app(hub, routers, quota=quota)
    server = _server(app, tls)
    with _listen(host, port) as listener:
        if callable(ready):
            ready(_url(listener, tls))
        try:
            server.run([listener])
        finally:
            app.state.attempts.settle(at_once=True)


def _url(listener: socket.socket, tls: Tls | None) -> str:
    host, port = listener.getsockname()[:2]
    return f"{'https' if tls else 'http'}://{host}:{port}"


@dataclass(frozen=True, slots=True)
class Serving:
    """A hub that serves in this process: its URL and itself."""

    url: str
    hub: Hub


@contextmanager
def serving(
    hub: Hub, *, routers: Sequence[APIRouter] = (), tls: Tls | None = None, quota: Quota = EVERYONES
) -> Iterator[Serving]:
    """Serve on loopback in a thread for as long as the block runs, on a port that the system chooses."""
    app = create_app(hub, routers, quota=quota)
    server = _server(app, tls)
    listener = _listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield Serving(_url(listener, tls), hub)
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()
        app.state.attempts.settle(at_once=True)
