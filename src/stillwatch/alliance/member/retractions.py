"""Takes back what was published, and files and answers appeals; both reach everyone who pulled the object.

A retraction is a new version of each object with ``revoked: true``, in the collection where the object is. An appeal
is a note about an object, whoever published it; its outcome a newer version of the note by who filed it, or a note
of the publisher's about the same case, which alone has effect on others.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from stillwatch.alliance.member.drafts import Draft
from stillwatch.alliance.member.publishing import Membership, Sent, approve, send, stamp
from stillwatch.alliance.stix import (
    APPEAL_STATUSES,
    MARKINGS,
    RETRACTION_REASONS,
    extended,
    identity_id,
    label_of_object,
    observable_id,
    properties,
    pseudonym,
    stable_id,
)
from stillwatch.alliance.stix.extension import EXTENSION_ID
from stillwatch.core import BadSetting

__all__ = ["appeal", "draft_appeal", "draft_retraction", "retract"]

_REVOCABLE = ("campaign", "indicator", "observed-data", "relationship", "report")


def draft_retraction(
    member: Membership, identifier: str, *, reason: str = "mistake", now: datetime | None = None
) -> Draft:
    """What taking back a campaign, or one indicator, would send.

    Args:
        member: who published it.
        identifier: STIX identifier of the campaign or the indicator.
        reason: one of ``RETRACTION_REASONS``.
        now: moment of the new versions.

    Raises:
        BadSetting: the reason is none, or the member has not published this.
    """
    if reason not in RETRACTION_REASONS:
        raise BadSetting(f"no reason: {reason!r}", where="--reason", hint=f"one of {', '.join(RETRACTION_REASONS)}")
    store = member.store
    where = store.origin_of(identifier)
    known = store.published(where[0], where[1]) if where else {}
    if where is None or identifier not in known:
        raise BadSetting(
            f"{member.name} has not published {identifier}", where="OBJECT", hint="stillwatch alliance list shows what"
        )
    taken = []
    for one in known.values():
        if one.get("revoked") or not _depends(one, identifier, known):
            continue
        gone = {**one, "revoked": True}
        if EXTENSION_ID in one.get("extensions", {}):
            gone["extensions"] = extended(**{**properties(one), "retraction": reason})
        taken.append(gone)
    if not taken:
        raise BadSetting(f"{identifier} is taken back already", where="OBJECT")
    whole = identifier.startswith("campaign--")
    changed = stamp(taken, known, now or datetime.now(UTC))
    return Draft(member.name, where[0], where[1], tuple(changed), identifier if whole else None, (), live=False)


def _depends(one: dict[str, Any], identifier: str, known: dict[str, dict[str, Any]]) -> bool:
    """Whether an object falls with this one: itself, its links, and of a campaign all that was told of it."""
    if one["id"] == identifier:
        return True
    if one["type"] not in _REVOCABLE:
        return False
    ends = (one.get("source_ref"), one.get("target_ref"))
    if one["type"] == "relationship":
        return identifier in ends or any(_told_of(known.get(str(end)), identifier, known) for end in ends)
    return _told_of(one, identifier, known)


def _told_of(one: dict[str, Any] | None, identifier: str, known: dict[str, dict[str, Any]]) -> bool:
    if one is None or not identifier.startswith("campaign--") or one["type"] not in _REVOCABLE:
        return False
    if one["type"] == "indicator":
        return any(
            link.get("source_ref") == one["id"] and link.get("target_ref") == identifier for link in known.values()
        )
    return one["id"] in (stable_id("observed-data", identifier), stable_id("report", identifier))


def retract(member: Membership, identifier: str, *, reason: str = "mistake") -> tuple[Draft, Sent]:
    """Take back a campaign or an indicator: draft, approve and send."""
    drafted = draft_retraction(member, identifier, reason=reason)
    approve(member, drafted)
    return drafted, send(member)


def draft_appeal(
    member: Membership,
    identifier: str,
    *,
    status: str = "filed",
    case: str | None = None,
    account: str | None = None,
    now: datetime | None = None,
) -> Draft:
    """What filing an appeal, or saying how one ended, would send.

    Args:
        member: at whom it was filed, or who published the object.
        identifier: the campaign or indicator it is about, published or pulled.
        status: filed, upheld or rejected.
        case: what it is known by; given for a new one.
        account: the member's own account it is about, where it is not about the whole; leaves as a pseudonym.
        now: moment of the new version.

    Raises:
        BadSetting: the status is none, or the object was neither published nor pulled.
    """
    if status not in APPEAL_STATUSES:
        raise BadSetting(f"no status: {status!r}", where="--status", hint=f"one of {', '.join(APPEAL_STATUSES)}")
    if case is None and status != "filed":
        raise BadSetting("an outcome needs its case", where="--case", hint="alliance pull says which")
    store = member.store
    where, thing = store.origin_of(identifier), store.find(identifier)
    if where is None or thing is None:
        raise BadSetting(f"{identifier} was neither published nor pulled", where="OBJECT", hint="pull first")
    case = case or f"{member.name}.{uuid.uuid4()}"
    label = label_of_object(thing) or "amber"
    about, things = [identifier], list[dict[str, Any]]()
    if account is not None:
        told = {"user_id": pseudonym(store.key(), account)}
        seen = {"type": "user-account", "spec_version": "2.1", "id": observable_id("user-account", told), **told}
        things.append({**seen, "object_marking_refs": [MARKINGS[label]]})
        about.append(str(seen["id"]))
    things.append(
        {
            "type": "note",
            "spec_version": "2.1",
            "id": stable_id("note", member.name, case),
            "created_by_ref": identity_id(member.name),
            "abstract": f"Appeal {status}",
            "content": f"An appeal about {identifier} is {status} at {member.name}. Case {case}.",
            "object_refs": about,
            "labels": ["appeal"],
            "object_marking_refs": [MARKINGS[label]],
            "extensions": extended(appeal={"case": case, "status": status}),
        }
    )
    changed = stamp(things, store.published(*where), now or datetime.now(UTC))
    return Draft(member.name, where[0], where[1], tuple(changed))


def appeal(member: Membership, identifier: str, **how: Any) -> tuple[Draft, Sent]:
    """File an appeal or say how it ended: draft, approve and send; ``how`` as for ``draft_appeal``."""
    drafted = draft_appeal(member, identifier, **how)
    approve(member, drafted)
    return drafted, send(member)
