"""How much of a hub one member may fill: versions of objects, and characters of them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from stillwatch.alliance.hub.database import USAGE

__all__ = ["Quota", "add_usage", "has_room"]


@dataclass(frozen=True, slots=True)
class Quota:
    """What each member may have at a hub.

    Attributes:
        objects: versions of objects, in all collections together.
        characters: of them.
    """

    objects: int = 200_000
    characters: int = 500_000_000


def has_room(connection: sa.Connection, member: str, quota: Quota) -> bool:
    """Whether a member may put in one more."""
    row = connection.execute(sa.select(USAGE).where(USAGE.c.member == member)).first()
    return row is None or (row.objects < quota.objects and row.characters < quota.characters)


def add_usage(connection: sa.Connection, member: str, objects: int, characters: int) -> None:
    """Count what came or went."""
    changed = connection.execute(
        USAGE.update()
        .where(USAGE.c.member == member)
        .values(objects=USAGE.c.objects + objects, characters=USAGE.c.characters + characters)
    )
    if not changed.rowcount:
        connection.execute(USAGE.insert().values(member=member, objects=objects, characters=characters))
