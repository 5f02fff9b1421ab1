"""What a group of entities has in common by its hands: payments, mail domains, addresses and networks."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stillwatch.evidence.hands_thresholds import COHORT_DOORS, FIRM_NAMES, OWN_DOOR
from stillwatch.evidence.log_profile import I64
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.thresholds import (
    ALWAYS_RARE,
    BLOCKED_CLASSES,
    LEAST_MEMBERS,
    MAJORITY,
    OFFICE_SIZE,
    ONE_DOOR,
    RARITIES,
    RESELLER_SIZE,
    SEVERAL_PAYMENTS,
)

__all__ = [
    "KINDS",
    "Doors",
    "Ties",
    "cards_of",
    "doors_of",
    "houses_of",
    "is_kind",
    "one_owners",
    "owners_apart",
    "tied",
    "ties_of",
    "under_own_name",
    "webs_apart",
    "webs_of",
    "webs_of_few",
    "within_of",
]

KINDS = ("payment", "domain", "address", "network")
"""Kinds of hands, in the order in which the family counts them."""


class Ties(NamedTuple):
    """What ties the members of a group to one another.

    Attributes:
        share: of the members that have something of it.
        things: how many things it is.
    """

    share: float
    things: int


class Doors(NamedTuple):
    """What a group has in common by its hands.

    Attributes:
        owner: largest share of the members that one payment or domain has; of no more than an office has, with those
            whose mail is of the payment's holders' own.
        holders: entities of the whole log that have that one.
        place: largest share that makes most of its requests from one address or network, or comes from an address that
            hardly anybody else has and that many of theirs come from.
        cards: payments that most of them share, each with another member.
        paid: largest share of the members that one payment has, with the same.
        named: share of them that are of firms under their own names.
        mail: largest share of them that one mail domain of a firm's own has.
        unpaid: whether no payment of theirs is known.
    """

    owner: float
    holders: int
    place: float
    cards: int
    paid: float
    named: float
    mail: float
    unpaid: bool


def doors_of(hands: Postings, members: I64) -> Doors:
    """What nearly all of a group have, by its hands."""
    within = hands.matrix[members]
    # An office is as large as it is: in a small log its door is no rare thing.
    rare = (hands.classes < BLOCKED_CLASSES) | (hands.holders <= OFFICE_SIZE)
    at = rare & is_kind(hands, "address", "network")
    held = np.bincount(within.indices, minlength=len(rare))
    own_mail = _own_mail(hands, held, len(members))
    own_mail[_names_of_houses(hands, held, len(members))] = True
    few = (hands.holders <= RESELLER_SIZE) & (hands.classes < len(RARITIES))
    owns = np.where((is_kind(hands, "payment") | own_mail) & (few | rare), held, 0)
    mostly = at[within.indices] & (within.data >= MAJORITY)
    sits = np.bincount(within.indices[mostly], minlength=1).max()
    # Of an office some are mostly at home, and come there now and then.
    least = np.maximum(ONE_DOOR * hands.holders, MAJORITY * len(members))
    own = np.flatnonzero(rare & is_kind(hands, "address") & (held > 0) & (held >= least))
    theirs = own[np.median(within[:, own].toarray(), axis=0) >= OWN_DOOR]
    comes = int(held[theirs].max(initial=0))
    first = int(owns.argmax()) if len(owns) else 0
    owner = float(owns[first] / len(members)) if len(owns) else 0.0
    paid = float(held[is_kind(hands, "payment")].max(initial=0) / len(members))
    if owner and len(members) <= OFFICE_SIZE and hands.kinds[first] == KINDS.index("payment"):
        # Of a firm some pay for themselves, under its name.
        owner = paid = float(_and_namesakes(within, first, own_mail & rare).mean())
    return Doors(
        owner=owner,
        holders=int(hands.holders[first]) if len(owns) and owns[first] else 0,
        place=float(max(sits, comes) / len(members)),
        cards=cards_of(hands, members),
        paid=paid,
        named=float(under_own_name(hands, members).mean()),
        mail=float(held[own_mail].max(initial=0) / len(members)),
        unpaid=not hands.told[KINDS.index("payment"), members].any(),
    )


def _and_namesakes(within: Any, payment: int, mail: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Who of a group, whose things are ``within``, has a payment, or a mail domain of these that its holders have."""
    pays = np.asarray(within[:, payment].todense()).ravel() > 0
    theirs = mail & (np.asarray((within[np.flatnonzero(pays)] > 0).sum(axis=0)).ravel() > 0)
    return np.asarray(pays | (np.asarray((within[:, np.flatnonzero(theirs)] > 0).sum(axis=1)).ravel() > 0))


