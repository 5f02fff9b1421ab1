"""Brings what partners said into the member's file, page by page; a broken pull goes on where it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stillwatch.alliance.member.publishing import Membership
from stillwatch.alliance.stix import identity_id, properties
from stillwatch.alliance.store import Appeal, appeals

__all__ = ["Pulled", "pull"]

_LONGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought.

    Attributes:
        indicators: new or newer ones.
        retracted: identifiers of objects that partners took back.
        appeals: as they stand, where this pull said something about them.
        objects: all objects that are new or newer.
        unread: objects that are none of STIX and were left out.
    """

    indicators: int
    retracted: tuple[str, ...]
    appeals: tuple[Appeal, ...]
    objects: int
    unread: int

    def __str__(self) -> str:
        lines = [f"{self.objects} new objects, {self.indicators} of them indicators; {len(self.retracted)} taken back"]
        lines += [f"taken back: {one}" for one in self.retracted if one.startswith("campaign--")]
        lines += [f"appeal {one.case}: {one.status}, about {', '.join(one.objects)}" for one in self.appeals]
        if self.unread:
            lines.append(f"{self.unread} objects could not be read")
        return "\n".join(lines)


def pull(member: Membership) -> Pulled:
    """Bring everything that is new in the collections the member may read.

    Raises:
        EndpointFailed: the hub refuses or does not answer; what came before that is kept.
    """
    store, fresh, unread = member.store, list[Mapping[str, Any]](), 0
    own, mine = identity_id(member.name), set(store.published(member.hub))
    with member.client() as client:
        for collection in client.collections():
            if not collection.can_read:
                continue
            for page in client.pages(collection, store.reached(member.hub, collection.id)):
                things = [one for one in page.objects if _is_object(one)]
                unread += len(page.objects) - len(things)
                partners = [one for one in things if one.get("created_by_ref") != own and one["id"] not in mine]
                fresh += store.keep(member.hub, collection.id, partners, page.added)
    about = {one["id"] for one in fresh if one["type"] == "note" and "appeal" in properties(one)}
    told = appeals(store) if about else []
    cases = {str(properties(one)["appeal"].get("case")) for one in fresh if one["id"] in about}
    return Pulled(
        sum(one["type"] == "indicator" and one.get("revoked") is not True for one in fresh),
        tuple(one["id"] for one in fresh if one.get("revoked") is True),
        tuple(one for one in told if one.case in cases),
        len(fresh),
        unread,
    )


def _is_object(thing: object) -> bool:
    if not isinstance(thing, Mapping):
        return False
    named: Iterable[object] = (thing.get("id"), thing.get("type"))
    if not all(isinstance(one, str) and 0 < len(one) < 200 for one in named):
        return False
    return str(thing["id"]).startswith(f"{thing['type']}--") and _size(thing) <= _LONGEST


def _size(thing: object) -> int:
    return len(str(thing))
