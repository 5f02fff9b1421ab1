"""Collections: one for each TLP label that may be shared through a hub, more for smaller circles, and who sees which.

A collection has a ceiling: nothing of a stricter label is taken into it. ``red`` is for named people alone and goes
through no hub. A collection that a member may neither read nor write does not exist for that member.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from stillwatch.alliance.hub.database import ACCESS, COLLECTIONS, MEMBERS, OBJECTS, Hub, operated
from stillwatch.alliance.hub.journal import record
from stillwatch.alliance.hub.members import Member
from stillwatch.alliance.hub.problems import Problem
from stillwatch.alliance.hub.storage import OWNED_BY_ALL, seed
from stillwatch.alliance.stix import LABELS, NAMESPACE
from stillwatch.core import BadSetting

__all__ = [
    "STIX",
    "Collection",
    "above_clearance",
    "collections_of",
    "create_collections",
    "find_collection",
    "open_circle",
]

STIX = "application/stix+json;version=2.1"
"""The media type of what collections hold."""

_MOST_COUNTED = 10_000  # objects above a member's clearance; of more it is told that they are so many

_TITLES = {
    "clear": "For everyone",
    "green": "For the community",
    "amber": "For members and their customers",
    "amber+strict": "For members alone",
}


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as one member sees it."""

    id: str
    title: str
    alias: str
    ceiling: str
    can_read: bool
    can_write: bool

    def resource(self) -> dict[str, Any]:
        """TAXII's resource (section 5.2.1)."""
        return {
            "id": self.id,
            "title": self.title,
            "description": f"Takes objects marked up to TLP:{self.ceiling.upper()}.",
            "alias": self.alias,
            "can_read": self.can_read,
            "can_write": self.can_write,
            "media_types": [STIX],
        }

    def for_reading(self) -> Collection:
        """Itself, where the member may read it.

        Raises:
            Problem: 403.
        """
        if not self.can_read:
            raise Problem(403, "this collection is not yours to read")
        return self

    def for_writing(self) -> Collection:
        """Itself, where the member may write to it.

        Raises:
            Problem: 403.
        """
        if not self.can_write:
            raise Problem(403, "this collection is not yours to write to")
        return self


@operated()
def create_collections(hub: Hub) -> None:
    """Make the collections of an alliance, once; call it before members are admitted."""
    with hub.transaction() as connection:
        known = set(connection.execute(sa.select(COLLECTIONS.c.alias)).scalars())
        for label, title in _TITLES.items():
            if label not in known:
                _make(connection, label, title, label)


@operated()
def open_circle(hub: Hub, alias: str, title: str, ceiling: str, members: Sequence[str]) -> str:
    """Make a collection for a few members; its identifier.

    Args:
        hub: opened.
        alias: short name, unique.
        title: what members read.
        ceiling: strictest label it takes.
        members: who may read and write it.

    Raises:
        BadSetting: the alias is taken, the label is none, or a member is not known or not cleared for it.
    """
    if ceiling not in _TITLES:
        raise BadSetting(f"no ceiling: {ceiling!r}", where="--tlp", hint=f"one of {', '.join(_TITLES)}")
    with hub.transaction() as connection:
        if connection.execute(sa.select(COLLECTIONS.c.id).where(COLLECTIONS.c.alias == alias)).first():
            raise BadSetting(f"there is a collection {alias!r} already", where="NAME")
        known = connection.execute(sa.select(MEMBERS.c.name, MEMBERS.c.clearance)).all()
        cleared = {row.name: row.clearance for row in known}
        for name in members:
            if LABELS.index(cleared.get(name, "clear")) < LABELS.index(ceiling):
                raise BadSetting(f"{name!r} is no member cleared for {ceiling}", where="--member")
        identifier = _make(connection, alias, title, ceiling)
        for name in members:
            connection.execute(
                ACCESS.insert().values(member=name, collection=identifier, can_read=True, can_write=True)
            )
        return identifier


def _make(connection: sa.Connection, alias: str, title: str, ceiling: str) -> str:
    identifier = str(uuid.uuid5(NAMESPACE, f"collection {alias}"))
    connection.execute(COLLECTIONS.insert().values(id=identifier, title=title, alias=alias, ceiling=ceiling))
    seed(connection, identifier)
    record(connection, {"action": "found", "collection": identifier, "alias": alias, "ceiling": ceiling})
    return identifier


def collections_of(connection: sa.Connection, member: Member) -> list[Collection]:
    """The collections that exist for a member, mildest ceiling first."""
    rows = connection.execute(
        sa.select(COLLECTIONS, ACCESS.c.can_read, ACCESS.c.can_write)
        .join(ACCESS, ACCESS.c.collection == COLLECTIONS.c.id)
        .where(ACCESS.c.member == member.name, sa.or_(ACCESS.c.can_read, ACCESS.c.can_write))
        .order_by(COLLECTIONS.c.alias)
    ).all()
    seen = [Collection(*row) for row in rows]
    return sorted(seen, key=lambda one: (LABELS.index(one.ceiling), one.alias))


def above_clearance(connection: sa.Connection, member: Member) -> int:
    """How many objects members have put where this one's clearance does not reach; circles are nobody else's to count.

    At most ``_MOST_COUNTED``: it is asked at every listing.
    """
    hidden = [label for label in _TITLES if LABELS.index(label) > member.reads_up_to]
    if not hidden:
        return 0
    there = sa.select(COLLECTIONS.c.id).where(COLLECTIONS.c.alias.in_(hidden))
    named = sa.select(OBJECTS.c.id).where(OBJECTS.c.collection.in_(there), OBJECTS.c.owner != OWNED_BY_ALL)
    counted = named.distinct().limit(_MOST_COUNTED).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(counted)).scalar() or 0)


def find_collection(connection: sa.Connection, member: Member, name: str) -> Collection:
    """A collection by identifier or alias.

    Raises:
        Problem: 404, for this member it does not exist.
    """
    for one in collections_of(connection, member):
        if name in (one.id, one.alias):
            return one
    raise Problem(404, "there is no such collection")
