"""The member's file: outbox, what was published, what was pulled, how far.

An object that is to leave is put into the outbox and into ``published`` in one transaction; it is marked sent when
the hub has said so. Whatever stands unsent after a crash is sent by the next command, and asked for first where it
was tried before.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch.alliance.stix import LABELS, label_of_object
from stillwatch.core import OutputUnwritable, UnreadableInput

__all__ = ["Parcel", "Store", "version_key"]

Thing = Mapping[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS published (
    hub TEXT, collection TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (hub, collection, id));
CREATE TABLE IF NOT EXISTS campaign (id TEXT PRIMARY KEY, accounts TEXT NOT NULL, live INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS lasting (name TEXT PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT, hub TEXT NOT NULL, collection TEXT NOT NULL, body TEXT NOT NULL,
    tried INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'waiting', said TEXT);
CREATE TABLE IF NOT EXISTS reached (hub TEXT, collection TEXT, added TEXT NOT NULL, PRIMARY KEY (hub, collection));
"""
_PULLED = """
CREATE TABLE IF NOT EXISTS pulled (
    id TEXT NOT NULL, creator TEXT NOT NULL, type TEXT NOT NULL, hub TEXT NOT NULL, collection TEXT NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (id, creator, hub));"""
_DEAD = """
CREATE TABLE IF NOT EXISTS dead_letter (
    n INTEGER PRIMARY KEY AUTOINCREMENT, hub TEXT NOT NULL, collection TEXT NOT NULL, id TEXT NOT NULL,
    why TEXT NOT NULL)"""
# Files of earlier versions kept one object an identifier, whoever spoke.
_BY_CREATOR = """
ALTER TABLE pulled RENAME TO pulled_before;
%s
INSERT INTO pulled SELECT id, coalesce(json_extract(body, '$.created_by_ref'), ''), type, hub, collection, body
    FROM pulled_before;
DROP TABLE pulled_before"""
_MOST_DEAD = 10_000
_FORMAT = "stillwatch-alliance/1"


@dataclass(frozen=True, slots=True)
class Parcel:
    """An object in the outbox: its number, where it goes, whether it was tried before."""

    n: int
    hub: str
    collection: str
    thing: dict[str, Any]
    tried: bool


