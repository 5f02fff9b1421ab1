"""Brings what partners said into the member's file, page by page; a broken pull goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stillwatch.alliance.member.client import Client, Listing
from stillwatch.alliance.member.publishing import Membership
from stillwatch.alliance.stix import identity_id, properties
from stillwatch.alliance.store import Appeal, Feedback, Store, appeals, escaped, fault_of, feedback, is_plain
from stillwatch.core import EndpointFailed
from stillwatch.core.counted import counted

__all__ = ["MOST_A_PULL", "Pulled", "pull"]

MOST_A_PULL = 2**30
"""Characters of objects after which a pull ends; the next goes on."""

_AT_LEAST = 1_000  # characters that an object is counted as, whatever became of it


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought.

    Attributes:
        indicators: new or newer ones.
        retracted: identifiers of objects that partners took back.
        appeals: as they stand, where this pull said something about them.
        objects: all objects that are new or newer.
        unread: objects that could not be read; they are dead letters, and the rest went on.
        parted: that the hub's journal is not the one it was at an earlier pull, and where, or was not told, if so.
        feedback: partners' sightings and opinions of what this member published, where this pull brought any.
        doubtful: identifiers of new objects under which another creator speaks too; both are kept.
        hidden: how many objects stand where this member's clearance does not reach, as the hub says.
        clearance: strictest label that it reads, as the hub says.
        more: whether the hub has more than one pull brings.
    """

    indicators: int
    retracted: tuple[str, ...]
    appeals: tuple[Appeal, ...]
    objects: int
    unread: int
    doubtful: tuple[str, ...] = ()
    parted: str | None = None
    feedback: tuple[Feedback, ...] = ()
    hidden: int = 0
    clearance: str | None = None
    more: bool = False

    def __str__(self) -> str:
        new = counted(self.objects, "new object")
        lines = [f"{new}, of them {counted(self.indicators, 'indicator')}; {len(self.retracted)} taken back"]
        if self.hidden:
            lines.append(
                f"above your clearance ({self.clearance}) the hub holds {counted(self.hidden, 'object')} more, "
                "which it did not tell; whoever runs it can admit you anew with --clearance"
            )
        lines += [f"taken back: {one}" for one in self.retracted if one.startswith("campaign--")]
        lines += [f"appeal {one.case}: {one.status}, about {', '.join(one.objects)}" for one in self.appeals]
        if self.unread:
            lines.append(f"{counted(self.unread, 'object')} could not be read; stillwatch alliance list says which")
        lines += [f"in doubt: {one} is told by more than one creator; both are kept" for one in self.doubtful]
        lines += [str(one) for one in self.feedback]
        lines += [f"the hub's journal {self.parted}"] if self.parted else []
        lines += ["the hub has more than one pull brings; run the command again"] if self.more else []
        return "\n".join(lines)


@dataclass(slots=True)
class _Brought:
    """What came so far, without the objects themselves: a hub may have more of them than memory."""

    ids: set[str] = field(default_factory=set)
    indicators: int = 0
    objects: int = 0
    unread: int = 0
    characters: int = 0
    revoked: list[str] = field(default_factory=list)
    cases: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)

    def add(self, fresh: Sequence[Mapping[str, Any]], looked_at: int, unread: int) -> None:
        """Count a page."""
        self.objects += len(fresh)
        self.unread += unread
        self.characters += _AT_LEAST * looked_at
        for one in fresh:
            self.ids.add(one["id"])
            self.characters += len(json.dumps(one))
            if one.get("revoked") is True:
                self.revoked.append(one["id"])
            elif one["type"] == "indicator":
                self.indicators += 1
            if one["type"] == "note" and "appeal" in properties(one):
                self.cases.add(escaped(str(properties(one)["appeal"].get("case"))))
            if one["type"] in ("sighting", "opinion"):
                self.answered.update((one.get("sighting_of_ref") or "", *one.get("object_refs", ())))

    @property
    def enough(self) -> bool:
        """Whether one pull brings no more."""
        return self.characters > MOST_A_PULL


def pull(member: Membership) -> Pulled:
    """Bring what is new in the collections the member may read, so much at a time.

    Raises:
        EndpointFailed: the hub refuses or does not answer; what came before that is kept.
    """
    store, brought = member.store, _Brought()
    own, mine = identity_id(member.name), set(store.published(member.hub))
    with member.client() as client:
        listing = client.listing()
        parted = _pin(client, member)
        for collection in (one for one in listing.collections if one.can_read):
            pages = client.pages(collection, store.reached(member.hub, collection.id))
            while not brought.enough and (page := next(pages, None)):
                faults = [fault_of(one) for one in page.objects]
                dead = [(_name(one), why) for one, why in zip(page.objects, faults, strict=True) if why]
                dead += [("without an identifier", page.unread)] if page.unread else []
                things = [one for one, why in zip(page.objects, faults, strict=True) if not why]
                partners = [one for one in things if one.get("created_by_ref") != own and one["id"] not in mine]
                fresh = store.keep(member.hub, collection.id, partners, page.added, dead)
                brought.add(fresh, len(page.objects), len(dead))
    return _told(store, brought, listing, parted)


def _told(store: Store, brought: _Brought, listing: Listing, parted: str | None) -> Pulled:
    doubtful = store.doubtful() & brought.ids
    told = appeals(store) if brought.cases else []
    answers = feedback(store) if brought.answered else []
    return Pulled(
        brought.indicators,
        tuple(one for one in brought.revoked if one not in doubtful),
        tuple(one for one in told if one.case in brought.cases),
        brought.objects,
        brought.unread,
        tuple(sorted(doubtful)),
        parted,
        tuple(one for one in answers if one.object in brought.answered),
        listing.above_clearance,
        listing.clearance,
        brought.enough,
    )


def _pin(client: Client, member: Membership) -> str | None:
    """Keep the journal's head; where an earlier one is no longer in the journal, that one is kept, and said."""
    name = f"journal {member.hub}"
    kept = member.store.settings().get(name) if member.state.is_file() else None
    try:
        if kept is not None:
            number, said = kept.split(" ")
            now = client.journal(int(number))
            if now != (int(number), said):
                return f"was rewritten: entry {number} was {said}, and is {now[1] if now else 'not there'}"
        head = client.journal()
    except EndpointFailed as error:
        # Other hubs have no journal; one that told its head before has no reason not to.
        return None if kept is None else f"was not told this time, so it could not be held to it: {error.problem}"
    if head is not None:
        member.store.remember({name: f"{head[0]} {head[1]}"})
    return None


def _name(thing: object) -> str:
    named = thing.get("id") if isinstance(thing, Mapping) else None
    return str(named) if is_plain(named) else "without an identifier"
