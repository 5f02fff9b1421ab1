"""Objects in the database: taken in one by one, read in pages in the order in which they came.

``added`` is a moment that no two objects of a hub share, so that a page can end anywhere and nothing is skipped.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from stillwatch.alliance.hub.database import MEMBERS, MOMENTS, OBJECTS, OWNERS
from stillwatch.alliance.hub.negotiation import Filters
from stillwatch.alliance.hub.quotas import Quota, add_usage, has_room
from stillwatch.alliance.hub.timestamps import now, parse_timestamp
from stillwatch.alliance.stix import (
    AUTHORED,
    FAR_AHEAD,
    LABELS,
    OBSERVABLES,
    is_derived,
    label_of_object,
    says_label,
    shared_objects,
)

__all__ = [
    "LARGEST",
    "OWNED_BY_ALL",
    "Refused",
    "Row",
    "before_removing",
    "examine",
    "last_added",
    "page_of",
    "remove",
    "seed",
    "take",
]

Row = sa.Row[Any]

LARGEST = 1_000_000
"""Characters of the longest object."""

OWNED_BY_ALL = "hub"
"""Owner of the objects that a hub holds from the start."""

_ID = re.compile(r"([a-z0-9-]{3,80})--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_LARGEST_PAGE = 8 * 1024 * 1024  # characters of the objects of one page, unless one alone is longer
_LONGER_BACK = 1_000  # characters by which a revocation may be longer than what it takes back, whatever the quota
_DEEPEST = 50
_FAR_AHEAD = FAR_AHEAD // timedelta(microseconds=1)


class Refused(ValueError):
    """An object is not taken in; the message says why."""


def last_added(connection: sa.Connection) -> int:
    """The moment of the object that came last, though it is gone: members ask for what came after it."""
    there = connection.execute(sa.select(sa.func.max(OBJECTS.c.added))).scalar()
    kept = connection.execute(sa.select(sa.func.max(MOMENTS.c.moment))).scalar()
    return max(int(there or 0), int(kept or 0))


def before_removing(connection: sa.Connection) -> None:
    """Keep the moment of the object that came last, which may be about to go."""
    last = last_added(connection)
    connection.execute(MOMENTS.delete())
    connection.execute(MOMENTS.insert().values(name="added", moment=last))


def seed(connection: sa.Connection, collection: str) -> None:
    """Put in what is the same for all members."""
    for one in shared_objects():
        label = label_of_object(one) or "clear"
        _insert(connection, collection, one, LABELS.index(label), OWNED_BY_ALL)
        if _owner_of(connection, one["id"]) is None:
            connection.execute(OWNERS.insert().values(id=one["id"], owner=OWNED_BY_ALL))


def examine(thing: object, ceiling: str) -> dict[str, Any]:
    """An object that may be taken in, as far as it alone can tell; needs no transaction.

    Args:
        thing: what was sent.
        ceiling: strictest label the collection takes.

    Raises:
        Refused: it is no object, or is marked too strictly or not at all.
    """
    known = _object(thing)
    _label(known, ceiling)
    return known


def take(
    connection: sa.Connection, collection: str, known: Mapping[str, Any], owner: str, identity: str, quota: Quota
) -> str:
    """Take an object in, or find that it is there already; its version as it was written.

    Args:
        connection: of a transaction.
        collection: where to.
        known: what ``examine`` gave.
        owner: the member who sends it.
        identity: STIX identifier of that member.
        quota: what the member may have there.

    Raises:
        Refused: it belongs to somebody else, contradicts what is there, or there is no room for it.
    """
    there = OBJECTS.c.collection == collection, OBJECTS.c.id == known["id"]
    last = connection.execute(sa.select(OBJECTS).where(*there).order_by(OBJECTS.c.version.desc()).limit(1)).first()
    version = _version(known)
    at_once = connection.execute(sa.select(OBJECTS.c.body).where(*there, OBJECTS.c.version == version)).scalar()
    standing: Any = json.loads(last.body) if last else None
    if standing == known or (at_once is not None and json.loads(at_once) == known):
        return _said_version(known)
    first = _owner_of(connection, known["id"])
    _own(known, [one for one in (last.owner if last else None, first) if one], owner, identity)
    _not_anothers_identity(connection, known["id"], owner)
    if at_once is not None:
        raise Refused("another object has this identifier and this version")
    if standing and standing.get("revoked") is True:
        raise Refused("it is revoked, and nothing follows a revocation")
    if not (last and _only_takes_back(known, last.body)) and not has_room(connection, owner, quota):
        raise Refused("its sender has no room left at this hub; delete what is no longer needed")
    tlp = LABELS.index(label_of_object(known) or "clear")
    add_usage(connection, owner, 1, _insert(connection, collection, known, tlp, owner))
    # Where an identifier follows from what the object is, who names the same address first does not own it.
    if first is None and not is_derived(known):
        connection.execute(OWNERS.insert().values(id=known["id"], owner=owner))
    return _said_version(known)


def _only_takes_back(thing: Mapping[str, Any], last: str) -> bool:
    """Whether it takes back what is there and is hardly longer: who has no room left can still do that."""
    return thing.get("revoked") is True and len(json.dumps(thing)) <= len(last) + _LONGER_BACK


def _object(thing: object) -> dict[str, Any]:
    if not isinstance(thing, dict):
        raise Refused("it is no object")
    identifier, kind = thing.get("id"), thing.get("type")
    match = _ID.fullmatch(identifier) if isinstance(identifier, str) else None
    if match is None or match[1] != kind:
        raise Refused("its id is no STIX identifier of its type")
    if kind == "bundle":
        raise Refused("a bundle is no object; send the objects in it")
    if kind == "marking-definition" and says_label(thing):
        raise Refused("TLP has its own marking definitions; refer to those")
    if thing.get("spec_version") != "2.1":
        raise Refused("its spec_version is not 2.1")
    for name in ("created", "modified"):
        if name in thing and parse_timestamp(thing[name]) is None:
            raise Refused(f"its {name} is no timestamp")
        if (parse_timestamp(thing.get(name)) or 0) > now() + _FAR_AHEAD:
            # Nothing could ever follow it, not even its being taken back.
            raise Refused(f"its {name} is too far ahead")
    if not isinstance(thing.get("revoked", False), bool):
        # Some readers would take it for taken back, and others not.
        raise Refused("its revoked is neither true nor false")
    if kind in OBSERVABLES and {"created", "modified", "revoked"} & set(thing):
        raise Refused("an observable has no versions: created, modified and revoked are not its properties")
    if kind in AUTHORED and not {"created", "modified"} <= thing.keys():
        # Nobody could be asked about it, and each sending would be a version of its own.
        raise Refused("it has no created, or no modified, as one of its type must")
    if _depth(thing) > _DEEPEST:
        raise Refused(f"it is nested deeper than {_DEEPEST}")
    try:
        length = len(json.dumps(thing, allow_nan=False))
    except ValueError as error:
        raise Refused("a number in it is none, or too long") from error
    if length > LARGEST:
        raise Refused(f"it is longer than {LARGEST} characters")
    return thing


def _depth(thing: object) -> int:
    """How deep an object is nested, counted to just beyond what is taken: readers' stacks are as deep as their own."""
    level: list[object] = [thing]
    for deep in range(_DEEPEST + 1):
        inner = [one for one in level if isinstance(one, (dict, list))]
        if not inner:
            return deep
        level = [one for held in inner for one in (held.values() if isinstance(held, dict) else held)]
    return _DEEPEST + 1


