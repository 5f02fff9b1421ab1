"""Whether accounts are one organisation's or one office's, or of several houses that have nothing to do with one
another: an honest explanation of hands in common."""

from __future__ import annotations

import numpy as np

from stillwatch.core.counted import percent
from stillwatch.evidence.base import Explanation
from stillwatch.evidence.hands import Doors, doors_of, houses_of, owners_apart, webs_apart
from stillwatch.evidence.hands_thresholds import FIRM_MAIL
from stillwatch.evidence.icc import icc_of
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.one_source import icc_in_common
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.sharing_out import dealt_out
from stillwatch.evidence.sign_ups import came_at_once
from stillwatch.evidence.thresholds import (
    MAJORITY,
    OFFICE_SIZE,
    ONE_DOOR,
    RARITIES,
    RESELLER_SIZE,
    SEVERAL_PAYMENTS,
    UNTOLD,
)

__all__ = ["OFFICE", "one_office"]

OFFICE = "one organisation or office with several accounts"
_HOUSES = " They fall into {} houses, each with payments or a mail domain of its own and hardly an address in common."


def one_office(log: LogProfile, members: I64) -> Explanation:
    """One owner, or people of one place, or several such houses.

    Args:
        log: the whole log.
        members: the group.
    """
    hands = log.shared["infrastructure"]
    if hands is None or not hands.known[members].any():
        return _nothing_of_hands(log, members)
    doors = doors_of(hands, members)
    behind = max(len(members), doors.holders if doors.owner >= ONE_DOOR else 0)
    holds = _one_owners(log, members, doors, behind)
    house, text = _houses_apart(hands, members) if holds is False else (None, ())
    if house is not None and came_at_once(log, members, house):
        house = None
    if house is None:
        against = _contradicted_by(doors, behind, holds)
    else:
        holds, against = None, text + _across_houses(log, members, house)
    others = f", as {behind - len(members):,} other accounts do" if behind > max(len(members), OFFICE_SIZE) else ""
    return Explanation(
        OFFICE,
        f"These {len(members):,} accounts declare no organisation in common (whoever does was counted as one "
        f"beforehand). {_in_common(doors, others)}{'' if house is None else _HOUSES.format(house.max() + 1)}",
        holds,
        contradicted_by=against,
        accounts_for=("infrastructure",),
    )


def _nothing_of_hands(log: LogProfile, members: I64) -> Explanation:
    """Whether accounts of whose hands nothing is known are one organisation's: no more than an office has may be, where
    they are no more of the log than one customer is."""
    most = int(min(OFFICE_SIZE, RARITIES[-1][1] * len(log)))
    return Explanation(
        OFFICE,
        f"Neither payments nor addresses nor mail domains are known of these {len(members)} accounts. Whether they are "
        f"one organisation's cannot be seen; up to {most} of the {len(log):,} accounts may be.",
        None if len(members) <= most else False,
        accounts_for=("infrastructure",),
    )


def _in_common(doors: Doors, others: str) -> str:
    # What many of a log have ties nobody, and is a firm's all the same that is one under its own name.
    owner = max(doors.owner, doors.paid) if doors.named >= ONE_DOOR else doors.owner
    return (
        f"At most {percent(owner)} of them have one and the same payment or uncommon e-mail domain{others}, at "
        f"most {percent(doors.place)} mostly or often use one and the same address or network, and {_paying(doors)}. "
        f"Of one owner's or one office's accounts, at least {percent(ONE_DOOR)} do."
    )


def _paying(doors: Doors) -> str:
    """How a group pays, as far as it is known and shared."""
    if doors.cards > 1:
        return f"most pay by {doors.cards:,} payments that several of them share"
    if doors.cards == 1:
        return "most pay by one payment" if doors.paid > MAJORITY else "at most half share a payment with another"
    return "no payment of theirs is known" if doors.unpaid else "no two share a payment"


def _contradicted_by(doors: Doors, behind: int, holds: bool | None) -> tuple[str, ...]:
    """Families whose finding rules one office out."""
    few_pay = doors.unpaid or 1 < doors.cards < SEVERAL_PAYMENTS
    if doors.named >= ONE_DOOR or (few_pay and doors.mail >= ONE_DOOR):
        # A firm that pays by a card, or a few, under its own name hides nothing: one queue over its keys is its own,
        # and old ones make way for new ones. Where it is not known who pays, nor does one under its own name.
        return ()
    if behind > OFFICE_SIZE or (holds is None and _one_room(doors)):
        # One owner's customers keep no common clock, nor do those who pay apart in one place.
        return "timing", "dispatch"
    # A firm's crew at one queue sits or pays together: a mail domain alone, each paying for itself, is no queue.
    return ("dispatch",) if holds is None and doors.paid < ONE_DOOR and doors.place <= MAJORITY else ()