@dataclass(frozen=True, slots=True)
class Store:
    """A member's file.

    Args:
        path: of the file; made by the first writing.
    """

    path: Path

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; all of it is on disk afterwards, or none.

        Raises:
            OutputUnwritable: the file cannot be written, or is none of this kind.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # It holds the key of all pseudonyms: nobody else may read it.
            self.path.touch(mode=0o600, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                self._prepare(connection)
                try:
                    yield connection
                except BaseException:
                    # Of some errors, such as a full disk, SQLite has made an end itself.
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise OutputUnwritable(
                f"the member's file cannot be written: {error}",
                where=str(self.path),
                hint="what stood there stands; once there is room and leave to write, run the command again",
            ) from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The file as it stands.

        Raises:
            UnreadableInput: it is not there, or is none of this kind.
        """
        hint = "stillwatch alliance pull writes one"
        if not self.path.is_file():
            raise UnreadableInput("there is no such file", where=str(self.path), hint=hint)
        try:
            # Not for reading alone: what a killed process left half written is put right by whoever reads next.
            with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
                found = connection.execute("SELECT value FROM setting WHERE name = 'format'").fetchone()
                if found is None or found[0] != _FORMAT:
                    raise UnreadableInput("it is no member's file", where=str(self.path), hint=hint)
                yield connection
        except sqlite3.Error as error:
            raise UnreadableInput(f"it is no member's file: {error}", where=str(self.path), hint=hint) from error

    def _prepare(self, connection: sqlite3.Connection) -> None:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(pulled)")}
        before = (_BY_CREATOR % _PULLED).split(";") if columns and "creator" not in columns else []
        for statement in (*before, *_TABLES.split(";"), _PULLED, _DEAD):
            connection.execute(statement)
        for name, value in (("format", _FORMAT), ("key", secrets.token_hex(32))):
            connection.execute("INSERT OR IGNORE INTO setting VALUES (?, ?)", (name, value))

    def key(self) -> bytes:
        """The secret from which this member's pseudonyms are made; made once, at first use."""
        with self.writing() as connection:
            (found,) = connection.execute("SELECT value FROM setting WHERE name = 'key'").fetchone()
        return bytes.fromhex(found)

    def remember(self, told: Mapping[str, str | None]) -> None:
        """Keep settings by name; None forgets one."""
        with self.writing() as connection:
            for name, value in told.items():
                if value is None:
                    connection.execute("DELETE FROM setting WHERE name = ?", (name,))
                else:
                    connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def settings(self) -> dict[str, str]:
        """What ``remember`` kept."""
        with self.reading() as connection:
            return dict(connection.execute("SELECT name, value FROM setting").fetchall())

    def published(self, hub: str, collection: str | None = None) -> dict[str, dict[str, Any]]:
        """What was last published of each object, by identifier, sent or still in the outbox."""
        with self.writing() as connection:
            rows = connection.execute(
                "SELECT id, body FROM published WHERE hub = ? AND collection = coalesce(?, collection)",
                (hub, collection),
            ).fetchall()
        return {identifier: json.loads(body) for identifier, body in rows}

    def campaigns(self) -> dict[str, set[str]]:
        """Pseudonyms of the accounts of each campaign that was published and not taken back."""
        with self.writing() as connection:
            rows = connection.execute("SELECT id, accounts FROM campaign WHERE live").fetchall()
        return {identifier: set(json.loads(accounts)) for identifier, accounts in rows}

    def lasting(self) -> dict[str, str]:
        """Under which identifier each campaign was published last, by the name that it has in its run."""
        with self.writing() as connection:
            return dict(connection.execute("SELECT name, id FROM lasting").fetchall())

    def approve(
        self,
        hub: str,
        collection: str,
        things: Sequence[Thing],
        *,
        campaign: str | None = None,
        accounts: Sequence[str] = (),
        live: bool = True,
        lasting: str | None = None,
    ) -> None:
        """Put objects into the outbox; from here on they leave, whatever happens.

        An object of which the very same version stands there or was sent already is left out.
        """
        with self.writing() as connection:
            for thing in things:
                body = json.dumps(thing, sort_keys=True)
                known = connection.execute(
                    "SELECT body FROM published WHERE hub = ? AND collection = ? AND id = ?",
                    (hub, collection, thing["id"]),
                ).fetchone()
                if known is not None and known[0] == body:
                    continue
                connection.execute(
                    "INSERT OR REPLACE INTO published VALUES (?, ?, ?, ?)", (hub, collection, thing["id"], body)
                )
                connection.execute(
                    "INSERT INTO outbox (hub, collection, body) VALUES (?, ?, ?)", (hub, collection, body)
                )
            if campaign is not None:
                connection.execute(
                    "INSERT OR REPLACE INTO campaign VALUES (?, ?, ?)",
                    (campaign, json.dumps(sorted(accounts)), int(live)),
                )
            if campaign is not None and lasting is not None:
                connection.execute("INSERT OR REPLACE INTO lasting VALUES (?, ?)", (lasting, campaign))

    def waiting(self, hub: str, most: int) -> list[Parcel]:
        """The next objects to send, first come first."""
        with self.writing() as connection:
            rows = connection.execute(
                "SELECT n, hub, collection, body, tried FROM outbox WHERE state = 'waiting' AND hub = ? "
                "ORDER BY n LIMIT ?",
                (hub, most),
            ).fetchall()
        return [
            Parcel(n, where, collection, json.loads(body), bool(tried)) for n, where, collection, body, tried in rows
        ]

    def refused(self, hub: str) -> list[tuple[str, str]]:
        """Identifiers of objects that the hub refused, and why; the last hundred."""
        with self.writing() as connection:
            rows = connection.execute(
                "SELECT body, said FROM outbox WHERE state = 'refused' AND hub = ? ORDER BY n DESC LIMIT 100", (hub,)
            ).fetchall()
        return [(json.loads(body)["id"], said) for body, said in rows]

    def trying(self, parcels: Sequence[Parcel]) -> None:
        """Say that these are about to be sent."""
        with self.writing() as connection:
            connection.executemany("UPDATE outbox SET tried = 1 WHERE n = ?", [(one.n,) for one in parcels])

    def settle(self, parcels: Sequence[Parcel], refused: Mapping[int, str]) -> None:
        """Say that the hub has taken these, but for those it refused with a reason.

        What was refused is no longer counted as published: a corrected version can be sent.
        """
        with self.writing() as connection:
            for one in parcels:
                said = refused.get(one.n)
                connection.execute(
                    "UPDATE outbox SET state = ?, said = ? WHERE n = ?", ("refused" if said else "sent", said, one.n)
                )
                if said:
                    connection.execute(
                        "DELETE FROM published WHERE hub = ? AND collection = ? AND id = ?",
                        (one.hub, one.collection, one.thing["id"]),
                    )

    def reached(self, hub: str, collection: str) -> str | None:
        """The moment up to which a collection was pulled, as the hub wrote it."""
        with self.writing() as connection:
            found = connection.execute(
                "SELECT added FROM reached WHERE hub = ? AND collection = ?", (hub, collection)
            ).fetchone()
        return str(found[0]) if found else None

    def keep(
        self,
        hub: str,
        collection: str,
        things: Sequence[Thing],
        added: str | None,
        dead: Sequence[tuple[str, str]] = (),
    ) -> list[Thing]:
        """Keep a page of what partners said, and how far it goes; those that are new or newer come back.

        An object is replaced only by a later version in the name of the same creator, from the same hub: who created
        it is that hub's word. Of two creators both are kept, and so are both of two hubs.
        A later version that is marked more mildly is held under the stricter marking still.

        Args:
            hub, collection: where they come from.
            things: of a form that can be kept (``fault_of``).
            added: how far the page goes.
            dead: identifiers of those that cannot be kept, and why.
        """
        fresh: list[Thing] = []
        with self.writing() as connection:
            for thing in things:
                key = (thing["id"], str(thing.get("created_by_ref", "")))
                known = connection.execute(
                    "SELECT body FROM pulled WHERE id = ? AND creator = ? AND hub = ?", (*key, hub)
                ).fetchone()
                old = json.loads(known[0]) if known is not None else {}
                if old and not _follows(thing, old):
                    continue
                connection.execute(
                    "INSERT OR REPLACE INTO pulled VALUES (?, ?, ?, ?, ?, ?)",
                    (*key, thing["type"], hub, collection, json.dumps(_no_milder(thing, old))),
                )
                fresh.append(thing)
            connection.executemany(
                "INSERT INTO dead_letter (hub, collection, id, why) VALUES (?, ?, ?, ?)",
                [(hub, collection, identifier, why) for identifier, why in dead],
            )
            connection.execute("DELETE FROM dead_letter WHERE n <= (SELECT max(n) FROM dead_letter) - ?", (_MOST_DEAD,))
            if added is not None:
                connection.execute("INSERT OR REPLACE INTO reached VALUES (?, ?, ?)", (hub, collection, added))
        return fresh

    def dead_letters(self) -> list[tuple[str, str]]:
        """Identifiers of objects that came and could not be kept, and why; the latest last."""
        with self.writing() as connection:
            return connection.execute("SELECT id, why FROM dead_letter ORDER BY n").fetchall()

    def doubtful(self) -> set[str]:
        """Identifiers under which more than one creator speaks."""
        with self.writing() as connection:
            rows = connection.execute("SELECT id FROM pulled GROUP BY id HAVING count(DISTINCT creator) > 1").fetchall()
        return {identifier for (identifier,) in rows}

    def pulled(self, *types: str, hub: str | None = None) -> list[dict[str, Any]]:
        """What partners said, of these types, at one hub or at any."""
        marks = ", ".join("?" * len(types))
        chosen = f"SELECT body FROM pulled WHERE type IN ({marks}) AND hub = coalesce(?, hub) ORDER BY id"
        with self.reading() as connection:
            rows = connection.execute(chosen, (*types, hub)).fetchall()
        return [json.loads(body) for (body,) in rows]

    def hubs(self) -> list[str]:
        """Hubs from which anything was pulled."""
        with self.reading() as connection:
            return [hub for (hub,) in connection.execute("SELECT DISTINCT hub FROM pulled ORDER BY hub")]

    def retracted(self) -> int:
        """How many campaigns were taken back: one that comes again is another."""
        with self.writing() as connection:
            (count,) = connection.execute("SELECT count(*) FROM campaign WHERE NOT live").fetchone()
        return int(count)

    def find(self, identifier: str) -> dict[str, Any] | None:
        """An object that was pulled or published; of several creators' the one that is marked most strictly."""
        found = self._strictest(identifier)
        return found[2] if found else None

    def _strictest(self, identifier: str) -> tuple[str, str, dict[str, Any]] | None:
        with self.writing() as connection:
            rows = connection.execute(
                "SELECT hub, collection, body FROM pulled WHERE id = ? UNION ALL "
                "SELECT hub, collection, body FROM published WHERE id = ?",
                (identifier, identifier),
            ).fetchall()
        found = [(hub, collection, json.loads(body)) for hub, collection, body in rows]
        return max(found, key=lambda row: _strictness(row[2]), default=None)

    def own(self) -> list[dict[str, Any]]:
        """All that was published, sent or still in the outbox."""
        with self.reading() as connection:
            rows = connection.execute("SELECT body FROM published ORDER BY id").fetchall()
        return [json.loads(body) for (body,) in rows]

    def origin_of(self, identifier: str) -> tuple[str, str] | None:
        """Hub and collection of an object that was pulled or published."""
        found = self._strictest(identifier)
        return found[:2] if found else None


def _strictness(thing: Thing) -> int:
    label = label_of_object(thing)
    return LABELS.index(label) if label else -1


def _no_milder(thing: Thing, old: Thing) -> Thing:
    if _strictness(thing) >= _strictness(old):
        return thing
    marks = [*thing.get("object_marking_refs", ()), *old.get("object_marking_refs", ())]
    return {**thing, "object_marking_refs": marks}


def _follows(new: Thing, old: Thing) -> bool:
    if new.get("created_by_ref") != old.get("created_by_ref") or old.get("revoked") is True:
        return False
    return version_key(new) > version_key(old)


def version_key(thing: Thing) -> str:
    """By which versions of an object sort, however many digits their moments have."""
    whole, _, fraction = str(thing.get("modified", "")).removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<12}"
