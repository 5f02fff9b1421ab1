"""What a member's file holds, in short: what was published, what waits, what partners said that counts, appeals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch.alliance.member.enrolment import membership
from stillwatch.alliance.member.publishing import Membership
from stillwatch.alliance.store import appeals, feedback, partner_indicators
from stillwatch.core.counted import counted

__all__ = ["Overview", "overview"]

_MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Overview:
    """A member's file, line by line.

    Attributes:
        name, hub: who the member is, and where.
        lines: kind of what a line is about, its identifier or partner, what is said of it, and the line for people.
    """

    name: str
    hub: str
    lines: tuple[tuple[str, str, str, str], ...]

    def __str__(self) -> str:
        return "\n".join([f"{self.name} at {self.hub}", *(line for *_, line in self.lines)])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row a line: ``kind``, ``about``, ``says``."""
        return [{"kind": kind, "about": about, "says": says} for kind, about, says, _ in self.lines]


def overview(state: Path) -> Overview:
    """What the member published, what partners said that counts, and appeals.

    Raises:
        UnreadableInput: nobody is enrolled there.
    """
    known = membership(state)
    return Overview(known.name, known.hub, (*_own(known), *_partners(known, state)))


def _own(known: Membership) -> Iterator[tuple[str, str, str, str]]:
    store = known.store
    head = store.settings().get(f"journal {known.hub}")
    if head:
        number, _, kept = head.partition(" ")
        yield "journal", number, kept, f"journal {head}"
    for one in store.published(known.hub).values():
        if one["type"] == "campaign":
            says = "taken back" if one.get("revoked") else one["name"]
            yield "published", one["id"], says, f"published {one['id']}  {says}"
    waiting = len(store.waiting(known.hub, 1_000_000))
    if waiting:
        says = f"{counted(waiting, 'object')} not yet sent"
        yield "waiting", known.hub, says, f"{says}: stillwatch alliance send"
    for identifier, why in store.refused(known.hub):
        yield "refused", identifier, why, f"refused {identifier}: {why}"


def _partners(known: Membership, state: Path) -> Iterator[tuple[str, str, str, str]]:
    store = known.store
    for identifier, why in store.dead_letters()[-_MOST_NAMED:]:
        yield "unread", identifier, why, f"could not be read: {identifier}, for {why}"
    said = Counter((one.partner, one.campaign or "no campaign") for one in partner_indicators(state))
    for (partner, campaign), count in sorted(said.items()):
        says = f"{counted(count, 'indicator')} of {campaign}"
        yield "partner", partner, says, f"{partner} says {says}"
    for one in feedback(store)[-_MOST_NAMED:]:
        yield "feedback", one.object, str(one), str(one)
    for appeal in appeals(store):
        says = f"{appeal.status}, about {', '.join(appeal.objects)}"
        yield "appeal", appeal.case, says, f"appeal {appeal.case} {says}"
