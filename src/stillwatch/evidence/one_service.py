"""Whether accounts are customers of one service, through which their requests pass: an honest explanation of addresses
in common.

The services behind a plug-in, a build server or a notebook send on what their customers ask, with a text of their own
around it, and from whichever of their addresses is free. So do a campaign's proxies that take turns; then another sign
must show that the accounts act together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stillwatch.core.counted import counted, percent
from stillwatch.evidence.base import Explanation
from stillwatch.evidence.hands import is_kind, within_of
from stillwatch.evidence.hands_thresholds import BY_TURNS
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.sign_ups import signed_up_together
from stillwatch.evidence.thresholds import BLOCKED_CLASSES, MAJORITY, NEARLY_ALL, RARITIES

__all__ = ["SERVICE", "one_service"]

SERVICE = "customers of one service, through whose addresses their requests pass"


class _Passage(NamedTuple):
    """How a group's requests come through what several of it have.

    Attributes:
        share: of a typical account's requests that do.
        through: what it is, in words: so many addresses or networks.
        told: how much of which of them a request comes from is told by whose it is: 0 where they pass by turns, 1 where
            each account has one of its own.
    """

    share: float = 0.0
    through: str = "no addresses"
    told: float = 1.0


def one_service(log: LogProfile, members: I64) -> Explanation:
    """Whether a group has nothing in common but a text and addresses through which its requests pass by turns.

    Args:
        log: the whole log.
        members: the group.
    """
    hands = log.shared["infrastructure"]
    passage = _Passage() if hands is None else _passage(log, hands, members)
    tied = 0.0 if hands is None else _tied_otherwise(hands, members)
    worded = _share_of_a_text(log, members)
    passed = passage.share > MAJORITY and passage.told <= BY_TURNS
    apart = tied <= MAJORITY and not signed_up_together(log, members)
    return Explanation(
        SERVICE,
        f"Of a typical account's requests {percent(passage.share)} come from {passage.through} that others of these "
        f"accounts have too, and whose request it is tells {percent(max(passage.told, 0.0))} of which it comes from; "
        f"of a service's customers, whose requests pass by turns, at most {percent(BY_TURNS)}. {percent(worded)} of "
        "them send one and the same sentence, as what passes through a service mostly has, and "
        f"{percent(tied)} share a payment or an uncommon mail domain; each customer pays and signs up for itself.",
        None if passed and apart and worded >= NEARLY_ALL else False,
        contradicted_by=("dispatch",),
        # Nor do its customers begin within hours of one another, as one owner's may.
        contradicted_together=(("timing",),),
        strangers=True,
        pay_apart=True,
        accounts_for=("infrastructure",),
    )


def _passage(log: LogProfile, hands: Postings, members: I64) -> _Passage:
    """By the addresses that several of a group have, or by its networks where it has hardly any of those."""
    by_address = _through(log, hands, members, "address")
    return by_address if by_address.share > MAJORITY else _through(log, hands, members, "network")


def _through(log: LogProfile, hands: Postings, members: I64, kind: str) -> _Passage:
    """By things of one kind.

    Of requests that pass by turns two of one account come from one address as often as any two do: what one account's
    do more often than that, of what they could, is what the account tells (an intraclass correlation).
    """
    shares = hands.matrix[members][:, np.flatnonzero(is_kind(hands, kind))]
    shares = shares[:, np.flatnonzero(np.asarray((shares > 0).sum(axis=0)).ravel() > 1)]
    passed = np.asarray(shares.sum(axis=1)).ravel()
    exchanges = log.exchanges[members]
    requests = passed * exchanges
    several = np.flatnonzero(requests > 1 + MAJORITY)
    if not len(several):
        return _Passage()
    size = requests[several]
    uses = shares[several].multiply(exchanges[several, None]).tocsr()
    # An account counts by its requests but one, however busy: as many pairs do not come from it independently.
    twice = np.asarray(uses.multiply(uses).sum(axis=1)).ravel() / size - 1
    own = float(twice.sum() / (size - 1).sum())
    anyones = float(((np.asarray(uses.sum(axis=0)).ravel() / size.sum()) ** 2).sum())
    # Where all come from one, a single address is a service's; accounts of one network may each have a place in it.
    alone = 0.0 if kind == "address" else 1.0
    told = (own - anyones) / (1 - anyones) if anyones < NEARLY_ALL else alone
    things = counted(shares.shape[1], kind, "addresses" if kind == "address" else None)
    return _Passage(float(np.median(passed)), things, told)


def _tied_otherwise(hands: Postings, members: I64) -> float:
    """Share of a group that shares a payment with another of it, or a mail domain that few have."""
    within, held = within_of(hands, members)
    rare = is_kind(hands, "payment") | (is_kind(hands, "domain") & (hands.classes < BLOCKED_CLASSES))
    return float((np.asarray(within[:, np.flatnonzero(rare & (held > 1))].sum(axis=1)).ravel() > 0).mean())


def _share_of_a_text(log: LogProfile, members: I64) -> float:
    """Largest share of a group that sends one and the same sentence, of those that are not everybody's."""
    texts = log.shared["structure"]
    if texts is None:
        return 0.0
    _, held = within_of(texts, members)
    return float(np.max(held, where=texts.classes < len(RARITIES), initial=0) / len(members))
