"""Groups that hands in common propose: webs of those who share, and all who share with few."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from stillwatch.evidence.hands import KINDS, is_kind
from stillwatch.evidence.hands_thresholds import SHARED_BY_FEW, WEB_HOLDERS
from stillwatch.evidence.log_profile import I64
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.thresholds import BLOCKED_CLASSES

__all__ = ["all_sharers", "all_webs"]


def all_webs(hands: Postings | None, *, least: int) -> Iterator[I64]:
    """Webs of shared hands of at least so many entities of the whole log, the tightest first.

    A campaign on eight cards bridged by twenty addresses is one web, not nine offices. What many hold (a carrier's
    address, a payment that stands for none) would tie strangers: so webs are drawn several times, each time with
    things of more holders, of payments and addresses first.
    """
    if hands is None:
        return
    seen: set[bytes] = set()
    for most in WEB_HOLDERS:
        for kinds in (("payment", "address"), KINDS):
            things = np.flatnonzero((hands.holders <= most) & is_kind(hands, *kinds))
            for web in hands.webs(things, least):
                if web.tobytes() not in seen:
                    seen.add(web.tobytes())
                    yield web


def all_sharers(hands: Postings | None, *, least: int) -> Iterator[I64]:
    """Whoever shares a payment, an address or a mail domain with few others, of the whole log, the fewest first.

    A campaign that pays by many cards, two or three accounts by each, is no web: its cards meet nowhere. But hardly
    anybody shares a card with somebody and asks what others ask who do.
    """
    if hands is None:
        return
    for kinds in (("payment",), ("payment", "address"), ("payment", "domain", "address")):
        for most in SHARED_BY_FEW:
            few = is_kind(hands, *kinds) & (hands.holders <= most) & (hands.classes < BLOCKED_CLASSES)
            sharers = np.flatnonzero(np.asarray(hands.matrix[:, np.flatnonzero(few)].sum(axis=1)).ravel() > 0)
            if len(sharers) >= least:
                yield sharers
