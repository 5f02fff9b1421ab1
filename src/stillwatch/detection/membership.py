"""Who belongs: members told from bystanders inside a group, and members found outside it.

A customer of the same relay shares its addresses and not its questions. Each entity is held against the group's own
signature by the families that have one; an entity below the line is a bystander however strong its other links are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from stillwatch.evidence import Family, LogProfile
from stillwatch.evidence.group_statistics import odd_volumes
from stillwatch.evidence.hands import under_own_name
from stillwatch.evidence.icc import departure
from stillwatch.evidence.repeated_part import runs_one_set
from stillwatch.evidence.sharing_out import dealt_out
from stillwatch.evidence.signature import senders
from stillwatch.evidence.thresholds import (
    ALIKE_BITS,
    DEPARTED,
    EVEN_SPREAD,
    GROWTH_ROUNDS,
    LEAST_MEMBERS,
    MAJORITY,
    MARK_BITS,
    MEMBER_BITS,
    NEARLY_ALL,
    RECRUIT_BITS,
    REPEATS,
    USED,
)

__all__ = [
    "Fit",
    "acting_along",
    "as_busy",
    "few_licensed",
    "firms_apart",
    "fit",
    "not_unlike",
    "recruited",
    "repeating_apart",
    "repeating_others",
    "running_no_set",
    "tell_apart",
]

I64 = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
F64 = npt.NDArray[np.float64]
Families = Mapping[str, Family]


@dataclass(frozen=True, slots=True)
class Fit:
    """How well entities fit one group, in bits.

    Attributes:
        marked: weight of what nobody has by accident.
        alike: weight of likeness.
    """

    marked: F64
    alike: F64

    @property
    def bits(self) -> F64:
        """Sum of both."""
        return self.marked + self.alike

    @property
    def has_text(self) -> Mask:
        """Who has what marks the group; part of it counts beside questions that are plainly the group's."""
        return np.asarray((self.marked >= MARK_BITS) | ((self.marked > 0) & (self.alike >= RECRUIT_BITS)))

    @property
    def beyond_doubt(self) -> Mask:
        """Who has what marks the group and asks what it asks."""
        return np.asarray((self.marked >= MARK_BITS) & (self.alike >= RECRUIT_BITS / 2))


def fit(log: LogProfile, families: Families, members: I64, who: I64, *, kin: I64 | None = None) -> Fit:
    """Hold entities against the signature of a group.

    Args:
        log: the whole log.
        families: each says how well somebody fits by it.
        members: the group.
        who: the entities to hold against it.
        kin: others who may be of it, and say nothing of what strangers do.
    """
    marks, alike = [np.zeros(len(who))], np.zeros(len(who))
    for family in families.values():
        bits = family.fit(log, members, who, kin=kin)
        if bits is not None and family.marks:
            marks.append(bits)
        elif bits is not None:
            alike += bits
    marked = np.sum(marks, axis=0)
    inside = np.isin(who, members)
    for bits in marks:
        has = bits >= MARK_BITS
        if inside.any() and has[inside].mean() >= NEARLY_ALL:
            # What marks nearly all of them nothing else stands for.
            marked = np.where(has, marked, np.minimum(marked, bits))
    return Fit(marked, alike)


def repeating_apart(log: LogProfile, group: I64) -> list[tuple[I64, I64]]:
    """What a group falls into, each with the rest as its bystanders: circles of those who repeat one another, and of
    each those who run one set and those who do not. Whoever runs one published set has a reason of its own; to whom a
    pool is dealt out by count has not."""
    found: list[tuple[I64, I64]] = []
    rest = group
    while len(rest):
        others = repeating_others(log, rest)
        part, rest = rest[~others], rest[others]
        runs = runs_one_set(log, part)
        dealt = runs.any() and not runs.all() and dealt_out(log.prompt_sets, part) is not None
        pieces = [part] if dealt else [one for one, _ in _split(part, runs)]
        found.extend((one, np.setdiff1d(group, one)) for one in pieces)
    return found


def repeating_others(log: LogProfile, group: I64) -> Mask:
    """Who of a group, most of which repeat one another, repeats others of it and none of those: what each of two
    circles asks again and again makes them no one group. Where most of what is sent is repeated, who repeats nobody is
    none of them either."""
    repeated = float(np.median(log.prompt_sets.repeats(group)))
    if repeated <= REPEATS:
        return np.zeros(len(group), np.bool_)
    circle = log.prompt_sets.circles(group)
    sizes = np.bincount(circle)
    beside = circle != sizes.argmax()
    if repeated <= MAJORITY:
        beside &= (sizes[circle] > 1) & (sizes.max() > MAJORITY * len(group))
    return np.asarray(beside, np.bool_)


def running_no_set(log: LogProfile, chosen: I64, members: I64) -> I64:
    """Who of those chosen to join a group runs no published set that others of these or of it run too: whoever does has
    a reason of its own."""
    both = np.union1d(chosen, members)
    return np.setdiff1d(chosen, both[runs_one_set(log, both)])


