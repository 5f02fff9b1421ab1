"""``stillwatch console``: web pages over runs, for people to look, understand and decide; and who may come in."""

# ruff: noqa: PLC0415 - a server is optional, and no --help waits for it

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.options import Licences, ListenHost, ListenPort, TlsKey
from stillwatch.cli.screen import progress, say
from stillwatch.core import BadSetting, MissingDependency

if TYPE_CHECKING:
    from stillwatch.console import Tls

__all__ = ["console_app"]

_STATE = Path("console-state")
_needs_console = MissingDependency.explained("the console", "console")

State = Annotated[Path, Parameter(help="The console's own folder: people, sessions, claims, comments, its log.")]
Role = Literal["viewer", "analyst", "approver", "admin"]

console_app = cyclopts.App(name="console")
user_app = cyclopts.App(name="user", help="Who may come into the console.")
console_app.command(user_app)


@console_app.default
@_needs_console
def console_command(
    runs: Path | None = None,
    /,
    *,
    demo: bool = False,
    host: ListenHost = "127.0.0.1",
    port: ListenPort = 8400,
    url: str | None = None,
    state: State = _STATE,
    log: Path | None = None,
    policy: Path | None = None,
    licences: Licences = None,
    alliance: Path | None = None,
    gateway: Path | None = None,
    oidc: Path | None = None,
    one_person: bool = False,
    trusted_proxy: tuple[str, ...] = (),
    tls_certificate: Path | None = None,
    tls_key: TlsKey = None,
) -> None:
    """Serve the console over a run, or over a folder of runs.

    Parameters
    ----------
    runs
        A run's folder, or a folder of runs.
    demo
        Simulate a small provider's week, scan and decide it, and show that.
    url
        The console's address as browsers see it, where a proxy with TLS stands in front.
    log
        The decision log; without it, decisions.jsonl in the console's own folder.
    policy
        The policy that runs are held to; without one, that which comes with Stillwatch.
    alliance
        The file of a member of an alliance, as stillwatch alliance enrol makes it: what was shared, what came in.
    gateway
        The folder of a gateway's record (stillwatch gateway serve --record): what it does, or in shadow mode would do.
    oidc
        The file that names an OpenID Connect provider, and which of its groups have which role.
    one_person
        One person may approve alone.
    trusted_proxy
        The address or network of a proxy in front, whose X-Forwarded-For says where a request comes from; without it,
        whoever guesses passwords keeps everybody out who comes through the same proxy.
    tls_certificate
        The console's certificate, PEM.
    """
    from stillwatch import console

    if (runs is None) == (not demo):
        raise BadSetting("a run is shown, or a demonstration", where="console", hint="give a run's folder, or --demo")
    tls = _tls(tls_certificate, tls_key)
    if tls is None and host not in ("127.0.0.1", "::1", "localhost"):
        raise BadSetting(
            "passwords would cross the network in the clear",
            where=f"--host {host}",
            hint="give --tls-certificate and --tls-key, or listen on 127.0.0.1 behind a proxy with TLS, and --url",
        )
    public = url or (f"https://{host}:{port}" if tls else None)
    if runs is None:
        _demonstrate(host, port)
        return
    places = console.Places(
        runs,
        state,
        log,
        policy,
        licences,
        not one_person,
        public,
        alliance,
        oidc,
        gateway,
        trusted_proxies=trusted_proxy,
    )
    opened = console.Console(places)
    if oidc is None and not opened.people.everyone():
        say("Nobody can come in yet. Make the first admin: stillwatch console user add NAME --role admin")
    console.serve(opened, host=host, port=port, tls=tls, ready=lambda at: say(f"the console listens at {url or at}/"))


@user_app.command(name="add")
@_needs_console
def user_add_command(
    name: str, /, *, role: Role = "analyst", state: State = _STATE, url: str = "http://127.0.0.1:8400"
) -> None:
    """Let somebody in, and print a link that works once; again, to give them another.

    Parameters
    ----------
    name
        Small letters, digits, dots, hyphens; it stands in every log.
    role
        viewer looks, analyst assesses, approver approves, admin lets people in.
    url
        The console's address, for the link.
    """
    from stillwatch import console

    token = console.People(console.Database(state / "console.db")).invite(name, role)
    say(f"{url.rstrip('/')}/welcome/{token}")
    say(f"The link works once, for 24 hours, and lets {name} in as {role}.")


def _demonstrate(host: str, port: int) -> None:
    from stillwatch import console
    from stillwatch.console.demo import make_demo

    with tempfile.TemporaryDirectory(prefix="stillwatch-console-") as folder:
        with progress() as bars:
            bars.start("simulating, scanning and deciding a small week")
            places = make_demo(Path(folder))
        opened = console.Console(places)
        links = {name: opened.people.invite(name, role, direct=True) for name, role in _DEMO_PEOPLE.items()}

        def ready(at: str) -> None:
            say("Come in as either, each in a browser window of its own (one of them private):")
            for name, token in links.items():
                say(f"  {_DEMO_PEOPLE[name]:8}  {at}/welcome/{token}")

        console.serve(opened, host=host, port=port, ready=ready)


_DEMO_PEOPLE: dict[str, Role] = {"ana": "analyst", "bo": "admin"}


def _tls(certificate: Path | None, key: Path | None) -> Tls | None:
    from stillwatch.console import Tls

    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise BadSetting("TLS needs the certificate and its key", where="--tls-certificate, --tls-key")
    return Tls(certificate, key)
