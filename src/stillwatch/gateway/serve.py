"""``stillwatch gateway``: the proxy on a port, and its counts on another."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn

from stillwatch.core import BadSetting
from stillwatch.gateway.answer import Send
from stillwatch.gateway.asgi import Guard
from stillwatch.gateway.doors import BoundedProtocol, Doors
from stillwatch.gateway.gate import Gate
from stillwatch.gateway.greeting import greeting
from stillwatch.gateway.incoming import Receive, Scope
from stillwatch.gateway.meters import Meters
from stillwatch.gateway.proxy import Forwarder
from stillwatch.gateway.settings import GatewaySettings
from stillwatch.gateway.turns import Turns
from stillwatch.gateway.upstream import Upstream
from stillwatch.listening import Server, address_url, listen, settle

if sys.platform != "win32":
    import resource

__all__ = ["proxy_app", "proxy_server", "serve"]

_OWN_FILES = 128
_BACKLOG = 2048


def proxy_app(settings: GatewaySettings) -> Guard:
    """The proxy as an ASGI app.

    Raises:
        BadSetting: a setting cannot be used, or there is no upstream.
    """
    if settings.upstream is None:
        raise BadSetting("there is no upstream", where="gateway setting upstream", hint="give --upstream URL")
    gate = Gate(settings)
    upstream = Upstream(
        settings.upstream,
        connect_seconds=settings.connect_seconds,
        answer_seconds=settings.answer_seconds,
        turns=Turns(
            settings.upstream_connections,
            settings.account_at_once or settings.upstream_connections,
            settings.upstream_wait_seconds,
        ),
        keep_seconds=settings.upstream_keep_seconds,
    )
    return Guard(Forwarder(upstream, gate.meters, settings.body_idle_seconds), gate=gate)


def _metrics_app(meters: Meters) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found = scope["type"] == "http" and scope["path"] in ("/metrics", "/health")
        body = (meters.text() if found and scope["path"] == "/metrics" else "ok\n" if found else "").encode()
        headers = [(b"content-type", b"text/plain; version=0.0.4"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def proxy_server(settings: GatewaySettings, *, host: str, port: int) -> tuple[Server, Meters]:
    """The proxy as it is served, and its counts.

    Raises:
        BadSetting: a setting cannot be used, or there is no upstream.
    """
    guard = proxy_app(settings)
    settle()
    meters = guard.gate.meters
    doors = Doors(settings, min(settings.client_connections, _room_for_clients(settings)), meters)
    protocol = partial(BoundedProtocol, doors=doors)
    config = _config(guard, host, port, lifespan="on", http=protocol)
    # uvicorn's own 5 s are what clients keep theirs: a request then goes out in the instant in which it is closed.
    config.timeout_keep_alive = settings.client_keep_seconds
    return Server(config), meters


def _room_for_clients(settings: GatewaySettings) -> int:
    """How many connections the system allows, beside those to the upstream and the gateway's own files."""
    if sys.platform == "win32":
        return settings.client_connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.client_connections + settings.upstream_connections + _OWN_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return max(16, soft - settings.upstream_connections - _OWN_FILES)
    return settings.client_connections


def serve(
    settings: GatewaySettings,
    *,
    host: str,
    port: int,
    metrics_port: int | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until stopped.

    Args:
        settings: what the gateway was told.
        host, port: where it listens; port 0 takes any that is free and says which.
        metrics_port: where its counts are read, on this machine alone.
        ready: told what the gateway says of itself once its ports are open.

    Raises:
        BadSetting: a setting cannot be used, or there is no upstream.
        OutputUnwritable: an address is taken.
    """
    proxy, meters = proxy_server(settings, host=host, port=port)
    servers = [proxy]
    with contextlib.ExitStack() as open_ports:
        listeners = [open_ports.enter_context(listen(host, port, backlog=_BACKLOG))]
        if metrics_port is not None:
            servers.append(Server(_config(_metrics_app(meters), "127.0.0.1", metrics_port, lifespan="off")))
            listeners.append(
                open_ports.enter_context(listen("127.0.0.1", metrics_port, "--metrics-port", backlog=_BACKLOG))
            )
        if ready is not None:
            guard: Guard = proxy.config.app  # type: ignore[assignment]
            proxy.ready = partial(_greet, ready, settings, guard, listeners)
        with asyncio.Runner(loop_factory=servers[0].config.get_loop_factory()) as runner:
            runner.run(_all(servers, listeners))


def _greet(
    ready: Callable[[str], None], settings: GatewaySettings, guard: Guard, listeners: list[socket.socket]
) -> None:
    ready(greeting(settings, guard.gate.snapshot, address_url(listeners[0])))
    for counts in listeners[1:]:
        ready(f"counts running on {address_url(counts)}/metrics")


async def _all(servers: list[Server], listeners: list[socket.socket]) -> None:
    serving = [
        asyncio.ensure_future(server.serve([listener])) for server, listener in zip(servers, listeners, strict=True)
    ]
    done, others = await asyncio.wait(serving, return_when=asyncio.FIRST_COMPLETED)
    # Ctrl-C reaches one of them; all go.
    for server in servers:
        server.should_exit = True
    if others:
        await asyncio.wait(others)
    for one in done:
        one.result()


def _config(app: Any, host: str, port: int, *, lifespan: Any, http: Any = "auto") -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=http,
        host=host,
        port=port,
        lifespan=lifespan,
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=10,
        proxy_headers=False,
        # Whatever else is installed: its connections would be counted at no door.
        ws="none",
    )