def firms_apart(log: LogProfile, group: I64) -> list[tuple[I64, I64]]:
    """What a group falls into: firms that are in it under their own names, and a few with a licence, and the rest, each
    with the other as its bystanders. Those who hide nothing are no part of what others hide."""
    hands, licensed = log.shared["infrastructure"], few_licensed(log, group)
    return _split(group, licensed if hands is None else licensed | under_own_name(hands, group))


def few_licensed(log: LogProfile, group: I64) -> Mask:
    """Who of a group has a licence to distil on record, where nearly all of it have none: else it may be a licensee's,
    some of whose accounts the record lacks."""
    licensed = np.asarray(log.columns["licensed"][group] == 1, np.bool_)
    few = int(licensed.sum()) <= (1 - NEARLY_ALL) * len(group)
    return licensed if few else np.zeros(len(group), np.bool_)


def _split(group: I64, some: Mask) -> list[tuple[I64, I64]]:
    """Who is not of these and who is, each beside the other; the group, where it is all one."""
    if some.all() or not some.any():
        return [(group, group[:0])]
    return [(group[~some], group[some]), (group[some], group[~some])]


def tell_apart(log: LogProfile, families: Families, group: I64) -> tuple[I64, I64]:
    """Split a group into those who fit its signature and those who are merely linked.

    Nor may a few who ask of matters of their own stand for nearly all who do not: an application among a campaign's
    accounts sends more than they. Who sends nothing that can be compared, and not the group's text, shows nothing of
    it. Acting along plays no part: it is tested of who is left, and must not have chosen them.
    """
    inside, outside = group, group[:0]
    for _ in range(3):
        found = fit(log, families, inside, group)
        with_it = departure(log.content, inside, group) <= DEPARTED
        belongs = (found.bits >= MEMBER_BITS) & not_unlike(found, with_it, excused=found.beyond_doubt)
        says = log.content.counts[group] > 0
        if not says.all():
            says |= np.isin(group, senders(log, inside, USED))
            belongs &= says | ~says.any()
        before = len(inside)
        inside, outside = group[belongs], group[~belongs]
        if len(inside) in range(LEAST_MEMBERS) or len(inside) == before:
            break
    return inside, outside


def not_unlike(found: Fit, acts: Mask, *, excused: Mask | None = None, busy: Mask | None = None) -> Mask:
    """Who of a group is not unlike the rest: no bystander's questions, and whatever nearly all of it have, a text or
    an act.

    Args:
        found: how each fits the group.
        acts: who does one thing.
        excused: of whom it need not be shown; nobody, if not given.
        busy: who is about as busy as the group.
    """
    # Hardly anybody outside has a text that recruits alone: a few prompts that happen to be unlike do not outweigh it.
    alike = (found.alike >= 0) | ((found.marked >= RECRUIT_BITS) & (found.alike >= -MEMBER_BITS))
    for has, but in ((found.has_text, None), (acts, excused), (busy, None)):
        if has is not None and alike.any() and has[alike].mean() >= NEARLY_ALL:
            alike &= has if but is None else has | but
    return alike


def as_busy(exchanges: I64) -> Mask:
    """Who of a group is about as busy as it is; everybody, where its volumes are not even."""
    volume = np.log(np.maximum(exchanges, 1))
    if not scipy.stats.median_abs_deviation(volume, scale="normal") < EVEN_SPREAD:
        return np.ones(len(exchanges), np.bool_)
    return ~odd_volumes(volume)


def recruited(log: LogProfile, families: Families, members: I64, taken: Mask) -> I64:
    """A group with everyone in the log who belongs to it, sorted.

    A shared text beside like questions is proof enough of belonging; either alone needs a sign of acting along.
    Each round holds the rest against the signature of the last, which more members make sharper; who acts along, does
    so with the group as it was found, or one newcomer would bring its whole house.

    Args:
        log: the whole log.
        families: of evidence.
        members: the group.
        taken: entities that belong to another group already (E).
    """
    founders = members
    for _ in range(GROWTH_ROUNDS):
        free = ~taken
        free[members] = False
        extra = _belonging(log, families, members, np.flatnonzero(free), founders)
        if not len(extra):
            break
        members = np.union1d(members, extra)
    return members


def acting_along(log: LogProfile, families: Families, members: I64, who: I64) -> Mask:
    """Which of ``who`` act along with a group by any family: in its bursts and pauses, or from its hands."""
    along = np.zeros(len(who), np.bool_)
    for family in families.values():
        seen = family.acts_along(log, members, who)
        if seen is not None:
            along |= seen
    return along


def _belonging(log: LogProfile, families: Families, members: I64, who: I64, founders: I64) -> I64:
    found = fit(log, families, members, who)
    fits = (found.bits >= RECRUIT_BITS) & (found.marked >= MARK_BITS)
    alike = (found.alike >= RECRUIT_BITS / 2) | ((found.marked >= MARK_BITS) & (found.bits >= ALIKE_BITS))
    unsure = np.flatnonzero(~fits & alike)
    fits[unsure] = acting_along(log, families, founders, who[unsure])
    chosen = running_no_set(log, who[fits], members)
    # A firm of some that join is no part of a group that is none.
    (_, firms), *_ = firms_apart(log, np.union1d(chosen, members))
    return np.setdiff1d(chosen, firms)
