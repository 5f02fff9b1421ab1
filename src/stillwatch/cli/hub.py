"""The commands of ``stillwatch alliance`` for whoever runs a hub; what they need is imported when one runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts
from cyclopts import Parameter

from stillwatch.core import BadSetting, MissingDependency, UnreadableInput

if TYPE_CHECKING:
    import types

__all__ = ["hub_commands"]

Say = Callable[[object], None]

_DB = "hub.db"


def _open() -> types.ModuleType:
    with MissingDependency.explained("a hub", "alliance"):
        from stillwatch.alliance import hub  # noqa: PLC0415 - optional: a server and its database
    return hub


def hub_commands(app: cyclopts.App, say: Say) -> None:
    """Add them to the commands of the alliance.

    Args:
        app: of the alliance.
        say: prints a line.
    """
    _serve_command(app, say)
    _member_list_commands(app, say)
    _circle_and_journal(app, say)


def _serve_command(app: cyclopts.App, say: Say) -> None:
    @app.command(name="serve")
    def serve_command(
        *,
        db: str = _DB,
        host: str = "127.0.0.1",
        port: int = 8443,
        tls_certificate: Path | None = None,
        tls_key: Path | None = None,
        client_ca: Path | None = None,
    ) -> None:
        """Serve a hub: TAXII 2.1 over SQLite or PostgreSQL.

        Parameters
        ----------
        db
            File of an SQLite database, made when missing, or a URL such as postgresql://USER@HOST/NAME.
        host
            Address to listen on. Without TLS anything but loopback is refused.
        port
            Port to listen on; 0 lets the system choose.
        tls_certificate
            The hub's certificate, PEM.
        tls_key
            Its key, PEM.
        client_ca
            Certificates that sign members' certificates (mTLS), PEM.
        """
        hub = _open()
        tls = _tls(hub, tls_certificate, tls_key, client_ca)
        if tls is None and host not in ("127.0.0.1", "::1", "localhost"):
            raise BadSetting(
                "members' tokens would cross the network in the clear",
                where=f"--host {host}",
                hint="give --tls-certificate and --tls-key, or listen on 127.0.0.1 behind a proxy that has them",
            )
        router = _matching_router()
        opened = hub.Hub.open(db)
        hub.create_collections(opened)
        hub.serve(
            opened,
            host=host,
            port=port,
            tls=tls,
            routers=[router],
            ready=lambda url: say(f"the hub listens at {url}/taxii2/"),
        )


def _matching_router() -> Any:
    from stillwatch.rounds.relay import matching_router  # noqa: PLC0415 - its tables must be known first

    return matching_router()


def _member_list_commands(app: cyclopts.App, say: Say) -> None:
    @app.command(name="admit")
    def admit_command(
        name: str,
        /,
        *,
        db: str = _DB,
        clearance: str = "amber",
        observer: bool = False,
        certificate: Path | None = None,
    ) -> None:
        """Let a member in and print its token, which is kept nowhere; again, to give it another.

        Parameters
        ----------
        name
            The member's: small letters, digits, dots and hyphens.
        db
            The hub's database.
        clearance
            Strictest TLP label it reads and writes: clear, green, amber or amber+strict.
        observer
            It may read and not write.
        certificate
            Its client certificate, PEM; it then comes in by that and by no token.
        """
        hub = _open()
        opened = hub.Hub.open(db)
        hub.create_collections(opened)
        pem = _text(certificate) if certificate else None
        token = hub.admit(opened, name, clearance=clearance, observer=observer, certificate=pem)
        say(f"{name} comes in by its certificate" if certificate else token)

    @app.command(name="expel")
    def expel_command(name: str, /, *, db: str = _DB) -> None:
        """Shut a member out; what it published stays.

        Parameters
        ----------
        name
            The member's.
        db
            The hub's database.
        """
        hub = _open()
        hub.expel(hub.Hub.open(db), name)
        say(f"{name} is shut out")


def _circle_and_journal(app: cyclopts.App, say: Say) -> None:
    @app.command(name="circle")
    def circle_command(
        alias: str,
        /,
        *,
        member: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
        tlp: str = "amber+strict",
        db: str = _DB,
    ) -> None:
        """Make a collection that only some members see.

        Parameters
        ----------
        alias
            Its short name.
        member
            Who may read and write it.
        tlp
            Strictest label it takes.
        db
            The hub's database.
        """
        hub = _open()
        identifier = hub.open_circle(hub.Hub.open(db), alias, alias, tlp, member)
        say(f"{alias} is collection {identifier}")

    @app.command(name="journal")
    def journal_command(*, db: str = _DB) -> None:
        """Print the hub's log of every read and write, verified entry by entry.

        Parameters
        ----------
        db
            The hub's database.
        """
        hub = _open()
        last = None
        for last in hub.journal_entries(hub.Hub.open(db)):
            say(f"{last.n} {last.time} {json.dumps(last.body)}")
        say(f"the chain holds; its head is {last.hash}" if last else "nothing is in it yet")


def _tls(hub: Any, certificate: Path | None, key: Path | None, client_ca: Path | None) -> Any:
    if certificate is None and key is None and client_ca is None:
        return None
    if certificate is None or key is None:
        raise BadSetting("TLS needs the certificate and its key", where="--tls-certificate, --tls-key")
    return hub.Tls(certificate, key, client_ca)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"the file cannot be read: {error}", where=str(path)) from error
