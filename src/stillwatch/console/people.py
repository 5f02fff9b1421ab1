"""Who may come in and as what: names, roles, passwords (argon2id), one-time links, and brakes on guessing.

A role holds the rights of those before it in ``ROLES``. Nobody has a password that they did not choose: whoever is
added gets a link that works once. Names are what stands in the logs, so they are never given to another.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from stillwatch.console.client_address import braked_as
from stillwatch.console.database import Database
from stillwatch.core import BadSetting

__all__ = ["ROLES", "People", "Person", "TooManyTries", "may"]

ROLES = ("viewer", "analyst", "approver", "admin")
"""Weakest first."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_NAME_OF_A_PROVIDER = re.compile(r"[a-z0-9][a-z0-9._+@-]{0,79}")
_LINK_HOURS = 24
_SHORTEST = 12
_LONGEST = 256
_WINDOW_SECONDS = 900
_MOST_BY_NAME_AND_ADDRESS = 5
_MOST_BY_NAME = 60
"""From all addresses: whoever guesses at one keeps nobody out who comes from another."""
_MOST_BY_ADDRESS = 30


class TooManyTries(Exception):
    """Somebody guesses passwords: no further one is looked at for a while.

    Attributes:
        first: whether nobody was told so of this name or address yet, in this while.
    """

    def __init__(self, *, first: bool) -> None:
        super().__init__()
        self.first = first


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in."""

    name: str
    role: str

    def may(self, role: str) -> bool:
        """Whether this person has the rights of the role."""
        return may(self.role, role)


def may(role: str, needed: str) -> bool:
    """Whether a role has the rights of another."""
    return ROLES.index(role) >= ROLES.index(needed)


class People:
    """The people of one console.

    Args:
        database: the console's.
        hasher: of passwords; argon2id with 64 MB and three passes.
    """

    def __init__(self, database: Database, hasher: PasswordHasher | None = None) -> None:
        self._database = database
        self._hasher = hasher or PasswordHasher()
        # Each hash takes 64 MB for a moment: many at once must not take all there is.
        self._turn = threading.Semaphore(2)

    @cached_property
    def _nobody(self) -> str:
        """What a password is held against where there is nobody of that name."""
        return self._hasher.hash(secrets.token_hex())

    def everyone(self) -> list[dict[str, object]]:
        """Names with roles, whether they are shut out, whether they ever came in, and by which provider."""
        rows = self._database.rows(
            "SELECT name, role, shut, password IS NOT NULL AS came, issuer FROM people "
            "LEFT JOIN identities USING (name) ORDER BY shut, name"
        )
        return [dict(row) for row in rows]

    def find(self, name: str) -> Person | None:
        """The person of that name; None where there is none, or they are shut out."""
        for row in self._database.rows("SELECT name, role FROM people WHERE name = ? AND NOT shut", name):
            return Person(row["name"], row["role"])
        return None

    def invite(self, name: str, role: str, *, direct: bool = False) -> str:
        """Add somebody, or give them another role or a new way in; the token of a link that works once.

        Args:
            name: small letters, digits, dots, hyphens and underscores.
            role: one of ``ROLES``.
            direct: the link signs in by itself and asks for no password; for demonstrations.

        Raises:
            BadSetting: name or role is none, or no admin would be left.
        """
        if not _NAME.fullmatch(name):
            raise BadSetting(
                "is no name", where=repr(name), hint="small letters, digits, dots, hyphens; 40 characters at most"
            )
        if role not in ROLES:
            raise BadSetting("is no role", where=repr(role), hint=f"there are {', '.join(ROLES)}")
        token = secrets.token_urlsafe(24)
        with self._database.change() as connection:
            if connection.execute("SELECT 1 FROM identities WHERE name = ?", (name,)).fetchone():
                raise BadSetting("comes in by the provider, so a link is none of theirs", where=repr(name))
            had = _admins(connection)
            connection.execute(
                "INSERT INTO people (name, role) VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET role = excluded.role, shut = 0, password = NULL",
                (name, role),
            )
            if had and not _admins(connection):
                raise BadSetting("no admin would be left", where=repr(name), hint="make somebody else one first")
            connection.execute("DELETE FROM sessions WHERE name = ?", (name,))
            connection.execute("DELETE FROM links WHERE name = ?", (name,))
            connection.execute(
                "INSERT INTO links VALUES (?, ?, ?, ?)", (_hash(token), name, time.time() + 3600 * _LINK_HOURS, direct)
            )
        return token

    def change_role(self, name: str, role: str) -> None:
        """Give somebody another role, at once.

        Raises:
            BadSetting: there is nobody of that name, no such role, or no admin would be left.
        """
        if role not in ROLES:
            raise BadSetting("is no role", where=repr(role))
        self._alter("UPDATE people SET role = ? WHERE name = ?", (role, name), name)

    def shut_out(self, name: str) -> None:
        """End somebody's sessions and let them in no more.

        Raises:
            BadSetting: there is nobody of that name, or no admin would be left.
        """
        self._alter("UPDATE people SET shut = 1, password = NULL WHERE name = ?", (name,), name)

    def let_in_again(self, name: str) -> None:
        """Let somebody whom a provider lets in, and who was shut out here, come in again.

        Raises:
            BadSetting: there is nobody of that name.
        """
        self._alter("UPDATE people SET shut = 0 WHERE name = ?", (name,), name)

    def _alter(self, sql: str, values: tuple[str, ...], name: str) -> None:
        with self._database.change() as connection:
            if connection.execute(sql, values).rowcount != 1:
                raise BadSetting("there is nobody of that name", where=repr(name))
            if not _admins(connection):
                raise BadSetting("no admin would be left", where=repr(name), hint="make somebody else one first")
            connection.execute("DELETE FROM sessions WHERE name = ?", (name,))
            connection.execute("DELETE FROM links WHERE name = ?", (name,))

    def of_link(self, token: str) -> tuple[str, bool] | None:
        """Whose link it is, and whether it signs in by itself; None where it was used, ended, or is none."""
        for row in self._database.rows(
            "SELECT name, direct FROM links WHERE hash = ? AND until > ?", _hash(token), time.time()
        ):
            return row["name"], bool(row["direct"])
        return None

    def use_link(self, token: str, password: str | None) -> Person | None:
        """Use a link up, with the password chosen; who came in, or None where it is no link any more.

        Raises:
            BadSetting: the password is too short, or is the name.
        """
        found = self.of_link(token)
        if found is None:
            return None
        name, direct = found
        if not direct:
            _check(name, password or "")
        with self._turn:
            hashed = None if direct else self._hasher.hash(password or "")
        with self._database.change() as connection:
            # Whoever deletes it has used it: of two at once, one.
            if connection.execute("DELETE FROM links WHERE hash = ?", (_hash(token),)).rowcount != 1:
                return None
            connection.execute("UPDATE people SET password = ? WHERE name = ?", (hashed, name))
        return self.find(name)

    def come_in(self, issuer: str, subject: str, name: str, role: str) -> Person:
        """Who a provider says has come, with the role that it gives them today.

        A name belongs to one person for good: it is never given to whom a provider calls as somebody here is called.

        Args:
            issuer, subject: who it is, as the provider knows them.
            name: what they are to be called when they come first.
            role: of ``ROLES``.

        Raises:
            BadSetting: they are shut out, or the name is none or somebody else's.
        """
        if role not in ROLES:
            raise BadSetting("is no role", where=repr(role))
        with self._database.change() as connection:
            sql = "SELECT name, shut FROM identities JOIN people USING (name) WHERE issuer = ? AND subject = ?"
            known = connection.execute(sql, (issuer, subject)).fetchone()
            if known is None:
                if not _NAME_OF_A_PROVIDER.fullmatch(name):
                    raise BadSetting("the provider gives no name that can be used here", where=repr(name[:80]))
                if connection.execute("SELECT 1 FROM people WHERE name = ?", (name,)).fetchone():
                    raise BadSetting("the name is somebody else's here", where=repr(name))
                connection.execute("INSERT INTO people (name, role) VALUES (?, ?)", (name, role))
                connection.execute("INSERT INTO identities VALUES (?, ?, ?)", (issuer, subject, name))
                return Person(name, role)
            if known["shut"]:
                raise BadSetting("was shut out here", where=repr(known["name"]))
            connection.execute("UPDATE people SET role = ? WHERE name = ?", (role, known["name"]))
            return Person(known["name"], role)

    def hold_back(self, address: str, *, on: str = "") -> None:
        """Count a try from an address; of several ways in, each for itself.

        Raises:
            TooManyTries: there were so many that none more is looked at.
        """
        self._count({f"{_from(address)}{on}": _MOST_BY_ADDRESS})

    def forgive(self, address: str) -> None:
        """Forget tries from an address that came to a good end."""
        self._forget(_from(address))

    def _forget(self, *keys: str) -> None:
        with self._database.change() as connection:
            connection.executemany("DELETE FROM attempts WHERE key = ?", [(key,) for key in keys])

    def _count(self, keys: Mapping[str, int]) -> None:
        now = time.time()
        with self._database.change() as connection:
            connection.execute("DELETE FROM attempts WHERE at < ?", (now - _WINDOW_SECONDS,))
            asked = "SELECT count(*) FROM attempts WHERE key = ?"
            tried = {key: connection.execute(asked, (key,)).fetchone()[0] for key in (*keys, *map(_told_of, keys))}
            full = next((key for key, most in keys.items() if tried[key] >= most), None)
            # Counted before it is looked at, so that many at once count too.
            counted = list(keys) if full is None else [] if tried[_told_of(full)] else [_told_of(full)]
            connection.executemany("INSERT INTO attempts VALUES (?, ?)", [(key, now) for key in counted])
        if full is not None:
            raise TooManyTries(first=bool(counted))

    def sign_in(self, name: str, password: str, address: str) -> Person | None:
        """The person, if the password is theirs.

        Raises:
            TooManyTries: so many failed for this name or from this address that none is looked at.
        """
        called, at = f"name {name}"[:80], _from(address)
        keys = {f"{called} {at}": _MOST_BY_NAME_AND_ADDRESS, called: _MOST_BY_NAME, at: _MOST_BY_ADDRESS}
        self._count(keys)
        rows = self._database.rows("SELECT name, role, password FROM people WHERE name = ? AND NOT shut", name)
        stored = rows[0]["password"] if rows else None
        if not self._verify(stored, password[:_LONGEST]):
            return None
        self._forget(*keys)
        return Person(rows[0]["name"], rows[0]["role"])

    def _verify(self, stored: str | None, password: str) -> bool:
        """Takes as long for a name that nobody has."""
        with self._turn:
            try:
                return self._hasher.verify(stored or self._nobody, password) and stored is not None
            except (VerificationError, InvalidHashError):
                return False


def _admins(connection: sqlite3.Connection) -> int:
    counted = connection.execute("SELECT count(*) FROM people WHERE role = 'admin' AND NOT shut").fetchone()
    return int(counted[0])


def _check(name: str, password: str) -> None:
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise BadSetting(f"a password has {_SHORTEST} characters at least", where="password")
    if name in password.casefold() and len(password) < len(name) + _SHORTEST:
        raise BadSetting("the password holds the name", where="password", hint="choose another")


def _from(address: str) -> str:
    return f"address {braked_as(address)}"


def _told_of(key: str) -> str:
    """Under what is counted that tries of a key were too many."""
    return f"told of {key}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
