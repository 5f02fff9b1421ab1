"""From facts to a draft, from a draft to the outbox, from the outbox to the hub.

A draft holds exactly what will leave, object for object; approving it is the only way into the outbox. Objects that
are at the hub already, unchanged, are in no draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stillwatch.alliance.member.client import Client, Credentials, RemoteCollection
from stillwatch.alliance.member.drafts import Draft
from stillwatch.alliance.stix import (
    LABELS,
    Author,
    bundle,
    campaign_objects,
    pseudonym,
    shared_objects,
    stable_id,
    timestamp,
)
from stillwatch.alliance.store import Parcel, Store
from stillwatch.core import BadSetting, CampaignFacts, EndpointFailed
from stillwatch.core.counted import counted
from stillwatch.core.warning_lists import WarningList, shipped_warnings

__all__ = ["Membership", "Sent", "approve", "draft", "publish", "send", "stamp"]

Thing = dict[str, Any]

_BATCH = 100
_SAME_CAMPAIGN = 0.5
_UNVERSIONED = ("user-account",)


@dataclass(frozen=True, slots=True)
class Membership:
    """A member of a hub.

    Attributes:
        name: as the hub knows it.
        hub: its URL.
        state: the member's file.
        credentials: how the hub knows that it is the member.
    """

    name: str
    hub: str
    state: Path
    credentials: Credentials = field(default_factory=Credentials)

    @property
    def store(self) -> Store:
        """The member's file, opened."""
        return Store(self.state)

    def client(self) -> Client:
        """A conversation with the hub."""
        return Client(self.hub, self.credentials)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a sending came to: objects the hub has taken, and why it refused others, by identifier."""

    taken: int
    refused: Mapping[str, str]

    def __str__(self) -> str:
        lines = [f"sent {counted(self.taken, 'object')}"]
        lines += [f"refused {identifier}: {why}" for identifier, why in self.refused.items()]
        return "\n".join(lines)


def draft(
    member: Membership,
    facts: CampaignFacts,
    *,
    tlp: str = "amber",
    collection: str | None = None,
    valid_days: int = 90,
    accounts: int = 100,
    warnings: WarningList | None = None,
    sentences: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Draft:
    """What publishing a campaign would send; asks nobody and sends nothing.

    Indicators on a warning list, such as a public mail provider's domain, stay behind, and the draft says so.

    Args:
        member: who publishes.
        facts: of the campaign.
        tlp: label of all that leaves.
        collection: alias or identifier; the label's own where none is named.
        valid_days: days after the last exchange for which indicators count.
        accounts: most accounts named, by pseudonym.
        warnings: values that are no indicators, beside those that Stillwatch comes with.
        sentences: what sentences say, by fingerprint, for who approves; they are shown and never sent.
        now: moment of what is new.

    Raises:
        BadSetting: the label is none that goes through a hub.
    """
    if tlp not in LABELS or tlp == "red":
        raise BadSetting(
            f"TLP:{tlp.upper()} goes through no hub", where="--tlp", hint=f"one of {', '.join(LABELS[:-1])}"
        )
    store, where = member.store, collection or tlp
    author = Author(member.name, store.key(), tlp, valid_days, accounts)
    names = tuple(pseudonym(author.key, account) for account in facts.account_ids)
    campaign = _campaign_id(store, member.name, names, facts.lasting_id)
    elsewhere = store.origin_of(campaign)
    if elsewhere and elsewhere[0] == member.hub and elsewhere[1] != where:
        raise BadSetting(
            f"this campaign stands in the collection {elsewhere[1]!r} already",
            where="--tlp",
            hint=f"take it back first: stillwatch alliance retract {campaign}",
        )
    told, behind = _without_warned(facts, warnings)
    made = bundle(campaign_objects(told, author, campaign))["objects"]
    changed = stamp(made, store.published(member.hub, where), now or datetime.now(UTC))
    known = sentences or {}
    leaving = [one.value for one in told.indicators if one.kind == "sentence"]
    return Draft(
        member.name,
        member.hub,
        where,
        tuple(changed),
        campaign,
        names,
        left_out=behind,
        lasting=facts.lasting_id,
        sentences=tuple((value, known[value]) for value in leaving if value in known),
    )


def _without_warned(facts: CampaignFacts, more: WarningList | None) -> tuple[CampaignFacts, tuple[str, ...]]:
    """The facts without indicators that many strangers share, and which those are, with why."""
    warnings = shipped_warnings().joined(more) if more else shipped_warnings()
    reasons = [warnings.reason(one.kind, one.value) for one in facts.indicators]
    paired = list(zip(facts.indicators, reasons, strict=True))
    behind = tuple(f"{one.kind} {one.value}, for it is {why}" for one, why in paired if why)
    return replace(facts, indicators=tuple(one for one, why in paired if not why)), behind


def _campaign_id(store: Store, name: str, accounts: Sequence[str], lasting: str | None) -> str:
    """The identifier under which a campaign is published: its own of earlier steps, that of the live one that it mostly
    is, or a new one. Another campaign of the same run is not it, however alike: they may have parted.
    """
    known, live = store.lasting(), store.campaigns()
    before = known.get(lasting or "")
    if before is not None and before in live:
        return before
    run = (lasting or "").partition("/")[0]
    others = {identifier for other, identifier in known.items() if run and other.partition("/")[0] == run}
    mine = set(accounts)
    likeness = {
        identifier: len(mine & theirs) / max(len(mine | theirs), 1)
        for identifier, theirs in live.items()
        if identifier not in others
    }
    best = max(likeness, key=likeness.__getitem__, default=None)
    if best is not None and likeness[best] >= _SAME_CAMPAIGN:
        return best
    return stable_id("campaign", name, sorted(mine), store.retracted())


def stamp(things: Sequence[Thing], known: Mapping[str, Thing], now: datetime) -> list[Thing]:
    """Those objects that are new or changed, with ``created`` and ``modified``; the rest needs no sending."""
    fixed = {one["id"] for one in shared_objects()}
    fresh = []
    for thing in things:
        old = known.get(thing["id"])
        if old is not None and _content(old) == _content(thing):
            continue
        if thing["id"] in fixed or thing["type"] in _UNVERSIONED:
            fresh.append(thing)
            continue
        moment = now
        if old is not None:
            last = datetime.fromisoformat(old["modified"].replace("Z", "+00:00"))
            moment = max(now, last + timedelta(milliseconds=1))
        said = timestamp(moment)
        fresh.append({**thing, "created": old["created"] if old else said, "modified": said})
    return fresh


def _content(thing: Thing) -> Thing:
    return {name: value for name, value in thing.items() if name not in ("created", "modified")}


def approve(member: Membership, drafted: Draft) -> None:
    """Put a draft into the outbox, from which it leaves at the next sending.

    Raises:
        BadSetting: it is another member's or for another hub.
    """
    if (drafted.member, drafted.hub) != (member.name, member.hub):
        raise BadSetting(
            f"the draft is {drafted.member}'s for {drafted.hub}, not {member.name}'s for {member.hub}",
            where="--approve",
        )
    member.store.approve(
        drafted.hub,
        drafted.collection,
        drafted.objects,
        campaign=drafted.campaign,
        accounts=drafted.accounts,
        live=drafted.live,
        lasting=drafted.lasting,
    )


def send(member: Membership) -> Sent:
    """Send what stands in the outbox, batch by batch; what the hub has is not sent again.

    Raises:
        EndpointFailed: the hub refuses or does not answer; what is unsent stays in the outbox.
    """
    store, taken, refused = member.store, 0, dict[str, str]()
    with member.client() as client:
        known: list[RemoteCollection] = []
        while batch := store.waiting(member.hub, _BATCH):
            known = known or client.listing().collections
            first = batch[0].collection
            # One request goes to one collection; order within it is kept.
            parcels = [one for one in batch if one.collection == first]
            where = _find(known, first, member.hub)
            said = _deliver(client, where, store, parcels)
            taken += len(parcels) - len(said)
            refused |= {one.thing["id"]: said[one.n] for one in parcels if one.n in said}
    return Sent(taken, refused)


def _find(known: Sequence[RemoteCollection], name: str, hub: str) -> RemoteCollection:
    for one in known:
        if name in (one.alias, one.id, one.title):
            return one
    names = ", ".join(one.alias for one in known) or "none"
    raise EndpointFailed(f"there is no collection {name!r} for this member", where=hub, hint=f"it may see: {names}")


def _deliver(client: Client, where: RemoteCollection, store: Store, parcels: Sequence[Parcel]) -> dict[int, str]:
    """Send a batch to one collection; why some were refused, by number."""
    tried = [one for one in parcels if one.tried]
    there = client.versions(where, sorted({one.thing["id"] for one in tried})) if tried else set()
    left = [one for one in parcels if not (one.tried and _is_among(one.thing, there))]
    store.trying(left)
    said = client.add(where, [one.thing for one in left]) if left else {}
    refused = {one.n: said[one.thing["id"]] for one in left if one.thing["id"] in said}
    store.settle(parcels, refused)
    return refused


def _is_among(thing: Thing, there: set[tuple[str, str]]) -> bool:
    said = thing.get("modified", thing.get("created"))
    if said is None:
        return any(identifier == thing["id"] for identifier, _ in there)
    moment = _moment(said)
    return any(identifier == thing["id"] and _moment(version) == moment for identifier, version in there)


def _moment(said: str) -> datetime | None:
    """A version's moment; None where a hub calls something else one."""
    try:
        return datetime.fromisoformat(said.replace("Z", "+00:00"))
    except ValueError:
        return None


def publish(member: Membership, facts: CampaignFacts, **how: Any) -> tuple[Draft, Sent]:
    """Draft, approve and send in one call, for callers that have their member's approval.

    Args:
        member: who publishes.
        facts: of the campaign.
        how: as for ``draft``.
    """
    drafted = draft(member, facts, **how)
    approve(member, drafted)
    return drafted, send(member)
