"""What partners said of what this member published: that they saw it too, and how far they agree."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.alliance.store.file import Store, version_key
from stillwatch.alliance.store.partners import name_of, names_of
from stillwatch.core.counted import counted

__all__ = ["OPINIONS", "Feedback", "feedback"]

OPINIONS = ("strongly-disagree", "disagree", "neutral", "agree", "strongly-agree")
"""Words of STIX 2.1 for an opinion (section 10.15)."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A partner's word about an object of this member's; it changes nothing by itself.

    Attributes:
        partner: whose word.
        object: identifier of what it is about.
        count: accounts of the partner's that have it; None where it says nothing of that.
        opinion: one of ``OPINIONS``; None where it says none.
    """

    partner: str
    object: str
    count: int | None = None
    opinion: str | None = None

    def __str__(self) -> str:
        said = f"{self.partner} has seen" if self.opinion is None else f"{self.partner} says {self.opinion} of"
        times = f" at {counted(self.count, 'account')}" if self.count is not None else ""
        return f"{said} {self.object}{times}"


def feedback(store: Store) -> list[Feedback]:
    """What partners say now of what was published and stands; of each partner and object the last word."""
    mine = {one["id"] for one in store.own() if one.get("revoked") is not True}
    names = names_of(store)
    found: dict[tuple[str, str, str], Feedback] = {}
    for one in sorted(store.pulled("sighting", "opinion"), key=version_key):
        partner = name_of(str(one.get("created_by_ref", "")), names)
        about = [one.get("sighting_of_ref")] if one["type"] == "sighting" else one.get("object_refs", [])
        count, opinion = one.get("count"), one.get("opinion")
        for identifier in mine.intersection(about):
            key = (partner, identifier, one["type"])
            found.pop(key, None)
            if one.get("revoked") is True:
                continue
            if one["type"] == "sighting":
                counts = isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= 999_999_999
                found[key] = Feedback(partner, identifier, count=count if counts else None)
            elif opinion in OPINIONS:
                found[key] = Feedback(partner, identifier, opinion=str(opinion))
    return list(found.values())
