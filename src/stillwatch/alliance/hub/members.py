"""Who may come in: members, their tokens and certificates, and the dependency that tells a request's member.

A token is 256 random bits, shown once and kept as its SHA-256 alone: long random secrets need no slow hash. A member
with a certificate on record comes in by that certificate only (mTLS); a stolen token then opens nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, Request

from stillwatch.alliance.hub.attempts import Attempts
from stillwatch.alliance.hub.database import ACCESS, COLLECTIONS, MEMBERS, OBJECTS, OWNERS, Hub, operated
from stillwatch.alliance.hub.journal import record
from stillwatch.alliance.hub.problems import Problem
from stillwatch.alliance.hub.quotas import add_usage
from stillwatch.alliance.hub.storage import before_removing
from stillwatch.alliance.stix import LABELS, identity_id
from stillwatch.core import BadSetting

__all__ = ["CurrentMember", "Member", "admit", "authenticated", "certificate_sha256", "expel", "in_the_name_of"]

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
_ASK = {"WWW-Authenticate": 'Bearer realm="alliance"'}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the alliance.

    Attributes:
        name: what other members know it by.
        identity_id: of its STIX identity; what it publishes is ``created_by_ref`` this.
        clearance: the highest TLP label it may read.
        certificate_sha256, token_sha256: by which of the two it came in.
    """

    name: str
    identity_id: str
    clearance: str
    certificate_sha256: str | None = field(default=None, repr=False)
    token_sha256: str | None = field(default=None, repr=False)

    @property
    def reads_up_to(self) -> int:
        """The clearance's place in the order of TLP."""
        return LABELS.index(self.clearance)

    @property
    def stands(self) -> sa.ColumnElement[bool]:
        """Of a row of members: that it is active, and lets in whoever came in so."""
        active: sa.ColumnElement[bool] = MEMBERS.c.active.is_(True)
        if self.certificate_sha256:
            return active & (MEMBERS.c.certificate_sha256 == self.certificate_sha256)
        return active & (MEMBERS.c.token_sha256 == self.token_sha256) & MEMBERS.c.certificate_sha256.is_(None)


@operated()
def admit(
    hub: Hub, name: str, *, clearance: str = "amber", certificate: str | None = None, observer: bool = False
) -> str:
    """Let a member in, or give one a new token; returns the token, which is kept nowhere.

    Args:
        hub: opened.
        name: small letters, digits, dots and hyphens.
        clearance: highest TLP label it may read and write.
        certificate: its client certificate in PEM, where it shall come in by that alone.
        observer: whether it may only read.

    Raises:
        BadSetting: the name, the label or the certificate is none.
    """
    if not _NAME.fullmatch(name):
        raise BadSetting(f"no name for a member: {name!r}", where="NAME", hint="small letters, digits, dots, hyphens")
    if clearance not in LABELS or clearance == "red":
        raise BadSetting(f"no clearance: {clearance!r}", where="--clearance", hint=f"one of {', '.join(LABELS[:-1])}")
    token = secrets.token_urlsafe(32)
    values = {
        "identity_id": identity_id(name),
        "clearance": clearance,
        "token_sha256": _sha256(token),
        "certificate_sha256": certificate_sha256(certificate) if certificate else None,
        "active": True,
    }
    with hub.transaction() as connection:
        known = connection.execute(sa.select(MEMBERS).where(MEMBERS.c.name == name)).first()
        if known:
            connection.execute(MEMBERS.update().where(MEMBERS.c.name == name).values(**values))
        else:
            connection.execute(MEMBERS.insert().values(name=name, **values))
        _open_doors(connection, name, clearance, observer)
        _give_identity(connection, name, values["identity_id"])
        record(connection, {"action": "admit", "member": name, "clearance": clearance, "observer": observer})
    return token


def _open_doors(connection: sa.Connection, name: str, clearance: str, observer: bool) -> None:
    """Give access to the collections that every member of a clearance has; circles are left as they are."""
    rows = connection.execute(
        sa.select(COLLECTIONS.c.id, COLLECTIONS.c.alias).where(COLLECTIONS.c.alias.in_(LABELS))
    ).all()
    for row in rows:
        connection.execute(ACCESS.delete().where(ACCESS.c.member == name, ACCESS.c.collection == row.id))
        if LABELS.index(row.alias) <= LABELS.index(clearance):
            connection.execute(
                ACCESS.insert().values(member=name, collection=row.id, can_read=True, can_write=not observer)
            )