def _one_room(doors: Doors) -> bool:
    """Whether nearly all sit in one place, and pay by a few cards."""
    return doors.place >= ONE_DOOR and 1 < doors.cards < SEVERAL_PAYMENTS


def _one_owners(log: LogProfile, members: I64, doors: Doors, behind: int) -> bool | None:
    """Whether accounts are one organisation's, one office's or one reseller's.

    A firm that pays by one card under its own name claims to be nobody else. Whether some of a reseller's customers, or
    all of them, are one customer's accounts cannot be told from their hands.
    One owner has one payment, or a few where all sit in one place, and an office no more accounts than an office has.
    People of one place pay each for themselves, unless several payments, each shared by strangers, tie them. People ask
    each of their own: accounts that ask from one source may be a firm's crew at one queue, and are not told from a
    campaign behind one door. Where many have one firm's mail domain the others may be its people under addresses of
    their own, and where most sit in one place, and share no payments, they may be its people at home.

    Args:
        log: the whole log.
        members: the group.
        doors: of the group.
        behind: entities behind its door, members or not.
    """
    if doors.named >= ONE_DOOR:
        return True
    a_firms = doors.mail >= FIRM_MAIL and doors.cards <= 1
    if behind > OFFICE_SIZE:
        owned = doors.owner >= ONE_DOOR or a_firms or _one_room(doors)
        return None if owned and len(members) <= RESELLER_SIZE else False
    if doors.owner < ONE_DOOR and (doors.place < ONE_DOOR or doors.cards > 1):
        at_home = doors.place > MAJORITY and doors.cards <= 1
        return None if a_firms or at_home or _one_room(doors) else False
    return None if _asks_as_one(log, members) else True


def _houses_apart(hands: Postings, members: I64) -> tuple[I64 | None, tuple[str, ...]]:
    """Which house each of a group is of, if it falls into several that nothing of their hands ties to one another, and
    whether a text in common rules that out: those who resell to many have none."""
    for apart in (houses_of, owners_apart):
        if (house := apart(hands, members)) is not None:
            return house, ()
    return webs_apart(hands, members), ("structure",)


def _asks_as_one(log: LogProfile, members: I64) -> bool:
    """Whether accounts are shown to ask from one source, in all that was sampled or in their common moments."""
    if icc_of(log.content, members).p_value <= UNTOLD:
        return True
    common = icc_in_common(log, members)
    return common is not None and common.p_value <= UNTOLD


def _across_houses(log: LogProfile, members: I64, house: I64) -> tuple[str, ...]:
    """Families whose finding rules several firms out: a clock, where accounts of different houses keep it as well as
    those of one do, for each firm keeps its own, or where one pool is dealt out over all houses."""
    rhythm = log.derived["timing"].rhythm
    told = rhythm.told[members]
    of = (house[told, None] == np.arange(-1, int(house.max()) + 1)).astype(np.float64)
    sums, sizes = of.T @ rhythm.rows[members[told]].astype(np.float64), of.sum(axis=0)
    inside, total = float(np.sum(sums**2)), sums.sum(axis=0)
    across = (float(total @ total) - inside) / max(float(sizes.sum() ** 2 - (sizes**2).sum()), 1.0)
    within = (inside - sizes.sum()) / max(float((sizes**2).sum() - sizes.sum()), 1.0)
    kept = across > max(MAJORITY * within, 0.0)
    return ("timing", "dispatch") if kept or _dealt_over(log, members, house) else ()


def _dealt_over(log: LogProfile, members: I64, house: I64) -> bool:
    """Whether prompts are dealt out by count, most of those that several send over more houses than one."""
    if dealt_out(log.prompt_sets, members) is None:
        return False
    _, owner, sent = log.prompt_sets.held(members)
    name = np.unique(sent, return_inverse=True)[1]
    told = house[owner] >= 0
    several = np.bincount(name[told]) > 1
    pairs = np.unique(np.stack([name[told], house[owner[told]]]), axis=1)[0]
    return bool((np.bincount(pairs, minlength=len(several))[several] > 1).mean() > MAJORITY) if several.any() else False
