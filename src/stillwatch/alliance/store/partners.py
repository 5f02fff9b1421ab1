"""What partners said, as a scan reads it: live indicators, and appeals with their outcome.

An indicator counts no more when it is revoked, when its campaign is, or when the member who published it upheld an
appeal against one of them. Nobody else's word ends it: another member's outcome is shown, and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stillwatch.alliance.stix import APPEAL_STATUSES, identity_id, label_of_object, properties, read_pattern
from stillwatch.alliance.store.file import Store, version_key
from stillwatch.alliance.store.forms import escaped
from stillwatch.core import PartnerIndicator
from stillwatch.core.warning_lists import shipped_warnings

__all__ = ["Appeal", "appeals", "name_of", "names_of", "partner_indicators"]

Thing = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal as it stands.

    Attributes:
        case: what it is known by.
        status: filed, upheld or rejected.
        member: STIX identity of who said this last.
        objects: what it is about.
        final: whether the member who published the object said so.
        whole: whether it is about all of the object, not about one of its accounts.
    """

    case: str
    status: str
    member: str
    objects: tuple[str, ...]
    final: bool
    whole: bool


def appeals(store: Store, hub: str | None = None) -> list[Appeal]:
    """Appeals among what was pulled and what is one's own, the latest word on each case.

    The word of who published the object stands over that of who filed; others have none. A case bears the name of
    the member at whom it was filed, so that nobody else can speak as its filer.

    Args:
        store: the member's file.
        hub: where it was pulled; None for anywhere.
    """
    own = store.own()
    notes = [*store.pulled("note", hub=hub), *(one for one in own if one["type"] == "note")]
    published = [*store.pulled("campaign", "indicator", "report", hub=hub), *own]
    creators: dict[str, set[str]] = {}
    for one in (one for one in published if one["type"] != "note"):
        if "created_by_ref" in one:
            creators.setdefault(one["id"], set()).add(str(one["created_by_ref"]))
    found: dict[tuple[str, str], Appeal] = {}
    for note in sorted(notes, key=version_key):
        told = properties(note).get("appeal")
        if not isinstance(told, Mapping) or told.get("status") not in APPEAL_STATUSES or note.get("revoked") is True:
            continue
        case, speaker = str(told.get("case")), str(note.get("created_by_ref"))
        objects = tuple(str(one) for one in note.get("object_refs", ()))
        # Of all of them: who puts an object of its own beside another's does not speak for the other.
        meant = [one for one in objects if not one.startswith("user-account--")]
        final = bool(meant) and all(speaker in creators.get(one, ()) for one in meant)
        if speaker != identity_id(case.rpartition(".")[0]) and not final:
            continue
        whole = not any(one.startswith("user-account--") for one in objects)
        # Where two publish under one identifier, each has the last word about its own and neither about the other's.
        found[case, speaker if final else ""] = Appeal(escaped(case), told["status"], speaker, objects, final, whole)
    ended = {case for case, speaker in found if speaker}
    return [one for (case, _), one in found.items() if one.final or case not in ended]


def partner_indicators(path: Path) -> list[PartnerIndicator]:
    """Partners' indicators that count, hub by hub in order of identifier, each once.

    Who created an object is its hub's word: what one hub hands out ends nothing that another does.

    Args:
        path: the member's file.

    Raises:
        UnreadableInput: the file is none.
    """
    store = Store(path)
    names = names_of(store)
    found = [one for hub in store.hubs() for one in _of_hub(store, hub, names)]
    return list(dict.fromkeys(found))


def _of_hub(store: Store, hub: str, names: Mapping[str, str]) -> Iterator[PartnerIndicator]:
    campaigns = {(one["id"], one.get("created_by_ref")): one for one in store.pulled("campaign", hub=hub)}
    # A member's word ties and unties its own things alone.
    pointed = {
        (link.get("source_ref"), link.get("created_by_ref")): str(link.get("target_ref"))
        for link in store.pulled("relationship", hub=hub)
        if link.get("relationship_type") == "indicates" and link.get("revoked") is not True
    }
    standing = appeals(store, hub)
    for one in store.pulled("indicator", hub=hub):
        creator = one.get("created_by_ref")
        target = pointed.get((one["id"], creator), "")
        campaign = campaigns.get((target, creator))
        indicator = _read(one, names, target if campaign else None)
        if indicator is None or (campaign and campaign.get("revoked") is True):
            continue
        # What many strangers share is no partner's clue either, by mistake or to have honest accounts suspected.
        if shipped_warnings().reason(indicator.kind, indicator.value):
            continue
        status = _status(standing, indicator, str(creator))
        if status != "upheld":
            yield replace(indicator, appeal=status)


def _status(standing: Sequence[Appeal], indicator: PartnerIndicator, creator: str) -> str | None:
    """How an appeal about an indicator or its campaign stands; ``upheld`` only by its publisher's word."""
    about = [one for one in standing if {indicator.indicator_id, indicator.campaign} & set(one.objects)]
    if any(one.status == "upheld" and one.final and one.whole and one.member == creator for one in about):
        return "upheld"
    if any(one.status != "rejected" for one in about):
        return "filed"
    return "rejected" if about else None


def _read(one: Thing, names: Mapping[str, str], campaign: str | None) -> PartnerIndicator | None:
    """An indicator that can be held against a log; None where it cannot, or counts no more."""
    if one.get("revoked") is True or one.get("pattern_type") != "stix":
        return None
    read = read_pattern(str(one.get("pattern", "")))
    start, end = _moment(one.get("valid_from")), _moment(one.get("valid_until"))
    if read is None or start is None or (end is None and "valid_until" in one):
        return None
    creator, confidence = str(one.get("created_by_ref", "")), one.get("confidence")
    return PartnerIndicator(
        one["id"],
        *read,
        partner=name_of(creator, names),
        campaign=campaign,
        tlp=label_of_object(one) or "amber",
        confidence=confidence if isinstance(confidence, int) and 0 <= confidence <= 100 else None,
        valid_from=start,
        valid_until=end,
    )


def names_of(store: Store) -> dict[str, str]:
    """What members call themselves, by identity; what somebody else calls them is none of it."""
    return {
        one["id"]: str(one.get("name", ""))
        for one in store.pulled("identity")
        if one.get("created_by_ref", one["id"]) == one["id"]
    }


def name_of(creator: str, names: Mapping[str, str]) -> str:
    """A partner's name where its identifier vouches for it, else with the identifier beside it."""
    if not creator:
        return "(unnamed)"
    name = escaped(names.get(creator, ""))[:60]
    return name if name and identity_id(name) == creator else f"{name} ({creator[:50]})".strip()


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