def _give_identity(connection: sa.Connection, name: str, identity: object) -> None:
    """A member's identity is its own from the start; what anybody put under that identifier before goes."""
    before_removing(connection)
    rows = connection.execute(sa.select(OBJECTS).where(OBJECTS.c.id == identity, OBJECTS.c.owner != name)).all()
    for row in rows:
        add_usage(connection, row.owner, -1, -len(row.body))
    connection.execute(OBJECTS.delete().where(OBJECTS.c.id == identity, OBJECTS.c.owner != name))
    connection.execute(OWNERS.delete().where(OWNERS.c.id == identity))
    connection.execute(OWNERS.insert().values(id=identity, owner=name))


@operated()
def expel(hub: Hub, name: str) -> None:
    """Shut a member out; what it published stays, and so does its line in the log.

    Raises:
        BadSetting: there is no such member.
    """
    with hub.transaction() as connection:
        done = connection.execute(
            MEMBERS.update().where(MEMBERS.c.name == name).values(active=False, token_sha256=None)
        )
        if not done.rowcount:
            raise BadSetting(f"there is no member {name!r}", where="NAME")
        record(connection, {"action": "expel", "member": name})


def certificate_sha256(pem: str) -> str:
    """The fingerprint of a certificate: SHA-256 of its DER bytes, in hex.

    Raises:
        BadSetting: it is no PEM.
    """
    try:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.strip())).hexdigest()
    except (ValueError, binascii.Error) as error:
        raise BadSetting(f"no certificate in PEM: {error}", where="--certificate") from error


def authenticated(request: Request) -> Member:
    """The member a request comes from; depend on it in every route.

    Understands ``Authorization: Bearer TOKEN``, ``Token TOKEN`` and ``Basic`` with the token as password, which is
    all that some clients can send, and a client certificate where the server asks for them.

    Raises:
        Problem: 400, it says twice who it is; 401, the member is not known; 429, nor were too many others from there,
            or it asks too much.
    """
    hub: Hub = request.app.state.hub
    attempts: Attempts = request.app.state.attempts
    attempts.settle()
    given = request.headers.getlist("authorization")
    if len(given) > 1:
        # What stands before the hub may have gone by the other.
        raise Problem(400, "more than one credential", "send one Authorization")
    certificate = request.scope.get("state", {}).get("client_certificate_sha256")
    token = None if certificate else _token("".join(given))
    if not certificate and not token:
        attempts.fail(_address(request), "no credential", slowed=False)
        raise Problem(401, "who asks?", "send Authorization: Bearer TOKEN, or a client certificate", _ASK)
    asking = Member("", "", "", certificate, _sha256(token) if token else None)
    with hub.reading() as connection:
        row = connection.execute(sa.select(MEMBERS).where(asking.stands)).first()
    if row is None:
        wait = attempts.fail(_address(request), "unknown certificate" if certificate else "unknown token")
        if wait:
            again = {"Retry-After": str(wait)}
            raise Problem(429, "too many attempts failed", f"from there; the next may come in {wait} s", again)
        raise _nobody()
    request.app.state.traffic.ask(row.name, request.scope.get("state", {}).get("connection"))
    return Member(row.name, row.identity_id, row.clearance, asking.certificate_sha256, asking.token_sha256)


@contextmanager
def in_the_name_of(hub: Hub, member: Member) -> Iterator[sa.Connection]:
    """A transaction for a member that it still is: a request may come for minutes after its first line.

    Raises:
        Problem: 401, it was shut out meanwhile, or has another token.
    """
    with hub.transaction() as connection:
        if connection.execute(sa.select(MEMBERS.c.name).where(member.stands)).scalar() != member.name:
            raise _nobody()
        yield connection


def _nobody() -> Problem:
    return Problem(401, "no member has this token or certificate", "ask the hub's operator for another", _ASK)


CurrentMember = Annotated[Member, Depends(authenticated)]
"""The member a request comes from, as a parameter's type."""


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


def _token(header: str) -> str | None:
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() in ("bearer", "token"):
        return value.strip() or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2] or None
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
