"""Tells creators what became of their indicators: sightings, by count, and opinions, in STIX's five words.

Both go where the object itself is, under its label, in the name of who says so. They reach everybody who pulls there,
and change nothing by themselves: whoever published the object reads them, and takes it back or does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from stillwatch.alliance.member.drafts import Draft
from stillwatch.alliance.member.publishing import Membership, stamp
from stillwatch.alliance.stix import MARKINGS, identity_id, label_of_object, stable_id
from stillwatch.alliance.store import OPINIONS
from stillwatch.core import BadSetting
from stillwatch.core.counted import counted

__all__ = ["draft_opinion", "draft_sightings"]

Thing = dict[str, Any]


def draft_sightings(
    member: Membership, seen: Mapping[str, tuple[int, int]], *, now: datetime | None = None
) -> list[Draft]:
    """What telling partners that their indicators were seen would send, a draft for each collection they are in.

    Args:
        member: who saw them.
        seen: by indicator, how many accounts have it, and how many of those are in campaigns that were found here.
        now: moment of what is new.
    """
    store, own = member.store, identity_id(member.name)
    places: dict[tuple[str, str], list[Thing]] = {}
    for identifier, (accounts, suspects) in seen.items():
        where, thing = store.origin_of(identifier), store.find(identifier)
        # What is gone by now, or one's own, is nobody's to hear of.
        if where is None or thing is None or thing.get("revoked") is True or thing.get("created_by_ref") == own:
            continue
        have = f"{counted(accounts, 'account')} {'has' if accounts == 1 else 'have'} it"
        told = {
            "type": "sighting",
            "id": stable_id("sighting", member.name, identifier),
            "sighting_of_ref": identifier,
            "count": min(accounts, 999_999_999),
            "description": f"{have}, {suspects:,} of them in campaigns that were found here.",
        }
        places.setdefault(where, []).append(_of(member, told, thing))
    return [_draft(member, where, things, now) for where, things in places.items()]


def draft_opinion(member: Membership, identifier: str, opinion: str, *, now: datetime | None = None) -> Draft:
    """What saying how far one agrees with an object of a partner's would send.

    Args:
        member: whose opinion it is; a later one replaces it.
        identifier: of what was pulled.
        opinion: one of ``OPINIONS``.
        now: moment of the new version.

    Raises:
        BadSetting: it is no opinion, or the object was not pulled.
    """
    if opinion not in OPINIONS:
        raise BadSetting(f"no opinion: {opinion!r}", where="OPINION", hint=f"one of {', '.join(OPINIONS)}")
    where, thing = member.store.origin_of(identifier), member.store.find(identifier)
    if where is None or thing is None or thing.get("created_by_ref") == identity_id(member.name):
        raise BadSetting(f"{identifier} was not pulled", where="OBJECT", hint="pull first")
    told = {
        "type": "opinion",
        "id": stable_id("opinion", member.name, identifier),
        "opinion": opinion,
        "object_refs": [identifier],
    }
    return _draft(member, where, [_of(member, told, thing)], now)


def _of(member: Membership, told: Thing, thing: Mapping[str, Any]) -> Thing:
    """Feedback under its object's label, in the member's name."""
    marks = [MARKINGS[label_of_object(thing) or "amber"]]
    return {**told, "spec_version": "2.1", "created_by_ref": identity_id(member.name), "object_marking_refs": marks}


def _draft(member: Membership, where: tuple[str, str], things: list[Thing], now: datetime | None) -> Draft:
    changed = stamp(things, member.store.published(*where), now or datetime.now(UTC))
    return Draft(member.name, where[0], where[1], tuple(changed))
