"""Which of a log's campaigns are those that an earlier look found: one campaign, one name, for as long as it lasts.

A campaign is known again by its members, or by the texts that are its signature where its accounts were replaced. Names
are given so that as many accounts as possible keep the name of their campaign: an assignment of the largest weight
(Kuhn 1955). What is left over is new, or split from one that went on; what nobody took up was merged, or is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.evidence import LogProfile
from stillwatch.evidence.signature import signature
from stillwatch.evidence.thresholds import MAJORITY, MOST_TEXTS

__all__ = ["Identified", "KnownCampaign", "Named", "State", "identify", "signature_texts"]

F64 = npt.NDArray[np.float64]

State = Literal["new", "known", "returned", "split"]
"""Of a campaign that was found: for the first time; as by the last look; as by an earlier one; as a part of another."""


@dataclass(frozen=True, slots=True)
class KnownCampaign:
    """A campaign as it was last found.

    Attributes:
        campaign_id: its lasting name.
        accounts: ids of its members.
        texts: hashes of the texts that were its signature.
        current: whether the last look found it.
    """

    campaign_id: str
    accounts: frozenset[str]
    texts: frozenset[int] = frozenset()
    current: bool = True


@dataclass(frozen=True, slots=True)
class Named:
    """A campaign that was found, under its lasting name; ``split_from`` is the one that it was a part of."""

    campaign_id: str
    state: State
    split_from: str | None = None


@dataclass(frozen=True, slots=True)
class Identified:
    """What became of all campaigns.

    Attributes:
        found: of each campaign found, in order.
        merged: names of those that became part of another, with its name.
        gone: names of those that the last look found and this one does not.
    """

    found: tuple[Named, ...]
    merged: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()


def signature_texts(log: LogProfile, members: npt.NDArray[np.int64]) -> frozenset[int]:
    """Hashes of the rare texts that more than half of a campaign's entities send, the rarest first taken."""
    texts = log.shared.get("structure")
    if texts is None:
        return frozenset()
    number, used, _ = signature(log, members)
    wide = number[used > MAJORITY * len(members)][:MOST_TEXTS]
    return frozenset(texts.names[wide].tolist())


def identify(found: Sequence[tuple[frozenset[str], frozenset[int]]], known: Sequence[KnownCampaign]) -> Identified:
    """Give every campaign found its lasting name.

    A pair may be one campaign where half of the smaller one's accounts are in both, or half of the smaller signature's
    texts. Accounts go before texts, and a campaign that the last look found before one that it did not.

    Args:
        found: accounts and signature texts of each campaign, strongest first.
        known: all that were ever found, in order of their names.

    >>> identify([(frozenset("abcd"), frozenset())], [KnownCampaign("C007", frozenset("abx"))]).found
    (Named(campaign_id='C007', state='known', split_from=None),)
    """
    weight = np.array([[_weight(one, before) for before in known] for one in found]).reshape(len(found), len(known))
    rows, columns = scipy.optimize.linear_sum_assignment(weight, maximize=True)
    kept = weight[rows, columns] > 0
    taken = dict(zip(rows[kept].tolist(), columns[kept].tolist(), strict=True))
    next_number = 1 + max((int(before.campaign_id[1:]) for before in known), default=0)
    named: list[Named] = []
    for place in range(len(found)):
        if place in taken:
            before = known[taken[place]]
            named.append(Named(before.campaign_id, "known" if before.current else "returned"))
            continue
        whole = _nearest(weight[place], [before.current for before in known])
        parent = None if whole is None else known[whole].campaign_id
        named.append(Named(f"C{next_number:03d}", "new" if parent is None else "split", parent))
        next_number += 1
    return _rest(tuple(named), weight, known, set(taken.values()))


def _weight(found: tuple[frozenset[str], frozenset[int]], before: KnownCampaign) -> float:
    """How much speaks for one campaign: accounts in both, and less than one account for texts and for being current;
    0 where too little does."""
    accounts, texts = found
    both = len(accounts & before.accounts)
    alike = len(texts & before.texts) / max(min(len(texts), len(before.texts)), 1)
    if both < MAJORITY * min(len(accounts), len(before.accounts)) and alike < MAJORITY:
        return 0.0
    return both + (alike + before.current) / 4 if both or alike else 0.0


def _nearest(weights: F64, eligible: Sequence[bool]) -> int | None:
    """Place of the largest weight among those eligible; None where all are 0."""
    allowed = np.where(np.array(eligible, np.bool_), weights, 0.0)
    return int(allowed.argmax()) if allowed.max(initial=0.0) > 0 else None


def _rest(named: tuple[Named, ...], weight: F64, known: Sequence[KnownCampaign], taken: set[int]) -> Identified:
    """What became of the campaigns of the last look whose name nobody took up."""
    merged: dict[str, str] = {}
    gone: list[str] = []
    for place, before in enumerate(known):
        if not before.current or place in taken:
            continue
        into = _nearest(weight[:, place], [True] * len(named))
        if into is None:
            gone.append(before.campaign_id)
        else:
            merged[before.campaign_id] = named[into].campaign_id
    return Identified(named, merged, tuple(gone))