def one_owners(hands: Postings | None, members: I64) -> bool:
    """Whether a group may be one owner's, whose people are given as much to do each, or whose programs are set alike:
    most of it has one payment, mail domain or door."""
    if hands is None or not hands.known[members].any():
        return False
    doors = doors_of(hands, members)
    return doors.cards <= 1 and max(doors.owner, doors.mail, doors.place) > MAJORITY


def cards_of(hands: Postings, members: I64) -> int:
    """How many payments most of a group share, each with another member; at most one where fewer do."""
    _, held = within_of(hands, members)
    shared = held[is_kind(hands, "payment") & (held > 1)]
    return len(shared) if shared.sum() > MAJORITY * len(members) else min(len(shared), 1)


def houses_of(
    hands: Postings, members: I64, *, least: int = LEAST_MEMBERS, most: int = SEVERAL_PAYMENTS - 1, doors: bool = False
) -> I64 | None:
    """Which house each of a group is of, from 0, -1 for none; each house has one payment or mail domain, and hardly any
    of what is theirs, an address or how they pay, is of two. None where they are tied to one another, or to nobody, or
    are as many as one owner does not know of.

    Firms that work alike are found together, and what ties the accounts of each ties no stranger to them. A campaign
    that pays by a few cards sends over all of its addresses by each.

    Args:
        hands: of the log.
        members: the group.
        least: accounts a house.
        most: houses.
        doors: whether those of one address that hardly anybody else has are a house too.
    """
    within, held = within_of(hands, members)
    theirs, few = held >= ONE_DOOR * hands.holders, hands.holders <= RESELLER_SIZE
    # Of a school one class is here, and the others are not.
    rare = hands.classes < BLOCKED_CLASSES
    own = is_kind(hands, "payment") | _own_mail(hands, held, len(members))
    own |= rare & (held > MAJORITY * hands.holders) & is_kind(hands, "domain")
    own |= doors & (theirs | rare) & is_kind(hands, "address")
    owns = few & (held >= least) & own
    owner = np.asarray(within[:, np.flatnonzero(owns)].todense(), np.bool_) * held[owns]
    mine = np.where(owner.any(axis=1), owner.argmax(axis=1), -1) if owner.size else np.full(len(members), -1)
    found, size = np.unique(mine[mine >= 0], return_counts=True)
    found, size = found[size >= least], size[size >= least]
    if not 1 < len(found) <= most or size.sum() < ONE_DOOR * len(members):
        return None
    of = mine[:, None] == found
    at = within[:, np.flatnonzero(owns | (theirs & is_kind(hands, "address", "network")))].astype(np.int64)
    across = np.asarray((at.T @ of > 0).sum(axis=1)).ravel() > 1
    if (np.asarray(at[:, across].sum(axis=1)).ravel() > 0).mean() > MAJORITY:
        return None
    return _numbered(of)


def owners_apart(hands: Postings, members: I64) -> I64 | None:
    """Which owner's each of a group is, from 0, -1 for none, where it falls into a few webs that nothing ties to one
    another, most of each of one payment or mail domain, and that pay by no more payments than a few owners have; None
    where it is one web, or of more owners.

    What ties the accounts of each, and that they signed up as it liked, says nothing of the others. A web that hangs
    together by many payments and addresses, none of which most of it have, is no owner's.
    """
    within, held = within_of(hands, members)
    web = webs_of_few(hands, members)
    found, size = np.unique(web, return_counts=True)
    found, size = found[size >= LEAST_MEMBERS], size[size >= LEAST_MEMBERS]
    paid = np.sum(is_kind(hands, "payment") & (held > 1))
    if not 1 < len(found) <= paid < SEVERAL_PAYMENTS or size.sum() < ONE_DOOR * len(members):
        return None
    of = web[:, None] == found
    owns = within[:, np.flatnonzero((held > 1) & is_kind(hands, "payment", "domain"))].astype(np.int64)
    most = (owns.T @ of).max(axis=0) if owns.shape[1] else np.zeros(len(found), np.int64)
    return _numbered(of) if np.all(most > MAJORITY * size) else None


def webs_apart(hands: Postings, members: I64) -> I64 | None:
    """Which web each of a group is of, from 0, -1 for none, where most share payments, and an address or a mail domain
    that few have, within webs none of which most of the group are; None where one is, or they share no such things.

    Resellers whose customers ask alike are found together, and what ties each one's accounts ties it to no other.
    """
    within, held = within_of(hands, members)
    doors = _doors_of_few(hands, held)
    behind = np.asarray(within[:, np.flatnonzero(doors)].sum(axis=1)).ravel() > 0
    if behind.mean() <= MAJORITY or cards_of(hands, members) <= 1:
        return None
    web = webs_of_few(hands, members)
    size = np.bincount(web)
    return None if size.max() > MAJORITY * len(members) else _numbered(web[:, None] == np.flatnonzero(size > 1))


