"""Infrastructure: the same hands, by payments, addresses, networks and domains, and sign-ups together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.core.counted import percent
from stillwatch.core.warning_lists import shipped_warnings
from stillwatch.evidence.base import Count, Example, Explanation, Family, Level, Null, Observed, Value
from stillwatch.evidence.bursts import bursts, came_with
from stillwatch.evidence.group_statistics import scatter, sharing
from stillwatch.evidence.hands import cards_of, is_kind, ties_of, webs_of_few, within_of
from stillwatch.evidence.log_profile import HOUR, I64, LogProfile
from stillwatch.evidence.one_office import one_office
from stillwatch.evidence.one_service import one_service
from stillwatch.evidence.own_doors import own_doors
from stillwatch.evidence.p_values import count_tail_p
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.shared_levels import reached, shared_levels
from stillwatch.evidence.sign_ups import (
    EVEN_VOLUMES,
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
    P_FLOOR,
    RARITIES,
    REDRAW,
    SEVERAL_PAYMENTS,
    SIGN_UP_HOURS,
)
from stillwatch.evidence.webs import all_sharers, all_webs

__all__ = ["FAMILY"]

COHORT = "people who signed up together, such as a class, new staff or a crew"
"""Name of the explanation that a few accounts of a larger whole cannot decide."""

_PUBLIC = ", ".join(f"'{domain}'" for domain in shipped_warnings().domains)

# Strangers have a public provider's domain in common, however few of them a log has.
_DOMAIN = (
    f"CASE WHEN lower(email_domain) IN ({_PUBLIC}) THEN 'mail of ' || account_id "
    "ELSE 'domain ' || lower(email_domain) END"
)

_SIGNED_UP = f"abs(l.sign_up - r.sign_up) < {int(SIGN_UP_HOURS * HOUR)}"


class Infrastructure(Family):
    """Payments, addresses, networks and uncommon domains in common; signed up together."""

    name = "infrastructure"
    sees = "the same hands"
    side = "coordination"
    reads = ("account_id", "client_address", "country", "payment_id", "email_domain", "created")
    needs = ("client_address", "payment_id", "email_domain", "created")
    blind_spot = "Accounts with a card, a domain and a residential address each."
    values: ClassVar[Mapping[str, Value]] = {"sign_up": Value("epoch_us(created)", "min", source="account")}
    counts: ClassVar[Mapping[str, Count]] = {
        "payment": Count("'payment ' || payment_id", source="account", shared=True),
        "domain": Count(_DOMAIN, source="account", shared=True),
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
            if (doors := own_doors(log, members[hands.known[members]], null)) is not None:
                yield doors
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

    def crowds(self, log: LogProfile, *, least: int) -> Iterable[I64]:
        """Who signed up at once, and who shares hands with somebody."""
        yield from bursts(log.columns["sign_up"], log.known("sign_up"), least=least)
        yield from all_sharers(log.shared[self.name], least=least)

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
        the log no address is rare, and through a carrier's, which may be, others pass. Where most of them are of webs
        of many, a family among them shares its card with nobody. None where nothing is known of hands."""
        hands = log.shared[self.name]
        if hands is None:
            return None
        web = webs_of_few(hands, members)
        many = members[np.bincount(web)[web] >= LEAST_MEMBERS]
        _, held = within_of(hands, many if len(many) > MAJORITY * len(members) else members)
        rare = (hands.classes < BLOCKED_CLASSES) & ~is_kind(hands, "address", "network")
        theirs = np.flatnonzero((held >= 2) & (rare | (held > MAJORITY * hands.holders)))
        return np.asarray((hands.matrix[who][:, theirs] > 0).sum(axis=1)).ravel() > 0

    def shown_by(self, log: LogProfile, members: I64) -> npt.NDArray[np.bool_] | None:
        """Who shares a rare thing with another of them, as far as anything is known of its hands."""
        hands, shares = log.shared[self.name], self._shares(log, members, members)
        return None if hands is None or shares is None else shares | ~hands.known[members]

    def explain(self, log: LogProfile, members: I64, bystanders: I64) -> Iterable[Explanation]:
        """One organisation or office: one owner, or people of one place; people who signed up together; and customers
        of one service."""
        return [one_office(log, members), self._one_cohort(log, members, bystanders), one_service(log, members)]

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