def _label(thing: Mapping[str, Any], ceiling: str) -> str:
    parts = thing.get("granular_markings", [])
    if not isinstance(parts, list) or not all(isinstance(one, Mapping) for one in parts):
        raise Refused("its granular_markings are none")
    # A part that is marked more strictly than the whole is in the object all the same.
    label = label_of_object(thing)
    if label is None and thing["type"] in ("marking-definition", "extension-definition"):
        label = "clear"
    if label is None:
        raise Refused("it bears no TLP marking")
    if LABELS.index(label) > LABELS.index(ceiling):
        raise Refused(f"it is marked TLP:{label.upper()}, and the collection takes up to TLP:{ceiling.upper()}")
    return label


def _own(thing: Mapping[str, Any], owners: Sequence[str], owner: str, identity: str) -> None:
    """A member speaks for itself alone: of its own objects, and in its own name."""
    if any(other != owner for other in owners):
        raise Refused("it belongs to another member")
    creator = thing.get("created_by_ref")
    if "created" in thing and thing["type"] not in ("identity", "marking-definition") and creator is None:
        raise Refused("it has no created_by_ref")
    if creator is not None and creator != identity:
        raise Refused("its created_by_ref is not the sender's identity")
    if thing["type"] == "identity" and creator is None and thing["id"] != identity:
        raise Refused("it is the identity of somebody else")


