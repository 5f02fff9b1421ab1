"""Who a member is, kept in its own file: name, hub, and where its credentials lie; never the token itself."""

from __future__ import annotations

from pathlib import Path

from stillwatch.alliance.member.client import Client, Credentials, hub_url
from stillwatch.alliance.member.publishing import Membership
from stillwatch.alliance.store import Store
from stillwatch.core import BadSetting, EndpointFailed, UnreadableInput
from stillwatch.core.secret_files import read_secret

__all__ = ["enrol", "membership"]

_FILES = ("token_file", "certificate", "key", "authority")
_ENROL = "stillwatch alliance enrol NAME --hub URL --token-file FILE"


def enrol(
    state: Path,
    name: str,
    hub: str,
    *,
    token_file: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    authority: Path | None = None,
    ask: bool = True,
) -> None:
    """Keep who the member is, once the hub has answered it as that; paths are kept as absolute ones.

    Args:
        state: the member's file, made when missing.
        name: the member's, as the hub knows it.
        hub: its URL.
        token_file, certificate, key, authority: files of its credentials.
        ask: whether the hub is asked first; a hub that is not up yet cannot be.

    Raises:
        BadSetting: neither a token nor a certificate is named, or the hub knows whoever has it by another name.
        UnreadableInput: the token cannot be read.
        EndpointFailed: the hub refuses or does not answer; nothing is kept then.
        OutputUnwritable: the file cannot be written.
    """
    hub_url(hub)
    if token_file is None and certificate is None:
        raise BadSetting("the hub must know who asks", where="--token-file", hint="give it, or --certificate and --key")
    files = dict(zip(_FILES, (token_file, certificate, key, authority), strict=True))
    if ask:
        token = _token(token_file) if token_file else None
        _try(hub, name, Credentials(token, None, certificate, key, authority))
    told: dict[str, str | None] = {label: str(path.absolute()) if path else None for label, path in files.items()}
    Store(state).remember({"name": name, "hub": hub.rstrip("/"), **told})


def _try(hub: str, name: str, credentials: Credentials) -> None:
    """Ask the hub once, as the member will."""
    with Client(hub, credentials) as client:
        try:
            known_as = client.listing().member
        except EndpointFailed as error:
            hint = "nobody was enrolled: is the URL the hub's, does it run, is the token or certificate this member's?"
            raise EndpointFailed(error.problem, where=error.where, hint=hint) from error
    if known_as not in (None, name):
        raise BadSetting(
            f"the hub knows whoever has this token or certificate as {known_as!r}",
            where=f"NAME {name!r}",
            hint="what one publishes in another's name is refused; enrol under that name, or with the other's token",
        )


def _token(path: Path) -> str:
    return read_secret(path, "token", hint=_ENROL)


def membership(state: Path) -> Membership:
    """The member whose file this is.

    Raises:
        UnreadableInput: there is no file, nobody is enrolled in it, or the token cannot be read.
    """
    told = Store(state).settings() if state.is_file() else {}
    if "name" not in told or "hub" not in told:
        raise UnreadableInput("nobody is enrolled here", where=str(state), hint=_ENROL)
    hub_url(told["hub"])
    paths = {label: Path(told[label]) for label in _FILES if label in told}
    token = _token(paths["token_file"]) if "token_file" in paths else None
    credentials = Credentials(token, None, paths.get("certificate"), paths.get("key"), paths.get("authority"))
    return Membership(told["name"], told["hub"], state, credentials)
