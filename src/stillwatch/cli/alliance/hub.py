"""``stillwatch alliance``, what whoever runs a hub does: serve, admit, expel, circle, journal."""

# ruff: noqa: PLC0415 - a server and its database are optional

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING

import cyclopts

from stillwatch.cli.options import HUB_DATABASE, AsCsv, AsJson, HubDatabase, ListenHost, ListenPort, Several, TlsKey
from stillwatch.cli.screen import say
from stillwatch.cli.written import tell
from stillwatch.core import BadSetting, MissingDependency, UnreadableInput, said_by
from stillwatch.core.small_files import read_small

if TYPE_CHECKING:
    from stillwatch.alliance.hub import Tls

__all__ = ["hub_app"]

hub_app = cyclopts.App()
_needs_hub = MissingDependency.explained("a hub", "alliance")


@hub_app.command(name="serve")
@_needs_hub
def serve_command(
    *,
    db: str = HUB_DATABASE,
    host: ListenHost = "127.0.0.1",
    port: ListenPort = 8443,
    tls_certificate: Path | None = None,
    tls_key: TlsKey = None,
    client_ca: Path | None = None,
    quota_objects: int = 200_000,
    quota_megabytes: int = 500,
    quota_requests: int = 3_000,
) -> None:
    """Serve a hub: TAXII 2.1 over SQLite or PostgreSQL.

    Parameters
    ----------
    db
        File of an SQLite database, made when missing, or a URL such as postgresql://USER@HOST/NAME.
    tls_certificate
        The hub's certificate, PEM.
    client_ca
        Certificates that sign members' certificates (mTLS), PEM.
    quota_objects
        Versions of objects that a member may have at the hub.
    quota_megabytes
        Millions of characters of them.
    quota_requests
        Requests that a member may send in a minute.
    """
    from stillwatch.alliance import hub

    # Not after the database is opened: it makes the tables that are known by then.
    from stillwatch.rounds.relay import matching_router

    tls = _tls(tls_certificate, tls_key, client_ca)
    if tls is None and host not in ("127.0.0.1", "::1", "localhost"):
        raise BadSetting(
            "members' tokens would cross the network in the clear",
            where=f"--host {host}",
            hint="give --tls-certificate and --tls-key, or listen on 127.0.0.1 behind a proxy that has them",
        )
    opened = hub.Hub.open(db)
    hub.create_collections(opened)
    hub.serve(
        opened,
        host=host,
        port=port,
        tls=tls,
        routers=[matching_router()],
        ready=lambda url: say(f"the hub listens at {url}/taxii2/"),
        quota=hub.Quota(quota_objects, quota_megabytes * 1_000_000),
        pace=hub.Pace(requests=quota_requests),
    )


@hub_app.command(name="admit")
@_needs_hub
def admit_command(
    name: str,
    /,
    *,
    db: HubDatabase = HUB_DATABASE,
    clearance: str = "amber",
    observer: bool = False,
    certificate: Path | None = None,
) -> None:
    """Let a member in and print its token, which is kept nowhere; again, to give it another.

    Parameters
    ----------
    name
        The member's: small letters, digits, dots and hyphens.
    clearance
        Strictest TLP label it reads and writes: clear, green, amber or amber+strict.
    observer
        It may read and not write.
    certificate
        Its client certificate, PEM; it then comes in by that and by no token.
    """
    from stillwatch.alliance import hub

    opened = hub.Hub.open(db)
    hub.create_collections(opened)
    pem = _text(certificate) if certificate else None
    token = hub.admit(opened, name, clearance=clearance, observer=observer, certificate=pem)
    say(f"{name} comes in by its certificate" if certificate else token)


@hub_app.command(name="expel")
@_needs_hub
def expel_command(name: str, /, *, db: HubDatabase = HUB_DATABASE) -> None:
    """Shut a member out; what it published stays.

    Parameters
    ----------
    name
        The member's.
    """
    from stillwatch.alliance import hub

    hub.expel(hub.Hub.open(db), name)
    say(f"{name} is shut out")


@hub_app.command(name="circle")
@_needs_hub
def circle_command(
    alias: str,
    /,
    *,
    member: Several[list[str]],
    tlp: str = "amber+strict",
    db: HubDatabase = HUB_DATABASE,
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
    """
    from stillwatch.alliance import hub

    identifier = hub.open_circle(hub.Hub.open(db), alias, alias, tlp, member)
    say(f"{alias} is collection {identifier}")


@hub_app.command(name="journal")
@_needs_hub
def journal_command(
    *, db: HubDatabase = HUB_DATABASE, verify: Path | None = None, json: AsJson = False, csv: AsCsv = False
) -> None:
    """Print the hub's log of every read and write, verified entry by entry.

    Parameters
    ----------
    verify
        Print instead where the log parts from the heads that members kept: a file of lines "journal NUMBER HASH", as
        alliance list prints them.
    """
    from stillwatch.alliance import hub

    if verify is not None:
        _say_where_it_parts(db, verify)
        return
    if json or csv:
        entries = hub.journal_entries(hub.Hub.open(db))
        rows = [{"n": one.n, "time": one.time, "hash": one.hash, **one.body} for one in entries]
        tell(None, rows, json=json, csv=csv)
        return
    last = None
    for last in hub.journal_entries(hub.Hub.open(db)):
        say(f"{last.n} {last.time} {json_text.dumps(last.body)}")
    say(f"the chain holds; its head is {last.hash}" if last else "nothing is in it yet")


def _say_where_it_parts(db: str, path: Path) -> None:
    from stillwatch.alliance import hub

    try:
        words = [line.split() for line in read_small(path).decode().splitlines()]
        heads = sorted({(int(line[1]), line[2]) for line in words if len(line) == 3 and line[0] == "journal"})
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"no heads of a journal: {error}", where=str(path)) from error
    entries = {entry.n: entry.hash for entry in hub.journal_entries(hub.Hub.open(db))}
    whole = -1
    for n, kept in heads:
        if entries.get(n) != kept:
            begun = f"after entry {whole}" if whole >= 0 else "somewhere"
            say(
                f"the histories part {begun}, at entry {n} or before: {kept} was kept, {entries.get(n, 'none')} is here"
            )
            return
        whole = n
    say(f"{len(heads)} heads are of this journal; it has {len(entries)} entries")


def _tls(certificate: Path | None, key: Path | None, client_ca: Path | None) -> Tls | None:
    from stillwatch.alliance.hub import Tls

    if certificate is None and key is None and client_ca is None:
        return None
    if certificate is None or key is None:
        raise BadSetting("TLS needs the certificate and its key", where="--tls-certificate, --tls-key")
    return Tls(certificate, key, client_ca)


def _text(path: Path) -> str:
    try:
        return read_small(path).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"the file cannot be read: {said_by(error)}", where=str(path)) from error