def _owner_of(connection: sa.Connection, identifier: str) -> str | None:
    """Who sent an object first, into whatever collection."""
    return connection.execute(sa.select(OWNERS.c.owner).where(OWNERS.c.id == identifier)).scalar()


def _not_anothers_identity(connection: sa.Connection, identifier: str, owner: str) -> None:
    """Members' identities have identifiers that anyone can work out: nobody takes another's before it does."""
    whose = connection.execute(sa.select(MEMBERS.c.name).where(MEMBERS.c.identity_id == identifier)).scalar()
    if whose not in (None, owner):
        raise Refused("it is the identity of somebody else")


def _version(thing: Mapping[str, Any]) -> int:
    # An object without versions of its own has the moment of its coming (section 3.5.1).
    said = parse_timestamp(thing.get("modified", thing.get("created")))
    return now() if said is None else said


def _said_version(thing: Mapping[str, Any]) -> str:
    return str(thing.get("modified", thing.get("created", "")))


def _insert(connection: sa.Connection, collection: str, thing: Mapping[str, Any], tlp: int, owner: str) -> int:
    """Put it in; the characters it takes."""
    body = json.dumps(thing)
    connection.execute(
        OBJECTS.insert().values(
            collection=collection,
            id=thing["id"],
            version=_version(thing),
            type=thing["type"],
            spec_version="2.1",
            tlp=tlp,
            added=max(now(), last_added(connection) + 1),
            owner=owner,
            body=body,
        )
    )
    return len(body)


def page_of(
    connection: sa.Connection,
    collection: str,
    clearance: int,
    filters: Filters,
    identifier: str | None = None,
    *,
    bodies: bool = False,
) -> tuple[list[Row], bool]:
    """A page in the order of coming, and whether more follows; with bodies it ends where they are too long.

    Args:
        connection: of a transaction.
        collection: which.
        clearance: place of the strictest label the reader may see.
        filters: what is asked for.
        identifier: of the one object that is asked for.
        bodies: whether the objects themselves are wanted; else ``body`` is their length.
    """
    columns = [column for column in OBJECTS.c if column.name != "body"]
    chosen = sa.select(*columns, sa.func.length(OBJECTS.c.body).label("body")).where(
        OBJECTS.c.collection == collection, OBJECTS.c.tlp <= clearance, OBJECTS.c.added > filters.after
    )
    for column, allowed in ((OBJECTS.c.id, filters.ids), (OBJECTS.c.type, filters.types)):
        if allowed is not None:
            chosen = chosen.where(column.in_(sorted(allowed)))
    if filters.specs is not None:
        chosen = chosen.where(OBJECTS.c.spec_version.in_(sorted(filters.specs)))
    if identifier is not None:
        chosen = chosen.where(OBJECTS.c.id == identifier)
    if "all" not in filters.versions:
        chosen = chosen.where(_of_version(filters, clearance))
    rows = connection.execute(chosen.order_by(OBJECTS.c.added).limit(filters.limit + 1)).all()
    count = min(len(rows), filters.limit)
    if bodies and count:
        ends = itertools.accumulate(row.body for row in rows[:count])
        count = max(1, sum(end <= _LARGEST_PAGE for end in ends))
    page: list[Any] = list(rows[:count])
    if bodies and page:
        these = OBJECTS.c.added.in_([row.added for row in page])
        page = list(connection.execute(sa.select(OBJECTS).where(these).order_by(OBJECTS.c.added)).all())
    return page, len(rows) > count


def _of_version(filters: Filters, clearance: int) -> sa.ColumnElement[bool]:
    other = OBJECTS.alias()
    same = sa.and_(other.c.collection == OBJECTS.c.collection, other.c.id == OBJECTS.c.id, other.c.tlp <= clearance)
    wanted: list[sa.ColumnElement[bool]] = []
    for name, edge in (("last", sa.func.max), ("first", sa.func.min)):
        if name in filters.versions:
            wanted.append(OBJECTS.c.version == sa.select(edge(other.c.version)).where(same).scalar_subquery())
    moments = sorted(version for version in filters.versions if isinstance(version, int))
    if moments:
        wanted.append(OBJECTS.c.version.in_(moments))
    return sa.or_(*wanted)


def remove(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Remove these rows, of a page without bodies."""
    before_removing(connection)
    for row in rows:
        connection.execute(
            OBJECTS.delete().where(
                OBJECTS.c.collection == row.collection, OBJECTS.c.id == row.id, OBJECTS.c.version == row.version
            )
        )
        add_usage(connection, row.owner, -1, -row.body)
