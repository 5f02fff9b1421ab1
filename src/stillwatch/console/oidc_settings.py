"""The file that says which OpenID Connect provider lets people in, and as what."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
import yaml

from stillwatch.console.people import ROLES
from stillwatch.core import BadSetting, said_by
from stillwatch.core.small_files import read_small

__all__ = ["LOOPBACK", "NotLetIn", "OidcSettings", "read_oidc"]

_VARIABLE = "STILLWATCH_OIDC_SECRET"
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Role = Literal["viewer", "analyst", "approver", "admin"]


class NotLetIn(Exception):
    """The provider, or what came back, lets nobody in.

    Args:
        said: to the person.
        told: to whoever reads the log.
    """

    def __init__(self, said: str, told: str) -> None:
        super().__init__(told)
        self.said, self.told = said, told


class OidcSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A provider.

    Attributes:
        issuer: its address, letter for letter as it calls itself.
        client_id: what it calls this console.
        client_secret_file: holds the secret that it gave; without one, the variable STILLWATCH_OIDC_SECRET, else none.
        roles: by role, the groups that have it.
        role_claim: the claim that holds a person's groups; dots lead into a claim.
        name_claim: the claim that holds what a person is called here, and in every log.
        scopes: what is asked for.
        label: what the button says.
        passwords: whether local passwords let people in beside it.
    """

    issuer: Text
    client_id: Text
    roles: dict[Role, list[Text]]
    client_secret_file: Text | None = None
    role_claim: Text = "groups"
    name_claim: Text = "preferred_username"
    scopes: tuple[Text, ...] = ("openid", "profile", "email")
    label: Text = "Sign in with your organisation"
    passwords: bool = True

    def secret(self) -> str:
        """The client's secret; empty for a client without one.

        Raises:
            BadSetting: its file cannot be read, or is empty.
        """
        if self.client_secret_file is None:
            return os.environ.get(_VARIABLE, "")
        try:
            found = read_small(Path(self.client_secret_file)).decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"the secret cannot be read: {said_by(error)}", where=self.client_secret_file) from error
        if not found:
            raise BadSetting("the file holds no secret", where=self.client_secret_file)
        return found

    def claim(self, claims: Mapping[str, Any], name: str) -> Any:
        """A claim; where none has that name, dots lead into others. None where there is none."""
        found: Any = claims
        for part in [name] if name in claims else name.split("."):
            if not isinstance(found, Mapping):
                return None
            found = found.get(part)
        return found

    def role_of(self, claims: Mapping[str, Any]) -> str | None:
        """The highest role that one of the person's groups has."""
        held = self.claim(claims, self.role_claim)
        several = held if isinstance(held, list) else [held]
        groups = {one for one in several if isinstance(one, str)}
        return next((role for role in reversed(ROLES) if groups & set(self.roles.get(role, ()))), None)  # type: ignore[call-overload]


def read_oidc(path: Path) -> OidcSettings:
    """Read the file, and see that what it names is there.

    Raises:
        BadSetting: it cannot be read, or says what cannot be.
    """
    try:
        told = yaml.safe_load(read_small(path).decode())
        settings = msgspec.convert(told, OidcSettings)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, msgspec.ValidationError) as error:
        raise BadSetting(
            f"says nothing that can be used: {' '.join(str(error).split())}",
            where=str(path),
            hint="issuer, client_id and roles are needed; docs/howto/use-the-console.md has an example",
        ) from error
    parts = urlsplit(settings.issuer)
    if parts.query or parts.fragment or not parts.hostname or parts.username:
        raise BadSetting("issuer is no address of a provider", where=f"{path}: {settings.issuer}")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise BadSetting("the issuer is reached without TLS", where=f"{path}: {settings.issuer}", hint="give https://")
    if "openid" not in settings.scopes:
        raise BadSetting("scopes lack openid", where=str(path))
    if not any(settings.roles.values()):
        raise BadSetting("no group has a role, so nobody could come in", where=str(path), hint="give roles groups")
    if settings.client_secret_file is not None:
        whole = str(path.parent / settings.client_secret_file)
        settings = msgspec.structs.replace(settings, client_secret_file=whole)
        settings.secret()
    return settings