def webs_of_few(hands: Postings, members: I64) -> I64:
    """Which web each of a group is of, from 0: those who share a payment, or an address or a mail domain that few have,
    are of one."""
    within, held = within_of(hands, members)
    return tied(within, ((held > 1) & is_kind(hands, "payment")) | _doors_of_few(hands, held))


def _doors_of_few(hands: Postings, held: I64) -> npt.NDArray[np.bool_]:
    """Which things are addresses and mail domains that few of the log have, of which a group has ``held``, several of
    it each."""
    few = (hands.holders <= OFFICE_SIZE) & (hands.classes < BLOCKED_CLASSES)
    return few & (held > 1) & is_kind(hands, "domain", "address")


def _own_mail(hands: Postings, held: I64, size: int) -> npt.NDArray[np.bool_]:
    """Which things are mail domains of a firm's own, of which a group of this ``size`` has ``held``: hardly anybody
    else has one, or of no more than an office, or of one that few have and nearly all of the group do, most are the
    group's, for some of a firm may do other work. In a small log a public one is no common thing either.
    """
    nearly_all = (held >= ONE_DOOR * size) & (hands.classes < BLOCKED_CLASSES)
    most = (nearly_all | (hands.holders <= OFFICE_SIZE)) & (held >= MAJORITY * hands.holders)
    return is_kind(hands, "domain") & (most | (held >= ONE_DOOR * hands.holders))


def _names_of_houses(hands: Postings, held: I64, size: int) -> I64:
    """Mail domains that nearly all of a group of this ``size`` have, which has ``held`` of each, and whose holders in
    the whole log mostly share payments with one another: those of a large firm, such as one of many branches, are not
    rare, but nobody else has them. A public one's holders pay each for themselves."""
    common = (hands.classes >= BLOCKED_CLASSES) & (hands.classes < len(RARITIES))
    domains = np.flatnonzero(common & is_kind(hands, "domain") & (held >= ONE_DOOR * size))
    pays = np.flatnonzero(is_kind(hands, "payment"))

    def together(domain: int) -> bool:
        paid = hands.matrix[hands.of(np.array([domain])).nonzero()[0]][:, pays] > 0
        several = np.flatnonzero(np.asarray(paid.sum(axis=0)).ravel() > 1)
        return bool((np.asarray(paid[:, several].sum(axis=1)).ravel() > 0).mean() > MAJORITY)

    return np.array([domain for domain in domains if together(int(domain))], np.int64)


def webs_of(hands: Postings, members: I64) -> I64:
    """Which web each of a group is of, from 0: those whom a payment ties, or a mail domain or an address that hardly
    anybody else has, are of one."""
    within, held = within_of(hands, members)
    own = is_kind(hands, "domain", "address") & (held >= ONE_DOOR * hands.holders)
    return tied(within, (own | is_kind(hands, "payment")) & (held > 1) & (hands.classes < BLOCKED_CLASSES))


def _numbered(of: npt.NDArray[np.bool_]) -> I64:
    """Which house each of a group is of, from 0, -1 for none (members x houses)."""
    return np.where(of.any(axis=1), of.argmax(axis=1), -1)


def tied(within: Any, ties: npt.NDArray[np.bool_]) -> I64:
    """Which web each of a group is of, whose things are ``within``, by those of them that tie."""
    part = within[:, np.flatnonzero(ties)].astype(np.int64)
    return np.asarray(sparse.csgraph.connected_components(part @ part.T, directed=False)[1], np.int64)


def under_own_name(hands: Postings, members: I64) -> npt.NDArray[np.bool_]:
    """Which members are firms' under their own names: accounts that nearly all of one payment and all of one mail
    domain are, or of a few as a firm of several brands has, hardly one of which has an address that another member, or
    more than a few of those at it, have too: of a colleague the record may lack the payment.

    A firm that shows who it is may ask what a campaign asks, and is judged as the firm.
    """
    within, held = within_of(hands, members)
    cards = np.flatnonzero((held >= ALWAYS_RARE) & is_kind(hands, "payment") & (hands.holders <= RESELLER_SIZE))
    cards = cards[_of_own_names(hands, cards)]
    if not len(cards):
        return np.zeros(len(members), np.bool_)
    theirs = np.asarray(within[:, cards].todense(), np.bool_)
    firm = theirs.any(axis=1)
    doors = within[:, np.flatnonzero(is_kind(hands, "address") & (hands.classes < BLOCKED_CLASSES))]
    at, of_others = (np.asarray((doors[who] > 0).sum(axis=0)).ravel() for who in (slice(None), ~firm))
    others = of_others > (1 - ONE_DOOR) * at
    tied = np.asarray(doors[:, np.flatnonzero(others)].sum(axis=1)).ravel() > 0
    apart = tied.astype(np.int64) @ theirs <= (1 - ONE_DOOR) * theirs.sum(axis=0)
    return np.asarray(theirs[:, apart].any(axis=1))


