"""Infrastructure: the same hands, by payments, addresses, networks and domains, and sign-ups together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.core.counted import percent
from stillwatch.evidence.base import Count, Example, Explanation, Family, Level, Null, Observed, Value
from stillwatch.evidence.bursts import bursts, came_with
from stillwatch.evidence.group_statistics import scatter, sharing
from stillwatch.evidence.hands import (
    Doors,
    all_webs,
    cards_of,
    doors_of,
    houses_of,
    is_kind,
    owners_apart,
    ties_of,
    within_of,
)
from stillwatch.evidence.icc import icc_of
from stillwatch.evidence.log_profile import HOUR, I64, LogProfile
from stillwatch.evidence.one_source import icc_in_common
from stillwatch.evidence.p_values import count_tail_p
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.shared_levels import reached, shared_levels
from stillwatch.evidence.sharing_out import dealt_out
from stillwatch.evidence.sign_ups import (
    EVEN_VOLUMES,
    came_at_once,
    said_apart,
    set_as_much,
    signed_up,
    signed_up_together,
    tied_at_sign_up,
    who_signed_up_then,
)
from stillwatch.evidence.thresholds import (
    BLOCKED_CLASSES,
    DRAWS_ROUGH,
    LEAST_MEMBERS,
    MAJORITY,
    NEARLY_ALL,
    OFFICE_SIZE,
    ONE_DOOR,
    P_FLOOR,
    RARITIES,
    REDRAW,
    RESELLER_SIZE,
    SEVERAL_PAYMENTS,
    SIGN_UP_HOURS,
    UNTOLD,
)

__all__ = ["FAMILY", "OFFICE"]

OFFICE = "one organisation or office with several accounts"
COHORT = "people who signed up together, such as a class, new staff or a crew"
"""Name of the explanation that a few accounts of a larger whole cannot decide."""

_HOUSES = " They fall into {} houses, each with a payment or e-mail domain of its own and hardly an address in common."
_SIGNED_UP = f"abs(l.sign_up - r.sign_up) < {int(SIGN_UP_HOURS * HOUR)}"


class Infrastructure(Family):
    """Payments, addresses, networks and uncommon domains in common; signed up together."""

    name = "infrastructure"
    sees = "the same hands"
    side = "coordination"
    reads = ("client_address", "country", "payment_id", "email_domain", "created")
    needs = ("client_address", "payment_id", "email_domain", "created")
    blind_spot = "Accounts with a card, a domain and a residential address each."
    values: ClassVar[Mapping[str, Value]] = {"sign_up": Value("epoch_us(created)", "min", source="account")}
    counts: ClassVar[Mapping[str, Count]] = {
        "payment": Count("'payment ' || payment_id", source="account", shared=True),
        "domain": Count("'domain ' || lower(email_domain)", source="account", shared=True),
        "address": Count("'address ' || client_address", shared=True),
        "country": Count("country", usual=True),
        "network": Count("'network ' || network", source="sketches", shared=True),
    }
    owners = True
    examples = (
        Example("three cards pay for them", {"payment_id": lambda rng, account, row: f"card {account % 3}"}, seen=True),
        Example(
            "they sit behind two addresses",
            {"client_address": lambda rng, account, row: f"198.51.{account % 2}.7"},
            seen=True,
        ),
        Example("each has a card and an address of its own", {}, seen=False),
    )

    def levels(self, log: LogProfile) -> Sequence[Level]:
        """Two rare things in common, or one of a class of rarity, or signed up within a day."""
        chain = shared_levels("hands", log.shared[self.name], (0.08, 0.12, 0.1, 0.1))
        return [*chain, Level("signed up within a day", _SIGNED_UP, 0.2)]

    def pair_columns(self, log: LogProfile, a: I64, b: I64) -> Mapping[str, npt.NDArray[Any]]:
        """The level of shared identifiers."""
        return reached("hands", log.shared[self.name], a, b)

    def test(self, log: LogProfile, members: I64, null: Null, *, least: int = LEAST_MEMBERS) -> Iterable[Observed]:
        """Shared identifiers, several payments each shared by some, and sign-ups together where at least ``least`` are
        known: by themselves, and of accounts that several things tie."""
        hands = log.shared[self.name]
        if hands is not None and hands.known[members].any():
            yield _shared_identifiers(hands, members[hands.known[members]], null)
            if (paid := _several_payments(hands, members)) is not None:
                yield paid
        if (came := signed_up(log, members, null, least)) is None:
            return
        yield came
        if hands is not None and (both := tied_at_sign_up(hands, members, came)) is not None:
            yield both

    def groups(self, log: LogProfile, *, least: int, seed: int) -> Iterable[I64]:
        """Webs of shared hands."""
        return all_webs(log.shared[self.name], least=least)

    def at_once(self, log: LogProfile, *, least: int) -> Iterable[I64]:
        """Who signed up at once."""
        return bursts(log.columns["sign_up"], log.known("sign_up"), least=least)

    def acts_along(self, log: LogProfile, members: I64, who: I64) -> npt.NDArray[np.bool_] | None:
        """Who shares a rare thing with two members, or signed up with more of them than chance has: the first where
        nearly all share one, the second where nearly all did and most share none."""
        moments = log.columns["sign_up"], log.known("sign_up")
        shares, theirs = self._shares(log, members, who), self._shares(log, members, members)
        if shares is None or theirs is None:
            return came_with(*moments, members, who) if moments[1].any() else None
        if theirs.mean() >= NEARLY_ALL:
            return shares
        came = came_with(*moments, members, who)
        by_time = theirs.mean() <= MAJORITY and came_with(*moments, members, members).mean() >= NEARLY_ALL
        return came if by_time else came | shares

    def came_along(self, log: LogProfile, members: I64, who: I64) -> npt.NDArray[np.bool_] | None:
        """Who signed up while a group did that signed up together."""
        told = log.known("sign_up")
        if not signed_up_together(log, members):
            return None
        return np.isin(who, who_signed_up_then(log.columns["sign_up"], members[told[members]], who[told[who]]))

    def _shares(self, log: LogProfile, members: I64, who: I64) -> npt.NDArray[np.bool_] | None:
        """Who shares a rare thing with two members, or one that mostly they have: of a campaign that is a quarter of
        the log no address is rare, and through a carrier's, which may be, others pass. None where nothing is known of
        hands."""
        hands = log.shared[self.name]
        if hands is None:
            return None
        _, held = within_of(hands, members)
        rare = (hands.classes < BLOCKED_CLASSES) & ~is_kind(hands, "address", "network")
        theirs = np.flatnonzero((held >= 2) & (rare | (held > MAJORITY * hands.holders)))
        return np.asarray((hands.matrix[who][:, theirs] > 0).sum(axis=1)).ravel() > 0

    def shown_by(self, log: LogProfile, members: I64) -> npt.NDArray[np.bool_] | None:
        """Who shares a rare thing with another of them, as far as anything is known of its hands."""
        hands, shares = log.shared[self.name], self._shares(log, members, members)
        return None if hands is None or shares is None else shares | ~hands.known[members]

    def explain(self, log: LogProfile, members: I64, bystanders: I64) -> Iterable[Explanation]:
        """One organisation or office: one owner, or people of one place; and people who signed up together."""
        hands = log.shared[self.name]
        if hands is None or not hands.known[members].any():
            return [_nothing_of_hands(log, members), self._one_cohort(log, members, bystanders)]
        doors = doors_of(hands, members)
        behind = max(len(members), doors.holders if doors.owner >= ONE_DOOR else 0)
        holds = _one_office(log, members, doors, behind)
        house = None
        if holds is False and (house := houses_of(hands, members)) is None:
            house = owners_apart(hands, members)
        if house is not None and came_at_once(log, members, house):
            house = None
        if house is not None:
            holds = None
        against = _contradicted_by(doors, behind, holds) if house is None else _across_houses(log, members, house)
        others = f", as {behind - len(members):,} other accounts do" if behind > max(len(members), OFFICE_SIZE) else ""
        return [
            Explanation(
                OFFICE,
                f"These {len(members):,} accounts declare no organisation in common (whoever does was counted as one "
                f"beforehand). {_in_common(doors, others)}"
                f"{'' if house is None else _HOUSES.format(house.max() + 1)}",
                holds,
                contradicted_by=against,
                accounts_for=(self.name,),
            ),
            self._one_cohort(log, members, bystanders),
        ]

    def _one_cohort(self, log: LogProfile, members: I64, bystanders: I64) -> Explanation:
        """Whether nothing ties them, to one another or to bystanders who signed up when they did, but that, a payment,
        a mail domain and a door or two, as it ties a class or a crew."""
        told = log.known("sign_up")
        known = members[told[members]]
        apart = float(scatter(log.columns["sign_up"][known][None, :])[0]) if len(known) else np.inf
        hands = log.shared[self.name]
        beside = who_signed_up_then(log.columns["sign_up"], known, bystanders[told[bystanders]])
        tied = 0.0 if hands is None else ties_of(hands, members, cards=1, beside=beside).share
        when = f"They signed up {said_apart(apart)}" if len(known) else "No sign-up of theirs is known"
        return Explanation(
            COHORT,
            f"{when}. Of them, {percent(tied)} share a payment with another who signed up then, or an address or "
            "a mail domain that hardly anybody else has (the commonest left out, perhaps their school's or their "
            "firm's, or a house or two of theirs); of people who merely signed up together, at most half do.",
            None if tied <= MAJORITY and signed_up_together(log, members) else False,
            contradicted_by=("timing", "dispatch"),
            strangers=True,
            pay_apart=True,
            accounts_for=(self.name,),
            natural=(EVEN_VOLUMES,) if set_as_much(log, members) else (),
        )

    def no_strangers(self, log: LogProfile, members: I64) -> str | None:
        """Most of them pay by several payments, each shared by some of them."""
        hands = log.shared[self.name]
        cards = 0 if hands is None else cards_of(hands, members)
        return f"most of the accounts pay by {cards:,} payments that several of them share." if cards > 1 else None


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
    return (
        f"At most {percent(doors.owner)} of them have one and the same payment or uncommon e-mail domain{others}, at "
        f"most {percent(doors.place)} mostly or often use one and the same address or network, and {_paying(doors)}. "
        f"Of one owner's or one office's accounts, at least {percent(ONE_DOOR)} do."
    )


def _paying(doors: Doors) -> str:
    """How a group pays, as far as it is known and shared."""
    if doors.cards > 1:
        return f"most pay by {doors.cards:,} payments that several of them share"
    if doors.cards == 1:
        return "most pay by one payment" if doors.paid > MAJORITY else "at most half share a payment with another"
    return "no two share a payment" if doors.paid else "no payment of theirs is known"


def _contradicted_by(doors: Doors, behind: int, holds: bool | None) -> tuple[str, ...]:
    """Families whose finding rules one office out."""
    if doors.named >= ONE_DOOR:
        # A firm that pays by one card under its own name hides nothing: one queue over its keys is its own.
        return ()
    if behind > OFFICE_SIZE or (holds is None and _one_room(doors)):
        # One owner's customers keep no common clock, nor do those who pay apart in one place.
        return "timing", "dispatch"
    # A firm's crew at one queue sits or pays together: a mail domain alone, each paying for itself, is no queue.
    return ("dispatch",) if holds is None and doors.paid < ONE_DOOR and doors.place <= MAJORITY else ()


def _one_room(doors: Doors) -> bool:
    """Whether nearly all sit in one place, and pay by a few cards."""
    return doors.place >= ONE_DOOR and 1 < doors.cards < SEVERAL_PAYMENTS


def _one_office(log: LogProfile, members: I64, doors: Doors, behind: int) -> bool | None:
    """Whether accounts are one organisation's, one office's or one reseller's.

    A firm that pays by one card under its own name claims to be nobody else. Whether some of a reseller's customers, or
    all of them, are one customer's accounts cannot be told from their hands.
    One owner has one payment, or a few where all sit in one place, and an office no more accounts than an office has.
    People of one place pay each for themselves, unless several payments, each shared by strangers, tie them. People ask
    each of their own: accounts that ask from one source may be a firm's crew at one queue, and are not told from a
    campaign behind one door. Where most have one firm's mail domain the others may be its people under addresses of
    their own, and where most sit in one place, and share no payments, they may be its people at home.

    Args:
        log: the whole log.
        members: the group.
        doors: of the group.
        behind: entities behind its door, members or not.
    """
    if doors.named >= ONE_DOOR:
        return True
    a_firms = doors.mail > MAJORITY and doors.cards <= 1
    if behind > OFFICE_SIZE:
        owned = doors.owner >= ONE_DOOR or a_firms or _one_room(doors)
        return None if owned and len(members) <= RESELLER_SIZE else False
    if doors.owner < ONE_DOOR and (doors.place < ONE_DOOR or doors.cards > 1):
        at_home = doors.place > MAJORITY and doors.cards <= 1
        return None if a_firms or at_home or _one_room(doors) else False
    return None if _asks_as_one(log, members) else True


def _asks_as_one(log: LogProfile, members: I64) -> bool:
    """Whether accounts are shown to ask from one source, in all that was sampled or in their common moments."""
    if icc_of(log.content, members).p_value <= UNTOLD:
        return True
    common = icc_in_common(log, members)
    return common is not None and common.p_value <= UNTOLD


def _across_houses(log: LogProfile, members: I64, house: I64) -> tuple[str, ...]:
    """Families whose finding rules several firms out: a clock, where accounts of different houses keep it as well as
    those of one do, for each firm keeps its own, or where one pool is dealt out over all houses."""
    rhythm = log.derived["timing"].residuals[members].astype(np.float64)
    told = np.any(rhythm != 0, axis=1)
    of = house[told, None] == np.arange(-1, int(house.max()) + 1)
    sums, sizes = of.T @ rhythm[told], of.sum(axis=0).astype(np.float64)
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


def _shared_identifiers(hands: Postings, members: I64, null: Null) -> Observed:
    shared = _sharing_their_own(hands, members)
    chance = hands.chance_beside(members, hands.classes < BLOCKED_CLASSES)
    p = float(max(scipy.stats.binom.sf(shared - 1, len(members), min(chance, 1.0)), P_FLOOR))
    if shared <= MAJORITY * len(members) or chance > MAJORITY:
        # A few colleagues inside a group are no common hands of the group, nor is what most strangers would share.
        p = 1.0
    elif p < REDRAW:
        # Offices make sharing lumpy, which the binomial does not know; groups drawn from the log do.
        groups = null.plain(members, DRAWS_ROUGH, whole=True, among=hands.known)
        p = max(p, count_tail_p(sharing(hands, groups), shared))
    return Observed(
        p,
        "share of accounts that share a payment, address or domain",
        shared / len(members),
        chance,
        f"{shared} of {len(members)} accounts share a payment, address, network or uncommon e-mail domain with another "
        f"of them; of random accounts, {percent(chance)} would.",
        1.0,
    )


def _sharing_their_own(hands: Postings, members: I64) -> int:
    """How many of a group share a rare thing with another of them, but for who meets most others than them at the
    addresses and networks that it has in common: a cloud's, a carrier's or a builder's, through which whoever likes
    passes."""
    within, held = within_of(hands, members)
    scarce = (held > 0) & (hands.classes < BLOCKED_CLASSES)
    place = np.flatnonzero(scarce & is_kind(hands, "address", "network"))
    own = np.flatnonzero(scarce & (held > 1) & ~is_kind(hands, "address", "network"))
    met, everybody = (within[:, place] @ (count[place] - 1) for count in (held, hands.holders))
    return int(((np.asarray(within[:, own].sum(axis=1)).ravel() > 0) | (met > MAJORITY * everybody)).sum())


def _several_payments(hands: Postings, members: I64) -> Observed | None:
    """Payments shared in twos and more, the commonest left out: one owner's customers pay that owner or each for
    themselves, and have none; a few owners of one product have a few. None where they are too few."""
    pays = is_kind(hands, "payment") & (hands.classes < len(RARITIES))
    within, held = within_of(hands, members)
    held = np.where(pays, held, 0)
    if np.sum(held >= 2) < SEVERAL_PAYMENTS:
        return None
    commonest = int(held.argmax())
    rest = np.asarray(within[:, commonest].todense()).ravel() == 0
    pays[commonest] = False
    shared = int(
        (np.asarray(within[np.flatnonzero(rest)][:, np.flatnonzero(pays & (held >= 2))].sum(axis=1)) > 0).sum()
    )
    if shared <= MAJORITY * len(members):
        return None
    chance = hands.chance_beside(members, pays)
    p = float(max(scipy.stats.binom.sf(shared - 1, int(rest.sum()), chance), P_FLOOR))
    return Observed(
        p,
        "share of accounts that share one of several payments",
        shared / len(members),
        chance,
        f"{shared} of {len(members)} accounts pay by one of {int((held[pays] >= 2).sum())} payments that others of "
        f"them have too (the commonest not counted); of random accounts, {percent(chance)} would.",
        p,
    )


FAMILY = Infrastructure()