def _of_own_names(hands: Postings, cards: I64) -> npt.NDArray[np.bool_]:
    """Which payments are those of firms: nearly all who have one have one of a few mail domains that hardly anybody
    else has."""
    paid = (hands.matrix[:, cards] > 0).astype(np.int64)
    payers = np.flatnonzero(np.asarray(paid.sum(axis=1)).ravel())
    of_payers = (hands.matrix[payers] > 0).astype(np.int64)
    few = (hands.holders >= ALWAYS_RARE) & (hands.holders <= RESELLER_SIZE / ONE_DOOR)
    theirs = np.asarray(of_payers.sum(axis=0)).ravel() >= ONE_DOOR * hands.holders
    names = np.flatnonzero(few & theirs & is_kind(hands, "domain"))
    both = (paid[payers].T @ of_payers[:, names]).toarray()
    own = np.where(both >= ONE_DOOR * hands.holders[names], both, 0)
    most = np.sort(own, axis=1)[:, -FIRM_NAMES:].sum(axis=1)
    return np.asarray(most >= np.maximum(ONE_DOOR * hands.holders[cards], 1))


def ties_of(hands: Postings, members: I64, *, cards: int = 0, beside: I64 | None = None) -> Ties:
    """What ties members to one another, or to those ``beside`` them, but for the commonest doors, the commonest mail
    domain, and the commonest payments where ``cards`` are left out: payments of two or more, mail domains most of whose
    holders they are, and addresses of theirs alone.

    An address that others have too is a carrier's, and a school has a mail domain. Who live in one town are in one
    network. Of a notebook service's addresses each request comes from another.
    """
    everybody = members if beside is None else np.concatenate([members, beside])
    within, held = within_of(hands, everybody)
    ties = (held >= 2) & (hands.classes < BLOCKED_CLASSES) & ~is_kind(hands, "network")
    for kind, left_out, least in (
        ("payment", cards, 0.0),
        ("domain", 1, MAJORITY),
        ("address", COHORT_DOORS, ONE_DOOR),
    ):
        of_kind = is_kind(hands, kind)
        ties &= ~of_kind | (held >= least * hands.holders)
        commonest = np.flatnonzero(ties & of_kind)
        if kind == "address":
            lasting = _come_from(hands, everybody, commonest)
            ties[commonest[~lasting]] = False
            commonest = commonest[lasting]
        ties[commonest[np.argsort(-held[commonest], kind="stable")[:left_out]]] = False
    tied = np.asarray(within[: len(members), np.flatnonzero(ties)].sum(axis=1)).ravel() > 0
    return Ties(float(tied.mean()), int(ties.sum()))


def _come_from(hands: Postings, who: I64, addresses: I64) -> npt.NDArray[np.bool_]:
    """Which of some addresses their visitors come from as a rule: not one of many through which each request passes."""
    shares = hands.matrix[who][:, addresses].tocsc()
    begin, visitors = shares.indptr[:-1], np.diff(shares.indptr)
    ordered = shares.data[np.lexsort((shares.data, np.repeat(np.arange(len(addresses)), visitors)))]
    usual = (ordered[begin + (visitors - 1) // 2] + ordered[begin + visitors // 2]) / 2
    return np.asarray(usual >= OWN_DOOR, np.bool_)


def within_of(hands: Postings, members: I64) -> tuple[Any, I64]:
    """Which things each member has (sparse), and how many members have each."""
    return hands.asked.answer(members.tobytes(), lambda: _within_of(hands, members))


def _within_of(hands: Postings, members: I64) -> tuple[Any, I64]:
    within = hands.matrix[members] > 0
    return within, np.asarray(within.sum(axis=0)).ravel()


def is_kind(hands: Postings, *kinds: str) -> npt.NDArray[np.bool_]:
    """Which things are of these kinds."""
    return np.array([kind in kinds for kind in KINDS])[hands.kinds]
